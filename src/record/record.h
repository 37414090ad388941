/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one record format: it crosses the socket from the helper, and it is
 * what a session file holds. Here live the types, their limits and the walk
 * over a buffer of them; plain C, no GLib, so that the helper, the fuzzers and
 * the file reader share it. What a record means belongs to src/session.
 *
 * A record is an 8-byte header and a payload, little-endian, naturally
 * aligned, padded with zeroes to 8 bytes. `length` counts the payload without
 * the padding. A reader skips types it does not know, and takes from a known
 * type only what its length really covers.
 *
 * A dictionary entry (interface, namespace, name, symbol, path) precedes its
 * first use, whatever was filtered or dropped in between.
 */
#ifndef PS_RECORD_H
#define PS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/record.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "records are little-endian and are used in place; this machine is not"
#endif

#define PS_RECORD_VERSION 2

/* Limits. What exceeds one is refused, never truncated silently. */
#define PS_RECORD_LENGTH_MAX (1u << 20) /* payload of any record */
#define PS_SNAPLEN_MAX 65535u
#define PS_SNAPLEN_DEFAULT 128u
#define PS_STAGES_MAX 32u
#define PS_PATHS_MAX 8u /* path references of one packet */
#define PS_FRAMES_MAX 128u /* frames of one path */
#define PS_NAME_MAX 255u /* bytes of any name */
#define PS_EVIDENCE_MAX 256u /* packets of one finding */
#define PS_PROCESSES_MAX 16u /* processes of one socket */
#define PS_CALLS_RECORD_MAX 4096u /* calls of one record */
#define PS_CALL_DEPTH_MAX 255u
#define PS_STAGE_DELTA_MAX ((UINT64_C (1) << 48) - 1) /* ns: three days */
#define PS_DICTIONARY_MAX (1u << 20) /* highest id of a symbol or a path */

typedef enum {
  PS_RECORD_HELLO = 1, /* JSON: version, clocks, host, kernel, mechanism, options */
  PS_RECORD_CONTROL = 2, /* JSON: a request or its answer; never in a file */
  PS_RECORD_NETNS = 3, /* PsNetnsRecord + name */
  PS_RECORD_INTERFACE = 4, /* PsInterfaceRecord + name */
  PS_RECORD_NAME = 5, /* PsNameRecord + name: what a number of this kernel is called */
  PS_RECORD_SYMBOL = 6, /* PsSymbolRecord + function name + module name */
  PS_RECORD_PATH = 7, /* PsPathRecord + PsFrame[n_frames] */
  PS_RECORD_PACKET = 8, /* PsPacketRecord + stages + path references + bytes */
  PS_RECORD_STAGES = 9, /* the same again without bytes: replaces what was known of that id */
  PS_RECORD_CALLS = 10, /* PsCallsRecord + packet ids + calls, coded: a call tree */
  PS_RECORD_SOCKET = 11, /* PsSocketRecord + PsSocketProcess[n_processes] */
  PS_RECORD_METRICS = 12, /* PsMetricsRecord + PsMetric[n_metrics] */
  PS_RECORD_LOSS = 13, /* PsLossRecord */
  PS_RECORD_FINDING = 14, /* PsFindingRecord + packet ids + the rule's id: what a rule saw */
  PS_RECORD_END = 15, /* JSON: why the capture ended, and its totals */
  PS_RECORD_CHANGE = 16, /* JSON: what a capture sees from now on, and why that changed */
} PsRecordType;

typedef struct {
  uint16_t type; /* PsRecordType */
  uint16_t flags; /* reserved, 0 */
  uint32_t length; /* of the payload, without padding */
} PsRecordHeader;

/* A record found in a buffer. The payload is 8-aligned if the buffer is. */
typedef struct {
  uint16_t type;
  uint32_t length;
  const void *payload;
} PsRecord;

typedef struct {
  uint32_t netns; /* inode number */
  uint16_t name_length;
  uint16_t flags; /* PS_NETNS_* */
} PsNetnsRecord;

#define PS_NETNS_OWN 0x0001 /* the one the helper itself lives in */

typedef struct {
  uint32_t netns;
  uint32_t index; /* of the interface, in its namespace */
  uint16_t link_type; /* LINKTYPE_*: 1 Ethernet, 101 raw IP */
  uint16_t name_length;
  uint32_t mtu; /* 0 if not known */
} PsInterfaceRecord;

typedef enum {
  PS_NAME_DROP_REASON, /* of enum skb_drop_reason and its subsystems */
  PS_NAME_RESET_REASON,
} PsNameKind;

typedef struct {
  uint16_t kind; /* PsNameKind */
  uint16_t name_length;
  uint32_t number;
} PsNameRecord;

typedef struct {
  uint32_t id; /* from 1 */
  uint16_t name_length;
  uint16_t module_length; /* 0: the kernel itself */
} PsSymbolRecord;

typedef struct {
  uint32_t symbol;
  uint32_t offset; /* of the return address in the function; 0 if not known */
} PsFrame;

typedef struct {
  uint32_t id; /* from 1 */
  uint16_t n_frames; /* outermost first */
  uint16_t flags; /* PS_PATH_* */
} PsPathRecord;

#define PS_PATH_CUT 0x0001 /* begins at an interrupt: what lies under it is a bystander */
#define PS_PATH_NESTED 0x0002 /* holds a softirq that the sender of the packet ran itself */
#define PS_PATH_TRUNCATED 0x0004 /* deeper than a record holds */

/* One milestone a packet passed, in the order it passed them. */
typedef struct {
  uint64_t delta; /* ns since PsPacketRecord.time */
  uint8_t stage; /* enum ps_stage, with PS_STAGE_SEND */
  uint8_t context; /* enum ps_context */
  uint16_t reserved;
  uint32_t reserved2;
} PsStageRecord;

typedef struct {
  uint32_t path; /* id */
  uint8_t stage; /* at which it was seen, like PsStageRecord.stage */
  uint8_t event; /* enum ps_stack_event */
  uint16_t flags; /* PS_PATH_REFERENCE_* */
  uint32_t agreeing; /* inferred: sampled packets of this kind that took this path … */
  uint32_t sampled; /* … of so many sampled */
} PsPathReference;

#define PS_PATH_REFERENCE_INFERRED                                                                 \
  0x0001 /* the usual path of its kind, not seen on this packet                                    \
          */

/* A further flag of a packet, set by the reader of files, never by a helper. */
#define PS_PACKET_IMPORTED                                                                         \
  0x8000 /* from a foreign capture: `time` is epoch, only bytes are known */

typedef struct {
  uint64_t id; /* never 0 */
  uint64_t parent; /* 0: none */
  uint64_t time; /* CLOCK_MONOTONIC ns of the helper's machine, at the first stage; 0 in a
                    PS_RECORD_STAGES (a file's): as it was */
  uint64_t socket; /* cookie; 0: none known */
  uint32_t length; /* bytes on the wire */
  uint32_t captured; /* bytes that follow */
  uint32_t netns;
  uint32_t interface;
  uint32_t out_interface;
  uint32_t pid; /* thread group id */
  uint32_t tid;
  uint32_t drop_reason;
  uint32_t drop_symbol; /* 0: not known */
  uint32_t drop_offset;
  char comm[PS_COMM_LENGTH]; /* zero-terminated unless full */
  uint16_t flags; /* PS_PACKET_* */
  uint16_t protocol; /* EtherType */
  uint16_t link_type; /* LINKTYPE_* of the bytes: 1 Ethernet, 101 raw IP */
  uint16_t gso_segments;
  uint16_t gso_size;
  uint8_t direction;
  uint8_t verdict;
  uint8_t context;
  uint8_t relation;
  uint8_t n_stages;
  uint8_t n_paths;
} PsPacketRecord;

typedef enum {
  PS_SOCKET_SEEN = 0x0001, /* listed by the iterator: every field is fresh */
  PS_SOCKET_CHANGED = 0x0002, /* its state changed at `time` */
  PS_SOCKET_CLOSED = 0x0004, /* gone */
  PS_SOCKET_HAS_TCP = 0x0008, /* the TCP health fields are known */
  PS_SOCKET_HAS_QUEUES = 0x0010,
  PS_SOCKET_HAS_COUNTERS = 0x0020,
  PS_SOCKET_HAS_UID = 0x0040,
  PS_SOCKET_LISTENING = 0x0080, /* queues: accept queue length and its limit */
} PsSocketFlags;

typedef struct {
  uint64_t cookie;
  uint64_t time; /* CLOCK_MONOTONIC ns */
  uint32_t netns;
  uint32_t uid;
  uint32_t inode;
  uint16_t flags; /* PsSocketFlags */
  uint16_t family; /* AF_INET, AF_INET6 */
  uint16_t protocol; /* IPPROTO_* */
  uint8_t state; /* TCP_*; for the others 7 (unconnected) or 1 (connected) */
  uint8_t old_state; /* with PS_SOCKET_CHANGED */
  uint16_t source_port;
  uint16_t destination_port;
  uint8_t source[16];
  uint8_t destination[16];
  uint32_t interface; /* bound to, or 0 */
  uint32_t receive_queue; /* bytes; listening: connections waiting */
  uint32_t send_queue; /* bytes; listening: the backlog's limit */
  uint32_t rtt; /* µs, smoothed */
  uint32_t rtt_variance; /* µs */
  uint32_t congestion_window; /* segments */
  uint32_t slow_start_threshold; /* segments; 0x7fffffff: none yet */
  uint32_t mss; /* bytes */
  uint32_t retransmits; /* segments, in the life of the socket */
  uint32_t lost; /* segments now taken for lost */
  uint64_t packets_in, bytes_in, packets_out, bytes_out, drops; /* while captured */
  uint32_t n_processes;
  uint32_t reserved;
} PsSocketRecord;

typedef struct {
  uint32_t pid;
  uint32_t fd; /* 0xffffffff: not known */
  char comm[PS_COMM_LENGTH];
} PsSocketProcess;

/*
 * Metrics are monotonic: every record carries the value since the capture
 * began, and the reader takes differences. What a metric counts is said by its
 * kind and the keys a, b and c.
 */
typedef enum {
  PS_METRIC_TRAFFIC, /* a layer, b direction, c family; value packets, value2 bytes */
  PS_METRIC_LATENCY, /* a stage from, b stage to (with PS_STAGE_SEND), c bucket; value samples,
                        value2 0 */
  PS_METRIC_LATENCY_MAX, /* a stage from, b stage to; value ns */
  PS_METRIC_INTERACTION, /* a layer from, b layer to; value packets that went from one to the other
                          */
  PS_METRIC_DROP, /* a layer, b direction, c reason; value packets, value2 symbol id of the function
                   */
  PS_METRIC_RETRANSMIT, /* value segments, value2 SYN-ACKs */
  PS_METRIC_RESET, /* a 0 sent, 1 received; value segments */
  PS_METRIC_STACKS, /* value stacks taken, value2 packets that went without one for the budget's
                       sake */
  PS_METRIC_TOOL_CPU, /* a 0: the helper; value ns */
  PS_METRIC_RING, /* value bytes waiting in the fullest ring, value2 its size */
  PS_METRIC_TABLE, /* value packets followed right now, value2 places */
  PS_METRIC_COST, /* of tracing; a PsCostPart */
} PsMetricKind;

/*
 * What tracing costs the traffic. The kernel times the programs only now and
 * then, as timing costs as well; packets in between are counted, and taken to
 * cost what one did when that was measured last.
 */
typedef enum {
  PS_COST_PROGRAMS, /* value ns the programs ran, value2 packets received and sent meanwhile */
  PS_COST_DISPATCH, /* value ns to get to the programs, an estimate, value2 runs of them */
  PS_COST_TIME, /* value ns that passed, value2 how often it was measured */
} PsCostPart;

typedef struct {
  uint8_t kind; /* PsMetricKind */
  uint8_t a;
  uint8_t b;
  uint8_t reserved;
  uint32_t c;
  uint64_t value;
  uint64_t value2;
} PsMetric;

typedef struct {
  uint64_t time; /* CLOCK_MONOTONIC ns */
  uint32_t n_metrics;
  uint32_t reserved;
} PsMetricsRecord;

typedef struct {
  uint64_t time;
  uint32_t cause; /* enum ps_loss */
  uint32_t reserved;
  uint64_t count; /* since the capture began */
} PsLossRecord;

typedef enum {
  PS_SEVERITY_INFO,
  PS_SEVERITY_LOW,
  PS_SEVERITY_MEDIUM,
  PS_SEVERITY_HIGH,
  PS_N_SEVERITIES,
} PsSeverity;

/*
 * What a rule saw. Behind it stand the ids of the packets that prove it, then the
 * rule's id ("A1"), which is short and never translated.
 */
typedef struct {
  uint64_t time; /* CLOCK_MONOTONIC ns */
  uint16_t severity; /* PsSeverity */
  uint16_t rule_length;
  uint32_t n_packets;
} PsFindingRecord;

/*
 * A call tree, or a part of one (depth functions): all traced calls under one
 * outermost call of one thread, interrupts on top of it included, in the order
 * they began. Behind it stand n_packets packet ids, then `length` bytes that
 * hold the calls, coded; see record-calls.c. A record with the same tree and
 * part as one before it replaces that.
 */
typedef struct {
  uint64_t tree; /* never 0; the same in all parts */
  uint64_t time; /* CLOCK_MONOTONIC ns of its outermost call */
  uint32_t pid; /* thread group; of the interrupted bystander if context is not a task's */
  uint32_t tid;
  char comm[PS_COMM_LENGTH];
  uint32_t cpu;
  uint32_t length; /* bytes of the coded calls */
  uint16_t part; /* from 0 */
  uint16_t n_calls;
  uint16_t n_packets;
  uint16_t flags; /* PS_CALLS_* */
  uint8_t context; /* enum ps_context of the outermost call */
  uint8_t reserved[7];
} PsCallsRecord;

#define PS_CALLS_PARTIAL 0x0001 /* another part follows */
#define PS_CALLS_GAP 0x0002 /* calls are missing */
#define PS_CALLS_PROVISIONAL 0x0004 /* still open; comes again */
#define PS_CALLS_SPANS 0x0008 /* some of its calls have PS_CALL_SEQUENCE; the writer sets it */

/* One call, as it comes out of a PsCallsView. */
typedef struct {
  uint64_t start; /* ns since PsCallsRecord.time */
  uint64_t duration; /* ns; 0 while it is open */
  uint64_t packet; /* id, 0: none; with PS_CALL_SOCKET a socket's cookie, 0: not known */
  uint64_t origin; /* with PS_CALL_EDGE: id of the packet it comes from */
  uint32_t symbol; /* 0 with PS_CALL_EDGE, or if not known */
  uint32_t value; /* with PS_CALL_VALUE: what it returned; with PS_CALL_EDGE: enum ps_edge */
  uint16_t flags; /* PS_CALL_* */
  uint8_t depth; /* 0: the outermost */
  uint8_t context; /* enum ps_context */
  uint32_t first_seq; /* with PS_CALL_SEQUENCE: where its TCP socket's stream stood before … */
  uint32_t end_seq; /* … and after it; of a call in parts each part tells what it knows twice */
} PsCallRecord;

#define PS_CALL_OPEN 0x0001 /* had not returned when the record was written */
#define PS_CALL_CONTINUED 0x0002 /* stood open in the part before, and is there as well */
#define PS_CALL_BOUNDARY 0x0004 /* begins an interrupt on top of the call it is in */
#define PS_CALL_UNMATCHED 0x0008 /* its return was not seen: no duration */
#define PS_CALL_SOCKET 0x0010 /* works on a socket */
#define PS_CALL_EDGE 0x0020 /* no call: `packet` comes from `origin` here */
#define PS_CALL_VALUE 0x0040 /* returned a number */
#define PS_CALL_SEQUENCE                                                                           \
  0x0080 /* sent or read bytes of a TCP stream, from first_seq to end_seq                          \
          */

/*
 * Latency buckets: four to an octave of nanoseconds, so that a percentile read
 * from them is at most 19 % off: 4 x floor (log2 (ns)) + the two bits below the
 * highest. Bucket 0 holds 0 and 1 ns; of the first two octaves some stay empty.
 */
#define PS_LATENCY_BUCKETS 160u

/* The lowest latency, in ns, that falls into `bucket` (PS_LATENCY_BUCKETS at most). */
uint64_t ps_latency_bucket_floor (uint32_t bucket);

/* The bucket of `latency` ns; the last one holds all that is longer. */
uint32_t ps_latency_bucket (uint64_t latency);

/*
 * Takes the next record off a buffer. Returns 1 and fills `ret_record`, moving
 * *data and *size past it; 0 if the buffer ends before the record does (both
 * are left alone: read more and call again); -1 if what stands there cannot be
 * a record (its length is over the limit). The payload points into the buffer.
 */
int ps_record_next (const uint8_t **data, size_t *size, PsRecord *ret_record);

/* Bytes a record of `length` payload bytes takes, header and padding included. */
static inline size_t
ps_record_size (uint32_t length)
{
  return sizeof (PsRecordHeader) + (((size_t)length + 7u) & ~(size_t)7u);
}

/* The parts of a packet record, checked against its length. Pointers into the payload. */
typedef struct {
  const PsPacketRecord *packet;
  const PsStageRecord *stages;
  const PsPathReference *paths;
  const uint8_t *data; /* packet->captured bytes; none in a PS_RECORD_STAGES */
} PsPacketView;

typedef struct {
  const PsSocketRecord *socket;
  const PsSocketProcess *processes;
} PsSocketView;

typedef struct {
  const PsPathRecord *path;
  const PsFrame *frames;
} PsPathView;

typedef struct {
  const PsFindingRecord *finding;
  const uint64_t *packets;
  const char *rule; /* finding->rule_length bytes, not terminated */
} PsFindingView;

typedef struct {
  const PsMetricsRecord *metrics;
  const PsMetric *values;
} PsMetricsView;

/* Walks over the calls of a record; private but for `calls`. */
typedef struct {
  const PsCallsRecord *calls;
  const uint64_t *packets;
  const uint8_t *at, *end;
  uint32_t left;
  uint32_t last_packet; /* index + 1 */
  uint64_t last_start;
  uint32_t last_depth;
  uint8_t last_flags, last_context;
} PsCallsView;

/* A dictionary entry with a name. Not zero-terminated: `name_length` bytes. */
typedef struct {
  const void *fixed; /* PsNetnsRecord, PsInterfaceRecord, PsNameRecord or PsSymbolRecord */
  const char *name;
  uint32_t name_length;
  const char *module; /* of a symbol */
  uint32_t module_length;
} PsNamedView;

/*
 * Each returns false if the record is too short for what it claims to hold, or
 * over a limit, or if its payload is not 8-aligned (keep buffers aligned).
 */
bool ps_record_view_packet (const PsRecord *record, PsPacketView *ret_view);
bool ps_record_view_socket (const PsRecord *record, PsSocketView *ret_view);
bool ps_record_view_finding (const PsRecord *record, PsFindingView *ret_view);
bool ps_record_view_path (const PsRecord *record, PsPathView *ret_view);
bool ps_record_view_metrics (const PsRecord *record, PsMetricsView *ret_view);
bool ps_record_view_named (const PsRecord *record, PsNamedView *ret_view);
bool ps_record_view_calls (const PsRecord *record, PsCallsView *ret_view);

/*
 * The next call of a record that ps_record_view_calls() found whole; false
 * after the last. Depth and packets were checked: no call lies more than one
 * deeper than the one before it, edges aside.
 */
bool ps_calls_view_next (PsCallsView *view, PsCallRecord *ret_call);

/*
 * A growing buffer that records are written into, one after the other. Zero it
 * to begin; ps_record_writer_clear() frees it. If memory runs out `failed` is
 * set and every later call does nothing.
 */
typedef struct {
  uint8_t *data;
  size_t size;
  size_t allocated;
  bool failed;
} PsRecordWriter;

/*
 * Begins a record of `length` payload bytes and returns its zeroed payload to
 * fill, valid until the next call on the writer; NULL if that failed. A payload
 * over PS_RECORD_LENGTH_MAX is a mistake of the caller and sets `failed`.
 */
void *ps_record_writer_begin (PsRecordWriter *writer, PsRecordType type, uint32_t length);

/* A whole record whose payload is `payload`. */
void ps_record_writer_add (PsRecordWriter *writer,
                           PsRecordType type,
                           const void *payload,
                           uint32_t length);

/* A dictionary entry: `fixed` and the names behind it. Names over PS_NAME_MAX are cut. */
void ps_record_writer_add_named (PsRecordWriter *writer,
                                 PsRecordType type,
                                 const void *fixed,
                                 uint32_t fixed_length,
                                 const char *name,
                                 const char *module /* nullable */);

void ps_record_writer_clear (PsRecordWriter *writer);

/*
 * A call tree. n_packets and length of `fixed` are ignored, n_calls says how
 * many `calls` there are (PS_CALLS_RECORD_MAX at most), sorted by start.
 */
void ps_record_writer_add_calls (PsRecordWriter *writer,
                                 const PsCallsRecord *fixed,
                                 const PsCallRecord *calls);

/* Forgets the records and keeps the memory. */
void ps_record_writer_reset (PsRecordWriter *writer);

/* Names for scripts (snake_case, never translated). NULL-safe: out of range gives "unknown". */
const char *ps_layer_name (unsigned layer);
const char *ps_stage_name (unsigned stage); /* PS_STAGE_SEND is ignored */
const char *ps_direction_name (unsigned direction); /* in, out, forward, unknown */
const char *ps_verdict_name (unsigned verdict); /* inside, delivered, … */
const char *ps_context_name (unsigned context); /* task, softirq, … */
const char *ps_relation_name (unsigned relation);
const char *ps_loss_name (unsigned cause);
const char *ps_edge_name (unsigned edge); /* copied, merged, fragment */

/* The layer a stage belongs to. */
unsigned ps_stage_layer (unsigned stage);

#endif /* PS_RECORD_H */
