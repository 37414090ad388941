/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One TCP connection, seen from one place, segment after segment. Private to ps-tcp-analysis. */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

#define PS_TCP_FLAG_FIN 0x01
#define PS_TCP_FLAG_SYN 0x02
#define PS_TCP_FLAG_RST 0x04
#define PS_TCP_FLAG_ACK 0x10

/* No padding: it compares as bytes. */
typedef struct {
  guint8 address[2][16];
  guint16 port[2];
  guint32 netns;
  guint32 place; /* of this machine's end (then that is the first of the two), or in passing */
} PsTcpKey;

G_STATIC_ASSERT (sizeof (PsTcpKey) == 44);

guint ps_tcp_key_hash (gconstpointer key);
gboolean ps_tcp_key_equal (gconstpointer a, gconstpointer b);

typedef struct {
  PsTcpKey key;
  guint8 side; /* which of the two sent it */
  guint8 tcp_flags;
  gint8 scale; /* that a SYN offers; PS_TCP_SCALE_NONE: none */
  guint16 window;
  guint32 seq, ack;
  guint32 length; /* of its payload */
  gint64 time_ns;
} PsTcpSegment;

/* FALSE if it is none, its header was cut, or it is the second sight of one on stacked devices. */
gboolean ps_tcp_segment_read (const PsPacket *packet, PsTcpSegment *ret_segment);

/* What the beginning said of either side. */
typedef struct {
  guint32 seq[2]; /* where its numbers begin, if `known` */
  guint8 known[2];
  gint8 scale[2]; /* of its window, as it offered; PS_TCP_SCALE_* */
} PsTcpBase;

typedef struct {
  gboolean seen;
  gboolean acked; /* the last acknowledgment is one */
  guint32 next; /* after the highest byte seen */
  guint32 last_ack;
  guint32 most_acked; /* what the other side may acknowledge without that something is missing */
  guint16 window;
  guint16 last_flags; /* PsTcpFlags of the last segment */
  guint n_duplicates;
  gint64 next_time_ns; /* when `next` rose */
  gint64 ack_time_ns;
} PsTcpSide;

typedef struct {
  PsTcpKey key;
  guint32 number;
  PsTcpBase base;
  PsTcpSide sides[2];
  gint64 syn_time_ns; /* 0: none seen */
  gint64 round_trip_ns; /* of the handshake; 0: not known */
  gboolean reused; /* it has just begun, where another one was */
} PsTcpStream;

PsTcpStream *ps_tcp_stream_new (const PsTcpKey *key, guint32 number);

/* A SYN that is none of the connection's: the ports serve another one. */
gboolean ps_tcp_stream_is_reused (const PsTcpStream *self, const PsTcpSegment *segment);
void ps_tcp_stream_begin_again (PsTcpStream *self, guint32 number);

/* Takes the next segment and returns its PsTcpFlags. */
guint16 ps_tcp_stream_take (PsTcpStream *self, const PsTcpSegment *segment);

/* How the window of a segment is scaled, or PS_TCP_SCALE_*; that of a SYN never is. */
gint8 ps_tcp_base_get_scale (const PsTcpBase *base, const PsTcpSegment *segment);

G_END_DECLS
