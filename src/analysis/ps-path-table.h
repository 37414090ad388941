/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths with the packets that took them. A path here is the shape of a whole
 * journey: the call paths seen at all of its stages, and, if it was dropped,
 * by whom and why. Paths are few and journeys many, so one pass over the
 * packets counts by shape; what is dear (the call tree) is then made once a
 * path. The flame graph, differences and reports are made of this.
 */
#pragma once

#include "analysis/ps-filter.h"
#include "analysis/ps-journey.h"
#include "analysis/ps-stack-statistics.h"

G_BEGIN_DECLS

/* Shapes kept apart; a capture with more of them counts the rest as `n_other`. */
#define PS_PATH_ROWS_MAX 16384u

/* From this many bits on a path is called rare: fewer than one packet in a thousand. */
#define PS_PATH_RARE_BITS 10.0

typedef struct {
  guint32 path;
  guint8 stage; /* with PS_STAGE_SEND */
  guint8 event; /* enum ps_stack_event */
  guint16 flags; /* PS_PATH_REFERENCE_* */
} PsPathStep;

typedef struct {
  /* What makes it: padding is zero, the bytes up to here compare and hash. */
  PsPathStep steps[PS_PATHS_MAX];
  guint32 n_steps;
  guint32 drop_reason; /* 0 unless dropped */
  guint32 drop_symbol;
  guint32 dropped; /* boolean */
} PsPathShape;

G_STATIC_ASSERT (sizeof (PsPathShape) == 8 * PS_PATHS_MAX + 16);

typedef struct {
  PsPathShape shape;
  guint64 example; /* number of the first packet that took it */
  guint64 packets;
  guint64 bytes; /* on the wire */
  double share; /* of the packets with a path, 0 … 1 */
  double rarity; /* -log2 (share), in bits */
  gboolean inferred; /* usual for its kind; not seen on these packets */
  gint64 first_seen_ns; /* epoch */
  gint64 last_seen_ns;
  PsLatency latency; /* first to last stage; of packets that passed two at least */
} PsPathRow;

typedef struct {
  PsSession *session;
  GPtrArray *rows; /* PsPathRow, most packets first */
  GHashTable *by_shape; /* PsPathShape → PsPathRow */
  guint64 n_packets; /* of the selection */
  guint64 n_drops;
  guint64 n_bytes;
  guint64 n_without_path;
  guint64 n_other; /* on paths past PS_PATH_ROWS_MAX */
  gint64 from_ns; /* epoch; -1: no packet */
  gint64 to_ns;
  guint64 next; /* the packet to count next */
} PsPathTable;

/*
 * Counts the packets for which `predicate` (nullable: all) holds. Holds a
 * reference on the session, which nobody may feed meanwhile. Transfer full.
 */
PsPathTable *
ps_path_table_new (PsSession *session, PsPacketPredicate predicate, gpointer user_data);
/*
 * The same in portions: begun, it is empty; a step counts more of the packets that are published
 * for about `budget_us`, and is TRUE when it has counted all. What else is said of a table holds
 * from then on.
 */
PsPathTable *ps_path_table_begin (PsSession *session);
gboolean ps_path_table_step (PsPathTable *self,
                             PsPacketPredicate predicate,
                             gpointer user_data,
                             gint64 budget_us);
void ps_path_table_free (PsPathTable *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsPathTable, ps_path_table_free)

/* A PsPacketPredicate whose `user_data` is a PsFilter. */
gboolean ps_packet_matches_filter (PsSession *session, const PsPacket *packet, gpointer filter);

/* First to last stage, ns; -1: fewer than two stages are known. */
gint64 ps_packet_get_latency (const PsPacket *packet);

/* The row of the path that `packet` took; NULL if it has none, or one past the limit. */
const PsPathRow *ps_path_table_find (PsPathTable *self, const PsPacket *packet);

/* TRUE if nothing was seen below the `nth` of some calls in depth-first order (PsCall). */
static inline gboolean
ps_calls_is_leaf (const GArray *calls, guint nth)
{
  return nth + 1 == calls->len ||
         g_array_index (calls, PsCall, nth + 1).depth <= g_array_index (calls, PsCall, nth).depth;
}

/* Every function on the path, depth first, each with its depth: equal in two sessions if the path
 * is. Transfer full. */
char *ps_path_row_dup_signature (PsPathTable *self, const PsPathRow *row);

/* Where it begins, and the innermost functions of each of its call paths, for people:
 * "udp_sendmsg → … → ip_finish_output2 → __dev_queue_xmit".
 * Transfer full. */
char *ps_path_row_dup_title (PsPathTable *self, const PsPathRow *row);

/* The functions from the outermost to the last one seen, joined by `separator`. Transfer full. */
char *ps_path_row_dup_functions (PsPathTable *self, const PsPathRow *row, const char *separator);

G_END_DECLS
