/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets without BPF iterators: sock_diag for TCP and UDP, the tables in
 * /proc/net for raw and ping sockets, /proc/PID/fd for those who hold them.
 */
#include "config.h"

#include "helper/sockets.h"

#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TCP_STATE_LISTEN 10
/* /proc tells no cookie: the inode number stands in for it, apart from real ones by this bit. */
#define INODE_COOKIE (G_GUINT64_CONSTANT (1) << 63)

static void
add (GHashTable *entries, const PsSocketRecord *record)
{
  PsSocketEntry *entry;

  if (record->cookie == 0 || g_hash_table_size (entries) >= PS_SOCKETS_MAX ||
      g_hash_table_contains (entries, &record->cookie))
    return;
  entry = g_new0 (PsSocketEntry, 1);
  entry->record = *record;
  g_hash_table_insert (entries, &entry->record.cookie, entry);
}

static void
read_tcp_info (const struct rtattr *attribute, PsSocketRecord *record)
{
  struct tcp_info info = { 0 };

  memcpy (&info, RTA_DATA (attribute), MIN (sizeof info, (gsize)RTA_PAYLOAD (attribute)));
  record->flags |= PS_SOCKET_HAS_TCP;
  record->rtt = info.tcpi_rtt;
  record->rtt_variance = info.tcpi_rttvar;
  record->congestion_window = info.tcpi_snd_cwnd;
  record->slow_start_threshold = info.tcpi_snd_ssthresh;
  record->mss = info.tcpi_snd_mss;
  record->retransmits = info.tcpi_total_retrans;
  record->lost = info.tcpi_lost;
}

static void
read_message (const struct nlmsghdr *header, guint8 protocol, guint32 netns, GHashTable *entries)
{
  const struct inet_diag_msg *message = NLMSG_DATA (header);
  int left = (int)header->nlmsg_len - (int)NLMSG_LENGTH (sizeof *message);
  PsSocketRecord record = { .netns = netns, .protocol = protocol };

  if (left < 0)
    return;
  record.cookie = (guint64)message->id.idiag_cookie[1] << 32 | message->id.idiag_cookie[0];
  record.uid = message->idiag_uid;
  record.inode = message->idiag_inode;
  record.flags = PS_SOCKET_SEEN | PS_SOCKET_HAS_UID | PS_SOCKET_HAS_QUEUES;
  record.family = message->idiag_family;
  record.state = message->idiag_state;
  record.source_port = g_ntohs (message->id.idiag_sport);
  record.destination_port = g_ntohs (message->id.idiag_dport);
  memcpy (record.source, message->id.idiag_src, sizeof record.source);
  memcpy (record.destination, message->id.idiag_dst, sizeof record.destination);
  record.interface = message->id.idiag_if;
  record.receive_queue = message->idiag_rqueue;
  record.send_queue = message->idiag_wqueue;
  if (protocol == IPPROTO_TCP && record.state == TCP_STATE_LISTEN)
    record.flags |= PS_SOCKET_LISTENING;
  for (const struct rtattr *attribute = (gconstpointer)(message + 1); RTA_OK (attribute, left);
       attribute = RTA_NEXT (attribute, left))
    if (attribute->rta_type == INET_DIAG_INFO && protocol == IPPROTO_TCP &&
        !(record.flags & PS_SOCKET_LISTENING))
      read_tcp_info (attribute, &record);
  add (entries, &record);
}

static gboolean
read_messages (int fd, guint8 protocol, guint32 netns, GHashTable *entries)
{
  guint8 buffer[32768] __attribute__ ((aligned (NLMSG_ALIGNTO)));
  gssize size = recv (fd, buffer, sizeof buffer, 0);

  if (size <= 0)
    return FALSE;
  for (const struct nlmsghdr *header = (gconstpointer)buffer; NLMSG_OK (header, (guint32)size);
       header = NLMSG_NEXT (header, size))
    {
      if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR)
        return FALSE;
      read_message (header, protocol, netns, entries);
    }
  return TRUE;
}

static void
list_protocol (guint8 family, guint8 protocol, guint32 netns, GHashTable *entries)
{
  struct {
    struct nlmsghdr header;
    struct inet_diag_req_v2 body;
  } request = {
    .header = { .nlmsg_len = sizeof request,
                .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
    .body = { .sdiag_family = family,
              .sdiag_protocol = protocol,
              .idiag_ext = 1 << (INET_DIAG_INFO - 1),
              .idiag_states = ~0u },
  };
  int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

  if (fd < 0)
    return;
  if (send (fd, &request, sizeof request, 0) == sizeof request)
    while (read_messages (fd, protocol, netns, entries))
      ;
  close (fd);
}

/* An address as /proc/net has it: words of the machine's byte order, in hexadecimal. */
static gboolean
parse_address (const char *text, guint8 *ret_address)
{
  gsize words = strlen (text) / 8;

  if (words != 1 && words != 4)
    return FALSE;
  for (gsize i = 0; i < words; i++)
    {
      unsigned word;

      if (sscanf (text + i * 8, "%8x", &word) != 1)
        return FALSE;
      memcpy (ret_address + i * 4, &word, 4);
    }
  return TRUE;
}

static void
list_table (const char *file, guint16 family, guint16 protocol, guint32 netns, GHashTable *entries)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (file, &text, NULL, NULL))
    return;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 1; lines[0] && lines[i]; i++)
    {
      char source[33], destination[33];
      unsigned port, remote_port, state, send_queue, receive_queue, uid, inode;
      PsSocketRecord record = { .netns = netns, .family = family };

      if (sscanf (lines[i], " %*u: %32[0-9A-F]:%x %32[0-9A-F]:%x %x %x:%x %*x:%*x %*x %u %*u %u",
                  source, &port, destination, &remote_port, &state, &send_queue, &receive_queue,
                  &uid, &inode) != 9 ||
          !parse_address (source, record.source) ||
          !parse_address (destination, record.destination))
        continue;
      record.cookie = INODE_COOKIE | inode;
      record.flags = PS_SOCKET_SEEN | PS_SOCKET_HAS_UID | PS_SOCKET_HAS_QUEUES;
      /* A raw socket's "port" is its protocol; a ping socket's is the echo identifier. */
      record.protocol = protocol ? protocol : (guint16)port;
      record.source_port = protocol ? (guint16)port : 0;
      record.state = (guint8)state;
      record.send_queue = send_queue;
      record.receive_queue = receive_queue;
      record.uid = uid;
      record.inode = inode;
      add (entries, &record);
    }
}

void
ps_sockets_diag_list (GHashTable *entries, guint32 netns)
{
  list_protocol (AF_INET, IPPROTO_TCP, netns, entries);
  list_protocol (AF_INET6, IPPROTO_TCP, netns, entries);
  list_protocol (AF_INET, IPPROTO_UDP, netns, entries);
  list_protocol (AF_INET6, IPPROTO_UDP, netns, entries);
  list_table ("/proc/thread-self/net/raw", AF_INET, 0, netns, entries);
  list_table ("/proc/thread-self/net/raw6", AF_INET6, 0, netns, entries);
  list_table ("/proc/thread-self/net/icmp", AF_INET, IPPROTO_ICMP, netns, entries);
  list_table ("/proc/thread-self/net/icmp6", AF_INET6, IPPROTO_ICMPV6, netns, entries);
}

static void
find_in_process (const char *pid, GHashTable *by_inode)
{
  g_autofree char *directory = g_build_filename ("/proc", pid, "fd", NULL);
  g_autofree char *comm_file = g_build_filename ("/proc", pid, "comm", NULL);
  g_autofree char *comm = NULL;
  g_autoptr (GDir) descriptors = g_dir_open (directory, 0, NULL);
  const char *fd;

  while (descriptors && (fd = g_dir_read_name (descriptors)))
    {
      g_autofree char *file = g_build_filename (directory, fd, NULL);
      char target[64] = "";
      unsigned inode;
      PsSocketEntry *entry;

      if (readlink (file, target, sizeof target - 1) < 0 ||
          sscanf (target, "socket:[%u]", &inode) != 1)
        continue;
      entry = g_hash_table_lookup (by_inode, GUINT_TO_POINTER (inode));
      if (!entry)
        continue;
      if (!comm)
        g_file_get_contents (comm_file, &comm, NULL, NULL);
      ps_socket_entry_add_process (entry, (guint32)g_ascii_strtoull (pid, NULL, 10),
                                   (guint32)g_ascii_strtoull (fd, NULL, 10),
                                   comm ? g_strchomp (comm) : "");
    }
}

void
ps_sockets_diag_find_holders (GHashTable *entries)
{
  g_autoptr (GHashTable) by_inode = g_hash_table_new (NULL, NULL);
  g_autoptr (GDir) processes = g_dir_open ("/proc", 0, NULL);
  GHashTableIter iter;
  gpointer value;
  const char *name;

  g_hash_table_iter_init (&iter, entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((PsSocketEntry *)value)->record.inode)
      g_hash_table_insert (by_inode, GUINT_TO_POINTER (((PsSocketEntry *)value)->record.inode),
                           value);
  while (processes && (name = g_dir_read_name (processes)))
    if (g_ascii_isdigit (*name))
      find_in_process (name, by_inode);
}
