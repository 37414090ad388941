/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journey of the selected packet: what it is and how it ended, where its
 * time went, what it is tied to; its stages, its calls as a tree and, beside it,
 * as a flame chart, the two linked.
 */
#pragma once

#include "viewer/charts/ps-flame-chart.h"
#include "viewer/ps-call-tree.h"
#include "viewer/ps-view.h"

G_BEGIN_DECLS

#define PS_TYPE_JOURNEY_VIEW (ps_journey_view_get_type ())
G_DECLARE_FINAL_TYPE (PsJourneyView, ps_journey_view, PS, JOURNEY_VIEW, PsView)

/* The chart below the tree instead of beside it. */
void ps_journey_view_set_narrow (PsJourneyView *self, gboolean narrow);

/* As its button does. */
void ps_journey_view_compare (PsJourneyView *self, gboolean on);

/* For tests. */
PsCallTree *ps_journey_view_get_tree (PsJourneyView *self);
PsFlameChart *ps_journey_view_get_chart (PsJourneyView *self);
/* NULL while nothing is compared, or not yet. */
PsUsual *ps_journey_view_get_usual (PsJourneyView *self);

G_END_DECLS
