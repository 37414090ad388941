/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flame graph of a selection: call paths merged from the outermost function
 * on. A tree in one array, parents before children, that a view can draw
 * without asking back: the width of a node is `value`, its first child begins
 * where it does, the next sibling where that one ends.
 */
#pragma once

#include "analysis/ps-path-table.h"

G_BEGIN_DECLS

typedef enum {
  PS_FLAME_PACKETS, /* a packet counts once for each call path it was seen on */
  PS_FLAME_DROPS, /* a packet counts once, at the function that dropped it */
  PS_FLAME_TOTAL_TIME, /* ns, callers above callees */
  PS_FLAME_SELF_TIME, /* ns a function spent itself, callers below: who is slow, and for whom */
  PS_N_FLAME_WEIGHTS,
} PsFlameWeight;

typedef struct {
  const char *function; /* owned by the flame */
  const char *module; /* "" for the kernel itself */
  guint64 value; /* self and all children */
  guint64 self; /* what ends here */
  guint64 packets; /* different packets that went through it */
  guint32 parent; /* index; the root has none: G_MAXUINT32 */
  guint32 first_child; /* 0: none */
  guint32 next_sibling; /* 0: none; siblings are in order of their names */
  guint16 depth; /* 0: the root, which is no function */
  guint8 layer; /* enum ps_layer; PS_N_LAYERS: the root */
  gboolean boundary; /* a softirq begins here, on top of the sender */
  gboolean inferred; /* of no packet is it known for sure */
} PsFlameNode;

typedef struct {
  PsFlameWeight weight;
  GArray *nodes; /* PsFlameNode; the first is the root */
  guint16 max_depth;
  guint64 n_packets; /* of the selection */
  guint64 n_without_path; /* of these, packets that no call path is known of */
  guint64 n_other; /* on more different paths than are kept apart: not in the graph */
  guint64 n_inferred; /* packets that are in it with the usual path of their kind */
  GStringChunk *names;
} PsFlame;

/*
 * The graph of the packets for which `predicate` (nullable: all) holds. NULL
 * with G_IO_ERROR_NOT_SUPPORTED if times are asked for and the capture has none
 * (depth paths). A graph without packets is a root alone.
 */
PsFlame *ps_flame_new (PsSession *session,
                       PsPacketPredicate predicate,
                       gpointer user_data,
                       PsFlameWeight weight,
                       GError **error);

/* The same in portions: each step looks at more packets for about `budget_us` and is TRUE when all
 * are seen. */
typedef struct _PsFlameJob PsFlameJob;

PsFlameJob *ps_flame_job_new (PsSession *session,
                              PsPacketPredicate predicate,
                              gpointer user_data,
                              PsFlameWeight weight);
gboolean ps_flame_job_step (PsFlameJob *self, gint64 budget_us);
/* After the last step, once. As ps_flame_new(). */
PsFlame *ps_flame_job_take (PsFlameJob *self, GError **error);
void ps_flame_job_free (PsFlameJob *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsFlameJob, ps_flame_job_free)

/* The same from paths that are counted already; by packets or drops only. */
PsFlame *ps_flame_new_from_table (PsPathTable *table, PsFlameWeight weight);

void ps_flame_free (PsFlame *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsFlame, ps_flame_free)

/* "packets", "drops", "total_time", "self_time"; never translated. */
const char *ps_flame_weight_name (PsFlameWeight weight);
gboolean ps_flame_weight_from_name (const char *name, PsFlameWeight *ret_weight);

/* "packets" or "ns". */
const char *ps_flame_weight_unit (PsFlameWeight weight);

G_END_DECLS
