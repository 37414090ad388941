/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a packet is tied to others. Private to the journey. */
#pragma once

#include "analysis/ps-call-tree.h"

G_BEGIN_DECLS

/*
 * What the packets' records say of their parents, and what the calls in `tree`
 * show, each tie once. Transfer full, element PsJourneyEdge, in the order of time.
 */
GArray *ps_journey_edges_new (PsSession *session, const PsPacket *packet, const PsCallTree *tree);

G_END_DECLS
