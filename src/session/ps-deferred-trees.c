/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-deferred-trees.h"

#include "session/ps-capture-codec.h"
#include "session/ps-tree-index.h"

/* Bytes of decoded groups that are kept. */
#define CACHE_SIZE (16u << 20)
/* Payload bytes between two looks at whether somebody waits: some tenths of a millisecond. */
#define STEP_SIZE (256u * 1024)

/* A recording: its shapes, and where its groups begin. */
typedef struct {
  guint32 first_group;
  PsTreeShapes *shapes;
  PsTreeBases bases;
} Source;

/* Trees before that group are told by another clock than those after it. */
typedef struct {
  guint32 end_group;
  gint64 difference;
} Shift;

struct _PsDeferredTrees {
  PsPayloadList *list;
  GArray *sources; /* Source */
  GArray *shifts; /* Shift */
  gboolean damaged;

  PsTreeIndex *index;
  PsTreeWalker *walker;
  guint32 n_indexed; /* groups */
  gsize n_waiting;

  PsTreeDecoder *decoder; /* NULL until something is decoded */
  GPtrArray *groups; /* PsTreeGroup by number, NULL where it is not decoded */
  GQueue order; /* their numbers, the one used last at the head */
  gsize decoded_size;
};

/* The group that the last view points into. */
static GPrivate viewed = G_PRIVATE_INIT ((GDestroyNotify)ps_tree_group_unref);

static PsTreeGroup *get_group (guint32 number, gpointer user_data);

static void
clear_source (gpointer data)
{
  ps_tree_shapes_free (((Source *)data)->shapes);
}

PsDeferredTrees *
ps_deferred_trees_new (void)
{
  PsDeferredTrees *self = g_new0 (PsDeferredTrees, 1);

  self->list = ps_payload_list_new ();
  self->sources = g_array_new (FALSE, FALSE, sizeof (Source));
  g_array_set_clear_func (self->sources, clear_source);
  self->shifts = g_array_new (FALSE, FALSE, sizeof (Shift));
  self->index = ps_tree_index_new (get_group, self);
  self->walker = ps_tree_walker_new ();
  self->groups = g_ptr_array_new ();
  g_queue_init (&self->order);
  return self;
}

static void
clear_cache (PsDeferredTrees *self)
{
  for (guint i = 0; i < self->groups->len; i++)
    g_clear_pointer (&self->groups->pdata[i], ps_tree_group_unref);
  g_queue_clear (&self->order);
  self->decoded_size = 0;
}

void
ps_deferred_trees_free (PsDeferredTrees *self)
{
  clear_cache (self);
  g_ptr_array_unref (self->groups);
  ps_tree_decoder_free (self->decoder);
  ps_tree_walker_free (self->walker);
  ps_tree_index_free (self->index);
  g_array_unref (self->shifts);
  g_array_unref (self->sources);
  ps_payload_list_free (self->list);
  g_free (self);
}

void
ps_deferred_trees_begin (PsDeferredTrees *self, const PsTreeBases *bases)
{
  Source source = { ps_payload_list_get_n_groups (self->list), ps_tree_shapes_new (), *bases };

  ps_payload_list_end_group (self->list);
  g_array_append_val (self->sources, source);
}

void
ps_deferred_trees_add (PsDeferredTrees *self,
                       guint type,
                       const guint8 *at,
                       gsize size,
                       gboolean stays)
{
  if (!ps_payload_list_add (self->list, type, at, size, stays))
    {
      self->damaged = TRUE;
      return;
    }
  self->n_waiting += size;
}

void
ps_deferred_trees_add_group (PsDeferredTrees *self, const PsPayloadGroup *group)
{
  if (!ps_payload_list_add_group (self->list, group))
    {
      self->damaged = TRUE;
      return;
    }
  self->n_waiting += group->size;
}

void
ps_deferred_trees_shift (PsDeferredTrees *self, gint64 difference)
{
  Shift shift = { ps_payload_list_get_n_groups (self->list), difference };

  ps_payload_list_end_group (self->list);
  g_array_append_val (self->shifts, shift);
  clear_cache (self);
}

gboolean
ps_deferred_trees_is_damaged (PsDeferredTrees *self)
{
  return self->damaged;
}

gsize
ps_deferred_trees_get_n_waiting (PsDeferredTrees *self)
{
  return self->n_waiting;
}

static const Source *
source_of (PsDeferredTrees *self, guint32 group)
{
  guint i = self->sources->len - 1;

  while (i > 0 && g_array_index (self->sources, Source, i).first_group > group)
    i--;
  return &g_array_index (self->sources, Source, i);
}

static gint64
shift_of (PsDeferredTrees *self, guint32 group)
{
  gint64 sum = 0;

  for (guint i = 0; i < self->shifts->len; i++)
    if (group < g_array_index (self->shifts, Shift, i).end_group)
      sum += g_array_index (self->shifts, Shift, i).difference;
  return sum;
}

/* A payload that is a record as it crossed the wire. It may lie unaligned: `copy` takes it. */
static gboolean
view_plain (const PsPayload *payload, PsRecordWriter *copy, PsCallsView *ret_view)
{
  const guint8 *data;
  gsize size;
  PsRecord record;

  if (payload->size > PS_RECORD_LENGTH_MAX)
    return FALSE;
  ps_record_writer_reset (copy);
  ps_record_writer_add (copy, PS_RECORD_CALLS, payload->at, (guint32)payload->size);
  data = copy->data;
  size = copy->size;
  return ps_record_next (&data, &size, &record) == 1 && ps_record_view_calls (&record, ret_view);
}

typedef struct {
  PsDeferredTrees *self;
  const Source *source;
  PsTreePosition position; /* of the next tree */
  PsTreeGroup *group; /* into which it is decoded */
  gint64 shift;
} Place;

static guint64
move (guint64 number, guint64 base)
{
  return number == 0 || number > G_MAXUINT64 - base ? number : number + base;
}

static guint32
move_symbol (guint32 symbol, guint32 base)
{
  return symbol == 0 || symbol > G_MAXUINT32 - base ? symbol : symbol + base;
}

static void
index_tree (PsTreeSummary *summary, gpointer user_data)
{
  Place *place = user_data;
  const PsTreeBases *bases = &place->source->bases;

  summary->fixed.tree = move (summary->fixed.tree, bases->tree);
  for (guint i = 0; i < summary->n_packets; i++)
    summary->packets[i] = move (summary->packets[i], bases->packet);
  for (guint i = 0; i < summary->n_spans; i++)
    summary->spans[i].call.symbol = move_symbol (summary->spans[i].call.symbol, bases->symbol);

  ps_tree_index_add (place->self->index, place->position, summary);
  place->position.nth++;
}

static gboolean
index_payload (PsDeferredTrees *self, const PsPayload *payload, Place *place)
{
  PsTreeShapes *shapes = place->source->shapes;
  PsCursor cursor = { .at = payload->at, .end = payload->at + payload->size };
  PsRecordWriter copy = { 0 };
  PsCallsView view;
  gboolean good;

  switch (payload->type)
    {
    case PS_COMPACT_NODES:
      return ps_tree_shapes_take (shapes, &cursor);
    case PS_COMPACT_TREES:
      return ps_tree_walker_take (self->walker, shapes, &cursor, index_tree, place);
    default:
      good = view_plain (payload, &copy, &view);
      if (good)
        ps_tree_walker_take_record (self->walker, &view, index_tree, place);
      ps_record_writer_clear (&copy);
      return good;
    }
}

static void
index_group (PsDeferredTrees *self, guint32 group)
{
  const Source *source = source_of (self, group);
  PsPayloadCursor cursor;
  PsPayload payload;

  ps_tree_index_begin_group (self->index, group);
  ps_payload_list_read (self->list, group, &cursor);
  while (ps_payload_cursor_next (&cursor, &payload))
    {
      Place place = { .self = self, .source = source, .position = { payload.number, 0 } };

      if (!index_payload (self, &payload, &place))
        self->damaged = TRUE;
    }
}

gboolean
ps_deferred_trees_step (PsDeferredTrees *self)
{
  guint32 n = ps_payload_list_get_n_groups (self->list);
  gsize done = 0;

  /* What is added later is of another group than those that are in the index. */
  ps_payload_list_end_group (self->list);
  g_ptr_array_set_size (self->groups, (gint)n);
  while (self->n_indexed < n && done < STEP_SIZE)
    {
      gsize size = ps_payload_list_get_group_size (self->list, self->n_indexed);

      index_group (self, self->n_indexed++);
      self->n_waiting -= size;
      done += size;
    }
  return self->n_indexed < n;
}

static void
finish_index (PsDeferredTrees *self)
{
  while (ps_deferred_trees_step (self))
    ;
}

static void
take_tree (PsCallsRecord *fixed, PsCallRecord *calls, gpointer user_data)
{
  Place *place = user_data;
  const PsTreeBases *bases = &place->source->bases;

  fixed->tree = move (fixed->tree, bases->tree);
  fixed->time += (guint64)place->shift;
  for (guint i = 0; i < fixed->n_calls; i++)
    {
      PsCallRecord *call = &calls[i];

      call->symbol = move_symbol (call->symbol, bases->symbol);
      call->origin = move (call->origin, bases->packet);
      if (!(call->flags & PS_CALL_SOCKET))
        call->packet = move (call->packet, bases->packet);
    }
  ps_tree_group_add (place->group, place->position, fixed, calls);
  place->position.nth++;
}

static gboolean
take_plain (const PsPayload *payload, Place *place)
{
  g_autofree PsCallRecord *calls = g_new (PsCallRecord, PS_CALLS_RECORD_MAX);
  PsRecordWriter copy = { 0 };
  PsCallsRecord fixed;
  PsCallsView view;
  guint n = 0;
  gboolean good = view_plain (payload, &copy, &view);

  if (good)
    {
      fixed = *view.calls;
      while (n < PS_CALLS_RECORD_MAX && ps_calls_view_next (&view, &calls[n]))
        n++;
      fixed.n_calls = (guint16)n;
      take_tree (&fixed, calls, place);
    }
  ps_record_writer_clear (&copy);
  return good;
}

/* Its shapes are known from indexing it. */
static PsTreeGroup *
decode_group (PsDeferredTrees *self, guint32 number)
{
  PsTreeGroup *group = ps_tree_group_new ();
  Place place = { .self = self,
                  .source = source_of (self, number),
                  .group = group,
                  .shift = shift_of (self, number) };
  PsPayloadCursor cursor;
  PsPayload payload;

  if (!self->decoder)
    self->decoder = ps_tree_decoder_new ();
  ps_tree_decoder_set_shapes (self->decoder, place.source->shapes);
  ps_payload_list_read (self->list, number, &cursor);
  while (ps_payload_cursor_next (&cursor, &payload))
    {
      PsCursor trees = { .at = payload.at, .end = payload.at + payload.size };
      gboolean good = TRUE;

      place.position = (PsTreePosition){ payload.number, 0 };
      if (payload.type == PS_COMPACT_TREES)
        good = ps_tree_decoder_take_trees (self->decoder, &trees, take_tree, &place);
      else if (payload.type == PS_RECORD_CALLS)
        good = take_plain (&payload, &place);
      if (!good)
        self->damaged = TRUE;
    }
  ps_tree_group_finish (group);
  return group;
}

static void
forget_oldest (PsDeferredTrees *self)
{
  guint32 number = GPOINTER_TO_UINT (g_queue_pop_tail (&self->order));

  self->decoded_size -= ps_tree_group_get_size (self->groups->pdata[number]);
  g_clear_pointer (&self->groups->pdata[number], ps_tree_group_unref);
}

static PsTreeGroup *
get_group (guint32 number, gpointer user_data)
{
  PsDeferredTrees *self = user_data;
  PsTreeGroup *group = self->groups->pdata[number];

  if (group && GPOINTER_TO_UINT (self->order.head->data) == number)
    return group;
  if (group)
    {
      GList *link = g_queue_find (&self->order, GUINT_TO_POINTER (number));

      g_queue_unlink (&self->order, link);
      g_queue_push_head_link (&self->order, link);
      return group;
    }
  group = self->groups->pdata[number] = decode_group (self, number);
  g_queue_push_head (&self->order, GUINT_TO_POINTER (number));
  self->decoded_size += ps_tree_group_get_size (group);
  while (self->decoded_size > CACHE_SIZE && self->order.length > 1)
    forget_oldest (self);
  return group;
}

guint64
ps_deferred_trees_get_n_calls (PsDeferredTrees *self)
{
  finish_index (self);
  return ps_tree_index_get_n_calls (self->index);
}

static PsTreePlace
place_of (const PsCallsRecord *calls, guint32 group, guint nth)
{
  return (PsTreePlace){
    .tree = calls->tree, .part = calls->part, .time = calls->time, .group = group, .nth = nth
  };
}

void
ps_deferred_trees_find (PsDeferredTrees *self, guint64 id, GArray *places)
{
  g_autoptr (GArray) groups = g_array_new (FALSE, FALSE, sizeof (guint32));

  finish_index (self);
  ps_tree_index_find_packet (self->index, id, groups);
  for (guint i = groups->len; i-- > 0;)
    {
      guint32 number = g_array_index (groups, guint32, i);
      PsTreeGroup *group = get_group (number, self);

      for (guint nth = 0; (nth = ps_tree_group_find (group, id, nth)) != G_MAXUINT; nth++)
        {
          PsTreePosition position;
          PsTreePlace place = place_of (ps_tree_group_get (group, nth, &position), number, nth);

          if (!ps_tree_index_is_replaced (self->index, position))
            g_array_append_val (places, place);
        }
    }
}

gboolean
ps_deferred_trees_find_part (PsDeferredTrees *self,
                             guint64 tree,
                             guint part,
                             PsTreePlace *ret_place)
{
  g_autoptr (GArray) groups = g_array_new (FALSE, FALSE, sizeof (guint32));
  gboolean found = FALSE;

  finish_index (self);
  ps_tree_index_find_part (self->index, tree, part, groups);
  for (guint i = 0; !found && i < groups->len; i++)
    {
      guint32 number = g_array_index (groups, guint32, i);
      PsTreeGroup *group = get_group (number, self);
      const PsCallsRecord *calls;

      /* The last one counts. */
      for (guint nth = 0; (calls = ps_tree_group_get (group, nth, NULL)) != NULL; nth++)
        if (calls->tree == tree && calls->part == part)
          {
            *ret_place = place_of (calls, number, nth);
            found = TRUE;
          }
    }
  return found;
}

gboolean
ps_deferred_trees_view (PsDeferredTrees *self, const PsTreePlace *place, PsCallsView *ret_view)
{
  PsTreeGroup *group = get_group (place->group, self);

  g_private_replace (&viewed, ps_tree_group_ref (group));
  return ps_tree_group_view (group, place->nth, ret_view);
}

void
ps_deferred_trees_find_spans (PsDeferredTrees *self,
                              guint64 socket,
                              guint32 first_seq,
                              guint32 end_seq,
                              GArray *spans)
{
  finish_index (self);
  ps_span_index_find (ps_tree_index_get_spans (self->index), socket, first_seq, end_seq, spans);
}
