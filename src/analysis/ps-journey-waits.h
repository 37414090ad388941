/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The time a packet lay somewhere, told apart from the time it was worked on. Private to the
 * journey. */
#pragma once

#include "analysis/ps-call-tree.h"

G_BEGIN_DECLS

typedef struct {
  GArray *waits; /* PsJourneyWait, in the order of time */
  gint64 running_ns; /* -1: not known */
  gint64 waiting_ns;
  gint64 between_ns; /* between calls on the packet, for no reason that is known */
  char *note; /* why they are not known, or what they leave out; nullable, translated */
} PsJourneyTimes;

void ps_journey_times_init (PsJourneyTimes *self,
                            PsSession *session,
                            const PsPacket *packet,
                            const PsCallTree *tree);
void ps_journey_times_clear (PsJourneyTimes *self);

G_END_DECLS
