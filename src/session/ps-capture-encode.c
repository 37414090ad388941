/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <sys/socket.h>

#include "session/ps-capture-codec.h"
#include "session/ps-capture-codec-private.h"

struct _PsCommTable {
  GHashTable *indices; /* the 16 bytes as GBytes → index + 1 */
  char recent[PS_COMM_LENGTH];
  guint recent_index; /* + 1 */
};

PsCommTable *
ps_comm_table_new (void)
{
  PsCommTable *self = g_new0 (PsCommTable, 1);

  self->indices =
      g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
  return self;
}

void
ps_comm_table_free (PsCommTable *self)
{
  g_hash_table_unref (self->indices);
  g_free (self);
}

/* The number of a name; a new one is defined in `stream` first. 0: the table is full. */
static guint
comm_number (PsCommTable *self, const char *comm, GByteArray *stream)
{
  g_autoptr (GBytes) key = NULL;
  g_autoptr (GByteArray) definition = NULL;
  guint number;

  if (self->recent_index && memcmp (self->recent, comm, PS_COMM_LENGTH) == 0)
    return self->recent_index;

  key = g_bytes_new (comm, PS_COMM_LENGTH);
  number = GPOINTER_TO_UINT (g_hash_table_lookup (self->indices, key));
  if (number == 0)
    {
      if (g_hash_table_size (self->indices) >= PS_COMMS_MAX)
        return 0;
      number = g_hash_table_size (self->indices) + 1;
      definition = g_byte_array_new ();
      ps_varint_put (definition, number - 1);
      g_byte_array_append (definition, (const guint8 *)comm, PS_COMM_LENGTH);
      ps_compact_put (stream, PS_COMPACT_COMM, definition->data, definition->len);
      g_hash_table_insert (self->indices, g_steal_pointer (&key), GUINT_TO_POINTER (number));
    }
  memcpy (self->recent, comm, PS_COMM_LENGTH);
  self->recent_index = number;
  return number;
}

static void
put_byte (GByteArray *to, guint value)
{
  guint8 byte = (guint8)value;

  g_byte_array_append (to, &byte, 1);
}

static void
put_comm (GByteArray *to, guint number, const char *comm)
{
  ps_varint_put (to, number);
  if (number == 0)
    g_byte_array_append (to, (const guint8 *)comm, PS_COMM_LENGTH);
}

/* A stage and what goes with it in one byte, where both are as small as they are. */
static void
put_stage (GByteArray *to, guint8 stage, guint8 other)
{
  if ((stage & PS_STAGE_MASK) < 8 && other < 8)
    {
      put_byte (to, (stage & PS_STAGE_SEND ? 0x40 : 0) | other << 3 | (stage & PS_STAGE_MASK));
      return;
    }
  put_byte (to, 0x80);
  put_byte (to, stage);
  put_byte (to, other);
}

static guint
packet_has (const PsPacketRecord *packet)
{
  return (packet->parent ? HAS_PARENT : 0) | (packet->socket ? HAS_SOCKET : 0) |
         (packet->out_interface ? HAS_OUT_INTERFACE : 0) |
         (packet->pid || packet->tid || packet->comm[0] ? HAS_PROCESS : 0) |
         (packet->drop_reason || packet->drop_symbol || packet->drop_offset ? HAS_DROP : 0) |
         (packet->gso_segments || packet->gso_size ? HAS_GSO : 0) |
         (packet->context || packet->relation ? HAS_CONTEXT : 0);
}

static void
put_stages (GByteArray *to, const PsPacketView *view)
{
  guint64 last = 0;

  put_byte (to, view->packet->n_stages);
  for (guint i = 0; i < view->packet->n_stages; i++)
    {
      put_stage (to, view->stages[i].stage, view->stages[i].context);
      ps_varint_put_signed (to, (gint64)(view->stages[i].delta - last));
      last = view->stages[i].delta;
    }
}

static void
put_paths (GByteArray *to, const PsPacketView *view)
{
  put_byte (to, view->packet->n_paths);
  for (guint i = 0; i < view->packet->n_paths; i++)
    {
      const PsPathReference *path = &view->paths[i];

      ps_varint_put (to, path->path);
      put_stage (to, path->stage, path->event);
      ps_varint_put (to, path->flags);
      if (path->flags & PS_PATH_REFERENCE_INFERRED)
        {
          ps_varint_put (to, path->agreeing);
          ps_varint_put (to, path->sampled);
        }
    }
}

static void
put_packet (GByteArray *to, const PsPacketView *view, guint comm)
{
  const PsPacketRecord *packet = view->packet;
  guint has = packet_has (packet);

  ps_varint_put (to, has);
  ps_varint_put (to, packet->flags);
  ps_varint_put (to, packet->protocol);
  put_byte (to, (packet->direction & 15) | packet->verdict << 4);
  if (has & HAS_CONTEXT)
    put_byte (to, (packet->context & 15) | packet->relation << 4);
  if (has & HAS_PARENT)
    ps_varint_put_signed (to, (gint64)(packet->id - packet->parent));
  if (has & HAS_SOCKET)
    ps_varint_put (to, packet->socket);
  if (has & HAS_OUT_INTERFACE)
    ps_varint_put (to, packet->out_interface);
  if (has & HAS_PROCESS)
    {
      ps_varint_put (to, packet->pid);
      ps_varint_put_signed (to, (gint64)packet->tid - packet->pid);
      put_comm (to, comm, packet->comm);
    }
  if (has & HAS_DROP)
    {
      ps_varint_put (to, packet->drop_reason);
      ps_varint_put (to, packet->drop_symbol);
      ps_varint_put (to, packet->drop_offset);
    }
  if (has & HAS_GSO)
    {
      ps_varint_put (to, packet->gso_segments);
      ps_varint_put (to, packet->gso_size);
    }
  put_stages (to, view);
  put_paths (to, view);
}

static gboolean
encode_packet (PsCommTable *comms, const PsRecord *record, GByteArray *stream, GByteArray *to)
{
  PsPacketView view;
  guint comm = 0;

  if (!ps_record_view_packet (record, &view))
    return FALSE;

  if (packet_has (view.packet) & HAS_PROCESS)
    comm = comm_number (comms, view.packet->comm, stream);
  if (record->type == PS_RECORD_STAGES)
    {
      ps_varint_put (to, view.packet->id);
      ps_varint_put (to, view.packet->netns);
      ps_varint_put (to, view.packet->interface);
      ps_varint_put (to, view.packet->length);
    }
  put_packet (to, &view, comm);
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
encode_socket (PsCommTable *comms, const PsRecord *record, GByteArray *stream, GByteArray *to)
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
      put_comm (to, comm_number (comms, process->comm, stream), process->comm);
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
ps_compact_encode (PsCommTable *comms, const PsRecord *record, GByteArray *stream)
{
  g_autoptr (GByteArray) compact = g_byte_array_sized_new (256);
  gboolean good;

  switch (record->type)
    {
    case PS_RECORD_PACKET:
    case PS_RECORD_STAGES:
      good = encode_packet (comms, record, stream, compact);
      break;
    case PS_RECORD_SOCKET:
      good = encode_socket (comms, record, stream, compact);
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
