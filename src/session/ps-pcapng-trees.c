/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The call trees among the records of a section: left in the file, or turned into records. */
#include "config.h"

#include "session/ps-pcapng-stream.h"
#include "session/ps-tree-walk.h"

/* Of one payload that cannot stay where it is. */
#define DEFERRED_COPY_MAX (PS_RECORD_LENGTH_MAX / 2)

void
ps_pcapng_trees_hand_over (PsPcapngStream *self)
{
  PsPayloadGroup group;

  if (!self->deferred || self->n_handed == ps_payload_list_get_n_groups (self->deferred))
    return;
  ps_payload_list_get_group (self->deferred, self->n_handed++, &group);
  self->source->trees->take_group (&group, self->source->user_data);
  ps_payload_list_end_group (self->deferred);
}

/* Moves the ids of a tree. Sockets keep theirs, as those of packets do. */
static void
move_tree (PsPcapngStream *self, PsCallsRecord *fixed, PsCallRecord *calls)
{
  fixed->tree = ps_stream_part_tree (self->part, &self->numbers, fixed->tree);
  fixed->time = ps_pcapng_stream_move_time (self, fixed->time);
  for (guint i = 0; i < fixed->n_calls; i++)
    {
      PsCallRecord *call = &calls[i];

      call->symbol = ps_pcapng_stream_move_symbol (self, call->symbol);
      call->origin = ps_pcapng_stream_move_id (self, call->origin);
      if (!(call->flags & PS_CALL_SOCKET))
        call->packet = ps_pcapng_stream_move_id (self, call->packet);
    }
}

static void
note_tree (PsTreeSummary *summary, gpointer user_data)
{
  PsPcapngStream *self = user_data;

  ps_stream_part_tree (self->part, &self->numbers, summary->fixed.tree);
  for (guint i = 0; i < summary->n_packets; i++)
    ps_pcapng_stream_move_id (self, summary->packets[i]);
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
        ps_pcapng_stream_move_symbol (self, node->symbol);
    }
}

void
ps_pcapng_trees_settle (PsPcapngStream *self)
{
  PsTreeWalker *walker;
  PsPayloadCursor cursor;
  PsPayload payload;

  if (!self->deferred)
    return;
  ps_pcapng_trees_hand_over (self);
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
        ps_pcapng_trees_hand_over (self);
      return TRUE;
    }
  /* What is copied travels as a record. */
  if (size > DEFERRED_COPY_MAX)
    return FALSE;
  ps_pcapng_trees_hand_over (self);
  self->source->trees->take (type, payload->at, size, self->source->user_data);
  if (!ps_payload_list_add (self->deferred, type, payload->at, size, FALSE))
    return FALSE;
  ps_payload_list_end_group (self->deferred);
  self->n_handed++;
  return TRUE;
}

gboolean
ps_pcapng_trees_take (PsPcapngStream *self, guint type, PsCursor *payload)
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
