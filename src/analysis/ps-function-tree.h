/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls of one packet out of the trees that were traced at the depth
 * functions: those that work on it, those they are called from, and what they
 * call; of what another packet makes of them only the first call, as an edge to
 * that packet. Times and durations are exact. Private to the journey.
 */
#pragma once

#include "analysis/ps-call-tree.h"

G_BEGIN_DECLS

/* NULL if no function was traced on this packet. */
PsCallTree *ps_function_tree_new (PsSession *session, const PsPacket *packet);

G_END_DECLS
