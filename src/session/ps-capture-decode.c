/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <sys/socket.h>

#include "session/ps-capture-codec.h"
#include "session/ps-capture-codec-private.h"

#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW 101

guint16
ps_ethertype_of (guint16 link_type, const guint8 *data, guint32 captured)
{
  if (link_type == LINKTYPE_ETHERNET && captured >= 14)
    return (guint16)(data[12] << 8 | data[13]);
  if (link_type == LINKTYPE_RAW && captured >= 1)
    return data[0] >> 4 == 4 ? 0x0800 : data[0] >> 4 == 6 ? 0x86dd : 0;
  return 0;
}

gboolean
ps_compact_next (PsCursor *stream, guint *ret_type, PsCursor *ret_payload)
{
  guint64 type, size;
  const guint8 *payload;

  if (stream->bad || ps_cursor_left (stream) == 0)
    return FALSE;

  type = ps_varint_get (stream);
  size = ps_varint_get (stream);
  payload = ps_cursor_take (stream, size);
  if (!payload || type > G_MAXUINT16)
    {
      stream->bad = TRUE;
      return FALSE;
    }
  *ret_type = (guint)type;
  *ret_payload = (PsCursor){ .at = payload, .end = payload + size };
  return TRUE;
}

static inline guint16
get16 (PsCursor *from)
{
  guint64 value = ps_varint_get (from);

  if (value > G_MAXUINT16)
    from->bad = TRUE;
  return (guint16)value;
}

static inline void
get_comm (PsCursor *from, char *comm)
{
  guint8 size = ps_cursor_byte (from);
  const guint8 *bytes = ps_cursor_take (from, size);

  if (size > PS_COMM_LENGTH)
    from->bad = TRUE;
  else if (bytes)
    memcpy (comm, bytes, size);
}

static inline void
get_stage (PsCursor *from, guint8 *stage, guint8 *other)
{
  guint8 byte = ps_cursor_byte (from);

  if (byte & 0x80)
    {
      *stage = ps_cursor_byte (from);
      *other = ps_cursor_byte (from);
      return;
    }
  *stage = (byte & 7) | (byte & 0x40 ? PS_STAGE_SEND : 0);
  *other = byte >> 3 & 7;
}

/* The cursor is worked on as a copy, which stays in registers: this is most of opening a file. */
static guint8
get_stages (PsCursor *cursor, PsStageRecord *stages)
{
  PsCursor from = *cursor;
  guint n = ps_cursor_byte (&from);
  guint64 unexpected = n > 0 ? ps_varint_get (&from) : 0, delta = 0;
  guint8 stage = 0, context = 0;

  if (n > PS_STAGES_MAX)
    from.bad = TRUE;
  /* Of the first one it is always said what it is. */
  unexpected = unexpected << 1 | 1;
  for (guint i = 0; !from.bad && i < n; i++, unexpected >>= 1)
    {
      if (unexpected & 1)
        get_stage (&from, &stage, &context);
      else
        stage = ps_compact_next_stage (stage);
      delta += (guint64)ps_varint_get_signed (&from);
      stages[i] = (PsStageRecord){ .delta = delta, .stage = stage, .context = context };
      if (delta > PS_STAGE_DELTA_MAX)
        from.bad = TRUE;
    }
  *cursor = from;
  return (guint8)n;
}

/* Past the stages, without a look at what they are: whoever wants them decodes them. */
static guint8
skip_stages (PsCursor *cursor)
{
  guint n = ps_cursor_byte (cursor);
  guint64 unexpected = n > 0 ? ps_varint_get (cursor) << 1 | 1 : 0;
  const guint8 *at = cursor->at, *end = cursor->end;

  for (guint i = 0; i < n && n <= PS_STAGES_MAX; i++, unexpected >>= 1)
    {
      if (unexpected & 1)
        at += at < end && *at & 0x80 ? 3 : 1;
      while (at < end && *at & 0x80)
        at++;
      at++;
    }
  if (n > PS_STAGES_MAX || at > end)
    cursor->bad = TRUE;
  else
    cursor->at = at;
  return (guint8)n;
}

static guint8
get_paths (PsCursor *cursor, PsPathReference *paths)
{
  PsCursor from = *cursor;
  guint n = ps_cursor_byte (&from);

  if (n > PS_PATHS_MAX)
    from.bad = TRUE;
  for (guint i = 0; !from.bad && i < n; i++)
    {
      PsPathReference path = { .path = ps_varint_get32 (&from) };

      get_stage (&from, &path.stage, &path.event);
      path.flags = get16 (&from);
      if (path.flags & PS_PATH_REFERENCE_INFERRED)
        {
          path.agreeing = ps_varint_get32 (&from);
          path.sampled = ps_varint_get32 (&from);
        }
      paths[i] = path;
    }
  *cursor = from;
  return (guint8)n;
}

/* What is not there has no end either, which makes it bad. */
static PsCursor
begin_tail (const guint8 *tail)
{
  return (PsCursor){ .at = tail, .end = tail ? tail + PS_COMPACT_TAIL_MAX : NULL, .bad = !tail };
}

void
ps_compact_decode_tail (const guint8 *tail,
                        PsStageRecord *stages,
                        guint8 *ret_n_stages,
                        PsPathReference *paths,
                        guint8 *ret_n_paths)
{
  PsCursor from = begin_tail (tail);

  *ret_n_stages = get_stages (&from, stages);
  *ret_n_paths = get_paths (&from, paths);
  if (from.bad)
    *ret_n_stages = *ret_n_paths = 0;
}

void
ps_compact_decode_tail_stages (const guint8 *tail, PsStageRecord *stages, guint8 *ret_n_stages)
{
  PsCursor from = begin_tail (tail);

  *ret_n_stages = get_stages (&from, stages);
  if (from.bad)
    *ret_n_stages = 0;
}

void
ps_compact_decode_tail_paths (const guint8 *tail, PsPathReference *paths, guint8 *ret_n_paths)
{
  PsCursor from = begin_tail (tail);

  skip_stages (&from);
  *ret_n_paths = get_paths (&from, paths);
  if (from.bad)
    *ret_n_paths = 0;
}

/* Without `stages` they are left where they are. */
static void
get_packet (PsCursor *cursor, PsPacketParts *parts, gboolean stages)
{
  PsCursor from = *cursor;
  PsPacketRecord *packet = &parts->packet;
  guint64 has = ps_varint_get (&from);
  guint8 byte;

  packet->flags = get16 (&from);
  if (has & HAS_PROTOCOL)
    packet->protocol = get16 (&from);
  byte = ps_cursor_byte (&from);
  packet->direction = byte & 15;
  packet->verdict = byte >> 4;
  if (has & HAS_CONTEXT)
    {
      byte = ps_cursor_byte (&from);
      packet->context = byte & 15;
      packet->relation = byte >> 4;
    }
  if (has & HAS_PARENT)
    packet->parent = packet->id - (guint64)ps_varint_get_signed (&from);
  if (has & HAS_SOCKET)
    packet->socket = ps_varint_get (&from);
  if (has & HAS_OUT_INTERFACE)
    packet->out_interface = ps_varint_get32 (&from);
  if (has & HAS_PROCESS)
    {
      packet->pid = ps_varint_get32 (&from);
      packet->tid = packet->pid + (guint32)ps_varint_get_signed (&from);
      get_comm (&from, packet->comm);
    }
  if (has & HAS_DROP)
    {
      packet->drop_reason = ps_varint_get32 (&from);
      packet->drop_symbol = ps_varint_get32 (&from);
      packet->drop_offset = ps_varint_get32 (&from);
    }
  if (has & HAS_GSO)
    {
      packet->gso_segments = get16 (&from);
      packet->gso_size = get16 (&from);
    }
  *cursor = from;
  parts->tail = cursor->at;
  packet->n_stages = stages ? get_stages (cursor, parts->stages) : skip_stages (cursor);
  packet->n_paths = get_paths (cursor, parts->paths);
  parts->tail_size = (gsize)(cursor->at - parts->tail);
}

static void
write_packet (PsRecordWriter *writer,
              PsRecordType type,
              const PsPacketParts *parts,
              const guint8 *data)
{
  const PsPacketRecord *packet = &parts->packet;
  gsize stages = packet->n_stages * sizeof (PsStageRecord);
  gsize paths = packet->n_paths * sizeof (PsPathReference);
  gsize bytes = data ? packet->captured : 0;
  guint8 *at =
      ps_record_writer_begin (writer, type, (guint32)(sizeof *packet + stages + paths + bytes));

  if (!at)
    return;
  memcpy (at, packet, sizeof *packet);
  at += sizeof *packet;
  memcpy (at, parts->stages, stages);
  memcpy (at + stages, parts->paths, paths);
  if (bytes > 0)
    memcpy (at + stages + paths, data, bytes);
}

gboolean
ps_compact_decode_update (PsCursor *from, gboolean stages, PsPacketParts *parts)
{
  memset (&parts->packet, 0, sizeof parts->packet);
  parts->packet.id = ps_varint_get (from);
  parts->packet.interface = ps_varint_get32 (from);
  get_packet (from, parts, stages);
  return !from->bad && parts->packet.id != 0;
}

gboolean
ps_compact_decode_packet (PsCursor *from,
                          const PsBlockPacket *block,
                          gboolean stages,
                          PsPacketParts *parts)
{
  memset (&parts->packet, 0, sizeof parts->packet);
  parts->packet.id = block->id;
  parts->packet.time = block->time;
  parts->packet.length = block->length;
  parts->packet.captured = block->captured;
  parts->packet.netns = block->netns;
  parts->packet.interface = block->interface;
  parts->packet.link_type = block->link_type;
  parts->packet.protocol = ps_ethertype_of (block->link_type, block->data, block->captured);
  get_packet (from, parts, stages);
  return !from->bad;
}

static gboolean
decode_packet (PsCursor *from, const PsBlockPacket *block, PsRecordWriter *writer)
{
  PsPacketParts parts;

  if (!block || !ps_compact_decode_packet (from, block, TRUE, &parts))
    return FALSE;
  write_packet (writer, PS_RECORD_PACKET, &parts, block->data);
  return TRUE;
}

static gboolean
decode_stages (PsCursor *from, PsRecordWriter *writer)
{
  PsPacketParts parts;

  if (!ps_compact_decode_update (from, TRUE, &parts))
    return FALSE;
  write_packet (writer, PS_RECORD_STAGES, &parts, NULL);
  return TRUE;
}

static void
get_address (PsCursor *from, guint16 family, guint8 *address)
{
  gsize size = family == AF_INET ? 4 : 16;
  const guint8 *bytes = ps_cursor_take (from, size);

  if (bytes)
    memcpy (address, bytes, size);
}

static void
get_socket (PsCursor *from, PsSocketRecord *socket)
{
  socket->cookie = ps_varint_get (from);
  socket->time = ps_varint_get (from);
  socket->flags = get16 (from);
  socket->family = get16 (from);
  socket->netns = ps_varint_get32 (from);
  socket->uid = ps_varint_get32 (from);
  socket->inode = ps_varint_get32 (from);
  socket->protocol = get16 (from);
  socket->state = ps_cursor_byte (from);
  socket->old_state = ps_cursor_byte (from);
  socket->source_port = get16 (from);
  socket->destination_port = get16 (from);
  get_address (from, socket->family, socket->source);
  get_address (from, socket->family, socket->destination);
  socket->interface = ps_varint_get32 (from);
  if (socket->flags & PS_SOCKET_HAS_QUEUES)
    {
      socket->receive_queue = ps_varint_get32 (from);
      socket->send_queue = ps_varint_get32 (from);
    }
  if (socket->flags & PS_SOCKET_HAS_TCP)
    {
      socket->rtt = ps_varint_get32 (from);
      socket->rtt_variance = ps_varint_get32 (from);
      socket->congestion_window = ps_varint_get32 (from);
      socket->slow_start_threshold = ps_varint_get32 (from);
      socket->mss = ps_varint_get32 (from);
      socket->retransmits = ps_varint_get32 (from);
      socket->lost = ps_varint_get32 (from);
    }
  if (socket->flags & PS_SOCKET_HAS_COUNTERS)
    {
      socket->packets_in = ps_varint_get (from);
      socket->bytes_in = ps_varint_get (from);
      socket->packets_out = ps_varint_get (from);
      socket->bytes_out = ps_varint_get (from);
      socket->drops = ps_varint_get (from);
    }
}

static gboolean
decode_socket (PsCursor *from, PsRecordWriter *writer)
{
  PsSocketRecord socket = { 0 };
  PsSocketProcess processes[PS_PROCESSES_MAX];
  guint8 *at;

  get_socket (from, &socket);
  socket.n_processes = ps_varint_get32 (from);
  if (from->bad || socket.n_processes > PS_PROCESSES_MAX)
    return FALSE;

  memset (processes, 0, sizeof processes);
  for (guint i = 0; i < socket.n_processes; i++)
    {
      processes[i].pid = ps_varint_get32 (from);
      processes[i].fd = ps_varint_get32 (from);
      get_comm (from, processes[i].comm);
    }
  if (from->bad)
    return FALSE;

  at = ps_record_writer_begin (
      writer, PS_RECORD_SOCKET,
      (guint32)(sizeof socket + socket.n_processes * sizeof (PsSocketProcess)));
  if (at)
    {
      memcpy (at, &socket, sizeof socket);
      memcpy (at + sizeof socket, processes, socket.n_processes * sizeof (PsSocketProcess));
    }
  return TRUE;
}

static gboolean
decode_path (PsCursor *from, PsRecordWriter *writer)
{
  PsPathRecord path = { 0 };
  PsFrame frames[PS_FRAMES_MAX];
  guint8 *at;

  path.id = ps_varint_get32 (from);
  path.flags = get16 (from);
  path.n_frames = get16 (from);
  if (from->bad || path.n_frames > PS_FRAMES_MAX)
    return FALSE;
  for (guint i = 0; i < path.n_frames; i++)
    {
      frames[i].symbol = ps_varint_get32 (from);
      frames[i].offset = ps_varint_get32 (from);
    }
  if (from->bad)
    return FALSE;

  at = ps_record_writer_begin (writer, PS_RECORD_PATH,
                               (guint32)(sizeof path + path.n_frames * sizeof (PsFrame)));
  if (at)
    {
      memcpy (at, &path, sizeof path);
      memcpy (at + sizeof path, frames, path.n_frames * sizeof (PsFrame));
    }
  return TRUE;
}

static void
get_metric (PsCursor *from, const PsMetric *last, PsMetric *metric)
{
  guint8 key = ps_cursor_byte (from);

  memset (metric, 0, sizeof *metric);
  metric->kind = key & METRIC_KIND;
  if (key & METRIC_SAME_KEYS)
    {
      metric->a = last->a;
      metric->b = last->b;
    }
  else
    {
      metric->a = ps_cursor_byte (from);
      metric->b = ps_cursor_byte (from);
    }
  metric->c = ps_varint_get32 (from);
  metric->value = ps_varint_get (from);
  if (key & METRIC_VALUE2)
    metric->value2 = ps_varint_get (from);
}

static gboolean
decode_metrics (PsCursor *from, PsRecordWriter *writer)
{
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (PsMetric));
  PsMetricsRecord metrics = { 0 };
  PsMetric metric = { 0 };
  guint8 *at;

  metrics.time = ps_varint_get (from);
  metrics.n_metrics = ps_varint_get32 (from);
  /* One takes three bytes at least: a count over that is a lie, found before it costs memory. */
  if (from->bad || metrics.n_metrics > ps_cursor_left (from) / 3 ||
      metrics.n_metrics > (PS_RECORD_LENGTH_MAX - sizeof metrics) / sizeof (PsMetric))
    return FALSE;

  for (guint i = 0; i < metrics.n_metrics; i++)
    {
      PsMetric last = metric;

      get_metric (from, &last, &metric);
      g_array_append_val (values, metric);
    }
  if (from->bad)
    return FALSE;

  at = ps_record_writer_begin (writer, PS_RECORD_METRICS,
                               (guint32)(sizeof metrics + values->len * sizeof (PsMetric)));
  if (at)
    {
      memcpy (at, &metrics, sizeof metrics);
      if (values->len > 0)
        memcpy (at + sizeof metrics, values->data, values->len * sizeof (PsMetric));
    }
  return TRUE;
}

gboolean
ps_compact_decode (guint type,
                   PsCursor *payload,
                   const PsBlockPacket *packet,
                   PsRecordWriter *writer)
{
  switch (type)
    {
    case PS_RECORD_PACKET:
      return decode_packet (payload, packet, writer);
    case PS_RECORD_STAGES:
      return decode_stages (payload, writer);
    case PS_RECORD_SOCKET:
      return decode_socket (payload, writer);
    case PS_RECORD_PATH:
      return decode_path (payload, writer);
    case PS_RECORD_METRICS:
      return decode_metrics (payload, writer);
    default:
      if (ps_cursor_left (payload) > PS_RECORD_LENGTH_MAX)
        return FALSE;
      ps_record_writer_add (writer, (PsRecordType)type, payload->at,
                            (guint32)ps_cursor_left (payload));
      return TRUE;
    }
}
