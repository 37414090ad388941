/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What “pscope journey” shows: one packet, and how to print it for people. */
#pragma once

#include "analysis/ps-journey.h"
#include "analysis/ps-slowness.h"
#include "pscope/journey-selection.h"
#include "pscope/packet-facts.h"
#include "pscope/terminal.h"

G_BEGIN_DECLS

typedef struct {
  PsSession *session;
  PsPacket packet;
  PsPacketFacts facts;
  PsJourney *journey;
  PsSlowness *slowness; /* nullable: too few others to compare it with */
  PsJourneySelection selection; /* of the calls */
  PsTerminal terminal;
  GString *out; /* what is to be printed */
} PsJourneyView;

/* Header lines, headers of the packet, stages, waits, the program's calls, other packets, calls. */
void ps_journey_view_print (PsJourneyView *view);

G_END_DECLS
