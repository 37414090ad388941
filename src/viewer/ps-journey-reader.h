/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journey of the selected packet, for a view: read anew when there is something new in it. */
#pragma once

#include "analysis/ps-journey.h"
#include "viewer/ps-view.h"

G_BEGIN_DECLS

typedef struct {
  PsJourney *journey; /* NULL: no packet is selected */
  guint64 packet; /* its id */
  gboolean dropped;
  guint64 revision; /* of the session, when it was read */
} PsJourneyReader;

/* From the update() of a view. TRUE if there is another journey, or none any more. */
gboolean ps_journey_reader_update (PsJourneyReader *self, PsView *view, PsViewChange changes);
void ps_journey_reader_clear (PsJourneyReader *self);

G_END_DECLS
