/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which groups of trees in a file to look into for a packet or for a part of a
 * tree, and what was said again later. Private to the session.
 */
#pragma once

#include "session/ps-span-index.h"
#include "session/ps-tree-group.h"
#include "session/ps-tree-walk.h"

G_BEGIN_DECLS

typedef struct _PsTreeIndex PsTreeIndex;

/* The decoded group; borrowed until the next call. */
typedef PsTreeGroup *(*PsTreeGroupFunc) (guint32 group, gpointer user_data);

PsTreeIndex *ps_tree_index_new (PsTreeGroupFunc get_group, gpointer user_data);
void ps_tree_index_free (PsTreeIndex *self);

/* Trees come in the order of the file, and all of a group between these two. */
void ps_tree_index_begin_group (PsTreeIndex *self, guint32 group);
void ps_tree_index_add (PsTreeIndex *self, PsTreePosition position, const PsTreeSummary *summary);

/* Append groups (guint32), the highest first, some of them twice. */
void ps_tree_index_find_packet (PsTreeIndex *self, guint64 id, GArray *groups);
void ps_tree_index_find_part (PsTreeIndex *self, guint64 tree, guint part, GArray *groups);

/* A later record took the place of this one. */
gboolean ps_tree_index_is_replaced (PsTreeIndex *self, PsTreePosition position);

PsSpanIndex *ps_tree_index_get_spans (PsTreeIndex *self);
guint64 ps_tree_index_get_n_calls (PsTreeIndex *self);

G_END_DECLS
