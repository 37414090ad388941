/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-hello.h"
#include "session/ps-pcapng-stream.h"
#include "session/ps-session-private.h"
#include "session/ps-tree-walk.h"

#define DEFERRED_COPY_MAX (PS_RECORD_LENGTH_MAX / 2)

/* What was put off and not handed over yet: before whatever else is told. */
static void
hand_over_trees (PsPcapngStream *self)
{
  PsPayloadGroup group;

  if (!self->deferred || self->n_handed == ps_payload_list_get_n_groups (self->deferred))
    return;
  ps_payload_list_get_group (self->deferred, self->n_handed++, &group);
  self->source->trees->take_group (&group, self->source->user_data);
  ps_payload_list_end_group (self->deferred);
}

void
ps_pcapng_stream_clear (PsPcapngStream *self)
{
  hand_over_trees (self);
  g_clear_pointer (&self->tail, g_byte_array_unref);
  g_clear_pointer (&self->parts, g_ptr_array_unref);
  g_clear_pointer (&self->deferred, ps_payload_list_free);
}

static guint64
move_id (PsPcapngStream *self, guint64 id)
{
  return ps_stream_part_packet (self->part, &self->numbers, id);
}

static guint32
move_symbol (PsPcapngStream *self, guint32 id)
{
  return ps_stream_part_symbol (self->part, &self->numbers, id, /* define= */ FALSE);
}

/* From the clock of the recording to that of the hello that was told last. */
static guint64
move_time (const PsPcapngStream *self, guint64 time)
{
  return self->part->has_hello ? time + (guint64)(self->part->offset_ns - self->hello_offset_ns)
                               : time;
}

/* Moves the ids of a tree. Sockets keep theirs, as those of packets do. */
static void
move_tree (PsPcapngStream *self, PsCallsRecord *fixed, PsCallRecord *calls)
{
  fixed->tree = ps_stream_part_tree (self->part, &self->numbers, fixed->tree);
  fixed->time = move_time (self, fixed->time);
  for (guint i = 0; i < fixed->n_calls; i++)
    {
      PsCallRecord *call = &calls[i];

      call->symbol = move_symbol (self, call->symbol);
      call->origin = move_id (self, call->origin);
      if (!(call->flags & PS_CALL_SOCKET))
        call->packet = move_id (self, call->packet);
    }
}

static void
note_tree (PsTreeSummary *summary, gpointer user_data)
{
  PsPcapngStream *self = user_data;

  ps_stream_part_tree (self->part, &self->numbers, summary->fixed.tree);
  for (guint i = 0; i < summary->n_packets; i++)
    move_id (self, summary->packets[i]);
}

/* Writes a tree as a record, with its ids moved. */
static void
yield_tree (PsCallsRecord *fixed, PsCallRecord *calls, gpointer user_data)
{
  PsPcapngStream *self = user_data;

  move_tree (self, fixed, calls);
  ps_record_writer_add_calls (&self->source->records, fixed, calls);
}

/* A tree that lies there as the record it is. */
static gboolean
take_plain_tree (PsPcapngStream *self, PsCursor *payload)
{
  PsRecordWriter plain = { 0 };
  g_autofree PsCallRecord *calls = g_new (PsCallRecord, PS_CALLS_RECORD_MAX);
  PsCallsRecord fixed;
  PsCallsView view;
  PsRecord record;
  const guint8 *data;
  gsize size;
  gboolean good;
  guint n = 0;

  good = ps_compact_decode (PS_RECORD_CALLS, payload, NULL, &plain);
  data = plain.data;
  size = plain.size;
  good =
      good && ps_record_next (&data, &size, &record) == 1 && ps_record_view_calls (&record, &view);
  while (good && n < PS_CALLS_RECORD_MAX && ps_calls_view_next (&view, &calls[n]))
    n++;
  if (good)
    {
      fixed = *view.calls;
      fixed.n_calls = (guint16)n;
      yield_tree (&fixed, calls, self);
    }
  ps_record_writer_clear (&plain);
  return good;
}

/* How trees that were put off are numbered, so that others are not numbered alike; and their
 * shapes, for those of the same recording that are not put off any more. */
static gboolean
note_payload (PsPcapngStream *self, PsTreeWalker *walker, const PsPayload *payload)
{
  PsCursor cursor = { .at = payload->at, .end = payload->at + payload->size };

  if (payload->type == PS_COMPACT_NODES)
    return ps_tree_decoder_take_nodes (self->part->trees, &cursor);
  if (payload->type == PS_COMPACT_TREES)
    return ps_tree_walker_take (walker, ps_tree_decoder_get_shapes (self->part->trees), &cursor,
                                note_tree, self);
  return take_plain_tree (self, &cursor);
}

static void
note_symbols (PsPcapngStream *self)
{
  const PsTreeShapes *shapes = ps_tree_decoder_get_shapes (self->part->trees);

  for (guint i = 1; i < shapes->nodes->len; i++)
    {
      const PsTreeNode *node = ps_tree_shapes_get (shapes, i);

      if (node && !(node->flags & PS_CALL_EDGE))
        move_symbol (self, node->symbol);
    }
}

static void
settle_deferred (PsPcapngStream *self)
{
  PsTreeWalker *walker;
  PsPayloadCursor cursor;
  PsPayload payload;

  if (!self->deferred)
    return;
  hand_over_trees (self);
  walker = ps_tree_walker_new ();
  self->part->trees = ps_tree_decoder_new ();
  for (guint32 i = 0; i < ps_payload_list_get_n_groups (self->deferred); i++)
    {
      ps_payload_list_read (self->deferred, i, &cursor);
      while (ps_payload_cursor_next (&cursor, &payload))
        note_payload (self, walker, &payload); /* Damage is told of by who reads them. */
    }
  note_symbols (self);
  /* Whoever took them has these as well. */
  ps_record_writer_reset (&self->source->records);
  ps_tree_walker_free (walker);
  g_clear_pointer (&self->deferred, ps_payload_list_free);
}

void
ps_pcapng_stream_begin_section (PsPcapngStream *self)
{
  settle_deferred (self);
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
      settle_deferred (self);
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
  return self->part ? move_id (self, id) : id;
}

static void
move_packet (PsPcapngStream *self, PsPacketRecord *packet, PsPathReference *paths)
{
  packet->id = move_id (self, packet->id);
  packet->parent = move_id (self, packet->parent);
  packet->drop_symbol = move_symbol (self, packet->drop_symbol);
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
    frames[i].symbol = move_symbol (self, frames[i].symbol);
}

/* Puts them off. FALSE if they cannot be. */
static gboolean
defer_trees (PsPcapngStream *self, guint type, const PsCursor *payload)
{
  const guint8 *start = self->source->buffer, *end = start + self->source->end;
  gsize size = ps_cursor_left (payload);
  gboolean stays = self->source->map && payload->at >= start && payload->end <= end;

  if (!self->deferred)
    {
      const PsTreeBases bases = { self->part->packet_base, self->part->tree_base,
                                  self->part->symbol_base };

      self->deferred = ps_payload_list_new ();
      self->n_handed = 0;
      self->source->trees->begin (&bases, self->source->user_data);
    }
  if (stays)
    {
      if (!ps_payload_list_add (self->deferred, type, payload->at, size, TRUE))
        return FALSE;
      if (ps_payload_list_is_full (self->deferred))
        hand_over_trees (self);
      return TRUE;
    }
  /* What is copied travels as a record. */
  if (size > DEFERRED_COPY_MAX)
    return FALSE;
  hand_over_trees (self);
  self->source->trees->take (type, payload->at, size, self->source->user_data);
  if (!ps_payload_list_add (self->deferred, type, payload->at, size, FALSE))
    return FALSE;
  ps_payload_list_end_group (self->deferred);
  self->n_handed++;
  return TRUE;
}

/* Nodes or trees, of either kind. */
static gboolean
take_trees (PsPcapngStream *self, guint type, PsCursor *payload)
{
  /* Numbers of recordings that are mixed are looked up, and what they stand for may come later. */
  if (self->parts->len == 1 && self->source->trees)
    return defer_trees (self, type, payload);
  if (type == PS_RECORD_CALLS)
    return take_plain_tree (self, payload);
  if (!self->part->trees)
    self->part->trees = ps_tree_decoder_new ();
  if (type == PS_COMPACT_NODES)
    return ps_tree_decoder_take_nodes (self->part->trees, payload);
  return ps_tree_decoder_take_trees (self->part->trees, payload, yield_tree, self);
}

static void
move_metrics (PsPcapngStream *self, const PsRecord *record)
{
  PsMetricsView view;
  PsMetric *values;

  if (!ps_record_view_metrics (record, &view))
    return;
  ((PsMetricsRecord *)record->payload)->time = move_time (self, view.metrics->time);
  values = (PsMetric *)view.values;
  for (guint i = 0; i < view.metrics->n_metrics; i++)
    if (values[i].kind == PS_METRIC_DROP && values[i].value2 <= G_MAXUINT32)
      values[i].value2 = move_symbol (self, (guint32)values[i].value2);
}

static void
move_finding (PsPcapngStream *self, const PsRecord *record)
{
  PsFindingView view;
  guint64 *packets;

  if (!ps_record_view_finding (record, &view))
    return;
  ((PsFindingRecord *)record->payload)->time = move_time (self, view.finding->time);
  packets = (guint64 *)view.packets;
  for (guint i = 0; i < view.finding->n_packets; i++)
    packets[i] = move_id (self, packets[i]);
}

static void
learn_hello (PsPcapngStream *self, const PsRecord *record)
{
  g_autoptr (PsHello) hello = ps_hello_parse (record->payload, record->length);

  if (!hello)
    return;
  /* Those before it are told by the clock of the one before. */
  hand_over_trees (self);
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
        socket->time = move_time (self, socket->time);
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
          if (!take_trees (self, type, &payload))
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
