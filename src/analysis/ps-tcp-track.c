/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules are those Wireshark's User's Guide gives in "TCP Analysis", with its
 * thresholds: 20 ms after a duplicate acknowledgment for a fast retransmission,
 * 3 ms, or the round trip of the handshake, for a segment that was overtaken.
 */
#include "config.h"

#include "analysis/ps-tcp-track.h"

#include <string.h>

#include "analysis/dissect/ps-dissector.h"
#include "analysis/ps-tcp-analysis.h"
#include "session/ps-flow.h"

#define FAST_NS 20000000
#define OVERTAKEN_NS 3000000

#define SYN PS_TCP_FLAG_SYN
#define FIN PS_TCP_FLAG_FIN
#define RST PS_TCP_FLAG_RST
#define ACK PS_TCP_FLAG_ACK

#define OPTION_NOP 1
#define OPTION_WINDOW_SCALE 3

enum { IN_PASSING, AT_END };

guint
ps_tcp_key_hash (gconstpointer key)
{
  return ps_hash_words (key, sizeof (PsTcpKey));
}

gboolean
ps_tcp_key_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (PsTcpKey)) == 0;
}

/* Numbers run round (RFC 9293, 3.4). */
static gint32
ahead (guint32 a, guint32 b)
{
  return (gint32)(a - b);
}

static gint8
read_scale (const PsSlice *slice, guint32 header)
{
  for (guint32 at = 20; at < header;)
    {
      guint8 kind = ps_slice_u8 (slice, at);
      guint8 length = kind <= OPTION_NOP ? 1 : ps_slice_u8 (slice, at + 1);

      if (kind == 0 || length == 0)
        break;
      if (kind == OPTION_WINDOW_SCALE && length == 3)
        return (gint8)MIN (ps_slice_u8 (slice, at + 2), 14); /* RFC 7323, 2.3 */
      at += length;
    }
  return PS_TCP_SCALE_NONE;
}

static gboolean
read_addresses (const PsSlice *slice, guint8 addresses[2][16])
{
  gboolean ipv4 = slice->dissector == &ps_ipv4_dissector;
  guint32 size = ipv4 ? 4 : 16;
  const guint8 *bytes;

  if (!ipv4 && slice->dissector != &ps_ipv6_dissector)
    return FALSE;
  bytes = ps_slice_bytes (slice, ipv4 ? 12 : 8, 2 * size);
  if (!bytes)
    return FALSE;
  memset (addresses, 0, 32);
  memcpy (addresses[0], bytes, size);
  memcpy (addresses[1], bytes + size, size);
  return TRUE;
}

/* From source and destination to the two ends of a connection, and who of them sends. */
static void
set_key (const PsPacket *packet, guint8 addresses[2][16], guint16 ports[2], PsTcpSegment *segment)
{
  PsTcpKey *key = &segment->key;
  gboolean at_end = packet->direction == PS_DIRECTION_IN || packet->direction == PS_DIRECTION_OUT;
  int order = memcmp (addresses[0], addresses[1], 16);

  at_end &= packet->from_kernel;
  if (at_end)
    segment->side = packet->direction == PS_DIRECTION_IN;
  else
    segment->side = order > 0 || (order == 0 && ports[0] > ports[1]);
  key->netns = packet->netns;
  key->place = at_end ? AT_END : IN_PASSING;
  for (guint i = 0; i < 2; i++)
    {
      memcpy (key->address[i], addresses[segment->side ? !i : i], 16);
      key->port[i] = ports[segment->side ? !i : i];
    }
}

static gboolean
read_tcp (const PsPacket *packet,
          const PsSlice *slice,
          guint8 addresses[2][16],
          PsTcpSegment *segment)
{
  guint32 header = 4u * (ps_slice_u8 (slice, 12) >> 4), length = ps_slice_length (slice);
  guint16 ports[2] = { ps_slice_u16 (slice, 0), ps_slice_u16 (slice, 2) };

  if (!ps_slice_has (slice, 0, 20) || header < 20)
    return FALSE;
  set_key (packet, addresses, ports, segment);
  segment->seq = ps_slice_u32 (slice, 4);
  segment->ack = ps_slice_u32 (slice, 8);
  segment->tcp_flags = ps_slice_u8 (slice, 13);
  segment->window = ps_slice_u16 (slice, 14);
  segment->length = length > header ? length - header : 0;
  segment->scale = segment->tcp_flags & SYN ? read_scale (slice, header) : PS_TCP_SCALE_NONE;
  segment->time_ns = packet->time_ns;
  return TRUE;
}

gboolean
ps_tcp_segment_read (const PsPacket *packet, PsTcpSegment *ret_segment)
{
  guint8 addresses[2][16];
  gboolean has_addresses = FALSE, more;
  PsSlice slice;

  if (packet->from_kernel && packet->relation == PS_RELATION_ENCAPSULATED)
    return FALSE;
  more = ps_slice_first (&slice, packet->data, packet->captured, packet->length, packet->link_type);
  for (guint i = 0; more && !slice.quoted && i < PS_DISSECT_DEPTH_MAX; i++)
    {
      if (has_addresses && slice.dissector == &ps_tcp_dissector)
        return read_tcp (packet, &slice, addresses, ret_segment);
      has_addresses |= read_addresses (&slice, addresses);
      more = ps_slice_next (&slice);
    }
  return FALSE;
}

static void
begin (PsTcpStream *self, guint32 number)
{
  self->number = number;
  self->base = (PsTcpBase){ .scale = { PS_TCP_SCALE_UNKNOWN, PS_TCP_SCALE_UNKNOWN } };
  memset (self->sides, 0, sizeof self->sides);
  self->syn_time_ns = self->round_trip_ns = 0;
}

PsTcpStream *
ps_tcp_stream_new (const PsTcpKey *key, guint32 number)
{
  PsTcpStream *self = g_new0 (PsTcpStream, 1);

  self->key = *key;
  begin (self, number);
  return self;
}

gboolean
ps_tcp_stream_is_reused (const PsTcpStream *self, const PsTcpSegment *segment)
{
  const PsTcpSide *side = &self->sides[segment->side];

  return (segment->tcp_flags & (SYN | ACK)) == SYN && side->seen &&
         segment->seq != self->base.seq[segment->side];
}

void
ps_tcp_stream_begin_again (PsTcpStream *self, guint32 number)
{
  begin (self, number);
  self->reused = TRUE;
}

gint8
ps_tcp_base_get_scale (const PsTcpBase *base, const PsTcpSegment *segment)
{
  gint8 from = base->scale[segment->side], to = base->scale[!segment->side];

  if (segment->tcp_flags & SYN)
    return PS_TCP_SCALE_NONE;
  if (from == PS_TCP_SCALE_UNKNOWN || to == PS_TCP_SCALE_UNKNOWN)
    return PS_TCP_SCALE_UNKNOWN;
  /* Only if both offered it (RFC 7323, 2.2). */
  return to == PS_TCP_SCALE_NONE ? PS_TCP_SCALE_NONE : from;
}

static void
learn_beginning (PsTcpStream *self, const PsTcpSegment *segment)
{
  guint8 from = segment->side, to = !segment->side;

  if (!self->base.known[from])
    {
      self->base.seq[from] = segment->tcp_flags & SYN ? segment->seq : segment->seq - 1;
      self->base.known[from] = TRUE;
    }
  if ((segment->tcp_flags & ACK) && !self->base.known[to])
    {
      self->base.seq[to] = segment->ack - 1;
      self->base.known[to] = TRUE;
    }
  if (!(segment->tcp_flags & SYN))
    {
      if (self->syn_time_ns != 0 && self->round_trip_ns == 0)
        self->round_trip_ns = MAX (segment->time_ns - self->syn_time_ns, 1);
      return;
    }
  self->base.scale[from] = segment->scale;
  if (self->syn_time_ns == 0)
    self->syn_time_ns = segment->time_ns;
}

/* Bytes, and SYN and FIN, which count as one. */
static guint32
end_of (const PsTcpSegment *segment)
{
  return segment->seq + segment->length + (segment->tcp_flags & (SYN | FIN) ? 1 : 0);
}

static gboolean
fills_window (const PsTcpStream *self, const PsTcpSegment *segment)
{
  const PsTcpSide *to = &self->sides[!segment->side];
  gint8 scale = self->base.scale[!segment->side];
  guint32 window = (guint32)to->window << MAX (scale, 0);

  return segment->length > 0 && to->acked && scale != PS_TCP_SCALE_UNKNOWN &&
         segment->seq + segment->length == to->last_ack + window;
}

/* A segment without bytes, on what was acknowledged and where the sender stood before. */
static guint16
judge_repeated (const PsTcpSegment *segment, const PsTcpSide *from, const PsTcpSide *to)
{
  gboolean same = segment->window == from->window;

  if (segment->length > 0 || !from->acked || segment->seq != from->next ||
      segment->ack != from->last_ack)
    return 0;
  if (segment->window == 0)
    return same && to->last_flags & PS_TCP_ZERO_WINDOW_PROBE ? PS_TCP_ZERO_WINDOW_PROBE_ACK : 0;
  if (!same)
    return PS_TCP_WINDOW_UPDATE;
  return to->last_flags & PS_TCP_KEEP_ALIVE ? PS_TCP_KEEP_ALIVE_ACK : PS_TCP_DUPLICATE_ACK;
}

/* What its place among the others says, but for whether it was sent before. */
static guint16
judge_place (const PsTcpStream *self, const PsTcpSegment *segment)
{
  const PsTcpSide *from = &self->sides[segment->side], *to = &self->sides[!segment->side];
  gboolean plain = (segment->tcp_flags & (SYN | FIN | RST)) == 0;
  guint16 flags = 0;

  if (segment->length == 1 && from->seen && segment->seq == from->next && to->seen &&
      to->window == 0)
    return PS_TCP_ZERO_WINDOW_PROBE;
  if (plain && segment->window == 0)
    flags |= PS_TCP_ZERO_WINDOW;
  if (from->seen && ahead (segment->seq, from->next) > 0 && !(segment->tcp_flags & RST))
    flags |= PS_TCP_LOST_SEGMENT;
  if (plain && segment->length <= 1 && from->seen && segment->seq == from->next - 1)
    flags |= PS_TCP_KEEP_ALIVE;
  if (plain && fills_window (self, segment))
    flags |= PS_TCP_WINDOW_FULL;
  if (plain && from->seen)
    flags |= judge_repeated (segment, from, to);
  return flags;
}

static guint16
judge_repetition (const PsTcpStream *self, const PsTcpSegment *segment)
{
  const PsTcpSide *from = &self->sides[segment->side], *to = &self->sides[!segment->side];
  gint64 overtaken = self->round_trip_ns > 0 ? self->round_trip_ns : OVERTAKEN_NS;
  guint32 end = segment->seq + segment->length;

  if ((segment->length == 0 && !(segment->tcp_flags & (SYN | FIN))) || !from->seen ||
      ahead (segment->seq, from->next) >= 0)
    return 0;
  /* After a probe of a closed window the byte it held comes again, with those that are new. */
  if (segment->length > 1 && segment->seq == from->next - 1)
    return 0;
  if (to->acked && to->n_duplicates >= 2 && to->last_ack == segment->seq &&
      segment->time_ns - to->ack_time_ns < FAST_NS)
    return PS_TCP_RETRANSMISSION | PS_TCP_FAST_RETRANSMISSION;
  if (segment->length > 0 && to->acked && ahead (end, to->last_ack) <= 0)
    return PS_TCP_RETRANSMISSION | PS_TCP_SPURIOUS_RETRANSMISSION;
  if (segment->time_ns - from->next_time_ns < overtaken && from->next != end)
    return PS_TCP_OUT_OF_ORDER;
  return PS_TCP_RETRANSMISSION;
}

static void
note (PsTcpStream *self, const PsTcpSegment *segment, guint16 flags)
{
  PsTcpSide *from = &self->sides[segment->side];
  guint32 end = end_of (segment);

  if (flags & PS_TCP_DUPLICATE_ACK)
    from->n_duplicates++;
  else if (segment->ack != from->last_ack)
    from->n_duplicates = 0;
  if (!from->seen || ahead (end, from->next) > 0)
    {
      /* A probe's byte is not taken yet. */
      if (!(flags & PS_TCP_ZERO_WINDOW_PROBE))
        from->next = end;
      from->next_time_ns = segment->time_ns;
    }
  if (!from->seen || ahead (end, from->most_acked) > 0)
    from->most_acked = end;
  from->seen = TRUE;
  from->window = segment->window;
  from->last_flags = flags;
  if (segment->tcp_flags & ACK)
    {
      from->acked = TRUE;
      from->last_ack = segment->ack;
      from->ack_time_ns = segment->time_ns;
    }
}

guint16
ps_tcp_stream_take (PsTcpStream *self, const PsTcpSegment *segment)
{
  PsTcpSide *to = &self->sides[!segment->side];
  guint16 flags = self->reused ? PS_TCP_REUSED_PORTS : 0;

  learn_beginning (self, segment);
  flags |= judge_place (self, segment);
  if ((segment->tcp_flags & ACK) && to->seen && ahead (segment->ack, to->most_acked) > 0)
    {
      flags |= PS_TCP_ACK_LOST_SEGMENT;
      to->most_acked = segment->ack;
    }
  if (!(flags & (PS_TCP_KEEP_ALIVE | PS_TCP_ZERO_WINDOW_PROBE)))
    flags |= judge_repetition (self, segment);
  self->reused = FALSE;
  note (self, segment, flags);
  return flags;
}
