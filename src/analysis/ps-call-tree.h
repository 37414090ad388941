/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One tree out of the call paths that were seen at the stages of a packet:
 * what two paths in a row have in common, from the outermost function on, was
 * one and the same call. Private to the journey.
 */
#pragma once

#include "analysis/ps-journey.h"

G_BEGIN_DECLS

/* What a call made of a packet, as it stands in the records. */
typedef struct {
  guint32 call; /* in which it happened; G_MAXUINT32: not part of the tree */
  guint8 kind; /* enum ps_edge */
  guint64 packet; /* id; comes from, or of PS_EDGE_MERGED goes into, … */
  guint64 origin; /* … this one */
  gint64 time_ns;
} PsTreeEdge;

typedef struct {
  GArray *calls; /* PsCall, depth first; the strings are in `names` */
  GStringChunk *names;
  GArray *edges; /* PsTreeEdge of the packet; NULL at depth paths */
  gboolean cut; /* a path begins at an interrupt */
  gboolean truncated; /* a path is deeper than a record holds */
  gboolean unknown; /* a path is not in the dictionary */
  gboolean gap; /* depth functions: calls are missing */
  guint32 agreeing; /* of the inferred path that fewest agree on; 0 with sampled 0: none is */
  guint32 sampled;
} PsCallTree;

PsCallTree *ps_call_tree_new (PsSession *session, const PsPacket *packet);
void ps_call_tree_free (PsCallTree *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsCallTree, ps_call_tree_free)

G_END_DECLS
