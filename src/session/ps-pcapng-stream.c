/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-hello.h"
#include "session/ps-pcapng-stream.h"

void
ps_pcapng_stream_clear (PsPcapngStream *self)
{
  ps_pcapng_trees_hand_over (self);
  g_clear_pointer (&self->tail, g_byte_array_unref);
  g_clear_pointer (&self->parts, g_ptr_array_unref);
  g_clear_pointer (&self->deferred, ps_payload_list_free);
}

void
ps_pcapng_stream_begin_section (PsPcapngStream *self)
{
  ps_pcapng_trees_settle (self);
  g_clear_pointer (&self->parts, g_ptr_array_unref);
  self->part = NULL;
}

static void
free_part (gpointer part)
{
  ps_stream_part_free (part);
}

static PsStreamPart *
add_part (PsPcapngStream *self, guint16 key)
{
  PsStreamPart *part;

  if (!self->parts)
    {
      self->parts = g_ptr_array_new_with_free_func (free_part);
      part = ps_stream_part_new (key, &self->numbers);
    }
  else
    {
      self->part = g_ptr_array_index (self->parts, 0);
      ps_pcapng_trees_settle (self);
      ps_stream_part_mix (self->part, &self->numbers);
      part = ps_stream_part_new_mixed (key, self->parts->len, self->part);
    }
  g_ptr_array_add (self->parts, part);
  self->n_parts++;
  return part;
}

static void
choose_part (PsPcapngStream *self, guint16 key)
{
  if (self->part && self->part->key == key)
    return;
  for (guint i = 0; self->parts && i < self->parts->len; i++)
    {
      self->part = g_ptr_array_index (self->parts, i);
      if (self->part->key == key)
        return;
    }
  self->part = add_part (self, key);
}

guint64
ps_pcapng_stream_get_id (PsPcapngStream *self, guint64 id)
{
  return self->part ? ps_pcapng_stream_move_id (self, id) : id;
}

static void
move_packet (PsPcapngStream *self, PsPacketRecord *packet, PsPathReference *paths)
{
  packet->id = ps_pcapng_stream_move_id (self, packet->id);
  packet->parent = ps_pcapng_stream_move_id (self, packet->parent);
  packet->drop_symbol = ps_pcapng_stream_move_symbol (self, packet->drop_symbol);
  for (guint i = 0; i < packet->n_paths; i++)
    paths[i].path = ps_stream_part_path (self->part, &self->numbers, paths[i].path,
                                         /* define= */ FALSE);
}

static void
move_path (PsPcapngStream *self, const PsRecord *record)
{
  PsPathView view;
  PsFrame *frames;

  if (!ps_record_view_path (record, &view))
    return;
  ((PsPathRecord *)record->payload)->id =
      ps_stream_part_path (self->part, &self->numbers, view.path->id, /* define= */ TRUE);
  frames = (PsFrame *)view.frames;
  for (guint i = 0; i < view.path->n_frames; i++)
    frames[i].symbol = ps_pcapng_stream_move_symbol (self, frames[i].symbol);
}

static void
move_metrics (PsPcapngStream *self, const PsRecord *record)
{
  PsMetricsView view;
  PsMetric *values;

  if (!ps_record_view_metrics (record, &view))
    return;
  ((PsMetricsRecord *)record->payload)->time =
      ps_pcapng_stream_move_time (self, view.metrics->time);
  values = (PsMetric *)view.values;
  for (guint i = 0; i < view.metrics->n_metrics; i++)
    if (values[i].kind == PS_METRIC_DROP && values[i].value2 <= G_MAXUINT32)
      values[i].value2 = ps_pcapng_stream_move_symbol (self, (guint32)values[i].value2);
}

static void
move_finding (PsPcapngStream *self, const PsRecord *record)
{
  PsFindingView view;
  guint64 *packets;

  if (!ps_record_view_finding (record, &view))
    return;
  ((PsFindingRecord *)record->payload)->time =
      ps_pcapng_stream_move_time (self, view.finding->time);
  packets = (guint64 *)view.packets;
  for (guint i = 0; i < view.finding->n_packets; i++)
    packets[i] = ps_pcapng_stream_move_id (self, packets[i]);
}

static void
learn_hello (PsPcapngStream *self, const PsRecord *record)
{
  g_autoptr (PsHello) hello = ps_hello_parse (record->payload, record->length);

  if (!hello)
    return;
  /* Those before it are told by the clock of the one before. */
  ps_pcapng_trees_hand_over (self);
  self->part->has_hello = TRUE;
  self->part->offset_ns = self->hello_offset_ns = hello->offset_ns;
}

/* What has to be known or changed of a record before it goes on. The records are our own copy. */
static void
adapt (PsPcapngStream *self, const PsRecord *record)
{
  PsSymbolRecord *symbol = (PsSymbolRecord *)record->payload;
  PsSocketRecord *socket = (PsSocketRecord *)record->payload;
  PsPacketView packet;

  switch (record->type)
    {
    case PS_RECORD_HELLO:
      learn_hello (self, record);
      break;
    case PS_RECORD_SOCKET:
      if (record->length >= sizeof *socket)
        socket->time = ps_pcapng_stream_move_time (self, socket->time);
      break;
    case PS_RECORD_PACKET:
    case PS_RECORD_STAGES:
      if (ps_record_view_packet (record, &packet))
        move_packet (self, (PsPacketRecord *)packet.packet, (PsPathReference *)packet.paths);
      break;
    case PS_RECORD_SYMBOL:
      if (record->length >= sizeof *symbol)
        symbol->id =
            ps_stream_part_symbol (self->part, &self->numbers, symbol->id, /* define= */ TRUE);
      break;
    case PS_RECORD_PATH:
      move_path (self, record);
      break;
    case PS_RECORD_METRICS:
      move_metrics (self, record);
      break;
    case PS_RECORD_FINDING:
      move_finding (self, record);
      break;
    default:
      break;
    }
}

static void
deliver (PsPcapngStream *self)
{
  const guint8 *data = self->source->records.data;
  gsize size = self->source->records.size;
  PsRecord record;

  while (ps_record_next (&data, &size, &record) == 1)
    adapt (self, &record);
  ps_capture_source_deliver (self->source);
}

/* Whether the tail can stay where it is: in the map, and with as much behind it as may be read. */
static gboolean
stays (const PsPcapngStream *self, const guint8 *tail)
{
  const guint8 *start = self->source->buffer, *end = start + self->source->end;

  return tail >= start && tail < end && (gsize)(end - tail) >= PS_COMPACT_TAIL_MAX;
}

/* Paths are not what the file calls them. */
static gboolean
is_renumbered (const PsPcapngStream *self)
{
  return self->part->path_base > 0 || self->part->paths;
}

static void
set_tail (PsPcapngStream *self, const PsPacketParts *parts, PsNewPacket *packet)
{
  PsPacketView view = { .packet = &parts->packet, .stages = parts->stages, .paths = parts->paths };

  if (parts->packet.n_stages == 0 && parts->packet.n_paths == 0)
    return;
  packet->tail = parts->tail;
  packet->tail_size = parts->tail_size;
  packet->tail_stays = stays (self, parts->tail);
  if (parts->packet.n_paths == 0 || !is_renumbered (self))
    return;

  if (!self->tail)
    self->tail = g_byte_array_new ();
  g_byte_array_set_size (self->tail, 0);
  ps_compact_encode_tail (&view, self->tail);
  packet->tail = self->tail->data;
  packet->tail_size = self->tail->len;
  packet->tail_stays = FALSE;
}

/* Hands on what was decoded; `func` is the source's for packets or for updates. */
static void
yield (PsPcapngStream *self, PsPacketParts *parts, PsNewPacket *packet, PsCapturePacketFunc func)
{
  guint32 paths[PS_PATHS_MAX];
  guint n_paths = 0;

  move_packet (self, &parts->packet, parts->paths);
  set_tail (self, parts, packet);
  for (guint i = 0; i < parts->packet.n_paths; i++)
    if (!(parts->paths[i].flags & PS_PATH_REFERENCE_INFERRED))
      paths[n_paths++] = parts->paths[i].path;
  func (packet, paths, n_paths, self->source->user_data);
}

/* A packet that need not become a record: straight from the block to whoever takes it. */
static gboolean
take_in_place (PsPcapngStream *self, PsCursor *payload, const PsBlockPacket *block, guint64 time)
{
  PsPacketParts parts;
  PsNewPacket packet = { .packet = &parts.packet, .data = block->data, .data_stays = TRUE };

  if (!ps_compact_decode_packet (payload, block, /* stages= */ is_renumbered (self), &parts))
    return FALSE;
  packet.time_ns = ps_hello_to_epoch (time, 0);
  ps_new_packet_read_headers (&packet);
  yield (self, &parts, &packet, self->source->packet_func);
  return TRUE;
}

static gboolean
take_update_in_place (PsPcapngStream *self, PsCursor *payload)
{
  PsPacketParts parts;
  PsNewPacket packet = { .packet = &parts.packet };

  if (!ps_compact_decode_update (payload, /* stages= */ is_renumbered (self), &parts))
    return FALSE;
  yield (self, &parts, &packet, self->source->update_func);
  return TRUE;
}

static void
get_place (PsCursor *payload, guint32 *ret_netns, guint32 *ret_index)
{
  guint32 netns = ps_varint_get32 (payload);
  guint32 index = ps_varint_get32 (payload);

  if (payload->bad || !ret_netns)
    return;
  *ret_netns = netns;
  *ret_index = index;
}

void
ps_pcapng_stream_check_format (PsPcapngStream *self, const guint8 *data, gsize size)
{
  PsCursor stream = { .at = data, .end = data + size };
  PsCursor payload;
  guint type;

  while (ps_compact_next (&stream, &type, &payload))
    if (type == PS_COMPACT_FORMAT)
      {
        guint version = ps_cursor_byte (&payload);

        self->newer = MAX (self->newer, version > PS_RECORD_VERSION ? version : 0);
      }
}

/* Whether a group that begins was read already; 0 ends one. */
static gboolean
is_told (guint64 *highest, PsCursor *payload)
{
  guint64 number = ps_varint_get (payload);
  gboolean told = number != 0 && number <= *highest;

  *highest = MAX (*highest, number);
  return told;
}

gboolean
ps_pcapng_stream_take (PsPcapngStream *self,
                       guint16 key,
                       const guint8 *data,
                       gsize size,
                       const PsBlockPacket *packet,
                       guint32 *ret_netns,
                       guint32 *ret_index)
{
  PsCursor stream = { .at = data, .end = data + size };
  PsCursor payload;
  gboolean told = FALSE, had_packet = FALSE;
  guint type;

  choose_part (self, key);
  while (ps_compact_next (&stream, &type, &payload))
    {
      switch (type)
        {
        case PS_COMPACT_GROUP:
          told = is_told (&self->part->group, &payload);
          continue;
        case PS_COMPACT_INTERFACE_GROUP:
          told = is_told (&self->part->interface_group, &payload);
          continue;
        case PS_COMPACT_PLACE:
          get_place (&payload, ret_netns, ret_index);
          continue;
        default:
          break;
        }
      if (told)
        continue;
      if (type == PS_RECORD_CALLS || type == PS_COMPACT_NODES || type == PS_COMPACT_TREES)
        {
          if (self->source->trees_func)
            self->source->trees_func (ps_cursor_left (&payload), self->source->user_data);
          if (!ps_pcapng_trees_take (self, type, &payload))
            self->source->n_damaged++;
          ps_capture_source_deliver (self->source);
          continue;
        }

      if (type == PS_RECORD_PACKET && packet)
        {
          PsBlockPacket block = *packet;

          block.time -= (guint64)self->hello_offset_ns;
          if (self->source->packet_func
                  ? take_in_place (self, &payload, &block, packet->time)
                  : ps_compact_decode (type, &payload, &block, &self->source->records))
            had_packet = TRUE;
          else
            self->source->n_damaged++;
          packet = NULL;
          if (self->source->packet_func)
            continue;
        }
      else if (type == PS_RECORD_STAGES && self->source->packet_func)
        {
          self->source->n_damaged += !take_update_in_place (self, &payload);
          continue;
        }
      else if (!ps_compact_decode (type, &payload, NULL, &self->source->records))
        self->source->n_damaged++;
      deliver (self);
    }
  if (stream.bad)
    self->source->n_damaged++;
  return had_packet;
}
