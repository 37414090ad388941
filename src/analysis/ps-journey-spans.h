/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program's calls that the bytes of a packet belong to. Private to the journey. */
#pragma once

#include "analysis/ps-call-tree.h"

G_BEGIN_DECLS

/*
 * Transfer full, element PsJourneySpan, in the order of time. Without one
 * `ret_note` says why, translated; transfer full.
 */
GArray *ps_journey_spans_new (PsSession *session, const PsPacket *packet, char **ret_note);

G_END_DECLS
