/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The depth `paths` on the kernel that runs: real programs, real packets
 * between two network namespaces of our own, and what comes out of the rings.
 * Takes root; everything else that a kernel may lack is asked of the capture.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "helper/error.h"
#include "helper/paths.h"
#include "helper/symbols.h"

#define NAME_A "paths-test-a"
#define NAME_B "paths-test-b"
#define ADDRESS_A "192.0.2.1"
#define ADDRESS_B "192.0.2.2"
#define ADDRESS6_A "fd00:7073::1"
#define ADDRESS6_B "fd00:7073::2"
#define ETHERNET 14

static const char *cannot; /* why nothing can be tried here */
static int own_ns, ns_a, ns_b;
static char own_name[PS_COMM_LENGTH];
static guint32 inode_a, inode_b;

/* One capture and everything that came out of it. */
typedef struct {
  PsPaths *paths;
  GPtrArray *packets; /* struct ps_raw_packet, the last state of each */
  GHashTable *by_id;
  GHashTable *stacks; /* hash → struct ps_raw_stack */
  GPtrArray *sockets;
  PsSymbols *symbols;
  GHashTable *stages; /* names this kernel can see */
  guint64 losses;
} Capture;

static void
run (const char *format, ...)
{
  g_autofree char *command = NULL, *output = NULL;
  va_list arguments;
  int status = 0;

  va_start (arguments, format);
  command = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_spawn_command_line_sync (command, &output, NULL, &status, NULL);
  if (status)
    g_test_message ("%s: status %d", command, status);
}

static void
enter (int ns)
{
  g_assert_cmpint (setns (ns, CLONE_NEWNET), ==, 0);
}

/* A test that waits for what does not come fails. */
static void
limit_waiting (int fd)
{
  struct timeval limit = { .tv_sec = 5 };

  g_assert_cmpint (setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), ==, 0);
}

static int
socket_in (int ns, int family, int type)
{
  int fd;

  enter (ns);
  fd = socket (family, type | SOCK_CLOEXEC, 0);
  enter (own_ns);
  g_assert_cmpint (fd, >=, 0);
  limit_waiting (fd);
  return fd;
}

static struct sockaddr_storage
address_of (const char *text, guint16 port, socklen_t *ret_length)
{
  struct sockaddr_storage address = { 0 };
  struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;

  if (inet_pton (AF_INET, text, &v4->sin_addr) == 1)
    {
      v4->sin_family = AF_INET;
      v4->sin_port = htons (port);
      *ret_length = sizeof *v4;
    }
  else
    {
      g_assert_cmpint (inet_pton (AF_INET6, text, &v6->sin6_addr), ==, 1);
      v6->sin6_family = AF_INET6;
      v6->sin6_port = htons (port);
      *ret_length = sizeof *v6;
    }
  return address;
}

static int
bound (int ns, int type, const char *address, guint16 port)
{
  socklen_t length;
  struct sockaddr_storage where = address_of (address, port, &length);
  int fd = socket_in (ns, where.ss_family, type);

  g_assert_cmpint (bind (fd, (struct sockaddr *)&where, length), ==, 0);
  return fd;
}

static int
connect_to (int fd, const char *address, guint16 port)
{
  socklen_t length;
  struct sockaddr_storage where = address_of (address, port, &length);

  return connect (fd, (struct sockaddr *)&where, length);
}

static guint64
cookie_of (int fd)
{
  guint64 cookie = 0;
  socklen_t length = sizeof cookie;

  g_assert_cmpint (getsockopt (fd, SOL_SOCKET, SO_COOKIE, &cookie, &length), ==, 0);
  return cookie;
}

/* Capturing. */

static void
take (const struct ps_raw_header *record, gpointer user_data)
{
  Capture *self = user_data;
  gpointer copy = g_memdup2 (record, record->length);

  if (record->type == PS_RAW_STACK)
    {
      g_hash_table_replace (self->stacks, &((struct ps_raw_stack *)copy)->hash, copy);
    }
  else if (record->type == PS_RAW_SOCKET)
    {
      g_ptr_array_add (self->sockets, copy);
    }
  else if (record->type == PS_RAW_PACKET)
    {
      struct ps_raw_packet *packet = copy;

      g_assert_null (g_hash_table_lookup (self->by_id, &packet->id));
      g_hash_table_insert (self->by_id, &packet->id, packet);
      if (packet->netns == inode_a || packet->netns == inode_b)
        g_ptr_array_add (self->packets, packet);
    }
  else
    {
      const struct ps_raw_packet *update = copy;
      struct ps_raw_packet *packet = g_hash_table_lookup (self->by_id, &update->id);
      guint32 captured;

      /* An update comes after its packet, and never with bytes. */
      g_assert_nonnull (packet);
      g_assert_cmpuint (update->captured, ==, 0);
      captured = packet->captured;
      memcpy (packet, update, sizeof *packet);
      packet->captured = captured;
      g_free (copy);
    }
}

static void
capture_start (Capture *self, const PsPathsOptions *options)
{
  g_autoptr (GPtrArray) stages = g_ptr_array_new ();
  g_autoptr (GPtrArray) missing = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  memset (self, 0, sizeof *self);
  self->packets = g_ptr_array_new ();
  self->by_id = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  self->stacks = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  self->sockets = g_ptr_array_new_with_free_func (g_free);
  self->stages = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->symbols = ps_symbols_new (PS_SYMBOLS_FILE);
  self->paths = ps_paths_new (options, &error);
  g_assert_no_error (error);
  ps_paths_describe (self->paths, stages, missing);
  for (guint i = 0; i < stages->len; i++)
    g_hash_table_add (self->stages, stages->pdata[i]);
  for (guint i = 0; i + 1 < missing->len; i += 2)
    g_test_message ("missing: %s: %s", (char *)missing->pdata[i], (char *)missing->pdata[i + 1]);
}

static gboolean
no_symbol (guint64 address, guint direction, guint32 *ret_symbol, gpointer user_data)
{
  *ret_symbol = 0;
  return TRUE;
}

static void
capture_stop (Capture *self)
{
  PsRecordWriter writer = { 0 };
  const guint8 *data;
  PsRecord record;
  gsize size;

  for (int i = 0; i < 4; i++)
    {
      g_usleep (100000);
      ps_paths_drain (self->paths, take, self);
      ps_paths_tick (self->paths);
    }
  ps_paths_finish (self->paths);
  while (ps_paths_drain (self->paths, take, self) > 0)
    ;
  ps_paths_write_metrics (self->paths, &writer, 0, NULL, no_symbol, NULL);
  data = writer.data;
  size = writer.size;
  while (ps_record_next (&data, &size, &record) == 1)
    if (record.type == PS_RECORD_LOSS)
      self->losses += ((const PsLossRecord *)record.payload)->count;
  ps_record_writer_clear (&writer);
  g_clear_pointer (&self->paths, ps_paths_free);
}

static void
capture_clear (Capture *self)
{
  if (!self->packets)
    return;
  g_ptr_array_unref (self->packets);
  g_hash_table_unref (self->by_id);
  g_hash_table_unref (self->stacks);
  g_ptr_array_unref (self->sockets);
  g_hash_table_unref (self->stages);
  ps_symbols_free (self->symbols);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Capture, capture_clear)

/* Looking. */

static gboolean
can_see (Capture *self, const char *stage)
{
  return g_hash_table_contains (self->stages, stage);
}

static gboolean
passed (const struct ps_raw_packet *packet, guint stage)
{
  for (guint i = 0; i < packet->n_stages; i++)
    if (packet->stages[i].stage == stage)
      return TRUE;
  return FALSE;
}

/* Every stage that this kernel shows, in the order of the names, and no other.
 */
static void
assert_stages (Capture *self, const struct ps_raw_packet *packet, ...)
{
  const char *name;
  va_list names;
  guint at = 0;

  va_start (names, packet);
  while ((name = va_arg (names, const char *)))
    {
      g_autofree char *seen = NULL;

      if (!can_see (self, name))
        continue;
      g_assert_cmpuint (at, <, packet->n_stages);
      seen = g_strdup_printf ("%s%s", packet->stages[at].stage & PS_STAGE_SEND ? "send " : "",
                              ps_stage_name (packet->stages[at].stage & PS_STAGE_MASK));
      g_assert_cmpstr (seen, ==, name);
      if (at)
        g_assert_cmpuint (packet->stages[at].delta_low, >=, packet->stages[at - 1].delta_low);
      at++;
    }
  va_end (names);
  g_assert_cmpuint (at, ==, packet->n_stages);
}

static gboolean
stack_has (Capture *self, const struct ps_raw_packet *packet, guint event, const char *function)
{
  for (guint i = 0; i < packet->n_stacks; i++)
    {
      const struct ps_raw_stack *stack =
          g_hash_table_lookup (self->stacks, &packet->stacks[i].hash);

      g_assert_nonnull (stack);
      if (packet->stacks[i].event != event)
        continue;
      for (guint j = 0; j < stack->n_frames; j++)
        {
          guint32 offset;
          guint32 id = ps_symbols_lookup (self->symbols, stack->frames[j], &offset);

          if (id && !g_strcmp0 (ps_symbols_get_name (self->symbols, id), function))
            return TRUE;
        }
    }
  return FALSE;
}

/* The n-th packet of this namespace, direction and IP protocol. */
static struct ps_raw_packet *
nth (Capture *self, guint32 netns, guint direction, guint protocol, guint n)
{
  for (guint i = 0; i < self->packets->len; i++)
    {
      struct ps_raw_packet *packet = self->packets->pdata[i];

      if (packet->netns == netns && packet->direction == direction &&
          packet->ip_protocol == protocol && n-- == 0)
        return packet;
    }
  return NULL;
}

/* What has to hold for every packet of every capture. */
static void
assert_sound (Capture *self)
{
  g_assert_cmpuint (self->losses, ==, 0);
  for (guint i = 0; i < self->packets->len; i++)
    {
      const struct ps_raw_packet *packet = self->packets->pdata[i];

      g_assert_cmpuint (packet->n_stages + (packet->verdict == PS_VERDICT_DROPPED), >, 0);
      g_assert_cmpuint (packet->captured, <=, packet->length);
      if (packet->relation == PS_RELATION_CROSSED)
        {
          const struct ps_raw_packet *parent = g_hash_table_lookup (self->by_id, &packet->parent);

          g_assert_nonnull (parent);
          g_assert_cmpint (parent->verdict, ==, PS_VERDICT_SENT);
          g_assert_cmpint (parent->netns, !=, packet->netns);
          g_assert_cmpuint (parent->length, ==, packet->length);
        }
      if (packet->flags & PS_PACKET_HAS_PROCESS)
        g_assert_cmpuint (packet->pid, !=, 0);
    }
}

static gboolean
skipped (void)
{
  if (cannot)
    g_test_skip (cannot);
  return cannot != NULL;
}

/* The tests. */

static void
test_udp (gconstpointer data)
{
  gboolean v6 = GPOINTER_TO_INT (data);
  const char *address = v6 ? ADDRESS6_B : ADDRESS_B;
  char sent[100], received[200];
  g_auto (Capture) capture = { 0 };
  PsPathsOptions options = { 0 };
  struct ps_raw_packet *out, *in;
  guint32 header = ETHERNET + (v6 ? 40 : 20);
  int from, to;

  if (skipped ())
    return;

  memset (sent, 'u', sizeof sent);
  to = bound (ns_b, SOCK_DGRAM, address, 5353);
  from = bound (ns_a, SOCK_DGRAM, v6 ? ADDRESS6_A : ADDRESS_A, 5354);
  capture_start (&capture, &options);
  g_assert_cmpint (connect_to (from, address, 5353), ==, 0);
  g_assert_cmpint (send (from, sent, sizeof sent, 0), ==, sizeof sent);
  g_assert_cmpint (recv (to, received, sizeof received, 0), ==, sizeof sent);
  capture_stop (&capture);
  assert_sound (&capture);

  out = nth (&capture, inode_a, PS_DIRECTION_OUT, IPPROTO_UDP, 0);
  g_assert_nonnull (out);
  g_assert_null (nth (&capture, inode_a, PS_DIRECTION_OUT, IPPROTO_UDP, 1));
  g_assert_cmpint (out->verdict, ==, PS_VERDICT_SENT);
  assert_stages (&capture, out, "send network", "send link", "send device", NULL);
  g_assert_cmpuint (out->length, ==, header + 8 + sizeof sent);
  g_assert_cmpuint (out->captured, ==, MIN (out->length, PS_SNAPLEN_DEFAULT));
  g_assert_cmpint (((guint8 *)(out + 1))[header + 8], ==, 'u');
  g_assert_cmpint (out->context, ==, PS_CONTEXT_TASK);
  g_assert_cmpuint (out->pid, ==, getpid ());
  g_assert_cmpstr (out->comm, ==, own_name);
  g_assert_cmpuint (out->socket, ==, cookie_of (from));
  g_assert_true (
      stack_has (&capture, out, PS_STACK_AT_STAGE, v6 ? "udpv6_sendmsg" : "udp_sendmsg"));
  g_assert_true (stack_has (&capture, out, PS_STACK_AT_STAGE, "__sys_sendto"));

  in = nth (&capture, inode_b, PS_DIRECTION_IN, IPPROTO_UDP, 0);
  g_assert_nonnull (in);
  g_assert_cmpint (in->verdict, ==, PS_VERDICT_DELIVERED);
  g_assert_cmpuint (in->parent, ==, out->id);
  assert_stages (&capture, in, "link", "network", "deliver", "socket", "application", NULL);
  g_assert_cmpint (in->context, ==, PS_CONTEXT_SOFTIRQ);
  g_assert_cmpuint (in->pid, ==, getpid ());
  g_assert_cmpmem (in + 1, in->captured, out + 1, out->captured);
  if (can_see (&capture, "socket"))
    {
      g_assert_cmpuint (in->socket, ==, cookie_of (to));
      g_assert_true (stack_has (&capture, in, PS_STACK_AT_STAGE,
                                v6 ? "udpv6_queue_rcv_one_skb" : "udp_queue_rcv_one_skb"));
    }
  close (from);
  close (to);
}

static void
test_tcp (void)
{
  g_auto (Capture) capture = { 0 };
  PsPathsOptions options = { 0 };
  struct ps_raw_packet *syn, *data = NULL;
  char sent[3000], received[4000];
  int listener, client, server;
  guint64 client_cookie, server_cookie;
  gsize got = 0;

  if (skipped ())
    return;

  memset (sent, 't', sizeof sent);
  listener = bound (ns_b, SOCK_STREAM, ADDRESS_B, 8080);
  listen (listener, 1);
  capture_start (&capture, &options);
  client = socket_in (ns_a, AF_INET, SOCK_STREAM);
  g_assert_cmpint (connect_to (client, ADDRESS_B, 8080), ==, 0);
  server = accept (listener, NULL, NULL);
  g_assert_cmpint (server, >=, 0);
  limit_waiting (server);
  g_assert_cmpint (send (client, sent, sizeof sent, 0), ==, sizeof sent);
  while (got < sizeof sent)
    {
      ssize_t n = recv (server, received, sizeof received, 0);

      g_assert_cmpint (n, >, 0);
      got += (gsize)n;
    }
  client_cookie = cookie_of (client);
  server_cookie = cookie_of (server);
  close (client);
  close (server);
  capture_stop (&capture);
  close (listener);
  assert_sound (&capture);

  syn = nth (&capture, inode_a, PS_DIRECTION_OUT, IPPROTO_TCP, 0);
  g_assert_nonnull (syn);
  g_assert_cmpuint (syn->length, ==, ETHERNET + 20 + 40);
  g_assert_cmpuint (syn->socket, ==, client_cookie);
  g_assert_cmpuint (syn->pid, ==, getpid ());
  g_assert_true (stack_has (&capture, syn, PS_STACK_AT_STAGE, "tcp_v4_connect"));
  for (guint i = 0; i < capture.packets->len; i++)
    {
      struct ps_raw_packet *packet = capture.packets->pdata[i];

      if (packet->ip_protocol != IPPROTO_TCP)
        continue; /* new interfaces chat */
      if (packet->verdict == PS_VERDICT_DROPPED)
        g_test_message ("reason %u, flags %x, TCP flags %x, stages %u", packet->drop_reason,
                        packet->flags, ((guint8 *)(packet + 1))[ETHERNET + 20 + 13],
                        packet->n_stages);
      g_assert_cmpint (packet->verdict, !=, PS_VERDICT_DROPPED);
      if (packet->netns == inode_b && packet->direction == PS_DIRECTION_IN &&
          packet->length > 1000 && !data)
        data = packet;
    }
  g_assert_nonnull (data);
  g_assert_cmpint (data->verdict, ==, PS_VERDICT_DELIVERED);
  g_assert_cmpuint (data->socket, ==, server_cookie);
  g_assert_true (passed (data, PS_STAGE_TRANSPORT));
  g_assert_true (passed (data, PS_STAGE_APPLICATION));
  g_assert_true (stack_has (&capture, data, PS_STACK_AT_STAGE, "tcp_v4_rcv"));
  g_assert_true (stack_has (&capture, data, PS_STACK_AT_STAGE, "tcp_recvmsg"));
  g_assert_cmpuint (capture.sockets->len, >=, 4);
}

static void
test_refused (void)
{
  g_auto (Capture) capture = { 0 };
  PsPathsOptions options = { 0 };
  struct ps_raw_packet *syn, *reset;
  guint32 offset, id;
  int client;

  if (skipped ())
    return;

  capture_start (&capture, &options);
  client = socket_in (ns_a, AF_INET, SOCK_STREAM);
  g_assert_cmpint (connect_to (client, ADDRESS_B, 81), ==, -1);
  g_assert_cmpint (errno, ==, ECONNREFUSED);
  close (client);
  capture_stop (&capture);
  assert_sound (&capture);

  syn = nth (&capture, inode_b, PS_DIRECTION_IN, IPPROTO_TCP, 0);
  g_assert_nonnull (syn);
  g_assert_cmpint (syn->verdict, ==, PS_VERDICT_DROPPED);
  g_assert_cmpuint (syn->drop_reason, >, 0);
  id = ps_symbols_lookup (capture.symbols, syn->drop_location, &offset);
  g_assert_cmpstr (ps_symbols_get_name (capture.symbols, id), ==, "tcp_v4_rcv");
  if (can_see (&capture, "network")) /* until 6.10 no reset without a socket is told of */
    {
      g_assert_true (syn->flags & PS_PACKET_RESET_SENT);
      g_assert_true (stack_has (&capture, syn, PS_STACK_AT_RESET, "tcp_v4_send_reset"));
    }
  g_assert_true (stack_has (&capture, syn, PS_STACK_AT_DROP, "tcp_v4_rcv"));
  g_assert_false (syn->flags & PS_PACKET_HAS_PROCESS);

  reset = nth (&capture, inode_a, PS_DIRECTION_IN, IPPROTO_TCP, 0);
  g_assert_nonnull (reset);
  g_assert_cmpint (reset->verdict, ==, PS_VERDICT_DELIVERED);
  g_assert_cmpuint (reset->length, ==, ETHERNET + 20 + 20);
}

static void
test_unreachable (void)
{
  g_auto (Capture) capture = { 0 };
  PsPathsOptions options = { 0 };
  struct ps_raw_packet *packet;
  int client;

  if (skipped ())
    return;

  capture_start (&capture, &options);
  client = socket_in (ns_a, AF_INET6, SOCK_DGRAM);
  g_assert_cmpint (connect_to (client, ADDRESS6_B, 82), ==, 0);
  g_assert_cmpint (send (client, "x", 1, 0), ==, 1);
  run ("ip netns exec " NAME_A " ping -c 1 -W 2 " ADDRESS_B);
  close (client);
  capture_stop (&capture);
  assert_sound (&capture);

  packet = nth (&capture, inode_b, PS_DIRECTION_IN, IPPROTO_UDP, 0);
  g_assert_nonnull (packet);
  g_assert_cmpint (packet->verdict, ==, PS_VERDICT_DROPPED);
  g_assert_true (stack_has (&capture, packet, PS_STACK_AT_DROP, "__udp6_lib_rcv") ||
                 stack_has (&capture, packet, PS_STACK_AT_DROP, "udpv6_rcv"));

  /* The echo is answered in the kernel: nobody's process, and used up. */
  packet = nth (&capture, inode_b, PS_DIRECTION_IN, IPPROTO_ICMP, 0);
  g_assert_nonnull (packet);
  g_assert_cmpint (packet->verdict, ==, PS_VERDICT_DELIVERED);
  g_assert_true (packet->flags & PS_PACKET_CONSUMED);
  packet = nth (&capture, inode_b, PS_DIRECTION_OUT, IPPROTO_ICMP, 0);
  g_assert_nonnull (packet);
  g_assert_cmpint (packet->context, ==, PS_CONTEXT_SOFTIRQ);
  g_assert_false (packet->flags & PS_PACKET_HAS_PROCESS);
  packet = nth (&capture, inode_a, PS_DIRECTION_IN, IPPROTO_ICMP, 0);
  g_assert_nonnull (packet);
  g_assert_cmpint (packet->verdict, ==, PS_VERDICT_DELIVERED);
}

static void
test_filter (void)
{
  g_auto (Capture) capture = { 0 };
  PsPathsOptions options = { .filter = (char *)"udp port 5999 and greater 60" };
  int from, to;
  char bytes[100] = { 0 };

  if (skipped ())
    return;

  from = socket_in (ns_a, AF_INET, SOCK_DGRAM);
  to = bound (ns_b, SOCK_DGRAM, ADDRESS_B, 5999);
  capture_start (&capture, &options);
  for (int i = 0; i < 10; i++)
    {
      g_assert_cmpint (connect_to (from, ADDRESS_B, i % 2 ? 5999 : 5998), ==, 0);
      send (from, bytes, sizeof bytes, 0);
      send (from, bytes, 4, 0);
    }
  capture_stop (&capture);
  close (from);
  close (to);
  assert_sound (&capture);
  for (guint i = 0; i < capture.packets->len; i++)
    g_assert_cmpuint (((struct ps_raw_packet *)capture.packets->pdata[i])->length, ==,
                      ETHERNET + 28 + sizeof bytes);
  /* Sent and received, each its own packet. */
  g_assert_cmpuint (capture.packets->len, ==, 10);
}

static void
test_process (void)
{
  g_auto (Capture) capture = { 0 };
  PsPathsOptions options = { .pid = (guint32)getpid () };
  struct ps_raw_packet *packet;
  char bytes[10];
  int from, to;

  if (skipped ())
    return;

  from = bound (ns_a, SOCK_DGRAM, ADDRESS_A, 6001);
  to = bound (ns_b, SOCK_DGRAM, ADDRESS_B, 6000);
  capture_start (&capture, &options);
  run ("ip netns exec " NAME_A " ping -c 1 -W 2 " ADDRESS_B);
  g_assert_cmpint (connect_to (from, ADDRESS_B, 6000), ==, 0);
  g_assert_cmpint (connect_to (to, ADDRESS_A, 6001), ==, 0);
  send (from, "ask", 3, 0);
  g_assert_cmpint (recv (to, bytes, sizeof bytes, 0), ==, 3);
  send (to, "answer", 6, 0);
  g_assert_cmpint (recv (from, bytes, sizeof bytes, 0), ==, 6);
  capture_stop (&capture);
  close (from);
  close (to);
  assert_sound (&capture);
  g_assert_null (nth (&capture, inode_a, PS_DIRECTION_OUT, IPPROTO_ICMP, 0));
  packet = nth (&capture, inode_a, PS_DIRECTION_OUT, IPPROTO_UDP, 0);
  g_assert_nonnull (packet);
  g_assert_cmpuint (packet->pid, ==, getpid ());
  /* What comes to a port the process sent from is the process's as well. */
  g_assert_nonnull (nth (&capture, inode_a, PS_DIRECTION_IN, IPPROTO_UDP, 0));
}

static void
test_segments (void)
{
  g_auto (Capture) capture = { 0 };
  PsPathsOptions options = { .filter = (char *)"tcp port 8081", .snaplen = 4000 };
  g_autofree char *bytes = g_strnfill (60000, 's');
  g_autofree char *received = g_malloc (60000);
  gsize got = 0, payload = 0;
  guint16 segments = 0;
  int listener, client, server;

  if (skipped ())
    return;

  listener = bound (ns_b, SOCK_STREAM, ADDRESS_B, 8081);
  listen (listener, 1);
  capture_start (&capture, &options);
  client = socket_in (ns_a, AF_INET, SOCK_STREAM);
  g_assert_cmpint (connect_to (client, ADDRESS_B, 8081), ==, 0);
  server = accept (listener, NULL, NULL);
  g_assert_cmpint (server, >=, 0);
  limit_waiting (server);
  g_assert_cmpint (send (client, bytes, 60000, 0), ==, 60000);
  while (got < 60000)
    {
      ssize_t n = recv (server, received, 60000, 0);

      g_assert_cmpint (n, >, 0);
      got += (gsize)n;
    }
  close (client);
  close (server);
  close (listener);
  capture_stop (&capture);
  assert_sound (&capture);
  for (guint i = 0; i < capture.packets->len; i++)
    {
      const struct ps_raw_packet *packet = capture.packets->pdata[i];
      const guint8 *data = (const guint8 *)(packet + 1);

      if (packet->netns != inode_a || packet->direction != PS_DIRECTION_OUT ||
          packet->length < 100) /* neither SYN, ACK nor FIN; the last segment has 632 bytes */
        continue;
      payload += packet->length - ETHERNET - 20 - 32;
      segments = MAX (segments, packet->gso_segments);
      if (packet->captured > 200)
        g_assert_cmpint (data[packet->captured - 1], ==, 's');
    }
  g_assert_cmpuint (payload, ==, 60000);
  g_assert_cmpuint (segments, >, 1);
}

static void
test_counters (void)
{
  g_auto (Capture) capture = { 0 };
  PsPathsOptions options = { .counters_only = TRUE };
  PsRecordWriter writer = { 0 };
  PsMetricsView view;
  PsRecord record;
  const guint8 *data;
  guint64 sent = 0;
  gsize size;
  int from;

  if (skipped ())
    return;

  from = socket_in (ns_a, AF_INET, SOCK_DGRAM);
  g_assert_cmpint (connect_to (from, ADDRESS_B, 6002), ==, 0);
  capture_start (&capture, &options);
  for (int i = 0; i < 50; i++)
    {
      send (from, "count", 5, 0);
      getsockopt (from, SOL_SOCKET, SO_ERROR, &(int){ 0 }, &(socklen_t){ sizeof (int) });
    }
  ps_paths_write_metrics (capture.paths, &writer, 0, NULL, no_symbol, NULL);
  capture_stop (&capture);
  close (from);
  g_assert_cmpuint (capture.packets->len, ==, 0);

  data = writer.data;
  size = writer.size;
  g_assert_cmpint (ps_record_next (&data, &size, &record), ==, 1);
  g_assert_true (ps_record_view_metrics (&record, &view));
  for (guint i = 0; i < view.metrics->n_metrics; i++)
    if (view.values[i].kind == PS_METRIC_TRAFFIC && view.values[i].a == PS_LAYER_DEVICE &&
        view.values[i].b == PS_DIRECTION_OUT && view.values[i].c == PS_FAMILY_IPV4)
      sent = view.values[i].value;
  g_assert_cmpuint (sent, >=, 50);
  ps_record_writer_clear (&writer);
}

static void
test_bad_filter (void)
{
  PsPathsOptions options = { .filter = (char *)"tcp and prot 80" };
  g_autoptr (GError) error = NULL;

  if (skipped ())
    return;

  g_assert_null (ps_paths_new (&options, &error));
  g_assert_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE);
  g_assert_nonnull (strstr (error->message, "character 9"));
}

static guint
count_files (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir))
    n++;
  return n;
}

static void
test_nothing_left (void)
{
  g_auto (Capture) capture = { 0 };
  PsPathsOptions options = { 0 };
  guint before = count_files ();

  if (skipped ())
    return;

  capture_start (&capture, &options);
  g_assert_cmpuint (count_files (), >, before);
  capture_stop (&capture);
  g_assert_cmpuint (count_files (), ==, before);
}

/* Two namespaces with a pair of veth between them. */

static int
make_namespace (const char *name, guint32 *ret_inode)
{
  g_autofree char *path = g_strconcat ("/run/netns/", name, NULL);
  struct stat status;
  int fd;

  run ("ip netns add %s", name);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0 && !fstat (fd, &status))
    *ret_inode = (guint32)status.st_ino;
  return fd;
}

static void
set_up (void)
{
  if (geteuid () != 0)
    {
      cannot = "capturing takes root";
      return;
    }
  prctl (PR_GET_NAME, own_name);
  own_ns = open ("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  ns_a = make_namespace (NAME_A, &inode_a);
  ns_b = make_namespace (NAME_B, &inode_b);
  if (own_ns < 0 || ns_a < 0 || ns_b < 0)
    {
      cannot = "network namespaces cannot be made here";
      return;
    }
  run ("ip link add a0 netns " NAME_A " type veth peer name b0 netns " NAME_B);
  run ("ip -n " NAME_A " address add " ADDRESS_A "/24 dev a0");
  run ("ip -n " NAME_B " address add " ADDRESS_B "/24 dev b0");
  run ("ip -n " NAME_A " address add " ADDRESS6_A "/64 dev a0 nodad");
  run ("ip -n " NAME_B " address add " ADDRESS6_B "/64 dev b0 nodad");
  run ("ip -n " NAME_A " link set a0 up");
  run ("ip -n " NAME_B " link set b0 up");
  /* Neighbours are found before anything is counted. */
  run ("ip netns exec " NAME_A " ping -c 1 -W 2 " ADDRESS_B);
  run ("ip netns exec " NAME_A " ping -c 1 -W 2 " ADDRESS6_B);
}

static void
tear_down (void)
{
  if (geteuid () != 0)
    return;
  run ("ip netns delete " NAME_A);
  run ("ip netns delete " NAME_B);
}

int
main (int argc, char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  set_up ();
  g_test_add_data_func ("/paths/follows a UDP packet from sender to reader",
                        GINT_TO_POINTER (FALSE), test_udp);
  g_test_add_data_func ("/paths/follows a UDP packet over IPv6", GINT_TO_POINTER (TRUE), test_udp);
  g_test_add_func ("/paths/follows a TCP connection", test_tcp);
  g_test_add_func ("/paths/shows where a connection is refused", test_refused);
  g_test_add_func ("/paths/tells what the kernel answers itself from what it drops",
                   test_unreachable);
  g_test_add_func ("/paths/keeps only what the filter wants", test_filter);
  g_test_add_func ("/paths/keeps only what one process sends and gets", test_process);
  g_test_add_func ("/paths/knows the segments and the exact length", test_segments);
  g_test_add_func ("/paths/counts without packets", test_counters);
  g_test_add_func ("/paths/says where a filter is wrong", test_bad_filter);
  g_test_add_func ("/paths/leaves nothing behind", test_nothing_left);
  status = g_test_run ();
  tear_down ();
  return status;
}
