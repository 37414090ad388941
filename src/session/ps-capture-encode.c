/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>
#include <sys/socket.h>

#include "session/ps-capture-codec.h"
#include "session/ps-capture-codec-private.h"

/* What a packet takes at most: its fields, its stages, its paths. */
#define PACKET_MAX (14 * PS_VARINT_MAX + 8 + PS_COMM_LENGTH)
#define STAGES_MAX (1 + PS_VARINT_MAX + PS_STAGES_MAX * (3 + PS_VARINT_MAX))
#define PATHS_MAX (1 + PS_PATHS_MAX * (3 + 4 * PS_VARINT_MAX))
#define HEAD_MAX (2 * PS_VARINT_MAX)

static void
put_byte (GByteArray *to, guint value)
{
  guint8 byte = (guint8)value;

  g_byte_array_append (to, &byte, 1);
}

static guint8 *
write_comm (guint8 *at, const char *comm)
{
  gsize size = strnlen (comm, PS_COMM_LENGTH);

  *at++ = (guint8)size;
  memcpy (at, comm, size);
  return at + size;
}

static void
put_comm (GByteArray *to, const char *comm)
{
  guint8 bytes[1 + PS_COMM_LENGTH];

  g_byte_array_append (to, bytes, (guint)(write_comm (bytes, comm) - bytes));
}

static guint
packet_has (const PsPacketView *view)
{
  const PsPacketRecord *packet = view->packet;
  guint16 ethertype =
      view->data ? ps_ethertype_of (packet->link_type, view->data, packet->captured) : 0;

  return (packet->parent ? HAS_PARENT : 0) | (packet->socket ? HAS_SOCKET : 0) |
         (packet->out_interface ? HAS_OUT_INTERFACE : 0) |
         (packet->pid || packet->tid || packet->comm[0] ? HAS_PROCESS : 0) |
         (packet->drop_reason || packet->drop_symbol || packet->drop_offset ? HAS_DROP : 0) |
         (packet->gso_segments || packet->gso_size ? HAS_GSO : 0) |
         (packet->context || packet->relation ? HAS_CONTEXT : 0) |
         (packet->protocol != ethertype ? HAS_PROTOCOL : 0);
}

/* A stage and what goes with it in one byte, where both are as small as they are. */
static inline guint8 *
write_stage (guint8 *at, guint8 stage, guint8 other)
{
  if ((stage & PS_STAGE_MASK) < 8 && other < 8)
    {
      *at++ = (guint8)((stage & PS_STAGE_SEND ? 0x40 : 0) | other << 3 | (stage & PS_STAGE_MASK));
      return at;
    }
  *at++ = 0x80;
  *at++ = stage;
  *at++ = other;
  return at;
}

/* Only what does not follow from the stage before is said: a byte or two for a usual journey. */
static guint8 *
write_stages (guint8 *at, const PsPacketView *view)
{
  const PsStageRecord *stages = view->stages;
  guint n = view->packet->n_stages;
  guint64 unexpected = 0, last = 0;

  *at++ = (guint8)n;
  for (guint i = 1; i < n; i++)
    if (stages[i].stage != ps_compact_next_stage (stages[i - 1].stage) ||
        stages[i].context != stages[i - 1].context)
      unexpected |= G_GUINT64_CONSTANT (1) << (i - 1);
  if (n > 0)
    at = ps_varint_write (at, unexpected);

  for (guint i = 0; i < n; i++)
    {
      if (i == 0 || unexpected >> (i - 1) & 1)
        at = write_stage (at, stages[i].stage, stages[i].context);
      at = ps_varint_write_signed (at, (gint64)(stages[i].delta - last));
      last = stages[i].delta;
    }
  return at;
}

static guint8 *
write_paths (guint8 *at, const PsPacketView *view)
{
  *at++ = view->packet->n_paths;
  for (guint i = 0; i < view->packet->n_paths; i++)
    {
      const PsPathReference *path = &view->paths[i];

      at = ps_varint_write (at, path->path);
      at = write_stage (at, path->stage, path->event);
      at = ps_varint_write (at, path->flags);
      if (path->flags & PS_PATH_REFERENCE_INFERRED)
        {
          at = ps_varint_write (at, path->agreeing);
          at = ps_varint_write (at, path->sampled);
        }
    }
  return at;
}

void
ps_compact_encode_tail (const PsPacketView *view, GByteArray *to)
{
  guint8 tail[PS_COMPACT_TAIL_MAX];

  g_byte_array_append (to, tail, (guint)(write_paths (write_stages (tail, view), view) - tail));
}

static guint8 *
write_packet (guint8 *at, const PsPacketView *view)
{
  const PsPacketRecord *packet = view->packet;
  guint has = packet_has (view);

  at = ps_varint_write (at, has);
  at = ps_varint_write (at, packet->flags);
  if (has & HAS_PROTOCOL)
    at = ps_varint_write (at, packet->protocol);
  *at++ = (guint8)((packet->direction & 15) | packet->verdict << 4);
  if (has & HAS_CONTEXT)
    *at++ = (guint8)((packet->context & 15) | packet->relation << 4);
  if (has & HAS_PARENT)
    at = ps_varint_write_signed (at, (gint64)(packet->id - packet->parent));
  if (has & HAS_SOCKET)
    at = ps_varint_write (at, packet->socket);
  if (has & HAS_OUT_INTERFACE)
    at = ps_varint_write (at, packet->out_interface);
  if (has & HAS_PROCESS)
    {
      at = ps_varint_write (at, packet->pid);
      at = ps_varint_write_signed (at, (gint64)packet->tid - packet->pid);
      at = write_comm (at, packet->comm);
    }
  if (has & HAS_DROP)
    {
      at = ps_varint_write (at, packet->drop_reason);
      at = ps_varint_write (at, packet->drop_symbol);
      at = ps_varint_write (at, packet->drop_offset);
    }
  if (has & HAS_GSO)
    {
      at = ps_varint_write (at, packet->gso_segments);
      at = ps_varint_write (at, packet->gso_size);
    }
  return write_paths (write_stages (at, view), view);
}

/* Packets are many: each is written in one piece, where every append to an array has its price. */
static gboolean
encode_packet (const PsRecord *record, GByteArray *stream)
{
  guint8 bytes[HEAD_MAX + PACKET_MAX + STAGES_MAX + PATHS_MAX];
  guint8 head[HEAD_MAX];
  guint8 *start = bytes + HEAD_MAX, *end = start;
  PsPacketView view;
  gsize size;

  if (!ps_record_view_packet (record, &view))
    return FALSE;

  if (record->type == PS_RECORD_STAGES)
    {
      end = ps_varint_write (end, view.packet->id);
      end = ps_varint_write (end, view.packet->interface);
    }
  end = write_packet (end, &view);
  size = (gsize)(ps_varint_write (ps_varint_write (head, record->type), (guint64)(end - start)) -
                 head);
  start -= size;
  memcpy (start, head, size);
  g_byte_array_append (stream, start, (guint)(end - start));
  return TRUE;
}

static void
put_socket_fields (GByteArray *to, const PsSocketRecord *socket)
{
  gsize address = socket->family == AF_INET ? 4 : 16;

  ps_varint_put (to, socket->cookie);
  ps_varint_put (to, socket->time);
  ps_varint_put (to, socket->flags);
  ps_varint_put (to, socket->family);
  ps_varint_put (to, socket->netns);
  ps_varint_put (to, socket->uid);
  ps_varint_put (to, socket->inode);
  ps_varint_put (to, socket->protocol);
  put_byte (to, socket->state);
  put_byte (to, socket->old_state);
  ps_varint_put (to, socket->source_port);
  ps_varint_put (to, socket->destination_port);
  g_byte_array_append (to, socket->source, (guint)address);
  g_byte_array_append (to, socket->destination, (guint)address);
  ps_varint_put (to, socket->interface);
  if (socket->flags & PS_SOCKET_HAS_QUEUES)
    {
      ps_varint_put (to, socket->receive_queue);
      ps_varint_put (to, socket->send_queue);
    }
  if (socket->flags & PS_SOCKET_HAS_TCP)
    {
      ps_varint_put (to, socket->rtt);
      ps_varint_put (to, socket->rtt_variance);
      ps_varint_put (to, socket->congestion_window);
      ps_varint_put (to, socket->slow_start_threshold);
      ps_varint_put (to, socket->mss);
      ps_varint_put (to, socket->retransmits);
      ps_varint_put (to, socket->lost);
    }
  if (socket->flags & PS_SOCKET_HAS_COUNTERS)
    {
      ps_varint_put (to, socket->packets_in);
      ps_varint_put (to, socket->bytes_in);
      ps_varint_put (to, socket->packets_out);
      ps_varint_put (to, socket->bytes_out);
      ps_varint_put (to, socket->drops);
    }
}

static gboolean
encode_socket (const PsRecord *record, GByteArray *to)
{
  PsSocketView view;

  if (!ps_record_view_socket (record, &view))
    return FALSE;

  put_socket_fields (to, view.socket);
  ps_varint_put (to, view.socket->n_processes);
  for (guint i = 0; i < view.socket->n_processes; i++)
    {
      const PsSocketProcess *process = &view.processes[i];

      ps_varint_put (to, process->pid);
      ps_varint_put (to, process->fd);
      put_comm (to, process->comm);
    }
  return TRUE;
}

static gboolean
encode_path (const PsRecord *record, GByteArray *to)
{
  PsPathView view;

  if (!ps_record_view_path (record, &view))
    return FALSE;

  ps_varint_put (to, view.path->id);
  ps_varint_put (to, view.path->flags);
  ps_varint_put (to, view.path->n_frames);
  for (guint i = 0; i < view.path->n_frames; i++)
    {
      ps_varint_put (to, view.frames[i].symbol);
      ps_varint_put (to, view.frames[i].offset);
    }
  return TRUE;
}

/* Histograms come bucket after bucket: what repeats of the keys is left out. */
static gboolean
encode_metrics (const PsRecord *record, GByteArray *to)
{
  PsMetricsView view;
  PsMetric last = { 0 };

  if (!ps_record_view_metrics (record, &view))
    return FALSE;

  ps_varint_put (to, view.metrics->time);
  ps_varint_put (to, view.metrics->n_metrics);
  for (guint i = 0; i < view.metrics->n_metrics; i++)
    {
      const PsMetric *metric = &view.values[i];
      guint8 key = metric->kind & METRIC_KIND;

      if (metric->kind == last.kind && metric->a == last.a && metric->b == last.b && i > 0)
        key |= METRIC_SAME_KEYS;
      if (metric->value2 != 0)
        key |= METRIC_VALUE2;
      put_byte (to, key);
      if (!(key & METRIC_SAME_KEYS))
        {
          put_byte (to, metric->a);
          put_byte (to, metric->b);
        }
      ps_varint_put (to, metric->c);
      ps_varint_put (to, metric->value);
      if (key & METRIC_VALUE2)
        ps_varint_put (to, metric->value2);
      last = *metric;
    }
  return TRUE;
}

void
ps_compact_put (GByteArray *stream, guint type, const void *payload, gsize size)
{
  ps_varint_put (stream, type);
  ps_varint_put (stream, size);
  if (size > 0)
    g_byte_array_append (stream, payload, (guint)size);
}

gboolean
ps_compact_encode (const PsRecord *record, GByteArray *stream)
{
  g_autoptr (GByteArray) compact = NULL;
  gboolean good;

  if (record->type == PS_RECORD_PACKET || record->type == PS_RECORD_STAGES)
    return encode_packet (record, stream);

  compact = g_byte_array_sized_new (256);
  switch (record->type)
    {
    case PS_RECORD_SOCKET:
      good = encode_socket (record, compact);
      break;
    case PS_RECORD_PATH:
      good = encode_path (record, compact);
      break;
    case PS_RECORD_METRICS:
      good = encode_metrics (record, compact);
      break;
    default:
      ps_compact_put (stream, record->type, record->payload, record->length);
      return TRUE;
    }
  if (good)
    ps_compact_put (stream, record->type, compact->data, compact->len);
  return good;
}
