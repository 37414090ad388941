/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model: everything known about one capture, live or from a file. Records
 * go in one at a time, in the order they came; packets, sockets, paths, names,
 * metrics and losses come out. Every view and every subcommand works on this
 * and on nothing else.
 *
 * A session is owned by one thread at a time. It is append-only; memory is
 * bounded by a limit: past it the oldest packets leave, and are counted.
 *
 * Rows are published: what was fed becomes visible, in ps_session_get_n_packets()
 * and in the "changed" signal, only at ps_session_publish(), so that a list
 * model over it never disagrees with its own signals.
 *
 * What does not live here: reading files (ps-capture-file.h), what the bytes
 * of a packet mean and what numbers say (src/analysis).
 */
#pragma once

#include <gio/gio.h>

#include "record/record.h"

G_BEGIN_DECLS

#define PS_SESSION_ERROR (ps_session_error_quark ())
GQuark ps_session_error_quark (void);

typedef enum {
  PS_SESSION_ERROR_MALFORMED, /* not a record, or one that lies about its length */
  PS_SESSION_ERROR_FORMAT, /* not a capture file we can read */
  PS_SESSION_ERROR_VERSION, /* written by a newer PacketScope */
  PS_SESSION_ERROR_EMPTY,
} PsSessionError;

#define PS_TYPE_SESSION (ps_session_get_type ())
G_DECLARE_FINAL_TYPE (PsSession, ps_session, PS, SESSION, GObject)

/*
 * Times: unix epoch in ns. Stages and paths are copies; `data` is valid until the session is fed
 * or published again.
 */
typedef struct {
  guint64 number; /* 1 is the first of the capture; as Wireshark numbers them */
  guint64 id;
  guint64 parent; /* id, or 0 */
  gint64 time_ns;
  guint64 socket; /* cookie, or 0; from its 5-tuple if the kernel side did not tell */
  guint32 length; /* on the wire */
  guint32 captured;
  guint32 netns;
  guint32 interface;
  guint32 out_interface;
  guint32 pid; /* acting process, valid with PS_PACKET_HAS_PROCESS */
  guint32 tid;
  guint32 drop_reason;
  guint32 drop_symbol;
  guint32 drop_offset;
  char comm[PS_COMM_LENGTH + 1];
  guint16 flags; /* PS_PACKET_* */
  guint16 protocol; /* EtherType */
  guint16 link_type; /* LINKTYPE_* of the bytes */
  guint16 gso_segments;
  guint16 gso_size;
  guint8 direction;
  guint8 verdict;
  guint8 context;
  guint8 relation;
  guint8 n_stages;
  guint8 n_paths;
  gboolean from_kernel; /* FALSE: imported from a foreign capture; only headers are known */
  const guint8 *data;
  PsStageRecord stages[PS_STAGES_MAX]; /* n_stages of them are set */
  PsPathReference paths[PS_PATHS_MAX];
} PsPacket;

typedef struct {
  guint32 netns;
  guint32 index;
  guint16 link_type;
  guint32 mtu;
  const char *name;
} PsInterface;

typedef struct {
  guint32 id;
  const char *name;
  const char *module; /* "" for the kernel itself */
} PsSymbol;

typedef struct {
  guint32 id;
  guint16 flags; /* PS_PATH_* */
  guint16 n_frames;
  const PsFrame *frames; /* outermost first */
  guint64 n_packets; /* references seen, inferred ones not counted */
} PsPath;

typedef struct {
  PsSocketRecord record; /* the latest of every field that was ever known */
  gint64 first_seen_ns;
  gint64 closed_ns; /* 0: open */
  guint n_processes;
  const PsSocketProcess *processes;
  guint64 n_packets; /* rows of this session that belong to it */
} PsSocket;

/* Findings a session keeps. */
#define PS_FINDINGS_MAX 65536u

/* What a rule saw. */
typedef struct {
  gint64 time_ns;
  PsSeverity severity;
  const char *rule; /* its id: "A1" */
  guint n_packets;
  const guint64 *packets; /* ids of those that prove it */
} PsFinding;

/* One reading of all metrics. Values are monotonic; take differences. */
typedef struct {
  gint64 time_ns;
  guint n_metrics;
  const PsMetric *metrics;
} PsMetricsSample;

/* What a capture sees from `time_ns` on, and why that changed. NULL and 0: not known, not there. */
typedef struct {
  gint64 time_ns; /* 0: from the beginning */
  const char *cause; /* "asked", "cost", "losses", "closed", "kernel" */
  const char *message; /* sentences for people */
  const char *depth; /* "counters", "paths", "boundaries", "functions" */
  const char *mechanism;
  const char *under_way; /* "attaching", "detaching" */
  const char *filter;
  guint n_functions; /* traced */
  guint sample; /* of one packet in so many */
  gboolean restricted; /* of chosen sockets and ports only */
  guint n_sockets;
  guint n_ports;
  const char *json; /* the whole record; NULL for the beginning */
} PsSessionChange;

/* `memory_limit` in bytes of resident packets, 0: without limit. */
PsSession *ps_session_new (guint64 memory_limit);

/*
 * Takes one record. Types it does not know are ignored. Returns FALSE with
 * PS_SESSION_ERROR_MALFORMED if the record lies; the session stays as it was.
 */
gboolean ps_session_feed (PsSession *self, const PsRecord *record, GError **error);

/* Feeds every whole record of a buffer; `ret_used` says how many bytes that was. */
gboolean ps_session_feed_buffer (PsSession *self,
                                 const guint8 *data,
                                 gsize size,
                                 gsize *ret_used,
                                 GError **error);

/* Makes what was fed visible and emits "changed" if anything was. */
void ps_session_publish (PsSession *self);

/* Published packets are numbered ps_session_get_first_packet() … first + n - 1. */
guint64 ps_session_get_first_packet (PsSession *self);
guint64 ps_session_get_n_packets (PsSession *self);
guint64 ps_session_get_n_evicted (PsSession *self);
/* Counts up with every change to rows already published (late verdicts, late stages). */
guint64 ps_session_get_revision (PsSession *self);

gboolean ps_session_get_packet (PsSession *self, guint64 number, PsPacket *ret_packet);
/* The number of a packet by its id; 0 if it is not (or no longer) here. */
guint64 ps_session_find_packet (PsSession *self, guint64 id);
/* The first packet after `after` (0: any) that names `id` as its parent; 0 if none. */
guint64 ps_session_find_child (PsSession *self, guint64 id, guint64 after);

/*
 * The call trees (depth functions) in which the packet `id` stands, parts of
 * one tree counted each, in the order of their times. The view, with the time of
 * its outermost call, is valid until the same thread asks for another tree, or
 * the session is fed. Trees of a file stay in it, and any number may be walked
 * over in the memory of a few.
 */
guint ps_session_get_n_trees (PsSession *self, guint64 id);
gboolean ps_session_get_tree (PsSession *self,
                              guint64 id,
                              guint nth,
                              PsCallsView *ret_view,
                              gint64 *ret_time_ns);

/* One part of one call tree, as ps_session_get_tree() gives it; FALSE if it is not here. */
gboolean ps_session_get_tree_part (PsSession *self,
                                   guint64 tree,
                                   guint part,
                                   PsCallsView *ret_view,
                                   gint64 *ret_time_ns);

/*
 * An index of a file's call trees is made when the first one is asked for; whether that takes more
 * than some milliseconds now. Then ps_session_prepare_trees() does it in any thread, while the
 * owner goes on feeding; it returns FALSE if it was cancelled, and goes on from there when called
 * again.
 */
gboolean ps_session_trees_take_time (PsSession *self);
gboolean ps_session_prepare_trees (PsSession *self, GCancellable *cancellable /* nullable */);
/* Works on it for about so long; FALSE if there is more to do. */
gboolean ps_session_prepare_trees_for (PsSession *self, gint64 budget_us);

/*
 * Whether there are any calls, which never takes long; how many there are; and the bytes they take
 * in the file they came from, 0: from no file.
 */
gboolean ps_session_has_calls (PsSession *self);
guint64 ps_session_get_n_calls (PsSession *self);
guint64 ps_session_get_call_bytes (PsSession *self);

/* A call of a program that sent or read bytes of a TCP stream, and where it stands. */
typedef struct {
  guint64 tree;
  guint16 part; /* of the tree, in which the call begins */
  guint16 nth; /* call of that part */
  guint8 depth; /* in the tree */
  guint8 lacking; /* PS_CALL_CONTINUED, PS_CALL_OPEN: its beginning, its end has not come (yet) */
  guint32 symbol;
  guint32 first_seq;
  guint32 end_seq; /* one past the last byte */
} PsSessionSpan;

/*
 * Appends to `spans` (PsSessionSpan) those of a socket that share bytes with a
 * range of sequence numbers, which may wrap around. Both of what was sent and of
 * what was read: the two count apart, and the function tells which it is.
 */
void ps_session_find_spans (PsSession *self,
                            guint64 socket,
                            guint32 first_seq,
                            guint32 end_seq,
                            GArray *spans);

/* Dictionaries. NULL if not known; pointers live as long as the session. */
const PsInterface *ps_session_get_interface (PsSession *self, guint32 netns, guint32 index);
guint ps_session_get_n_interfaces (PsSession *self);
const PsInterface *ps_session_get_nth_interface (PsSession *self, guint nth);
const char *ps_session_get_netns_name (PsSession *self, guint32 netns); /* "" for the own one */
const char *
ps_session_get_name (PsSession *self, PsNameKind kind, guint32 number); /* "NO_SOCKET" */
const PsSymbol *ps_session_get_symbol (PsSession *self, guint32 id);
gboolean ps_session_get_path (PsSession *self, guint32 id, PsPath *ret_path);
guint32 ps_session_get_n_paths (PsSession *self); /* ids are not dense: see _get_nth_path() */
gboolean ps_session_get_nth_path (PsSession *self, guint32 nth, PsPath *ret_path);

/* Sockets, in the order they were first seen. */
guint ps_session_get_n_sockets (PsSession *self);
gboolean ps_session_get_nth_socket (PsSession *self, guint nth, PsSocket *ret_socket);
gboolean ps_session_find_socket (PsSession *self, guint64 cookie, PsSocket *ret_socket);

/*
 * The process a packet belongs to: the one that acted, else the owner of its
 * socket. Returns FALSE if neither is known. `ret_is_owner` tells which.
 */
gboolean ps_session_get_process (PsSession *self,
                                 const PsPacket *packet,
                                 guint32 *ret_pid,
                                 const char **ret_comm,
                                 gboolean *ret_is_owner);

/* Metrics: the last hour, one reading a second. */
guint ps_session_get_n_metrics (PsSession *self);
gboolean ps_session_get_nth_metrics (PsSession *self, guint nth, PsMetricsSample *ret_sample);

/*
 * What changed while the capture ran, the last thousand changes; pointers are
 * valid until the session is fed. ps_session_get_state() is what the last of
 * them, or the hello, tells; NULL for a foreign capture.
 */
/* What rules saw. Those that a packet proves by its id; NULL if there are no more of them. */
guint ps_session_get_n_findings (PsSession *self);
const PsFinding *ps_session_get_nth_finding (PsSession *self, guint nth);
const PsFinding *ps_session_get_finding_of (PsSession *self, guint64 id, guint nth);

guint ps_session_get_n_changes (PsSession *self);
const PsSessionChange *ps_session_get_nth_change (PsSession *self, guint nth);
const PsSessionChange *ps_session_get_state (PsSession *self);

guint64 ps_session_get_loss (PsSession *self, enum ps_loss cause);

/* From the hello record: "paths", "functions"; NULL for a foreign capture. */
const char *ps_session_get_depth (PsSession *self);
const char *ps_session_get_mechanism (PsSession *self);
const char *ps_session_get_host (PsSession *self);
const char *ps_session_get_kernel (PsSession *self);
/* The whole hello and end records as JSON text, or NULL. */
const char *ps_session_get_hello (PsSession *self);
const char *ps_session_get_end (PsSession *self);

/* What the reader had to say about the file: "ends in the middle of a block", … */
void ps_session_add_warning (PsSession *self, const char *sentence);
const char *const *ps_session_get_warnings (PsSession *self);

G_END_DECLS
