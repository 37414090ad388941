/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol stack in numbers: traffic per layer, latency between
 * neighbouring stages, interaction of layers, loss by layer and reason. From
 * the kernel's own counters where a session has them, else from its packets;
 * which of the two is said.
 */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

typedef struct {
  guint8 layer;
  guint8 direction; /* enum ps_direction */
  guint64 packets;
  guint64 bytes;
  double packets_per_second; /* over the time covered */
  double bytes_per_second;
} PsTraffic;

typedef struct {
  guint8 from; /* enum ps_stage with PS_STAGE_SEND */
  guint8 to;
  guint64 count; /* samples */
  gint64 p50_ns; /* -1 without samples */
  gint64 p95_ns;
  gint64 p99_ns;
  gint64
      max_ns; /* exact since the start; of an interval, from its highest bucket: up to 19 % more */
  guint64 buckets[PS_LATENCY_BUCKETS];
} PsLatency;

typedef struct {
  guint8 from; /* enum ps_layer */
  guint8 to;
  guint64 count;
  double per_second;
} PsInteraction;

typedef struct {
  guint8 layer;
  guint8 direction;
  guint32 reason;
  const char *reason_name; /* owned by the session */
  const char *function; /* owned by the session; NULL: not known */
  guint64 drops;
} PsDrops;

typedef enum {
  PS_STATISTICS_FROM_KERNEL, /* counters kept in the kernel: complete */
  PS_STATISTICS_FROM_PACKETS, /* the packets that are here */
} PsStatisticsSource;

typedef struct {
  PsStatisticsSource source;
  gint64 from_ns; /* epoch */
  gint64 to_ns;
  GArray *traffic; /* PsTraffic */
  GArray *latencies; /* PsLatency */
  GArray *interactions; /* PsInteraction */
  GArray *drops; /* PsDrops */
  guint64 retransmits; /* segments */
  guint64 losses[PS_N_LOSSES]; /* the tool's own */
} PsStackStatistics;

/*
 * Statistics by a key of the packets. Groups are in order of their packets, most first; past
 * PS_STACK_GROUPS_MAX the rest is one group whose key is NULL.
 */
#define PS_STACK_GROUPS_MAX 256

typedef enum {
  PS_STACK_BY_INTERFACE,
  PS_STACK_BY_SOCKET,
  PS_STACK_BY_PROCESS,
  PS_STACK_BY_CONVERSATION,
} PsStackBy;

typedef struct {
  char *key; /* "eth0", "tcp 127.0.0.1:80 → 127.0.0.1:40000", "curl (123)"; NULL: the others */
  guint64 id; /* interface index, socket cookie or pid; 0: not known, or a conversation */
  guint64 packets;
  PsStackStatistics *statistics;
} PsStackGroup;

/* Difference of two readings of the kernel's counters; `from` may be NULL: since the start. */
PsStackStatistics *ps_stack_statistics_new_between (PsSession *session,
                                                    const PsMetricsSample *from,
                                                    const PsMetricsSample *to);

typedef gboolean (*PsPacketPredicate) (PsSession *session,
                                       const PsPacket *packet,
                                       gpointer user_data);

/* Transfer full, element PsStackGroup. Of the packets for which `predicate` (nullable: all) holds.
 */
GPtrArray *ps_stack_statistics_group (PsSession *session,
                                      PsStackBy by,
                                      PsPacketPredicate predicate,
                                      gpointer user_data);

/* From the packets for which `predicate` (nullable: all) holds. */
PsStackStatistics *ps_stack_statistics_new_from_packets (PsSession *session,
                                                         PsPacketPredicate predicate,
                                                         gpointer user_data);

/* The whole session, by the better source it has. */
PsStackStatistics *ps_stack_statistics_new (PsSession *session);

void ps_stack_statistics_free (PsStackStatistics *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsStackStatistics, ps_stack_statistics_free)

/*
 * Whether this capture can count what passes `layer` on the way in or, with
 * `send`, out: a layer without a counter is not known, which is not 0.
 */
gboolean ps_stack_layer_is_counted (PsSession *session, guint layer, gboolean send);

/* `fraction` of the samples are at or below the result (ns); -1 without samples. */
gint64 ps_latency_percentile (const guint64 *buckets, double fraction);

/* The same where the longest of them is known: within a bucket it may be put past that. */
gint64 ps_latency_percentile_below (const guint64 *buckets, double fraction, gint64 max_ns);

G_END_DECLS
