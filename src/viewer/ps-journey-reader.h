/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journey of the selected packet, for a view: read anew when there is something new in it.
 * Where the calls of a file have to be decoded for it first, a worker does that meanwhile.
 */
#pragma once

#include "analysis/ps-journey.h"
#include "viewer/ps-view.h"

G_BEGIN_DECLS

typedef struct {
  PsJourney *journey; /* NULL: no packet is selected */
  guint64 packet; /* its id */
  gboolean dropped;
  guint64 revision; /* of the session, when it was read */
  GCancellable *decoding; /* calls, in a worker: the view is updated when it is done */
} PsJourneyReader;

/* From the update() of a view. TRUE if there is another journey, or none (any more, or yet). */
gboolean ps_journey_reader_update (PsJourneyReader *self, PsView *view, PsViewChange changes);
/* The journey waits for the calls. */
gboolean ps_journey_reader_is_decoding (PsJourneyReader *self);
void ps_journey_reader_clear (PsJourneyReader *self);

G_END_DECLS
