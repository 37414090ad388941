/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/socket-answer.h"

#include <arpa/inet.h>
#include <string.h>

#define THRESHOLD_NONE 0x7fffffff

static const char *
get_string (JsonObject *object, const char *key)
{
  JsonNode *node = json_object_get_member (object, key);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

/* FALSE, and nothing stored, if it is null, absent, or no whole number from 0 up. */
static gboolean
get_number (JsonObject *object, const char *key, guint64 *ret_number)
{
  JsonNode *node = json_object_get_member (object, key);

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_INT64 ||
      json_node_get_int (node) < 0)
    return FALSE;
  *ret_number = (guint64)json_node_get_int (node);
  return TRUE;
}

static guint32
get_number32 (JsonObject *object, const char *key, guint32 otherwise)
{
  guint64 number;

  return get_number (object, key, &number) ? (guint32)MIN (number, G_MAXUINT32) : otherwise;
}

static guint64
get_number64 (JsonObject *object, const char *key)
{
  guint64 number = 0;

  get_number (object, key, &number);
  return number;
}

static gboolean
has_number (JsonObject *object, const char *key)
{
  guint64 number;

  return get_number (object, key, &number);
}

static guint16
read_protocol (const char *name)
{
  static const struct {
    const char *name;
    guint16 number;
  } names[] = {
    { "tcp", IPPROTO_TCP },      { "udp", IPPROTO_UDP },         { "icmp", IPPROTO_ICMP },
    { "icmp6", IPPROTO_ICMPV6 }, { "udplite", IPPROTO_UDPLITE }, { "sctp", IPPROTO_SCTP },
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_strcmp0 (names[i].name, name) == 0)
      return names[i].number;
  if (name != NULL && g_str_has_prefix (name, "ip-"))
    return (guint16)g_ascii_strtoull (name + strlen ("ip-"), NULL, 10);
  return IPPROTO_RAW;
}

static void
read_health (JsonObject *object, PsSocketRecord *record)
{
  if (has_number (object, "receive_queue"))
    record->flags |= PS_SOCKET_HAS_QUEUES;
  if (has_number (object, "congestion_window"))
    record->flags |= PS_SOCKET_HAS_TCP;
  if (has_number (object, "packets_in"))
    record->flags |= PS_SOCKET_HAS_COUNTERS;
  record->receive_queue = get_number32 (object, "receive_queue", 0);
  record->send_queue = get_number32 (object, "send_queue", 0);
  record->rtt = get_number32 (object, "rtt_us", 0);
  record->rtt_variance = get_number32 (object, "rtt_variance_us", 0);
  record->congestion_window = get_number32 (object, "congestion_window", 0);
  record->slow_start_threshold = get_number32 (object, "slow_start_threshold", THRESHOLD_NONE);
  record->mss = get_number32 (object, "mss", 0);
  record->retransmits = get_number32 (object, "retransmits", 0);
  record->lost = get_number32 (object, "lost", 0);
  record->packets_in = get_number64 (object, "packets_in");
  record->bytes_in = get_number64 (object, "bytes_in");
  record->packets_out = get_number64 (object, "packets_out");
  record->bytes_out = get_number64 (object, "bytes_out");
  record->drops = get_number64 (object, "drops");
}

static void
read_processes (JsonObject *object, PsAnsweredSocket *socket)
{
  JsonNode *node = json_object_get_member (object, "processes");
  JsonArray *array =
      node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);
      PsSocketProcess *process = &socket->processes[socket->socket.n_processes];
      const char *comm;

      if (socket->socket.n_processes == PS_PROCESSES_MAX || !JSON_NODE_HOLDS_OBJECT (element))
        break;
      process->pid = get_number32 (json_node_get_object (element), "pid", 0);
      process->fd = get_number32 (json_node_get_object (element), "fd", G_MAXUINT32);
      comm = get_string (json_node_get_object (element), "process");
      g_strlcpy (process->comm, comm != NULL ? comm : "", sizeof process->comm);
      socket->socket.n_processes++;
    }
}

static void
read_ends (JsonObject *object, PsSocketRecord *record)
{
  const char *local = get_string (object, "local");
  const char *remote = get_string (object, "remote");

  record->family = g_strcmp0 (get_string (object, "family"), "ipv4") == 0 ? AF_INET : AF_INET6;
  /* What cannot be read stays zero: the address that means any. */
  if (local != NULL)
    inet_pton (record->family, local, record->source);
  if (remote != NULL)
    inet_pton (record->family, remote, record->destination);
  record->source_port = (guint16)get_number32 (object, "local_port", 0);
  record->destination_port = (guint16)get_number32 (object, "remote_port", 0);
}

gboolean
ps_socket_answer_read (JsonNode *node, PsAnsweredSocket *ret_socket)
{
  PsSocketRecord *record = &ret_socket->socket.record;
  JsonObject *object;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return FALSE;
  object = json_node_get_object (node);
  *ret_socket = (PsAnsweredSocket){ 0 };
  ret_socket->socket.processes = ret_socket->processes;
  record->cookie = get_number64 (object, "cookie");
  record->netns = get_number32 (object, "netns", 0);
  record->inode = get_number32 (object, "inode", 0);
  record->uid = get_number32 (object, "uid", 0);
  if (has_number (object, "uid"))
    record->flags |= PS_SOCKET_HAS_UID;
  record->protocol = read_protocol (get_string (object, "protocol"));
  record->state = ps_socket_state_from_name (get_string (object, "state"));
  if (json_object_get_boolean_member_with_default (object, "listening", FALSE))
    record->flags |= PS_SOCKET_LISTENING;
  read_ends (object, record);
  read_health (object, record);
  read_processes (object, ret_socket);
  ret_socket->netns_name = get_string (object, "netns_name");
  ret_socket->interface = get_string (object, "interface");
  return TRUE;
}
