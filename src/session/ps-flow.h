/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 5-tuple of a TCP or UDP packet, as far as finding its socket needs it.
 * What the bytes mean beyond that is src/analysis' matter.
 */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

/* Seen from this machine. IPv4 is kept as IPv4-mapped IPv6; no padding, so it compares as bytes. */
typedef struct {
  guint8 local[16];
  guint8 remote[16];
  guint32 netns;
  guint16 local_port;
  guint16 remote_port;
  guint32 protocol; /* IPPROTO_TCP, IPPROTO_UDP */
} PsFlow;

G_STATIC_ASSERT (sizeof (PsFlow) == 44);

/* FALSE if the packet has none: not TCP or UDP, a later fragment, cut short, forwarded. */
gboolean ps_flow_from_packet (const PsPacketView *view, PsFlow *ret_flow);

/* FALSE if the socket is neither TCP nor UDP, or not bound yet. */
gboolean ps_flow_from_socket (const PsSocketRecord *socket, PsFlow *ret_flow);

/* Forgets the remote end, and with `any_local` the local address too: the key of a listener. */
void ps_flow_widen (PsFlow *flow, gboolean any_local);

/* Of keys without padding, `size` a multiple of 4. */
guint ps_hash_words (gconstpointer key, gsize size);
guint ps_flow_hash (gconstpointer flow);
gboolean ps_flow_equal (gconstpointer a, gconstpointer b);

G_END_DECLS
