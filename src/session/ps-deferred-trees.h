/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Call trees of a file that stay in its map, and come out of it one at a time: a
 * recording of functions is mostly these, and may be larger than memory. What is
 * kept of them is where they lie, their shapes, and an index, made when a tree is
 * first asked for: which packets and which bytes of TCP streams they are about,
 * some bytes for a tree. Some decoded ones are kept, those that were asked for
 * last. Not locked; private to the session.
 */
#pragma once

#include "session/ps-payload-list.h"
#include "session/ps-tree-codec.h"

G_BEGIN_DECLS

typedef struct _PsDeferredTrees PsDeferredTrees;

PsDeferredTrees *ps_deferred_trees_new (void);
void ps_deferred_trees_free (PsDeferredTrees *self);

/* Another recording begins, with shapes of its own. */
void ps_deferred_trees_begin (PsDeferredTrees *self, const PsTreeBases *bases);

/* A payload of the stream: PS_COMPACT_NODES, PS_COMPACT_TREES, PS_RECORD_CALLS. Unless it `stays`
 * it is copied. */
void ps_deferred_trees_add (PsDeferredTrees *self,
                            guint type,
                            const guint8 *at,
                            gsize size,
                            gboolean stays);

/* Some at once, that stay where they are. */
void ps_deferred_trees_add_group (PsDeferredTrees *self, const PsPayloadGroup *group);

/* Adds to the time of every tree so far, in ns: the clock they are told by changes. */
void ps_deferred_trees_shift (PsDeferredTrees *self, gint64 difference);

/* Some are damaged: what could not be read of them is left out. */
gboolean ps_deferred_trees_is_damaged (PsDeferredTrees *self);

gsize ps_deferred_trees_get_n_waiting (PsDeferredTrees *self); /* bytes that are not in the index */
/* Works on the index, for less than 1 ms. FALSE once all is in it. */
gboolean ps_deferred_trees_step (PsDeferredTrees *self);

/* All that follow finish the index first. */
guint64 ps_deferred_trees_get_n_calls (PsDeferredTrees *self);

/* One tree, or part of one. */
typedef struct {
  guint64 tree;
  guint64 time;
  guint32 group; /* where it is: private to who gave it */
  guint32 nth;
  guint16 part;
} PsTreePlace;

/* Appends the places (PsTreePlace) of those in which packet `id` stands, in the order of the file.
 */
void ps_deferred_trees_find (PsDeferredTrees *self, guint64 id, GArray *places);
/* FALSE if there is no such. */
gboolean ps_deferred_trees_find_part (PsDeferredTrees *self,
                                      guint64 tree,
                                      guint part,
                                      PsTreePlace *ret_place);

/* The view is valid until the same thread asks for another one, of whichever trees. */
gboolean
ps_deferred_trees_view (PsDeferredTrees *self, const PsTreePlace *place, PsCallsView *ret_view);

/* As ps_session_find_spans(). */
void ps_deferred_trees_find_spans (PsDeferredTrees *self,
                                   guint64 socket,
                                   guint32 first_seq,
                                   guint32 end_seq,
                                   GArray *spans);

G_END_DECLS
