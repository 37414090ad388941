/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a journey shows beside stages and calls: where it waited, whose bytes it carries, and other
 * packets. */
#pragma once

#include "pscope/journey-view.h"

G_BEGIN_DECLS

void ps_journey_waits_append (PsJourneyView *view);
void ps_journey_spans_append (PsJourneyView *view);
void ps_journey_edges_append (PsJourneyView *view);

G_END_DECLS
