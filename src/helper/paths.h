/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One capture at the depth `paths`: the BPF programs, their maps and links.
 * Opens, configures, loads and attaches them, drains their rings, and takes
 * everything away again. What a raw record means to a reader (symbols, names,
 * the wire) belongs to translate.c; who asked for the capture to control.c.
 *
 * A PsPaths is used from one thread. Nothing it does lasts longer than it:
 * all links and maps go with ps_paths_free() or with the process.
 */
#ifndef PS_HELPER_PATHS_H
#define PS_HELPER_PATHS_H

#include <glib.h>

#include "bpf/state.h"
#include "helper/kernel-types.h"
#include "helper/start-cache.h"
#include "record/record.h"

typedef struct _PsPaths PsPaths;

/* What programs took since they were loaded, as far as the kernel timed them. */
typedef struct {
  guint64 ns;
  guint64 runs;
  guint64 dispatch_ns; /* to get to them: an estimate, from the number of runs */
} PsRunTime;

/* The same of all packets since the first that were measured; see cost.h. */
typedef struct {
  guint64 programs_ns;
  guint64 dispatch_ns; /* estimated */
  guint64 runs;
  guint64 packets; /* received and sent */
  guint64 time_ns;
  guint64 readings; /* stretches in which it was measured; 0: nothing was */
} PsCostTotals;

/* All checked by the caller. 0, NULL or "" is "not restricted", "the default". */
typedef struct {
  gboolean counters_only; /* metrics, no packets */
  guint snaplen; /* bytes of a packet, PS_SNAPLEN_MAX at most; default PS_SNAPLEN_DEFAULT */
  guint ring_kib; /* of each CPU's ring buffer; default 4096 */
  guint memory_mib; /* of the packet table; default 8 */
  guint stacks_per_second; /* of the whole machine; default 2000 */
  gboolean no_stacks; /* take none at all, whatever stacks_per_second says */
  char *filter; /* pcap-filter syntax */
  guint32 ifindex;
  guint32 netns; /* inode number */
  guint32 pid; /* thread group id */
  char comm[PS_COMM_LENGTH]; /* zero-terminated unless full */
  int lives_fd; /* a table of lives made before, kept open by the caller; 0: an own one */
  int flows_fd; /* the table of what was chosen, likewise */
  guint beside_functions; /* 1: a PsFunctions is made at the same time */
  PsKernelTypes *kernel; /* nullable; like the next one not needed any more afterwards */
  PsStartCache *cache; /* nullable: everything is found out anew, and nothing kept */
} PsPathsOptions;

/*
 * Probes the kernel, loads and attaches. Returns NULL with a PS_HELPER_ERROR:
 * PERMISSION without the capabilities, KERNEL without BTF or with a kernel that
 * is too old, USAGE for a filter that cannot be compiled. `options` is copied.
 */
PsPaths *ps_paths_new (const PsPathsOptions *options, GError **error);

/* Takes every program away and frees everything, drained or not. NULL-safe. */
void ps_paths_free (PsPaths *self);

/*
 * A raw record: `record->length` bytes, at least the fixed part of its type,
 * aligned to 8, valid until the function returns. The bytes behind a
 * ps_raw_packet are `captured` many and inside of the record.
 */
typedef void (*PsRawFunc) (const struct ps_raw_header *record, gpointer user_data);

/*
 * Hands over what waits in the rings of all CPUs, merged by time. Returns the
 * number of records, 0 if nothing waits. It takes a bounded number at a time:
 * call again while it returns something.
 */
int ps_paths_drain (PsPaths *self, PsRawFunc func, gpointer user_data);

/* Every 100 ms: sends what waits long in the table, looks for new namespaces (once a second). */
void ps_paths_tick (PsPaths *self);

/*
 * No new packets from here on; what is in the table is flushed, so that a last
 * drain gets it. The programs stay attached until ps_paths_free(): taking them
 * off takes the kernel its time.
 */
void ps_paths_finish (PsPaths *self);

/*
 * The symbol of the function that drops at a kernel address, in the dictionary of the stream; 0:
 * not known. `direction` is an enum ps_direction. FALSE: what is freed there is not dropped.
 */
typedef gboolean (*PsDropFunc) (guint64 address,
                                guint direction,
                                guint32 *ret_symbol,
                                gpointer user_data);

/*
 * Writes one PS_RECORD_METRICS and a PS_RECORD_LOSS for each cause that has
 * lost something. `tell_drop` is called for every location that drops before
 * the record is begun, so that it may write dictionary entries to `writer`.
 * `helper_cpu_ns` is the processor time the helper itself used, `cost` what was measured of
 * the programs.
 */
void ps_paths_write_metrics (PsPaths *self,
                             PsRecordWriter *writer,
                             guint64 helper_cpu_ns,
                             const PsCostTotals *cost,
                             PsDropFunc tell_drop,
                             gpointer user_data);

void ps_paths_get_run_time (PsPaths *self, PsRunTime *ret_time);

/* Packets that entered the stack or left it, wanted or not. */
guint64 ps_paths_count_packets (PsPaths *self);

/*
 * A socket that belongs to the process the capture is restricted to. Sockets
 * made or used while the capture runs are found by the programs themselves.
 */
void
ps_paths_add_wanted_socket (PsPaths *self, guint64 cookie, guint8 ip_protocol, guint16 local_port);

/*
 * Another filter for the packets to come; NULL or "": none. FALSE with
 * PS_HELPER_ERROR_USAGE if it cannot be compiled; the old one stays in force.
 */
gboolean ps_paths_set_filter (PsPaths *self, const char *expression, GError **error);

/*
 * Whether a PsFunctions follows the same packets from here on, and of which: one
 * in `sample` (0, 1: every one), and, with `only_chosen`, of the chosen sockets
 * and ports alone. Not for a capture that only counts.
 */
void ps_paths_set_functions (PsPaths *self, gboolean traced, guint sample, gboolean only_chosen);

/* Packets with such a port at either end are chosen; replaces the ports before. */
void ps_paths_set_chosen_ports (PsPaths *self, const guint16 *ports, guint n);

/* The packets of a flow are chosen, or no longer. FALSE if there are PS_FLOWS_MAX already. */
gboolean ps_paths_set_chosen_flow (PsPaths *self, const struct ps_flow *flow, gboolean chosen);

/* No packet is followed from here on; traffic and drops go on being counted. For good. */
void ps_paths_stop_packets (PsPaths *self);

/*
 * An empty table of lives, for a PsFunctions that is made beside its PsPaths.
 * A file descriptor, or a negative errno.
 */
int ps_paths_make_lives (void);

/* An empty table of what was chosen, likewise. */
int ps_paths_make_flows (void);

/* Losses of a PsFunctions since the capture began, by cause, to be written with the own ones. */
void ps_paths_set_other_losses (PsPaths *self, const guint64 *losses);

/* "tp_btf" or "tp_btf + netfilter": what it runs on, for the hello. */
const char *ps_paths_get_mechanism (PsPaths *self);

/*
 * What this capture can see and what not. `stages` gets stage names for the
 * hello ("network", "send network", …); `missing` pairs of strings, what and
 * why. Both hold newly allocated strings; give them g_free as free function.
 */
void ps_paths_describe (PsPaths *self, GPtrArray *stages, GPtrArray *missing);

/* Adds a PsProbe for every program: whether it runs in this capture, and why not. */
void ps_paths_add_probes (PsPaths *self, GPtrArray *probes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsPaths, ps_paths_free)

#endif /* PS_HELPER_PATHS_H */
