/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-tree-codec-private.h"

typedef struct {
  guint8 flags;
  guint8 context;
  guint8 packet; /* PsTreeNodePacket */
  gboolean has_value;
  guint32 symbol; /* of an edge: enum ps_edge */
  guint32 value;
  guint32 first_child; /* in `children` */
  guint32 n_children;
} Node;

/* A call whose end was not met yet. */
typedef struct {
  guint32 node;
  guint32 next_child;
  guint call;
  guint64 skb, socket;
} Frame;

struct _PsTreeDecoder {
  GArray *nodes; /* Node by number; number 0 is none. Those not said have no context but 255 */
  GArray *children; /* guint32 */
  GArray *stack; /* Frame */
  GArray *seen; /* guint64 */
  PsTreeState state;
  guint64 last_event;
  guint n_calls;
  PsCallRecord calls[PS_CALLS_RECORD_MAX];
};

#define NOT_SAID 255

PsTreeDecoder *
ps_tree_decoder_new (void)
{
  PsTreeDecoder *self = g_new0 (PsTreeDecoder, 1);

  self->nodes = g_array_new (FALSE, TRUE, sizeof (Node));
  self->children = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->stack = g_array_new (FALSE, FALSE, sizeof (Frame));
  self->seen = g_array_new (FALSE, FALSE, sizeof (guint64));
  return self;
}

void
ps_tree_decoder_free (PsTreeDecoder *self)
{
  if (!self)
    return;
  g_array_unref (self->nodes);
  g_array_unref (self->children);
  g_array_unref (self->stack);
  g_array_unref (self->seen);
  g_free (self);
}

void
ps_tree_decoder_reset (PsTreeDecoder *self)
{
  g_array_set_size (self->nodes, 0);
  g_array_set_size (self->children, 0);
}

static const Node *
node_at (PsTreeDecoder *self, guint64 id)
{
  const Node *node;

  if (id == 0 || id >= self->nodes->len)
    return NULL;
  node = &g_array_index (self->nodes, Node, id);
  return node->context == NOT_SAID ? NULL : node;
}

/* Up to number `id`, none of them said. */
static void
grow (PsTreeDecoder *self, guint64 id)
{
  guint from = self->nodes->len;

  if (id < from)
    return;
  g_array_set_size (self->nodes, (guint)id + 1);
  for (guint i = from; i < self->nodes->len; i++)
    g_array_index (self->nodes, Node, i).context = NOT_SAID;
}

static gboolean
take_children (PsTreeDecoder *self, PsCursor *payload, guint64 id, Node *node)
{
  guint64 n = ps_varint_get (payload);

  /* Each takes a byte at least. */
  if (payload->bad || n > ps_cursor_left (payload) || n > PS_CALLS_RECORD_MAX)
    return FALSE;
  node->first_child = self->children->len;
  node->n_children = (guint32)n;
  for (guint64 i = 0; i < n; i++)
    {
      guint64 below = ps_varint_get (payload);
      guint32 child = (guint32)(id - below);

      /* What was defined before: so no node can hold itself. */
      if (payload->bad || below == 0 || below >= id || !node_at (self, child))
        {
          g_array_set_size (self->children, node->first_child);
          return FALSE;
        }
      g_array_append_val (self->children, child);
    }
  return TRUE;
}

gboolean
ps_tree_decoder_take_nodes (PsTreeDecoder *self, PsCursor *payload)
{
  guint64 id = ps_varint_get (payload);

  for (; !payload->bad && ps_cursor_left (payload) > 0; id++)
    {
      Node node = { .flags = ps_cursor_byte (payload) };
      guint8 kind = ps_cursor_byte (payload);

      node.context = kind & NODE_CONTEXT;
      node.packet = kind >> NODE_PACKET_SHIFT & NODE_PACKET;
      node.has_value = (kind & NODE_HAS_VALUE) != 0;
      node.symbol = ps_varint_get32 (payload);
      if (node.has_value)
        node.value = ps_varint_get32 (payload);
      if (payload->bad || id == 0 || id > PS_TREE_NODES_MAX || node_at (self, id) ||
          !take_children (self, payload, id, &node))
        return FALSE;
      if (node.flags & PS_CALL_EDGE && node.n_children > 0)
        return FALSE;
      grow (self, id);
      g_array_index (self->nodes, Node, id) = node;
    }
  return !payload->bad;
}

static guint64
get_id (PsTreeDecoder *self, PsCursor *payload)
{
  PsTreeIds *ids = &self->state.ids;
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
  packet = get_id (self, payload);
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
  const Node *node = node_at (self, id);
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
      const Node *node = node_at (self, frame->node);
      guint32 child;

      if (frame->next_child == node->n_children)
        {
          if (!leave (self, payload))
            return FALSE;
          continue;
        }
      child = g_array_index (self->children, guint32, node->first_child + frame->next_child++);
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
get_place (PsTreeDecoder *self, PsCursor *payload, guint64 head, PsCallsRecord *fixed)
{
  PsTreeState *state = &self->state;
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
take_tree (PsTreeDecoder *self, PsCursor *payload, PsCallsRecord *fixed)
{
  guint64 head = ps_varint_get (payload), n_roots = 1;
  guint32 roots[PS_CALLS_RECORD_MAX];

  if (!get_place (self, payload, head, fixed))
    return FALSE;
  if (head & TREE_ROOTS)
    n_roots = ps_varint_get (payload);
  if (payload->bad || n_roots > G_N_ELEMENTS (roots))
    return FALSE;
  for (guint64 i = 0; i < n_roots; i++)
    roots[i] = ps_varint_get32 (payload);
  g_array_set_size (self->stack, 0);
  g_array_set_size (self->seen, 0);
  self->last_event = 0;
  self->n_calls = 0;
  for (guint64 i = 0; !payload->bad && i < n_roots; i++)
    if (!expand (self, payload, roots[i]))
      return FALSE;
  if (payload->bad || (head & TREE_VALUES && !get_values (self, payload)))
    return FALSE;
  fixed->n_calls = (guint16)self->n_calls;
  return TRUE;
}

gboolean
ps_tree_decoder_take_trees (PsTreeDecoder *self,
                            PsCursor *payload,
                            PsTreeFunc func,
                            gpointer user_data)
{
  memset (&self->state, 0, sizeof self->state);
  while (!payload->bad && ps_cursor_left (payload) > 0)
    {
      PsCallsRecord fixed = { 0 };

      if (!take_tree (self, payload, &fixed))
        return FALSE;
      func (&fixed, self->calls, user_data);
    }
  return !payload->bad;
}
