/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-tree-shapes.h"

#include "session/ps-tree-codec-private.h"

/* The context of a number that was not said. */
#define NOT_SAID 255

PsTreeShapes *
ps_tree_shapes_new (void)
{
  PsTreeShapes *self = g_new0 (PsTreeShapes, 1);

  self->nodes = g_array_new (FALSE, TRUE, sizeof (PsTreeNode));
  self->children = g_array_new (FALSE, FALSE, sizeof (guint32));
  return self;
}

void
ps_tree_shapes_free (PsTreeShapes *self)
{
  g_array_unref (self->nodes);
  g_array_unref (self->children);
  g_free (self);
}

const PsTreeNode *
ps_tree_shapes_get (const PsTreeShapes *self, guint64 id)
{
  const PsTreeNode *node;

  if (id == 0 || id >= self->nodes->len)
    return NULL;
  node = &g_array_index (self->nodes, PsTreeNode, id);
  return node->context == NOT_SAID ? NULL : node;
}

/* Up to number `id`, none of them said. */
static void
grow (PsTreeShapes *self, guint64 id)
{
  guint from = self->nodes->len;

  if (id < from)
    return;
  g_array_set_size (self->nodes, (guint)id + 1);
  for (guint i = from; i < self->nodes->len; i++)
    g_array_index (self->nodes, PsTreeNode, i).context = NOT_SAID;
}

static guint16
add (guint16 a, guint16 b)
{
  return (guint16)MIN ((guint)a + b, PS_TREE_MANY);
}

/* What the node itself adds to what its children sum up to. */
static void
count_itself (PsTreeNode *node)
{
  gboolean plain =
      !(node->flags & (PS_CALL_EDGE | PS_CALL_SEQUENCE)) && node->packet != PS_TREE_NODE_OTHER;

  node->n_calls = add (node->n_calls, 1);
  node->height = add (node->height, 1);
  node->n_numbers =
      plain ? add (node->n_numbers, ps_tree_has_end (node->flags) ? 2 : 1) : PS_TREE_MANY;
}

static gboolean
take_children (PsTreeShapes *self, PsCursor *payload, guint64 id, PsTreeNode *node)
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
      guint32 number = (guint32)(id - below);
      /* What was defined before: so no node can hold itself. */
      const PsTreeNode *child =
          payload->bad || below == 0 || below >= id ? NULL : ps_tree_shapes_get (self, number);

      if (!child)
        {
          g_array_set_size (self->children, node->first_child);
          return FALSE;
        }
      g_array_append_val (self->children, number);
      node->n_calls = add (node->n_calls, child->n_calls);
      node->height = MAX (node->height, child->height);
      node->n_numbers = add (node->n_numbers, child->n_numbers);
    }
  return TRUE;
}

gboolean
ps_tree_shapes_take (PsTreeShapes *self, PsCursor *payload)
{
  guint64 id = ps_varint_get (payload);

  for (; !payload->bad && ps_cursor_left (payload) > 0; id++)
    {
      PsTreeNode node = { .flags = ps_cursor_byte (payload) };
      guint8 kind = ps_cursor_byte (payload);

      node.context = kind & NODE_CONTEXT;
      node.packet = kind >> NODE_PACKET_SHIFT & NODE_PACKET;
      node.has_value = (kind & NODE_HAS_VALUE) != 0;
      node.symbol = ps_varint_get32 (payload);
      if (node.has_value)
        node.value = ps_varint_get32 (payload);
      if (payload->bad || id == 0 || id > PS_TREE_NODES_MAX || ps_tree_shapes_get (self, id) ||
          !take_children (self, payload, id, &node))
        return FALSE;
      if (node.flags & PS_CALL_EDGE && node.n_children > 0)
        return FALSE;
      count_itself (&node);
      grow (self, id);
      g_array_index (self->nodes, PsTreeNode, id) = node;
    }
  return !payload->bad;
}
