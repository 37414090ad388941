/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a journey is told in: its stages, its calls, how it is tied to other
 * packets, where it waited, and the program's calls that its bytes belong to.
 * Times are unix epoch in ns; durations in ns; -1 is "not known" throughout.
 * Strings belong to the journey.
 */
#pragma once

#include <glib.h>

#include "record/record.h"

G_BEGIN_DECLS

typedef struct {
  guint8 stage; /* enum ps_stage */
  gboolean send; /* on the way out */
  guint8 layer;
  guint8 context;
  gint64 time_ns;
  gint64 since_previous_ns;
  char *missing; /* why it is not known, a translated sentence; NULL if it is */
} PsJourneyStage;

/* Marks of a call: at most one says why its duration is not known. */
typedef enum {
  PS_CALL_MARK_OPEN = 1 << 0, /* had not returned when it was last heard of */
  PS_CALL_MARK_UNMATCHED = 1 << 1, /* its return was not seen */
} PsCallMarks;

typedef struct {
  const char *function;
  const char *module;
  guint8 layer; /* always one of the six: plumbing has that of its caller */
  guint16 depth; /* 0: outermost */
  guint32 parent; /* index of the enclosing call, G_MAXUINT32: none */
  gint64 start_ns; /* not known at depth paths */
  gint64 duration_ns; /* not known at depth paths */
  gint64 self_ns; /* its duration less that of the calls in it */
  guint64 packet; /* id this call works on; 0: not known */
  guint8 context; /* enum ps_context */
  guint8 marks; /* PsCallMarks */
  gboolean boundary; /* a softirq begins here, on top of the sender */
  gboolean dropped_here; /* the function that dropped the packet */
  gboolean inferred; /* usual for its kind; not seen on this packet */
  gboolean has_value;
  gint32 value; /* what it returned, with has_value */
  const char *value_name; /* "NF_DROP", "-EHOSTUNREACH"; NULL: it is only a number */
  const char *note; /* what that decided, a translated sentence; NULL if it decided nothing */
  gint16 stage; /* stage (with PS_STAGE_SEND) that was seen under this call; -1: none */
  guint32 stages; /* all that were: bit stage, or bit 16 + stage on the way out */
  gint64 seen_ns; /* when `stage` was passed under this call */
} PsCall;

/* How two packets are tied. Named for what the later one is to the earlier. */
typedef enum {
  PS_JOURNEY_EDGE_COPIED, /* a clone or a copy of it */
  PS_JOURNEY_EDGE_SEGMENT, /* one of the segments it was cut into */
  PS_JOURNEY_EDGE_FRAGMENT, /* one of the fragments it was cut into */
  PS_JOURNEY_EDGE_MERGED, /* took up its bytes: GRO, coalescing */
  PS_JOURNEY_EDGE_RETRANSMITTED, /* carries the same bytes once more */
  PS_JOURNEY_EDGE_CROSSED, /* the same buffer, handed over by lo or veth */
  PS_JOURNEY_EDGE_ENCAPSULATED, /* the same buffer, sent on by a stacked device */
  PS_JOURNEY_EDGE_WORKS_ON, /* a call in the journey works on another packet */
  PS_N_JOURNEY_EDGES,
} PsJourneyEdgeKind;

typedef struct {
  guint32 call; /* index of the call that made it; G_MAXUINT32: not known */
  guint8 kind; /* PsJourneyEdgeKind */
  gboolean incoming; /* this packet comes from the other one, else it from this */
  guint64 packet; /* id of the other */
  guint64 number; /* of the other; 0: the session does not keep it */
  gint64 time_ns;
  char *sentence; /* "cloned into packet 23"; translated */
} PsJourneyEdge;

typedef enum {
  PS_JOURNEY_WAIT_QDISC, /* in the device's queue */
  PS_JOURNEY_WAIT_BACKLOG, /* in a CPU's queue, for its softirq */
  PS_JOURNEY_WAIT_SOCKET_QUEUE, /* delivered, until a program read it */
  PS_JOURNEY_WAIT_SOCKET_BACKLOG, /* a program held the socket's lock */
  PS_JOURNEY_WAIT_HELD, /* for a neighbour's address, or what is not known */
  PS_JOURNEY_WAIT_BLOCKED, /* the program slept in a call, for memory or for data */
  PS_N_JOURNEY_WAITS,
} PsJourneyWaitKind;

typedef struct {
  guint8 kind; /* PsJourneyWaitKind */
  gboolean exact; /* from calls; FALSE: between two stages, so that at most this much is waiting */
  guint32 call; /* the last call before it, or the one it slept in; G_MAXUINT32: not known */
  gint64 start_ns;
  gint64 duration_ns;
  char *sentence; /* "waited 12 µs in the queue of eth0"; translated */
} PsJourneyWait;

/* A call of the program, tied to the packets that carry its bytes. */
typedef struct {
  gboolean send;
  char *function; /* "tcp_sendmsg_locked" */
  guint32 pid; /* thread group */
  guint32 tid;
  char comm[PS_COMM_LENGTH + 1];
  gint64 start_ns;
  gint64 duration_ns;
  gint64 blocked_ns; /* of it, asleep */
  gboolean has_sequence; /* TCP: */
  guint32 first_seq; /* of its first byte */
  guint32 end_seq; /* one past its last */
  guint64 bytes;
  guint n_packets;
  guint64 *packets; /* numbers of those that carry them, retransmissions too, in order of time */
} PsJourneySpan;

G_END_DECLS
