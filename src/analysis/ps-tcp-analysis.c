/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-tcp-analysis.h"

#include <string.h>

#include "analysis/ps-tcp-track.h"
#include "session/ps-session-columns.h"

#define NO_STREAM G_MAXUINT32

struct _PsTcpConnections {
  GArray *flags; /* guint16, of packets from `first` on */
  GArray *streams_of; /* guint32: number of the stream of each, or NO_STREAM */
  guint64 first;
  guint64 next; /* number of the packet to look at next */
  GHashTable *streams; /* PsTcpStream by its own key */
  GArray *bases; /* PsTcpBase, by number of the stream */
};

typedef struct _PsTcpConnections Analysis;

static void
analysis_free (gpointer data)
{
  Analysis *self = data;

  g_array_unref (self->flags);
  g_array_unref (self->streams_of);
  g_hash_table_unref (self->streams);
  g_array_unref (self->bases);
  g_free (self);
}

static Analysis *
analysis_of (PsSession *session)
{
  static const char key[] = "ps-tcp-analysis";
  Analysis *self = g_object_get_data (G_OBJECT (session), key);

  if (self)
    return self;
  self = g_new0 (Analysis, 1);
  self->flags = g_array_new (FALSE, TRUE, sizeof (guint16));
  self->streams_of = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->streams = g_hash_table_new_full (ps_tcp_key_hash, ps_tcp_key_equal, NULL, g_free);
  self->bases = g_array_new (FALSE, FALSE, sizeof (PsTcpBase));
  self->first = self->next = ps_session_get_first_packet (session);
  g_object_set_data_full (G_OBJECT (session), key, self, analysis_free);
  return self;
}

static PsTcpStream *
stream_of (Analysis *self, const PsTcpKey *key)
{
  PsTcpStream *stream = g_hash_table_lookup (self->streams, key);

  if (stream)
    return stream;
  if (g_hash_table_size (self->streams) >= PS_TCP_STREAMS_MAX)
    g_hash_table_remove_all (self->streams);
  stream = ps_tcp_stream_new (key, self->bases->len);
  g_array_append_val (self->bases, stream->base);
  g_hash_table_insert (self->streams, &stream->key, stream);
  return stream;
}

static guint16
look (Analysis *self, const PsPacket *packet, guint32 *ret_stream)
{
  PsTcpSegment segment;
  PsTcpStream *stream;
  guint16 flags;

  if (!ps_tcp_segment_read (packet, &segment))
    return 0;
  stream = stream_of (self, &segment.key);
  if (ps_tcp_stream_is_reused (stream, &segment))
    {
      ps_tcp_stream_begin_again (stream, self->bases->len);
      g_array_append_val (self->bases, stream->base);
    }
  flags = ps_tcp_stream_take (stream, &segment);
  g_array_index (self->bases, PsTcpBase, stream->number) = stream->base;
  *ret_stream = stream->number;
  return flags;
}

/* Packets that left the session need not be known any longer. */
static void
forget (Analysis *self, guint64 first)
{
  guint gone = (guint)(MIN (first, self->next) - self->first);

  if (gone < self->flags->len / 2 || gone == 0)
    return;
  g_array_remove_range (self->flags, 0, gone);
  g_array_remove_range (self->streams_of, 0, gone);
  self->first += gone;
}

/* Most packets are told apart from TCP by what the session knows of their headers. */
static gboolean
may_be_tcp (const PsSessionColumns *columns, guint row)
{
  return columns->header[row] == 0 || columns->tcp_bits[row] != 0;
}

/* Filters are asked from several threads: one of them makes what all read. */
static GMutex making;

static void
look_at_new (Analysis *self, PsSession *session)
{
  guint64 first = ps_session_get_first_packet (session);
  PsSessionColumns columns;
  PsPacket packet;

  if (first > self->first)
    forget (self, first);
  if (first > self->next)
    {
      g_array_set_size (self->flags, 0);
      g_array_set_size (self->streams_of, 0);
      self->first = self->next = first;
    }
  while (ps_session_get_columns (session, self->next, &columns))
    for (guint i = 0; i < columns.n; i++, self->next++)
      {
        guint32 stream = NO_STREAM;
        guint16 flags = 0;

        if (may_be_tcp (&columns, i) && ps_session_get_packet_header (session, self->next, &packet))
          flags = look (self, &packet, &stream);
        g_array_append_val (self->flags, flags);
        g_array_append_val (self->streams_of, stream);
      }
}

static Analysis *
catch_up (PsSession *session)
{
  Analysis *self;

  g_mutex_lock (&making);
  self = analysis_of (session);
  look_at_new (self, session);
  g_mutex_unlock (&making);
  return self;
}

const PsTcpConnections *
ps_tcp_analysis_prepare (PsSession *session)
{
  return catch_up (session);
}

gboolean
ps_tcp_analysis_get (PsSession *session, const PsPacket *packet, PsTcpFacts *ret_facts)
{
  return ps_tcp_connections_look (catch_up (session), packet, ret_facts);
}

gboolean
ps_tcp_connections_look (const PsTcpConnections *self,
                         const PsPacket *packet,
                         PsTcpFacts *ret_facts)
{
  PsTcpSegment segment;
  const PsTcpBase *base;
  guint32 stream;
  guint8 side;
  gint8 scale;

  if (packet->number < self->first || packet->number >= self->next)
    return FALSE;
  stream = g_array_index (self->streams_of, guint32, packet->number - self->first);
  if (stream == NO_STREAM || !ps_tcp_segment_read (packet, &segment))
    return FALSE;

  base = &g_array_index (self->bases, PsTcpBase, stream);
  side = segment.side;
  scale = ps_tcp_base_get_scale (base, &segment);
  *ret_facts = (PsTcpFacts){
    .flags = g_array_index (self->flags, guint16, packet->number - self->first),
    .scale = scale,
    .stream = stream,
    .has_seq = base->known[side],
    .has_ack = base->known[!side] && (segment.tcp_flags & PS_TCP_FLAG_ACK),
    .seq = segment.seq - base->seq[side],
    .ack = segment.ack - base->seq[!side],
    .window = (guint64)segment.window << MAX (scale, 0),
  };
  return TRUE;
}

const guint16 *
ps_tcp_analysis_get_flags (PsSession *session, guint64 number, guint n)
{
  Analysis *self = catch_up (session);

  g_return_val_if_fail (number >= self->first && number + n <= self->next, NULL);

  return &g_array_index (self->flags, guint16, number - self->first);
}

/* In the order of their bits. */
static const struct {
  const char *name;
  const char *sentence;
} texts[] = {
  { "retransmission", "TCP Retransmission" },
  { "fast_retransmission", "TCP Fast Retransmission" },
  { "spurious_retransmission", "TCP Spurious Retransmission" },
  { "out_of_order", "TCP Out-Of-Order" },
  { "lost_segment", "TCP Previous segment not captured" },
  { "ack_lost_segment", "TCP ACKed unseen segment" },
  { "duplicate_ack", "TCP Dup ACK" },
  { "zero_window", "TCP ZeroWindow" },
  { "zero_window_probe", "TCP ZeroWindowProbe" },
  { "zero_window_probe_ack", "TCP ZeroWindowProbeAck" },
  { "window_update", "TCP Window Update" },
  { "window_full", "TCP Window Full" },
  { "keep_alive", "TCP Keep-Alive" },
  { "keep_alive_ack", "TCP Keep-Alive ACK" },
  { "reused_ports", "TCP Port numbers reused" },
};

const char *
ps_tcp_flags_describe (guint16 flags)
{
  /* That it was sent again is said by how it was. */
  if (flags & (PS_TCP_FAST_RETRANSMISSION | PS_TCP_SPURIOUS_RETRANSMISSION))
    flags &= (guint16)~PS_TCP_RETRANSMISSION;
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (flags >> i & 1)
      return texts[i].sentence;
  return NULL;
}

const char *
ps_tcp_flag_name (guint nth)
{
  return nth < G_N_ELEMENTS (texts) ? texts[nth].name : NULL;
}
