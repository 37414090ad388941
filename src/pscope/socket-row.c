/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/socket-row.h"

#include "pscope/format.h"

#include <arpa/inet.h>
#include <glib/gi18n.h>
#include <sys/socket.h>

/* tcp_states.h, from 1 */
static const char *const tcp_states[] = {
  NULL,    "established", "syn_sent", "syn_received", "fin_wait_1", "fin_wait_2",   "time_wait",
  "close", "close_wait",  "last_ack", "listen",       "closing",    "syn_received",
};

#define TCP_STATE_ESTABLISHED 1
#define TCP_STATE_CLOSE 7

const char *
ps_socket_protocol_name (const PsSocketRecord *record, char buffer[16])
{
  switch (record->protocol)
    {
    case IPPROTO_ICMP:
      return "ICMP";
    case IPPROTO_TCP:
      return "TCP";
    case IPPROTO_UDP:
      return "UDP";
    case IPPROTO_ICMPV6:
      return "ICMPv6";
    case IPPROTO_SCTP:
      return "SCTP";
    case IPPROTO_UDPLITE:
      return "UDP-Lite";
    case IPPROTO_RAW:
      return "RAW";
    default:
      g_snprintf (buffer, 16, "IP %u", record->protocol);
      return buffer;
    }
}

const char *
ps_socket_state_name (const PsSocketRecord *record)
{
  if (record->protocol != IPPROTO_TCP)
    return record->state == TCP_STATE_ESTABLISHED ? "connected" : "unconnected";
  if (record->state == 0 || record->state >= G_N_ELEMENTS (tcp_states))
    return "unknown";
  return tcp_states[record->state];
}

/* Datagram sockets have two of the TCP states, by other names. */
guint8
ps_socket_state_from_name (const char *name)
{
  if (g_strcmp0 (name, "connected") == 0)
    return TCP_STATE_ESTABLISHED;
  if (g_strcmp0 (name, "unconnected") == 0)
    return TCP_STATE_CLOSE;
  for (guint8 i = 1; i < G_N_ELEMENTS (tcp_states); i++)
    if (g_strcmp0 (name, tcp_states[i]) == 0)
      return i;
  return 0;
}

static void
format_address (char *buffer, gsize size, const PsSocketRecord *record, const guint8 address[16])
{
  if (inet_ntop (record->family, address, buffer, size) == NULL)
    g_strlcpy (buffer, "?", size);
}

/* An end nobody is bound or connected to is a star, as in ss(8). */
static void
format_end (char *buffer,
            gsize size,
            const PsSocketRecord *record,
            const guint8 address[16],
            guint16 port)
{
  static const guint8 any[16];
  char text[INET6_ADDRSTRLEN];

  format_address (text, sizeof text, record, address);
  if (port != 0)
    ps_format_endpoint (buffer, size, text, port);
  else if (memcmp (address, any, record->family == AF_INET ? 4 : 16) == 0)
    g_strlcpy (buffer, "*", size);
  else
    g_strlcpy (buffer, text, size);
}

enum {
  COLUMN_PROTOCOL,
  COLUMN_STATE,
  COLUMN_LOCAL,
  COLUMN_REMOTE,
  COLUMN_PROCESS,
  COLUMN_NETNS,
  COLUMN_RECEIVE,
  COLUMN_SEND,
  COLUMN_RTT,
  COLUMN_WINDOW,
  COLUMN_RETRANSMITS,
  COLUMN_IN,
  COLUMN_OUT,
  N_COLUMNS
};

PsTable *
ps_socket_list_new (const PsTerminal *terminal)
{
  const PsColumn columns[N_COLUMNS] = {
    [COLUMN_PROTOCOL] = { .title = _ ("Proto") },
    [COLUMN_STATE] = { .title = _ ("State") },
    [COLUMN_LOCAL] = { .title = _ ("Own end"), .flexible = 15, .keeps_end = TRUE },
    [COLUMN_REMOTE] = { .title = _ ("Other end"),
                        .flexible = 15,
                        .before = ps_glyph (terminal, " ⇄ ", " = "),
                        .keeps_end = TRUE },
    [COLUMN_PROCESS] = { .title = _ ("Process"), .flexible = 14, .keeps_end = TRUE },
    [COLUMN_NETNS] = { .title = _ ("Namespace"), .flexible = 9, .drop = 1, .optional = TRUE },
    [COLUMN_RECEIVE] = { .title = _ ("Recv-Q"), .right = TRUE, .drop = 2, .optional = TRUE },
    [COLUMN_SEND] = { .title = _ ("Send-Q"), .right = TRUE, .drop = 3, .optional = TRUE },
    [COLUMN_RTT] = { .title = _ ("RTT"), .right = TRUE, .drop = 1, .optional = TRUE },
    [COLUMN_WINDOW] = { .title = _ ("Cwnd"), .right = TRUE, .drop = 7, .optional = TRUE },
    [COLUMN_RETRANSMITS] = { .title = _ ("Retrans"), .right = TRUE, .drop = 4, .optional = TRUE },
    [COLUMN_IN] = { .title = _ ("In"), .right = TRUE, .drop = 5, .optional = TRUE },
    [COLUMN_OUT] = { .title = _ ("Out"), .right = TRUE, .drop = 6, .optional = TRUE },
  };

  return ps_table_new (terminal, columns, N_COLUMNS, 1000);
}

static char *
format_processes (const PsSocket *socket)
{
  const PsSocketProcess *first = socket->processes;
  g_autofree char *comm = NULL;
  g_autofree char *name = NULL;

  if (socket->n_processes == 0)
    return g_strdup (_ ("n/a"));
  comm = g_strndup (first->comm, sizeof first->comm);
  name = g_utf8_make_valid (comm, -1);
  if (socket->n_processes == 1)
    return g_strdup_printf ("%s (%u)", name, first->pid);
  return g_strdup_printf ("%s (%u) +%u", name, first->pid, socket->n_processes - 1);
}

/* Not known is not zero. */
static char *
format_if (gboolean known, guint64 value)
{
  return known ? ps_format_count (value) : NULL;
}

void
ps_socket_list_add (PsTable *table,
                    const PsTerminal *terminal,
                    const PsSocket *socket,
                    const char *netns_name)
{
  const PsSocketRecord *record = &socket->record;
  gboolean has_queues = (record->flags & PS_SOCKET_HAS_QUEUES) != 0;
  gboolean has_tcp = (record->flags & PS_SOCKET_HAS_TCP) != 0;
  gboolean has_counters = (record->flags & PS_SOCKET_HAS_COUNTERS) != 0;
  gboolean is_closed = socket->closed_ns != 0 || (record->flags & PS_SOCKET_CLOSED) != 0;
  char number[16], source[80], destination[80];
  g_autofree char *process = format_processes (socket);
  g_autofree char *receive = format_if (has_queues, record->receive_queue);
  g_autofree char *send = format_if (has_queues, record->send_queue);
  g_autofree char *rtt =
      has_tcp && record->rtt > 0
          ? ps_format_duration (record->rtt * G_GINT64_CONSTANT (1000), terminal->utf8)
          : NULL;
  g_autofree char *window = format_if (has_tcp, record->congestion_window);
  g_autofree char *retransmits = format_if (has_tcp, record->retransmits);
  g_autofree char *in = has_counters ? ps_format_bytes (record->bytes_in) : NULL;
  g_autofree char *out = has_counters ? ps_format_bytes (record->bytes_out) : NULL;

  format_end (source, sizeof source, record, record->source, record->source_port);
  format_end (destination, sizeof destination, record, record->destination,
              record->destination_port);
  const PsCell cells[N_COLUMNS] = {
    [COLUMN_PROTOCOL] = { ps_socket_protocol_name (record, number),
                          PS_STYLE_LAYER + PS_LAYER_TRANSPORT },
    [COLUMN_STATE] = { ps_socket_state_name (record), is_closed ? PS_STYLE_DIM : PS_STYLE_PLAIN },
    [COLUMN_LOCAL] = { source, PS_STYLE_PLAIN },
    [COLUMN_REMOTE] = { destination, PS_STYLE_PLAIN },
    [COLUMN_PROCESS] = { process, socket->n_processes > 0 ? PS_STYLE_BOLD : PS_STYLE_DIM },
    [COLUMN_NETNS] = { netns_name != NULL && *netns_name != '\0' ? netns_name : NULL,
                       PS_STYLE_PLAIN },
    [COLUMN_RECEIVE] = { receive, PS_STYLE_PLAIN },
    [COLUMN_SEND] = { send, PS_STYLE_PLAIN },
    [COLUMN_RTT] = { rtt, PS_STYLE_PLAIN },
    [COLUMN_WINDOW] = { window, PS_STYLE_PLAIN },
    [COLUMN_RETRANSMITS] = { retransmits, has_tcp && record->retransmits > 0 ? PS_STYLE_WARNING
                                                                             : PS_STYLE_PLAIN },
    [COLUMN_IN] = { in, PS_STYLE_PLAIN },
    [COLUMN_OUT] = { out, PS_STYLE_PLAIN },
  };
  ps_table_add (table, cells);
}

static void
add_end (PsJson *json,
         const PsSocketRecord *record,
         const char *address_key,
         const guint8 address[16],
         const char *port_key,
         guint16 port)
{
  char text[INET6_ADDRSTRLEN];

  format_address (text, sizeof text, record, address);
  ps_json_string (json, address_key, text);
  ps_json_known (json, port_key, port != 0 ? port : -1);
}

static void
add_processes (PsJson *json, const PsSocket *socket)
{
  ps_json_begin_array (json, "processes");
  for (guint i = 0; i < socket->n_processes; i++)
    {
      g_autofree char *comm =
          g_strndup (socket->processes[i].comm, sizeof socket->processes[i].comm);

      ps_json_begin_object (json, NULL);
      ps_json_uint (json, "pid", socket->processes[i].pid);
      ps_json_string (json, "process", comm);
      ps_json_known (json, "fd",
                     socket->processes[i].fd != G_MAXUINT32 ? (gint64)socket->processes[i].fd : -1);
      ps_json_end_object (json);
    }
  ps_json_end_array (json);
}

static void
add_known (PsJson *json, const char *key, gboolean known, guint64 value)
{
  if (known)
    ps_json_uint (json, key, value);
  else
    ps_json_null (json, key);
}

static void
add_health (PsJson *json, const PsSocketRecord *record)
{
  gboolean has_queues = (record->flags & PS_SOCKET_HAS_QUEUES) != 0;
  gboolean has_tcp = (record->flags & PS_SOCKET_HAS_TCP) != 0;
  gboolean has_counters = (record->flags & PS_SOCKET_HAS_COUNTERS) != 0;
  gboolean has_threshold = has_tcp && record->slow_start_threshold < 0x7fffffff;

  ps_json_bool (json, "listening", (record->flags & PS_SOCKET_LISTENING) != 0);
  add_known (json, "receive_queue", has_queues, record->receive_queue);
  add_known (json, "send_queue", has_queues, record->send_queue);
  add_known (json, "rtt_ns", has_tcp, record->rtt * G_GUINT64_CONSTANT (1000));
  add_known (json, "rtt_variance_ns", has_tcp, record->rtt_variance * G_GUINT64_CONSTANT (1000));
  add_known (json, "congestion_window", has_tcp, record->congestion_window);
  add_known (json, "slow_start_threshold", has_threshold, record->slow_start_threshold);
  add_known (json, "mss", has_tcp, record->mss);
  add_known (json, "retransmits", has_tcp, record->retransmits);
  add_known (json, "lost", has_tcp, record->lost);
  add_known (json, "packets_in", has_counters, record->packets_in);
  add_known (json, "bytes_in", has_counters, record->bytes_in);
  add_known (json, "packets_out", has_counters, record->packets_out);
  add_known (json, "bytes_out", has_counters, record->bytes_out);
  add_known (json, "drops", has_counters, record->drops);
}

void
ps_socket_json_add (PsJson *json,
                    const PsSocket *socket,
                    const char *netns_name,
                    const char *interface)
{
  const PsSocketRecord *record = &socket->record;
  char number[16];

  ps_json_uint (json, "cookie", record->cookie);
  ps_json_string (json, "family", record->family == AF_INET ? "ipv4" : "ipv6");
  ps_json_string (json, "protocol", ps_socket_protocol_name (record, number));
  ps_json_string (json, "state", ps_socket_state_name (record));
  add_end (json, record, "local", record->source, "local_port", record->source_port);
  add_end (json, record, "remote", record->destination, "remote_port", record->destination_port);
  ps_json_uint (json, "netns", record->netns);
  ps_json_string (json, "netns_name", netns_name);
  ps_json_string (json, "interface", interface);
  add_known (json, "uid", (record->flags & PS_SOCKET_HAS_UID) != 0, record->uid);
  add_known (json, "inode", record->inode != 0, record->inode);
  add_processes (json, socket);
  add_health (json, record);
}
