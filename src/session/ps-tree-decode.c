/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-tree-codec-private.h"
#include "session/ps-tree-shapes.h"

/* A call whose end was not met yet. */
typedef struct {
  guint32 node;
  guint32 next_child;
  guint call;
  guint64 skb, socket;
} Frame;

struct _PsTreeDecoder {
  PsTreeShapes *shapes;
  PsTreeShapes *own; /* NULL: they are somebody else's */
  GArray *stack; /* Frame */
  GArray *seen; /* guint64 */
  PsTreeState state;
  guint64 last_event;
  guint n_calls;
  PsCallRecord calls[PS_CALLS_RECORD_MAX];
};

PsTreeDecoder *
ps_tree_decoder_new (void)
{
  PsTreeDecoder *self = g_new0 (PsTreeDecoder, 1);

  self->shapes = self->own = ps_tree_shapes_new ();
  self->stack = g_array_new (FALSE, FALSE, sizeof (Frame));
  self->seen = g_array_new (FALSE, FALSE, sizeof (guint64));
  return self;
}

PsTreeShapes *
ps_tree_decoder_get_shapes (PsTreeDecoder *self)
{
  return self->shapes;
}

void
ps_tree_decoder_set_shapes (PsTreeDecoder *self, PsTreeShapes *shapes)
{
  g_clear_pointer (&self->own, ps_tree_shapes_free);
  self->shapes = shapes;
}

void
ps_tree_decoder_free (PsTreeDecoder *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->own, ps_tree_shapes_free);
  g_array_unref (self->stack);
  g_array_unref (self->seen);
  g_free (self);
}

gboolean
ps_tree_decoder_take_nodes (PsTreeDecoder *self, PsCursor *payload)
{
  return ps_tree_shapes_take (self->shapes, payload);
}

guint64
ps_tree_take_id (PsTreeIds *ids, PsCursor *payload)
{
  guint64 coded = ps_varint_get (payload), zigzag = coded >> 1, low, top;
  guint64 *last;

  if (coded & 1)
    top = ps_varint_get (payload);
  else if (ids->n > 0)
    top = ids->tops[ids->last].top;
  else
    top = G_MAXUINT64;
  if (payload->bad || top > G_MAXUINT16)
    {
      payload->bad = TRUE;
      return 0;
    }
  last = ps_tree_ids_last (ids, (guint16)top);
  low = ((last ? *last : 0) + ((zigzag >> 1) ^ -(zigzag & 1))) & PS_TREE_LOW_MASK;
  if (last)
    *last = low;
  return top << 48 | low;
}

static guint64
get_packet (PsTreeDecoder *self, PsCursor *payload)
{
  guint64 place = ps_varint_get (payload), packet;

  if (place > self->seen->len || payload->bad)
    {
      payload->bad = TRUE;
      return 0;
    }
  if (place > 0)
    return g_array_index (self->seen, guint64, place - 1);
  packet = ps_tree_take_id (&self->state.ids, payload);
  g_array_append_val (self->seen, packet);
  return packet;
}

static gboolean
get_event (PsTreeDecoder *self, PsCursor *payload)
{
  guint64 step = ps_varint_get (payload);

  if (payload->bad || step > G_MAXUINT64 / 2 - self->last_event)
    return FALSE;
  self->last_event += step;
  return TRUE;
}

static gboolean
enter (PsTreeDecoder *self, PsCursor *payload, guint32 id)
{
  const PsTreeNode *node = ps_tree_shapes_get (self->shapes, id);
  const Frame *around =
      self->stack->len > 0 ? &g_array_index (self->stack, Frame, self->stack->len - 1) : NULL;
  Frame frame = { .node = id,
                  .call = self->n_calls,
                  .skb = around ? around->skb : 0,
                  .socket = around ? around->socket : 0 };
  guint64 *works_on;
  PsCallRecord *call;

  if (!node || self->n_calls >= PS_CALLS_RECORD_MAX || self->stack->len > PS_CALL_DEPTH_MAX ||
      !get_event (self, payload))
    return FALSE;
  works_on = node->flags & PS_CALL_SOCKET ? &frame.socket : &frame.skb;
  call = &self->calls[self->n_calls++];
  memset (call, 0, sizeof *call);
  call->start = self->last_event;
  call->flags = (guint16)(node->flags | (node->has_value ? PS_CALL_VALUE : 0));
  call->context = node->context;
  call->depth = (guint8)self->stack->len;
  call->value = node->value;
  call->packet = node->packet == PS_TREE_NODE_SAME ? *works_on : 0;
  if (node->packet == PS_TREE_NODE_OTHER)
    call->packet = get_packet (self, payload);
  if (node->flags & PS_CALL_EDGE)
    {
      call->value = node->symbol;
      call->origin = get_packet (self, payload);
    }
  else
    call->symbol = node->symbol;
  if (node->flags & PS_CALL_SEQUENCE)
    {
      call->first_seq = ps_varint_get32 (payload);
      call->end_seq = call->first_seq + ps_varint_get32 (payload);
    }
  if (!(node->flags & PS_CALL_EDGE))
    {
      *works_on = call->packet;
      g_array_append_val (self->stack, frame);
    }
  return !payload->bad;
}

static gboolean
leave (PsTreeDecoder *self, PsCursor *payload)
{
  const Frame *frame = &g_array_index (self->stack, Frame, self->stack->len - 1);
  PsCallRecord *call = &self->calls[frame->call];

  g_array_set_size (self->stack, self->stack->len - 1);
  if (!ps_tree_has_end (call->flags))
    return TRUE;
  if (!get_event (self, payload))
    return FALSE;
  call->duration = self->last_event - call->start;
  return TRUE;
}

/* One root and all it calls. */
static gboolean
expand (PsTreeDecoder *self, PsCursor *payload, guint32 root)
{
  if (!enter (self, payload, root))
    return FALSE;
  while (self->stack->len > 0)
    {
      Frame *frame = &g_array_index (self->stack, Frame, self->stack->len - 1);
      const PsTreeNode *node = ps_tree_shapes_get (self->shapes, frame->node);
      guint32 child;

      if (frame->next_child == node->n_children)
        {
          if (!leave (self, payload))
            return FALSE;
          continue;
        }
      child = ps_tree_shapes_get_child (self->shapes, node, frame->next_child++);
      if (!enter (self, payload, child))
        return FALSE;
    }
  return TRUE;
}

static void
get_process (PsCursor *payload, PsTreeState *state)
{
  guint8 length;
  const guint8 *comm;

  state->pid = ps_varint_get32 (payload);
  state->tid = state->pid + (guint32)ps_varint_get_signed (payload);
  length = ps_cursor_byte (payload);
  comm = ps_cursor_take (payload, length);
  memset (state->comm, 0, sizeof state->comm);
  if (length > PS_COMM_LENGTH)
    payload->bad = TRUE;
  else if (comm)
    memcpy (state->comm, comm, length);
}

static gboolean
get_place (PsTreeState *state, PsCursor *payload, guint64 head, PsCallsRecord *fixed)
{
  guint64 part = 0;

  if (head & TREE_SAME_INDEX)
    state->generation += (guint64)ps_varint_get_signed (payload);
  else
    {
      state->index = ps_varint_get (payload);
      state->generation = ps_varint_get (payload);
    }
  state->time += (guint64)ps_varint_get_signed (payload);
  if (!(head & TREE_SAME_PROCESS))
    get_process (payload, state);
  if (!(head & TREE_SAME_CPU))
    state->cpu = ps_varint_get32 (payload);
  if (head & TREE_HAS_PART)
    part = ps_varint_get (payload);
  if (head & TREE_HAS_FLAGS)
    fixed->flags = ps_cursor_byte (payload);
  if (payload->bad || state->index > 0xffff || part > G_MAXUINT16 ||
      head >> TREE_CONTEXT_SHIFT > NODE_CONTEXT)
    return FALSE;
  fixed->tree = (state->generation << 16 | state->index) + 1;
  fixed->time = state->time;
  fixed->pid = state->pid;
  fixed->tid = state->tid;
  fixed->cpu = state->cpu;
  memcpy (fixed->comm, state->comm, PS_COMM_LENGTH);
  fixed->part = (guint16)part;
  fixed->context = (guint8)(head >> TREE_CONTEXT_SHIFT);
  return fixed->tree != 0;
}

gboolean
ps_tree_take_head (PsTreeState *state, PsCursor *payload, PsTreeHead *head)
{
  guint64 bits = ps_varint_get (payload), n_roots = 1;

  memset (&head->fixed, 0, sizeof head->fixed);
  if (!get_place (state, payload, bits, &head->fixed))
    return FALSE;
  if (bits & TREE_ROOTS)
    n_roots = ps_varint_get (payload);
  if (payload->bad || n_roots > G_N_ELEMENTS (head->roots))
    return FALSE;
  head->has_values = (bits & TREE_VALUES) != 0;
  head->n_roots = (guint)n_roots;
  for (guint i = 0; i < head->n_roots; i++)
    head->roots[i] = ps_varint_get32 (payload);
  return TRUE;
}

static gboolean
get_values (PsTreeDecoder *self, PsCursor *payload)
{
  guint64 n = ps_varint_get (payload), nth = 0;

  for (guint64 i = 0; i < n; i++)
    {
      nth += (guint64)ps_varint_get_signed (payload);
      if (payload->bad || nth >= self->n_calls || !(self->calls[nth].flags & PS_CALL_VALUE))
        return FALSE;
      self->calls[nth].value = ps_varint_get32 (payload);
    }
  return !payload->bad;
}

static gboolean
take_tree (PsTreeDecoder *self, PsCursor *payload, PsTreeHead *head)
{
  if (!ps_tree_take_head (&self->state, payload, head))
    return FALSE;
  g_array_set_size (self->stack, 0);
  g_array_set_size (self->seen, 0);
  self->last_event = 0;
  self->n_calls = 0;
  for (guint i = 0; !payload->bad && i < head->n_roots; i++)
    if (!expand (self, payload, head->roots[i]))
      return FALSE;
  if (payload->bad || (head->has_values && !get_values (self, payload)))
    return FALSE;
  head->fixed.n_calls = (guint16)self->n_calls;
  return TRUE;
}

gboolean
ps_tree_decoder_take_trees (PsTreeDecoder *self,
                            PsCursor *payload,
                            PsTreeFunc func,
                            gpointer user_data)
{
  PsTreeHead head;

  memset (&self->state, 0, sizeof self->state);
  while (!payload->bad && ps_cursor_left (payload) > 0)
    {
      if (!take_tree (self, payload, &head))
        return FALSE;
      func (&head.fixed, self->calls, user_data);
    }
  return !payload->bad;
}
