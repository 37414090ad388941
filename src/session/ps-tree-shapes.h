/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shapes of the call trees of a recording: the dictionary that
 * PS_COMPACT_NODES fill (ps-tree-codec.h). A node never changes once it was said,
 * so trees can be decoded in any order as soon as their shapes are here. Private
 * to the session.
 */
#pragma once

#include "session/ps-tree-codec.h"

G_BEGIN_DECLS

typedef struct {
  guint8 flags; /* PS_CALL_* */
  guint8 context;
  guint8 packet; /* PsTreeNodePacket */
  guint8 has_value;
  guint32 symbol; /* of an edge: enum ps_edge */
  guint32 value;
  guint32 first_child; /* among the children of all nodes */
  guint32 n_children;
  /* Of it and all below; PS_TREE_MANY: more than a tree may have. */
  guint16 n_calls;
  guint16 height;
  guint16 n_numbers; /* that a tree says of them, if all of these are times; else PS_TREE_MANY */
} PsTreeNode;

#define PS_TREE_MANY G_MAXUINT16

struct _PsTreeShapes {
  GArray *nodes; /* PsTreeNode by number; 0 is none */
  GArray *children; /* guint32 */
};

PsTreeShapes *ps_tree_shapes_new (void);
void ps_tree_shapes_free (PsTreeShapes *self);

/* A payload of PS_COMPACT_NODES; FALSE if it is damaged. Nodes before the damage are kept. */
gboolean ps_tree_shapes_take (PsTreeShapes *self, PsCursor *payload);

/* NULL if no node of that number was said. Valid until more are taken. */
const PsTreeNode *ps_tree_shapes_get (const PsTreeShapes *self, guint64 id);

static inline guint32
ps_tree_shapes_get_child (const PsTreeShapes *self, const PsTreeNode *node, guint32 nth)
{
  return g_array_index (self->children, guint32, node->first_child + nth);
}

G_END_DECLS
