/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Call trees of a file that nobody has asked for yet: where they lie in its map.
 * A recording of functions is mostly these, and many questions need none. Each
 * tree builds on those before it, so they are decoded all at once, in order.
 */
#pragma once

#include "session/ps-tree-codec.h"

G_BEGIN_DECLS

typedef struct _PsDeferredTrees PsDeferredTrees;

PsDeferredTrees *ps_deferred_trees_new (void);
void ps_deferred_trees_free (PsDeferredTrees *self);

/* A payload of the stream: PS_COMPACT_NODES, PS_COMPACT_TREES. Unless it `stays` it is copied. */
void ps_deferred_trees_add (PsDeferredTrees *self,
                            guint type,
                            const guint8 *at,
                            gsize size,
                            gboolean stays);

gsize ps_deferred_trees_get_size (PsDeferredTrees *self); /* bytes of what waits */

/*
 * Hands over every tree that waits, and forgets it; what is added later goes on from there. FALSE
 * if some are damaged: of those payloads the trees before the damage were handed over.
 */
gboolean ps_deferred_trees_decode (PsDeferredTrees *self, PsTreeFunc func, gpointer user_data);

/*
 * How many calls wait, by decoding them without keeping any. FALSE, and nothing counted, if some
 * are damaged, or if what they build on was handed over before.
 */
gboolean ps_deferred_trees_count_calls (PsDeferredTrees *self, guint64 *ret_calls);

/* What knows the nodes of all that was decoded; nothing may be added afterwards. Nullable. */
PsTreeDecoder *ps_deferred_trees_steal_decoder (PsDeferredTrees *self);

G_END_DECLS
