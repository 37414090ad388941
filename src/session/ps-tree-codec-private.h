/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both halves of the tree codec share. In files: these never change their meaning. */
#pragma once

#include "session/ps-tree-codec.h"

G_BEGIN_DECLS

/* What a call of a node works on. Sockets and packets count apart. */
typedef enum {
  PS_TREE_NODE_SAME, /* what the call around it does; of a root: nothing */
  PS_TREE_NODE_NONE,
  PS_TREE_NODE_OTHER, /* the tree says */
} PsTreeNodePacket;

enum {
  NODE_CONTEXT = 0x07,
  NODE_PACKET_SHIFT = 3,
  NODE_PACKET = 0x03,
  NODE_HAS_VALUE = 0x20,
};

enum {
  TREE_SAME_INDEX = 0x01,
  TREE_SAME_PROCESS = 0x02,
  TREE_SAME_CPU = 0x04,
  TREE_HAS_PART = 0x08,
  TREE_HAS_FLAGS = 0x10,
  TREE_ROOTS = 0x20,
  TREE_VALUES = 0x40,
  TREE_CONTEXT_SHIFT = 7,
};

#define PS_TREE_TOPS 64u

/* The last id of each upper 16 bits; of the 65th on none is kept. */
typedef struct {
  guint n;
  guint last; /* place of the one used last */
  struct {
    guint16 top;
    guint64 low;
  } tops[PS_TREE_TOPS];
} PsTreeIds;

/* What a tree is relative to. Zero at the beginning of a payload. */
typedef struct {
  guint64 time;
  guint64 index;
  guint64 generation;
  guint32 pid, tid, cpu;
  char comm[PS_COMM_LENGTH];
  PsTreeIds ids;
} PsTreeState;

#define PS_TREE_LOW_MASK ((G_GUINT64_CONSTANT (1) << 48) - 1)

/* Where the last id with these upper bits is kept; NULL if there is no room for one more. */
static inline guint64 *
ps_tree_ids_last (PsTreeIds *ids, guint16 top)
{
  for (guint i = 0; i < ids->n; i++)
    if (ids->tops[i].top == top)
      {
        ids->last = i;
        return &ids->tops[i].low;
      }
  if (ids->n == PS_TREE_TOPS)
    return NULL;
  ids->last = ids->n++;
  ids->tops[ids->last].top = top;
  ids->tops[ids->last].low = 0;
  return &ids->tops[ids->last].low;
}

/* What a tree says before its events. */
typedef struct {
  PsCallsRecord fixed; /* but for the number of its calls */
  gboolean has_values; /* they stand behind the events */
  guint n_roots;
  guint32 roots[PS_CALLS_RECORD_MAX];
} PsTreeHead;

/* FALSE if it is damaged. */
gboolean ps_tree_take_head (PsTreeState *state, PsCursor *payload, PsTreeHead *ret_head);
/* The id of a packet or a socket that is said for the first time; may make the payload bad. */
guint64 ps_tree_take_id (PsTreeIds *ids, PsCursor *payload);

/* A call that has an end in the stream of events. */
static inline gboolean
ps_tree_has_end (guint flags)
{
  return !(flags & (PS_CALL_OPEN | PS_CALL_UNMATCHED));
}

G_END_DECLS
