/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-tree-codec-private.h"

#include "session/ps-capture-codec.h"

/* An open call, while the tree is laid out. */
typedef struct {
  guint call;
  guint first_child; /* in `children` */
  PsTreeNodePacket packet;
  guint64 skb, socket; /* what it, or a call around it, works on */
} Frame;

/* A node, by its number. */
typedef struct {
  guint32 hash;
  guint32 value; /* that it returned first */
  gsize key; /* where what it says begins, in `keys` */
  guint32 key_size;
} Node;

/* Bytes of one call among the events, at most: two times, packets, a range. */
#define EVENT_MAX 64u
#define CHILD_MAX 5u /* bytes of a child in a key, at most */

struct _PsTreeEncoder {
  GArray *nodes; /* Node */
  GByteArray *keys;
  guint32 *slots; /* numbers of nodes, by their hash; 0: free */
  guint32 n_slots; /* a power of two */
  guint8 *key; /* of the node that is looked for */
  gsize key_room;
  GByteArray *batch; /* trees that wait */
  PsTreeState state; /* what the next one in it is relative to */

  /* Of the tree at hand. */
  PsCallRecord calls[PS_CALLS_RECORD_MAX];
  GByteArray *defined; /* new nodes */
  guint32 first_defined;
  guint8 events[PS_CALLS_RECORD_MAX * EVENT_MAX];
  guint8 *at; /* their end */
  guint64 last_event;
  GArray *stack; /* Frame */
  GArray *children; /* guint32, nodes of what is open, and in the end the roots */
  GArray *seen; /* guint64, packets that were said */
  GByteArray *differing; /* values */
  guint n_differing;
  guint last_differing;
};

PsTreeEncoder *
ps_tree_encoder_new (void)
{
  PsTreeEncoder *self = g_new0 (PsTreeEncoder, 1);

  self->nodes = g_array_new (FALSE, TRUE, sizeof (Node));
  g_array_set_size (self->nodes, 1);
  self->keys = g_byte_array_new ();
  self->n_slots = 1024;
  self->slots = g_new0 (guint32, self->n_slots);
  self->batch = g_byte_array_new ();
  self->defined = g_byte_array_new ();
  self->stack = g_array_new (FALSE, FALSE, sizeof (Frame));
  self->children = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->seen = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->differing = g_byte_array_new ();
  return self;
}

void
ps_tree_encoder_free (PsTreeEncoder *self)
{
  if (!self)
    return;
  g_array_unref (self->nodes);
  g_byte_array_unref (self->keys);
  g_free (self->slots);
  g_free (self->key);
  g_byte_array_unref (self->batch);
  g_byte_array_unref (self->defined);
  g_array_unref (self->stack);
  g_array_unref (self->children);
  g_array_unref (self->seen);
  g_byte_array_unref (self->differing);
  g_free (self);
}

static void
put_byte (GByteArray *to, guint value)
{
  guint8 byte = (guint8)value;

  g_byte_array_append (to, &byte, 1);
}

/* What a node says but for the value and with the full numbers of its children: found by that. */
static guint32
make_key (PsTreeEncoder *self, const PsCallRecord *call, const Frame *frame)
{
  gsize room = 16 + (gsize)(self->children->len - frame->first_child) * CHILD_MAX;
  guint8 *at;

  if (self->key_room < room)
    {
      self->key_room = 2 * room;
      self->key = g_realloc (self->key, self->key_room);
    }
  at = self->key;
  *at++ = (guint8)call->flags;
  *at++ = (guint8)(call->context | (guint)frame->packet << NODE_PACKET_SHIFT);
  at = ps_varint_write (at, call->flags & PS_CALL_EDGE ? call->value : call->symbol);
  for (guint i = frame->first_child; i < self->children->len; i++)
    at = ps_varint_write (at, g_array_index (self->children, guint32, i));
  return (guint32)(at - self->key);
}

/* FNV-1a, 32 bits. */
static guint32
hash_key (const guint8 *key, guint32 size)
{
  guint32 hash = 2166136261u;

  for (guint32 i = 0; i < size; i++)
    hash = (hash ^ key[i]) * 16777619u;
  return hash;
}

static Node *
node_at (PsTreeEncoder *self, guint32 id)
{
  return &g_array_index (self->nodes, Node, id);
}

/* Where the key is, or would be. */
static guint32 *
find_slot (PsTreeEncoder *self, guint32 hash, const guint8 *key, guint32 size)
{
  guint32 slot = hash & (self->n_slots - 1);

  for (; self->slots[slot]; slot = (slot + 1) & (self->n_slots - 1))
    {
      const Node *node = node_at (self, self->slots[slot]);

      if (node->hash == hash && node->key_size == size &&
          memcmp (self->keys->data + node->key, key, size) == 0)
        break;
    }
  return &self->slots[slot];
}

/* At most half of the slots are taken. */
static void
make_slots (PsTreeEncoder *self)
{
  if (self->nodes->len * 2 <= self->n_slots)
    return;
  g_free (self->slots);
  self->n_slots *= 2;
  self->slots = g_new0 (guint32, self->n_slots);
  for (guint32 id = 1; id < self->nodes->len; id++)
    {
      const Node *node = node_at (self, id);

      *find_slot (self, node->hash, self->keys->data + node->key, node->key_size) = id;
    }
}

static void
define (PsTreeEncoder *self, guint32 id, const PsCallRecord *call, const Frame *frame)
{
  gboolean is_edge = (call->flags & PS_CALL_EDGE) != 0;
  gboolean has_value = !is_edge && call->flags & PS_CALL_VALUE;

  if (self->defined->len == 0)
    self->first_defined = id;
  put_byte (self->defined, call->flags & ~PS_CALL_VALUE);
  put_byte (self->defined, (call->context & NODE_CONTEXT) |
                               (guint)frame->packet << NODE_PACKET_SHIFT |
                               (has_value ? NODE_HAS_VALUE : 0));
  ps_varint_put (self->defined, is_edge ? call->value : call->symbol);
  if (has_value)
    ps_varint_put (self->defined, call->value);
  ps_varint_put (self->defined, self->children->len - frame->first_child);
  for (guint i = frame->first_child; i < self->children->len; i++)
    ps_varint_put (self->defined, id - g_array_index (self->children, guint32, i));
}

/* The node of a call whose children are known; 0 if there is no room for one more. */
static guint32
node_of (PsTreeEncoder *self, const PsCallRecord *call, const Frame *frame)
{
  guint32 size = make_key (self, call, frame), hash = hash_key (self->key, size);
  guint32 *slot = find_slot (self, hash, self->key, size), id = *slot;
  Node node = { .hash = hash, .key = self->keys->len, .key_size = size };

  if (id || self->nodes->len > PS_TREE_NODES_MAX)
    return id;
  node.value = call->flags & PS_CALL_EDGE ? 0 : call->value;
  id = *slot = self->nodes->len;
  g_array_append_val (self->nodes, node);
  g_byte_array_append (self->keys, self->key, size);
  make_slots (self);
  define (self, id, call, frame);
  return id;
}

static void
put_id (PsTreeEncoder *self, guint64 id)
{
  guint16 top = (guint16)(id >> 48);
  guint64 low = id & PS_TREE_LOW_MASK;
  PsTreeIds *ids = &self->state.ids;
  gboolean same = ids->n > 0 && ids->tops[ids->last].top == top;
  guint64 *last = ps_tree_ids_last (ids, top);
  gint64 difference = (gint64)(low - (last ? *last : 0));

  self->at = ps_varint_write (
      self->at, (((guint64)difference << 1) ^ (guint64)(difference >> 63)) << 1 | !same);
  if (!same)
    self->at = ps_varint_write (self->at, top);
  if (last)
    *last = low;
}

static void
put_packet (PsTreeEncoder *self, guint64 packet)
{
  for (guint i = self->seen->len; i > 0; i--)
    if (g_array_index (self->seen, guint64, i - 1) == packet)
      {
        self->at = ps_varint_write (self->at, i);
        return;
      }
  *self->at++ = 0;
  put_id (self, packet);
  g_array_append_val (self->seen, packet);
}

static gboolean
put_event (PsTreeEncoder *self, guint64 time)
{
  if (time < self->last_event)
    return FALSE;
  self->at = ps_varint_write (self->at, time - self->last_event);
  self->last_event = time;
  return TRUE;
}

static void
note_value (PsTreeEncoder *self, guint nth, guint32 node)
{
  const PsCallRecord *call = &self->calls[nth];

  if (!(call->flags & PS_CALL_VALUE) || call->value == node_at (self, node)->value)
    return;
  ps_varint_put_signed (self->differing, (gint64)nth - self->last_differing);
  ps_varint_put (self->differing, call->value);
  self->last_differing = nth;
  self->n_differing++;
}

/* The innermost open call ends: its node is known now. */
static gboolean
leave (PsTreeEncoder *self)
{
  Frame frame = g_array_index (self->stack, Frame, self->stack->len - 1);
  const PsCallRecord *call = &self->calls[frame.call];
  guint32 node;

  g_array_set_size (self->stack, self->stack->len - 1);
  if (ps_tree_has_end (call->flags)) /* A duration cannot make it run over: see enter(). */
    {
      if (call->duration > G_MAXUINT64 / 2 || !put_event (self, call->start + call->duration))
        return FALSE;
    }
  else if (call->duration != 0)
    return FALSE;
  node = node_of (self, call, &frame);
  if (node == 0)
    return FALSE;
  note_value (self, frame.call, node);
  g_array_set_size (self->children, frame.first_child);
  g_array_append_val (self->children, node);
  return TRUE;
}

static PsTreeNodePacket
packet_kind (const PsCallRecord *call, guint64 around)
{
  if (call->packet == around)
    return PS_TREE_NODE_SAME;
  return call->packet == 0 ? PS_TREE_NODE_NONE : PS_TREE_NODE_OTHER;
}

static gboolean
enter (PsTreeEncoder *self, guint nth)
{
  const PsCallRecord *call = &self->calls[nth];
  const Frame *around =
      self->stack->len > 0 ? &g_array_index (self->stack, Frame, self->stack->len - 1) : NULL;
  Frame frame = { .call = nth,
                  .first_child = self->children->len,
                  .skb = around ? around->skb : 0,
                  .socket = around ? around->socket : 0 };
  guint64 *works_on = call->flags & PS_CALL_SOCKET ? &frame.socket : &frame.skb;
  guint32 node;

  if (call->start > G_MAXUINT64 / 2 || !put_event (self, call->start) ||
      call->context > NODE_CONTEXT || call->flags > G_MAXUINT8)
    return FALSE;
  frame.packet = packet_kind (call, *works_on);
  if (frame.packet == PS_TREE_NODE_OTHER)
    put_packet (self, call->packet);
  if (call->flags & PS_CALL_EDGE)
    put_packet (self, call->origin);
  if (call->flags & PS_CALL_SEQUENCE)
    {
      self->at = ps_varint_write (self->at, call->first_seq);
      self->at = ps_varint_write (self->at, (guint32)(call->end_seq - call->first_seq));
    }
  if (!(call->flags & PS_CALL_EDGE))
    {
      *works_on = call->packet;
      g_array_append_val (self->stack, frame);
      return TRUE;
    }
  node = node_of (self, call, &frame);
  if (node != 0)
    g_array_append_val (self->children, node);
  return node != 0;
}

static gboolean
lay_out (PsTreeEncoder *self, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      while (self->stack->len > self->calls[i].depth)
        if (!leave (self))
          return FALSE;
      /* A depth that no call around it accounts for would not come back as it was. */
      if (self->calls[i].depth != self->stack->len || !enter (self, i))
        return FALSE;
    }
  while (self->stack->len > 0)
    if (!leave (self))
      return FALSE;
  return TRUE;
}

static void
put_process (PsTreeEncoder *self, const PsCallsRecord *calls)
{
  gsize length = strnlen (calls->comm, PS_COMM_LENGTH);

  ps_varint_put (self->batch, calls->pid);
  ps_varint_put_signed (self->batch, (gint64)calls->tid - calls->pid);
  put_byte (self->batch, (guint)length);
  g_byte_array_append (self->batch, (const guint8 *)calls->comm, (guint)length);
}

static gboolean
is_same_process (const PsTreeState *state, const PsCallsRecord *calls)
{
  return state->pid == calls->pid && state->tid == calls->tid &&
         memcmp (state->comm, calls->comm, PS_COMM_LENGTH) == 0;
}

static void
put_place (PsTreeEncoder *self, const PsCallsRecord *calls, guint head)
{
  PsTreeState *state = &self->state;
  guint64 generation = (calls->tree - 1) >> 16;

  if (head & TREE_SAME_INDEX)
    ps_varint_put_signed (self->batch, (gint64)(generation - state->generation));
  else
    {
      ps_varint_put (self->batch, (calls->tree - 1) & 0xffff);
      ps_varint_put (self->batch, generation);
    }
  ps_varint_put_signed (self->batch, (gint64)(calls->time - state->time));
  if (!(head & TREE_SAME_PROCESS))
    put_process (self, calls);
  if (!(head & TREE_SAME_CPU))
    ps_varint_put (self->batch, calls->cpu);
  if (head & TREE_HAS_PART)
    ps_varint_put (self->batch, calls->part);
  if (head & TREE_HAS_FLAGS)
    put_byte (self->batch, calls->flags);
  state->index = (calls->tree - 1) & 0xffff;
  state->generation = generation;
  state->time = calls->time;
  state->pid = calls->pid;
  state->tid = calls->tid;
  state->cpu = calls->cpu;
  memcpy (state->comm, calls->comm, PS_COMM_LENGTH);
}

static void
put_tree (PsTreeEncoder *self, const PsCallsRecord *calls)
{
  const PsTreeState *state = &self->state;
  gboolean begun = self->batch->len > 0;
  guint head =
      (begun && state->index == ((calls->tree - 1) & 0xffff) ? TREE_SAME_INDEX : 0) |
      (begun && is_same_process (state, calls) ? TREE_SAME_PROCESS : 0) |
      (begun && state->cpu == calls->cpu ? TREE_SAME_CPU : 0) | (calls->part ? TREE_HAS_PART : 0) |
      (calls->flags ? TREE_HAS_FLAGS : 0) | (self->children->len != 1 ? TREE_ROOTS : 0) |
      (self->n_differing > 0 ? TREE_VALUES : 0) | (guint)calls->context << TREE_CONTEXT_SHIFT;

  ps_varint_put (self->batch, head);
  put_place (self, calls, head);
  if (head & TREE_ROOTS)
    ps_varint_put (self->batch, self->children->len);
  for (guint i = 0; i < self->children->len; i++)
    ps_varint_put (self->batch, g_array_index (self->children, guint32, i));
  g_byte_array_append (self->batch, self->events, (guint)(self->at - self->events));
  if (head & TREE_VALUES)
    {
      ps_varint_put (self->batch, self->n_differing);
      g_byte_array_append (self->batch, self->differing->data, self->differing->len);
    }
}

static void
begin_tree (PsTreeEncoder *self)
{
  g_byte_array_set_size (self->defined, 0);
  self->at = self->events;
  g_byte_array_set_size (self->differing, 0);
  g_array_set_size (self->stack, 0);
  g_array_set_size (self->children, 0);
  g_array_set_size (self->seen, 0);
  self->last_event = 0;
  self->n_differing = self->last_differing = 0;
}

/* New nodes are said whether the tree could be laid out or not: they have their numbers. */
static void
put_nodes (PsTreeEncoder *self, GByteArray *stream)
{
  g_autoptr (GByteArray) payload = NULL;

  if (self->defined->len == 0)
    return;
  payload = g_byte_array_sized_new (self->defined->len + PS_VARINT_MAX);
  ps_varint_put (payload, self->first_defined);
  g_byte_array_append (payload, self->defined->data, self->defined->len);
  ps_compact_put (stream, PS_COMPACT_NODES, payload->data, payload->len);
}

gboolean
ps_tree_encoder_add (PsTreeEncoder *self, const PsCallsView *view, GByteArray *stream)
{
  PsCallsView walk = *view;
  PsTreeIds before = self->state.ids;
  guint n = 0;
  gboolean good;

  while (n < PS_CALLS_RECORD_MAX && ps_calls_view_next (&walk, &self->calls[n]))
    n++;
  begin_tree (self);
  good = n > 0 && view->calls->flags <= G_MAXUINT8 && lay_out (self, n);
  put_nodes (self, stream);
  if (good)
    put_tree (self, view->calls);
  else
    self->state.ids = before;
  return good;
}

gsize
ps_tree_encoder_get_size (PsTreeEncoder *self)
{
  return self->batch->len;
}

void
ps_tree_encoder_flush (PsTreeEncoder *self, GByteArray *stream)
{
  if (self->batch->len == 0)
    return;
  ps_compact_put (stream, PS_COMPACT_TREES, self->batch->data, self->batch->len);
  g_byte_array_set_size (self->batch, 0);
  memset (&self->state, 0, sizeof self->state);
}
