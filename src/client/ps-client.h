/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reaching a helper and taking its record stream. Today: as our child, on a
 * socket pair; by root directly, by a user through pkexec. The system bus and
 * ssh will be further ways in ps-transport; nothing else will change.
 *
 * The client lives on the thread-default main context it was made in. It hands
 * every record to its sinks, in order: a session, a file, or both.
 */
#pragma once

#include <gio/gio.h>

#include "record/record.h"

G_BEGIN_DECLS

#define PS_CLIENT_ERROR (ps_client_error_quark ())
GQuark ps_client_error_quark (void);

typedef enum {
  PS_CLIENT_ERROR_USAGE, /* the helper refused an option: filter, interface, process … (exit 2) */
  PS_CLIENT_ERROR_PERMISSION, /* exit 3 */
  PS_CLIENT_ERROR_KERNEL, /* the kernel cannot (exit 4) */
  PS_CLIENT_ERROR_HELPER, /* not found, died, spoke nonsense (exit 1) */
} PsClientError;

/* What to capture. Zeroed fields mean "default" or "all". Copied by ps_client_start(). */
typedef struct {
  const char *depth; /* "auto", "paths", "functions", "counters" */
  const char *filter; /* pcap-filter syntax */
  const char *interface;
  const char *netns; /* name or pid; NULL: all */
  guint32 pid;
  const char *process; /* comm */
  gboolean process_may_start; /* it need not be running yet */
  guint32 snaplen;
  guint32 ring_kib; /* per CPU */
  guint32 memory_mib; /* the helper's bound for queue and tables */
  guint32 stacks_per_second; /* G_MAXUINT32: none */
  /* depth functions only */
  const char *functions; /* globs between commas */
  const char *layers; /* names between commas */
  const char *own_layers; /* the user's own layer table, for `layers`: ps_layers_get_own() */
  const char *mechanism; /* this one or none, as "kprobe.multi" */
  guint32 sample; /* functions of one packet in so many */
  const guint64 *sockets; /* cookies: functions of their packets only */
  guint n_sockets;
  const guint16 *ports; /* functions of packets with one of these at either end only */
  guint n_ports;
  guint32 max_cost; /* % of one processor, then it goes less deep; PS_MAX_COST_NEVER: never */
} PsCaptureOptions;

#define PS_MAX_COST_NEVER G_MAXUINT32
#define PS_CHOSEN_MAX 64u /* sockets, and ports, a helper takes */

/* What a running capture is to do otherwise; zeroed fields leave it as it is. */
typedef struct {
  const char *depth; /* "paths", "functions" */
  const char *filter; /* "": none */
  guint32 sample;
  gboolean has_sockets; /* a list of none: every socket, if no port is chosen either */
  const guint64 *sockets;
  guint n_sockets;
  gboolean has_ports;
  const guint16 *ports;
  guint n_ports;
  guint32 max_cost;
} PsCaptureChange;

typedef void (*PsRecordFunc) (const PsRecord *record, gpointer user_data);

#define PS_TYPE_CLIENT (ps_client_get_type ())
G_DECLARE_FINAL_TYPE (PsClient, ps_client, PS, CLIENT, GObject)

/*
 * Signals:
 *   "batch" (): a batch of records went to the sinks; publish now.
 *   "ended" (GError *error): the stream is over; NULL if it ended as asked.
 */
PsClient *ps_client_new (void);

/* Every record goes to each sink in the order they were added. */
void
ps_client_add_sink (PsClient *self, PsRecordFunc func, gpointer user_data, GDestroyNotify destroy);

/*
 * Starts a helper and a capture; finishes when the first packet can be seen.
 * Errors are PS_CLIENT_ERROR with a sentence for people, mend included.
 */
void ps_client_start_async (PsClient *self,
                            const PsCaptureOptions *options,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
gboolean ps_client_start_finish (PsClient *self, GAsyncResult *result, GError **error);

/*
 * Changes what a running capture sees; it goes on whatever comes of this. Ends
 * when the change is in force, for functions within some seconds. Errors are
 * PS_CLIENT_ERROR. Requests are answered in their order.
 */
void ps_client_change_async (PsClient *self,
                             const PsCaptureChange *change,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean ps_client_change_finish (PsClient *self, GAsyncResult *result, GError **error);

/* Asks the helper to end; what it still holds comes first, then "ended". */
void ps_client_stop (PsClient *self);

/*
 * One question, one answer, with a helper of its own: "doctor", "sockets",
 * "interfaces", "processes". Transfer full JSON node.
 */
struct _JsonNode *ps_client_query (const char *question,
                                   const PsCaptureOptions *options, /* nullable: netns */
                                   GCancellable *cancellable,
                                   GError **error);

/* At most `bytes` wait on the way from the reader thread to the sinks. */
void ps_client_set_queue_limit (PsClient *self, gsize bytes);

G_END_DECLS
