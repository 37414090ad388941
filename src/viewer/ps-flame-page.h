/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flame graph: all matching journeys on top of each other. Counted in
 * portions of the main loop, so that a million packets hold nothing up.
 */
#pragma once

#include "analysis/ps-flame.h"
#include "viewer/charts/ps-flame-view.h"
#include "viewer/ps-view.h"

G_BEGIN_DECLS

#define PS_TYPE_FLAME_PAGE (ps_flame_page_get_type ())
G_DECLARE_FINAL_TYPE (PsFlamePage, ps_flame_page, PS, FLAME_PAGE, PsView)

/* NULL: all packets. */
void ps_flame_page_set_filter (PsFlamePage *self, PsFilter *filter);
void ps_flame_page_set_weight (PsFlamePage *self, PsFlameWeight weight);
/* Shows the packets that went through the selected function, in the packets view. */
void ps_flame_page_filter_packets (PsFlamePage *self);
void ps_flame_page_focus_search (PsFlamePage *self);

/* For tests: NULL while it is counted, or if there is none to show. */
const PsFlame *ps_flame_page_get_flame (PsFlamePage *self);
PsFlameView *ps_flame_page_get_view (PsFlamePage *self);
/* Of the selected function; 0 without. */
guint64 ps_flame_page_get_selected_packets (PsFlamePage *self);

G_END_DECLS
