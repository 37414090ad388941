/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a TCP segment is among those before it: sent again, out of order, an
 * acknowledgment once more, a window that closed; and how its window is scaled.
 * Told by headers alone, by the rules that Wireshark documents ("TCP Analysis"),
 * so that captures of others have it as well.
 *
 * It belongs to a session and is made when it is first asked for, then carried
 * on for the packets that came since. A connection is looked at from each of its
 * ends that this machine saw: on loopback the passes of sender and receiver are
 * two, and no segment is its own repetition.
 */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

typedef enum {
  PS_TCP_RETRANSMISSION = 1 << 0, /* with the next two as well */
  PS_TCP_FAST_RETRANSMISSION = 1 << 1,
  PS_TCP_SPURIOUS_RETRANSMISSION = 1 << 2, /* was acknowledged already */
  PS_TCP_OUT_OF_ORDER = 1 << 3,
  PS_TCP_LOST_SEGMENT = 1 << 4, /* one before it was not seen */
  PS_TCP_ACK_LOST_SEGMENT = 1 << 5, /* acknowledges what was not seen */
  PS_TCP_DUPLICATE_ACK = 1 << 6,
  PS_TCP_ZERO_WINDOW = 1 << 7,
  PS_TCP_ZERO_WINDOW_PROBE = 1 << 8,
  PS_TCP_ZERO_WINDOW_PROBE_ACK = 1 << 9,
  PS_TCP_WINDOW_UPDATE = 1 << 10,
  PS_TCP_WINDOW_FULL = 1 << 11,
  PS_TCP_KEEP_ALIVE = 1 << 12,
  PS_TCP_KEEP_ALIVE_ACK = 1 << 13,
  PS_TCP_REUSED_PORTS = 1 << 14,
} PsTcpFlags;

#define PS_TCP_SCALE_UNKNOWN (-1) /* the handshake was not seen */
#define PS_TCP_SCALE_NONE (-2) /* it is not used */

typedef struct {
  guint16 flags; /* PsTcpFlags */
  gint8 scale; /* bits to shift the window of this segment by, or PS_TCP_SCALE_* */
  gboolean has_seq, has_ack;
  guint32 stream; /* of the connection, from 0 */
  guint32 seq, ack; /* counted from the beginning of each direction, if has_… */
  guint64 window; /* scaled, where the scale is known */
} PsTcpFacts;

/* Connections followed at a time; past it all are forgotten, as if they began there. */
#define PS_TCP_STREAMS_MAX 65536u

/*
 * FALSE if it is no TCP segment with a whole header, or its packet is not here. O(1) but for
 * packets that came since the last call, some 0.2 µs each; six bytes of memory a packet. Safe from
 * several threads, on sessions that nobody feeds meanwhile.
 */
gboolean ps_tcp_analysis_get (PsSession *session, const PsPacket *packet, PsTcpFacts *ret_facts);

/*
 * For asking many packets: what is known of the connections by now, until the session is fed. Then
 * ps_tcp_connections_look() is ps_tcp_analysis_get() without what that does to be called any time.
 */
typedef struct _PsTcpConnections PsTcpConnections;
const PsTcpConnections *ps_tcp_analysis_prepare (PsSession *session);
gboolean ps_tcp_connections_look (const PsTcpConnections *self,
                                  const PsPacket *packet,
                                  PsTcpFacts *ret_facts);

/* PsTcpFlags of published packets from `number` on, one each; `n` of them are here. */
const guint16 *ps_tcp_analysis_get_flags (PsSession *session, guint64 number, guint n);

/* The most telling of the flags, as Wireshark says it: "TCP Retransmission"; NULL: none. */
const char *ps_tcp_flags_describe (guint16 flags);

/* What one flag is called in filters, without "tcp.analysis."; NULL ends the list. */
const char *ps_tcp_flag_name (guint nth);

G_END_DECLS
