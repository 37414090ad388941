/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/answers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "helper/netns.h"
#include "helper/sockets.h"

static const char *const tcp_states[] = {
  "unknown", "established", "syn_sent", "syn_received", "fin_wait_1", "fin_wait_2",   "time_wait",
  "close",   "close_wait",  "last_ack", "listen",       "closing",    "syn_received",
};

static void
add_string (JsonObject *object, const char *key, const char *text)
{
  if (text && *text)
    json_object_set_string_member (object, key, text);
  else
    json_object_set_null_member (object, key);
}

static void
add_number (JsonObject *object, const char *key, gboolean is_known, guint64 number)
{
  if (is_known)
    json_object_set_int_member (object, key, (gint64)number);
  else
    json_object_set_null_member (object, key);
}

/* A name as the kernel gave it: any bytes, zero-terminated unless it fills its place. */
static char *
to_text (const char *comm, gsize size)
{
  return g_utf8_make_valid (comm, (gssize)strnlen (comm, size));
}

static JsonNode *
to_node (JsonArray *array)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  json_node_take_array (node, array);
  return node;
}

/* The namespaces an answer is about. */
static GPtrArray *
list_namespaces (const PsCaptureConfig *config)
{
  GPtrArray *list = ps_netns_list ();

  for (guint i = list->len; i > 0; i--)
    if (config->paths.netns && ((PsNetns *)list->pdata[i - 1])->inode != config->paths.netns)
      g_ptr_array_remove_index (list, i - 1);
  return list;
}

static const char *
name_protocol (guint16 protocol, char *buffer, gsize size)
{
  switch (protocol)
    {
    case IPPROTO_TCP:
      return "tcp";
    case IPPROTO_UDP:
      return "udp";
    case IPPROTO_ICMP:
      return "icmp";
    case IPPROTO_ICMPV6:
      return "icmp6";
    case IPPROTO_UDPLITE:
      return "udplite";
    case IPPROTO_SCTP:
      return "sctp";
    default:
      g_snprintf (buffer, size, "ip-%u", protocol);
      return buffer;
    }
}

/* Datagram sockets have two of the TCP states, which do not mean what their names say. */
static const char *
name_state (const PsSocketRecord *record)
{
  if (record->protocol != IPPROTO_TCP)
    return record->state == 1 ? "connected" : "unconnected";
  return record->state < G_N_ELEMENTS (tcp_states) ? tcp_states[record->state] : "unknown";
}

static void
add_processes (JsonObject *object, const PsSocketEntry *entry)
{
  JsonArray *array = json_array_new ();
  guint n = entry->record.n_processes;
  g_autofree char *first = n > 0 ? to_text (entry->processes[0].comm, PS_COMM_LENGTH) : NULL;

  add_number (object, "pid", n > 0, entry->processes[0].pid);
  add_string (object, "process", first);
  for (guint i = 0; i < n; i++)
    {
      JsonObject *process = json_object_new ();
      g_autofree char *comm = to_text (entry->processes[i].comm, PS_COMM_LENGTH);

      json_object_set_int_member (process, "pid", entry->processes[i].pid);
      add_string (process, "process", comm);
      add_number (process, "fd", entry->processes[i].fd != 0xffffffffu, entry->processes[i].fd);
      json_array_add_object_element (array, process);
    }
  json_object_set_array_member (object, "processes", array);
}

static void
add_addresses (JsonObject *object, const PsSocketRecord *record)
{
  int family = record->family == AF_INET ? AF_INET : AF_INET6;
  char local[INET6_ADDRSTRLEN] = "", remote[INET6_ADDRSTRLEN] = "";

  inet_ntop (family, record->source, local, sizeof local);
  inet_ntop (family, record->destination, remote, sizeof remote);
  add_string (object, "local", local);
  add_string (object, "remote", remote);
  json_object_set_int_member (object, "local_port", record->source_port);
  json_object_set_int_member (object, "remote_port", record->destination_port);
}

static void
add_health (JsonObject *object, const PsSocketRecord *record)
{
  gboolean has_queues = record->flags & PS_SOCKET_HAS_QUEUES;
  gboolean has_tcp = record->flags & PS_SOCKET_HAS_TCP;
  gboolean has_counters = record->flags & PS_SOCKET_HAS_COUNTERS;

  add_number (object, "receive_queue", has_queues, record->receive_queue);
  add_number (object, "send_queue", has_queues, record->send_queue);
  add_number (object, "rtt_us", has_tcp, record->rtt);
  add_number (object, "rtt_variance_us", has_tcp, record->rtt_variance);
  add_number (object, "congestion_window", has_tcp, record->congestion_window);
  add_number (object, "slow_start_threshold", has_tcp && record->slow_start_threshold < 0x7fffffff,
              record->slow_start_threshold);
  add_number (object, "mss", has_tcp, record->mss);
  add_number (object, "retransmits", has_tcp, record->retransmits);
  add_number (object, "lost", has_tcp, record->lost);
  add_number (object, "packets_in", has_counters, record->packets_in);
  add_number (object, "bytes_in", has_counters, record->bytes_in);
  add_number (object, "packets_out", has_counters, record->packets_out);
  add_number (object, "bytes_out", has_counters, record->bytes_out);
  add_number (object, "drops", has_counters, record->drops);
}

/* The name of the interface a socket is bound to; NULL if it is not, or the interface is gone. */
static const char *
find_interface (GArray *interfaces, guint32 netns, guint32 index)
{
  for (guint i = 0; index && i < interfaces->len; i++)
    {
      const PsInterface *interface = &g_array_index (interfaces, PsInterface, i);

      if (interface->netns == netns && interface->index == index)
        return interface->name;
    }
  return NULL;
}

static GArray *
list_interfaces (GPtrArray *namespaces)
{
  GArray *all = g_array_new (FALSE, FALSE, sizeof (PsInterface));

  for (guint i = 0; i < namespaces->len; i++)
    {
      g_autoptr (GArray) some = ps_netns_list_interfaces (namespaces->pdata[i]);

      g_array_append_vals (all, some->data, some->len);
    }
  return all;
}

static JsonObject *
describe_socket (const PsSocketEntry *entry, GPtrArray *namespaces, GArray *interfaces)
{
  const PsSocketRecord *record = &entry->record;
  const PsNetns *netns = ps_netns_find_inode (namespaces, record->netns);
  JsonObject *object = json_object_new ();
  char protocol[16];

  json_object_set_int_member (object, "cookie", (gint64)record->cookie);
  add_string (object, "family", record->family == AF_INET ? "ipv4" : "ipv6");
  add_string (object, "protocol", name_protocol (record->protocol, protocol, sizeof protocol));
  add_string (object, "state", name_state (record));
  add_addresses (object, record);
  add_number (object, "uid", record->flags & PS_SOCKET_HAS_UID, record->uid);
  add_number (object, "inode", record->inode != 0, record->inode);
  json_object_set_int_member (object, "netns", record->netns);
  json_object_set_string_member (object, "netns_name", netns ? netns->name : "");
  add_processes (object, entry);
  add_health (object, record);
  add_string (object, "interface", find_interface (interfaces, record->netns, record->interface));
  json_object_set_boolean_member (object, "listening", record->flags & PS_SOCKET_LISTENING);
  return object;
}

JsonNode *
ps_answer_sockets (const PsCaptureConfig *config)
{
  g_autoptr (PsSockets) sockets = ps_sockets_new (NULL);
  g_autoptr (GPtrArray) namespaces = list_namespaces (config);
  g_autoptr (GArray) interfaces = list_interfaces (namespaces);
  g_autoptr (GHashTable) entries = ps_sockets_list (sockets, namespaces);
  JsonArray *array = json_array_new ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    json_array_add_object_element (array, describe_socket (value, namespaces, interfaces));
  return to_node (array);
}

JsonNode *
ps_answer_interfaces (const PsCaptureConfig *config)
{
  g_autoptr (GPtrArray) namespaces = list_namespaces (config);
  g_autoptr (GArray) interfaces = list_interfaces (namespaces);
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < interfaces->len; i++)
    {
      const PsInterface *interface = &g_array_index (interfaces, PsInterface, i);
      const PsNetns *netns = ps_netns_find_inode (namespaces, interface->netns);
      JsonObject *object = json_object_new ();

      add_string (object, "name", interface->name);
      json_object_set_int_member (object, "index", interface->index);
      add_number (object, "mtu", interface->mtu != 0, interface->mtu);
      add_string (object, "link_type", interface->link_type == 1 ? "ethernet" : "raw");
      json_object_set_int_member (object, "netns", interface->netns);
      json_object_set_string_member (object, "netns_name", netns ? netns->name : "");
      json_array_add_object_element (array, object);
    }
  return to_node (array);
}

JsonNode *
ps_answer_processes (const PsCaptureConfig *config)
{
  g_autoptr (GDir) processes = g_dir_open ("/proc", 0, NULL);
  JsonArray *array = json_array_new ();
  const char *pid;

  while (processes && (pid = g_dir_read_name (processes)))
    {
      g_autofree char *file = g_build_filename ("/proc", pid, "comm", NULL);
      g_autofree char *comm = NULL;
      g_autofree char *text = NULL;
      JsonObject *object;
      gsize length;

      if (!g_ascii_isdigit (*pid) || !g_file_get_contents (file, &comm, &length, NULL))
        continue;
      text = to_text (g_strchomp (comm), length);
      object = json_object_new ();
      json_object_set_int_member (object, "pid", (gint64)g_ascii_strtoull (pid, NULL, 10));
      add_string (object, "process", text);
      json_array_add_object_element (array, object);
    }
  return to_node (array);
}
