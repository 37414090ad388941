/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A journey as boxes on a time axis: box n is call n. */
#pragma once

#include "analysis/ps-journey.h"
#include "viewer/charts/ps-flame-boxes.h"
#include "viewer/charts/ps-time-fold.h"

G_BEGIN_DECLS

typedef struct {
  PsFlameBoxes *boxes; /* their labels belong to the journey */
  PsTimeFold *fold;
} PsJourneyBoxes;

/* Are there calls whose times are known? There are none at depth paths. */
gboolean ps_journey_has_times (PsJourney *journey);

/*
 * `packet` is the id of the journey's packet: while no call works on it, it
 * waits. Trees that ran at the same time stand below each other. Only for a
 * journey with times. Transfer full.
 */
PsJourneyBoxes *ps_journey_boxes_new (PsJourney *journey, guint64 packet);
void ps_journey_boxes_free (PsJourneyBoxes *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsJourneyBoxes, ps_journey_boxes_free)

G_END_DECLS
