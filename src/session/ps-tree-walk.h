/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What call trees are about, without decoding their calls: which packets they
 * name, how many calls they have, which bytes of TCP streams they sent or read.
 * Times are passed over, which is some ten times faster than ps-tree-decode.c.
 * Private to the session.
 */
#pragma once

#include "session/ps-tree-shapes.h"

G_BEGIN_DECLS

/* A call of a TCP socket with a range of sequence numbers. */
typedef struct {
  PsCallRecord call; /* but for its times and what it returned */
  guint nth; /* call of the tree */
} PsTreeSpan;

typedef struct {
  PsCallsRecord fixed;
  guint n_packets;
  guint64 *packets; /* ids; each once, as a rule */
  guint n_spans;
  PsTreeSpan *spans;
} PsTreeSummary;

/* `summary` may be changed, and is valid until it returns. */
typedef void (*PsTreeSummaryFunc) (PsTreeSummary *summary, gpointer user_data);

typedef struct _PsTreeWalker PsTreeWalker;

PsTreeWalker *ps_tree_walker_new (void);
void ps_tree_walker_free (PsTreeWalker *self);

/*
 * A payload of PS_COMPACT_TREES. FALSE if it is damaged; trees before that were told of. Damage in
 * what it passes over (a time of more than 64 bits, say) is left to the decoder to find.
 */
gboolean ps_tree_walker_take (PsTreeWalker *self,
                              const PsTreeShapes *shapes,
                              PsCursor *payload,
                              PsTreeSummaryFunc func,
                              gpointer user_data);

/* The same of a tree that is a record, as view. */
void ps_tree_walker_take_record (PsTreeWalker *self,
                                 const PsCallsView *view,
                                 PsTreeSummaryFunc func,
                                 gpointer user_data);

G_END_DECLS
