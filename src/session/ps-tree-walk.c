/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-tree-walk.h"

#include "session/ps-tree-codec-private.h"

/* A call around the one that comes next. */
typedef struct {
  const PsTreeNode *node;
  guint32 next_child;
  guint64 socket;
} Frame;

/* What was named in the tree, in the order of its first mention. */
typedef struct {
  guint64 id;
  gboolean is_packet; /* else a socket so far */
} Named;

struct _PsTreeWalker {
  const PsTreeShapes *shapes;
  PsTreeState state;
  PsTreeHead head;

  /* Of the tree at hand. */
  GArray *named; /* Named */
  GArray *packets; /* guint64 */
  GArray *spans; /* PsTreeSpan */
  guint n_calls;
  guint to_skip; /* numbers that were not passed over yet */
  guint depth;
  Frame stack[PS_CALL_DEPTH_MAX + 1];
};

PsTreeWalker *
ps_tree_walker_new (void)
{
  PsTreeWalker *self = g_new0 (PsTreeWalker, 1);

  self->named = g_array_new (FALSE, FALSE, sizeof (Named));
  self->packets = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->spans = g_array_new (FALSE, FALSE, sizeof (PsTreeSpan));
  return self;
}

void
ps_tree_walker_free (PsTreeWalker *self)
{
  if (!self)
    return;
  g_array_unref (self->named);
  g_array_unref (self->packets);
  g_array_unref (self->spans);
  g_free (self);
}

static void
skip (PsTreeWalker *self, PsCursor *payload)
{
  ps_varint_skip (payload, self->to_skip);
  self->to_skip = 0;
}

static void
note_packet (PsTreeWalker *self, guint64 id)
{
  if (id != 0)
    g_array_append_val (self->packets, id);
}

static guint64
take_named (PsTreeWalker *self, PsCursor *payload, gboolean is_packet)
{
  guint64 place = ps_varint_get (payload);
  Named *known, named = { .is_packet = is_packet };

  if (payload->bad || place > self->named->len)
    {
      payload->bad = TRUE;
      return 0;
    }
  if (place == 0)
    {
      named.id = ps_tree_take_id (&self->state.ids, payload);
      g_array_append_val (self->named, named);
      if (is_packet)
        note_packet (self, named.id);
      return named.id;
    }
  known = &g_array_index (self->named, Named, place - 1);
  if (is_packet && !known->is_packet)
    note_packet (self, known->id);
  known->is_packet |= is_packet;
  return known->id;
}

static void
note_span (PsTreeWalker *self, const PsTreeNode *node, guint64 socket, guint32 first, guint32 end)
{
  PsTreeSpan span = { .nth = self->n_calls,
                      .call = { .packet = socket,
                                .symbol = node->symbol,
                                .flags = node->flags,
                                .depth = (guint8)self->depth,
                                .first_seq = first,
                                .end_seq = end } };

  if (node->flags & PS_CALL_EDGE)
    span.call.symbol = 0;
  if (node->flags & PS_CALL_SOCKET && socket != 0)
    g_array_append_val (self->spans, span);
}

/* A call of which more than times is said. */
static void
enter (PsTreeWalker *self, PsCursor *payload, const PsTreeNode *node)
{
  gboolean is_socket = (node->flags & PS_CALL_SOCKET) != 0;
  gboolean is_edge = (node->flags & PS_CALL_EDGE) != 0;
  guint64 socket = self->depth > 0 ? self->stack[self->depth - 1].socket : 0;

  self->to_skip++;
  if (node->packet == PS_TREE_NODE_OTHER)
    {
      guint64 id;

      skip (self, payload);
      id = take_named (self, payload, !is_socket);
      socket = is_socket ? id : socket;
    }
  else if (is_socket && node->packet != PS_TREE_NODE_SAME)
    socket = 0;
  if (is_edge)
    {
      skip (self, payload);
      take_named (self, payload, TRUE);
    }
  if (node->flags & PS_CALL_SEQUENCE)
    {
      guint32 first;

      skip (self, payload);
      first = ps_varint_get32 (payload);
      note_span (self, node, socket, first, first + ps_varint_get32 (payload));
    }
  self->n_calls++;
  if (!is_edge)
    self->stack[self->depth++] = (Frame){ .node = node, .socket = socket };
}

static void
take (PsTreeWalker *self, PsCursor *payload, const PsTreeNode *node)
{
  if (node->n_numbers == PS_TREE_MANY)
    {
      enter (self, payload, node);
      return;
    }
  self->to_skip += node->n_numbers;
  self->n_calls += node->n_calls;
}

/* One root and all it calls; its height was checked, so the stack holds it. */
static void
take_root (PsTreeWalker *self, PsCursor *payload, const PsTreeNode *root)
{
  take (self, payload, root);
  while (self->depth > 0 && !payload->bad)
    {
      Frame *frame = &self->stack[self->depth - 1];

      if (frame->next_child < frame->node->n_children)
        {
          guint32 child = ps_tree_shapes_get_child (self->shapes, frame->node, frame->next_child++);

          take (self, payload, ps_tree_shapes_get (self->shapes, child));
          continue;
        }
      self->to_skip += ps_tree_has_end (frame->node->flags);
      self->depth--;
    }
}

static gboolean
take_values (PsCursor *payload)
{
  guint64 n = ps_varint_get (payload);

  /* Each takes two bytes at least. */
  if (payload->bad || n > ps_cursor_left (payload) / 2)
    return FALSE;
  ps_varint_skip (payload, (guint)n * 2);
  return !payload->bad;
}

static void
begin (PsTreeWalker *self)
{
  g_array_set_size (self->named, 0);
  g_array_set_size (self->packets, 0);
  g_array_set_size (self->spans, 0);
  self->n_calls = self->to_skip = self->depth = 0;
}

static gboolean
take_tree (PsTreeWalker *self, PsCursor *payload)
{
  guint n_calls = 0;

  begin (self);
  if (!ps_tree_take_head (&self->state, payload, &self->head))
    return FALSE;
  for (guint i = 0; i < self->head.n_roots; i++)
    {
      const PsTreeNode *root = ps_tree_shapes_get (self->shapes, self->head.roots[i]);

      if (!root || root->height > PS_CALL_DEPTH_MAX + 1)
        return FALSE;
      n_calls += root->n_calls;
      if (n_calls > PS_CALLS_RECORD_MAX)
        return FALSE;
      take_root (self, payload, root);
      if (payload->bad)
        return FALSE;
    }
  skip (self, payload);
  return !payload->bad && (!self->head.has_values || take_values (payload));
}

static void
tell (PsTreeWalker *self, const PsCallsRecord *fixed, PsTreeSummaryFunc func, gpointer user_data)
{
  PsTreeSummary summary = {
    .fixed = *fixed,
    .n_packets = self->packets->len,
    .packets = (guint64 *)(gpointer)self->packets->data,
    .n_spans = self->spans->len,
    .spans = (PsTreeSpan *)(gpointer)self->spans->data,
  };

  summary.fixed.n_calls = (guint16)self->n_calls;
  func (&summary, user_data);
}

gboolean
ps_tree_walker_take (PsTreeWalker *self,
                     const PsTreeShapes *shapes,
                     PsCursor *payload,
                     PsTreeSummaryFunc func,
                     gpointer user_data)
{
  self->shapes = shapes;
  memset (&self->state, 0, sizeof self->state);
  while (!payload->bad && ps_cursor_left (payload) > 0)
    {
      if (!take_tree (self, payload))
        return FALSE;
      tell (self, &self->head.fixed, func, user_data);
    }
  return !payload->bad;
}

static void
note_once (PsTreeWalker *self, guint64 id)
{
  for (guint i = self->packets->len; i-- > 0;)
    if (g_array_index (self->packets, guint64, i) == id)
      return;
  note_packet (self, id);
}

void
ps_tree_walker_take_record (PsTreeWalker *self,
                            const PsCallsView *view,
                            PsTreeSummaryFunc func,
                            gpointer user_data)
{
  PsCallsView walk = *view;
  PsCallRecord call;

  begin (self);
  for (; ps_calls_view_next (&walk, &call); self->n_calls++)
    {
      PsTreeSpan span = { .call = call, .nth = self->n_calls };

      if (!(call.flags & PS_CALL_SOCKET))
        note_once (self, call.packet);
      note_once (self, call.origin);
      if (call.flags & PS_CALL_SEQUENCE && call.flags & PS_CALL_SOCKET && call.packet != 0)
        g_array_append_val (self->spans, span);
    }
  tell (self, view->calls, func, user_data);
}
