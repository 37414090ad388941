/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program's calls that the bytes of a packet belong to. Private to the journey. */
#pragma once

#include "analysis/ps-call-tree.h"

G_BEGIN_DECLS

/*
 * Of TCP those whose bytes, by their sequence numbers, the packet carries; of
 * datagrams the call it was sent or read in. Transfer full, element
 * PsJourneySpan, in the order of time. Without one `ret_note` says why,
 * translated; transfer full.
 */
GArray *ps_journey_spans_new (PsSession *session, const PsPacket *packet, char **ret_note);

/* The functions in which a thread sleeps for its socket's sake: for memory, data or a connection.
 */
gboolean ps_function_blocks (const char *name);

G_END_DECLS
