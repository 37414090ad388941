/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Call trees as they lie in a session file. The shape of a tree, which
 * functions call which, repeats; its times do not. So a shape is said once, as
 * nodes of a dictionary: a function and the nodes it calls, in order. A tree is
 * its root nodes and, event after event, the ns from the last one.
 *
 * PS_COMPACT_NODES: number of the first node, then nodes, each the next number:
 *   flags       byte, PS_CALL_* but PS_CALL_VALUE
 *   kind        byte: context, PsTreeNodePacket << 3, NODE_HAS_VALUE
 *   symbol      or, of an edge, enum ps_edge
 *   value       that it usually returns, with NODE_HAS_VALUE
 *   children    how many, then each as how far its number lies below
 *
 * PS_COMPACT_TREES: trees, to the end of the payload; what a tree does not say
 * is as in the one before it:
 *   head        TREE_* and the context << TREE_CONTEXT_SHIFT
 *   tree        generation, relative, with TREE_SAME_INDEX; else index and generation
 *   time        relative
 *   process     without TREE_SAME_PROCESS: pid, tid relative to it, name
 *   cpu         without TREE_SAME_CPU
 *   part        with TREE_HAS_PART;  flags: byte, with TREE_HAS_FLAGS
 *   roots       their number with TREE_ROOTS, else it is one; their nodes
 *   events      at each beginning: ns since the last event; its packet, if the
 *               node says OTHER; the origin of an edge; a sequence range. At each
 *               end that was seen: ns since the last event
 *   values      with TREE_VALUES: how many are not the usual ones, then each
 *
 * A packet is 0 and then the id, the first time, else its place in the tree's
 * list from 1. Ids are relative to the last of the same upper 16 bits: a CPU's.
 * Numbers are varints, relative ones signed. Private to the session.
 */
#pragma once

#include "record/record.h"
#include "session/ps-varint.h"

G_BEGIN_DECLS

/* Nodes of a section. What needs more is written as it is. */
#define PS_TREE_NODES_MAX (1u << 18)

typedef struct _PsTreeEncoder PsTreeEncoder;

PsTreeEncoder *ps_tree_encoder_new (void);
void ps_tree_encoder_free (PsTreeEncoder *self);

/*
 * Takes a tree; what the dictionary lacks goes to `stream` at once, the tree with
 * the next ps_tree_encoder_flush(). FALSE if it cannot be coded like this: its
 * times run backwards, or the dictionary is full.
 */
gboolean ps_tree_encoder_add (PsTreeEncoder *self, const PsCallsView *view, GByteArray *stream);
gsize ps_tree_encoder_get_size (PsTreeEncoder *self); /* bytes of trees that wait */
void ps_tree_encoder_flush (PsTreeEncoder *self, GByteArray *stream);

typedef struct _PsTreeDecoder PsTreeDecoder;

/* A tree, n_calls in `fixed`; both may be changed, and are valid until it returns. */
typedef void (*PsTreeFunc) (PsCallsRecord *fixed, PsCallRecord *calls, gpointer user_data);

PsTreeDecoder *ps_tree_decoder_new (void);
void ps_tree_decoder_free (PsTreeDecoder *self);

/* From now on trees are of these shapes, which have to live as long as the decoder. */
typedef struct _PsTreeShapes PsTreeShapes;
PsTreeShapes *ps_tree_decoder_get_shapes (PsTreeDecoder *self);
void ps_tree_decoder_set_shapes (PsTreeDecoder *self, PsTreeShapes *shapes);

/* FALSE if they are damaged, or name what was not said; trees before that were handed over. */
gboolean ps_tree_decoder_take_nodes (PsTreeDecoder *self, PsCursor *payload);
gboolean ps_tree_decoder_take_trees (PsTreeDecoder *self,
                                     PsCursor *payload,
                                     PsTreeFunc func,
                                     gpointer user_data);

G_END_DECLS
