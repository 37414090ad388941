/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of a TCP stream that a packet carries. Private to the analysis. */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

typedef struct {
  guint32 first_seq;
  guint32 end_seq; /* one past the last byte; equal to the first: it carries none */
} PsTcpRange;

/*
 * FALSE if it is not TCP, or its header was not captured. A packet of many
 * segments (GSO, GRO) covers all of them; SYN and FIN count no byte.
 */
gboolean ps_tcp_range_of_packet (const PsPacket *packet, PsTcpRange *ret_range);

/* Whether they share a byte. Sequence numbers run round (RFC 9293, 3.4). */
gboolean ps_tcp_range_overlap (const PsTcpRange *a, const PsTcpRange *b);

/* Packets before and after one, in the order of the capture, among which others are looked for. */
#define PS_TCP_RANGE_ROWS 16384u

/*
 * Calls `func` for each packet of the same socket and direction that shares
 * bytes with `range`, this one included, in the order of the capture; of those
 * around it only.
 */
typedef void (*PsTcpRangeFunc) (const PsPacket *packet,
                                const PsTcpRange *range,
                                gpointer user_data);
void ps_tcp_range_for_each (PsSession *session,
                            const PsPacket *packet,
                            const PsTcpRange *range,
                            PsTcpRangeFunc func,
                            gpointer user_data);

G_END_DECLS
