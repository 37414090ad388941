/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which socket and which process a packet is of. */
#include <netinet/in.h>
#include <sys/socket.h>

#include "session-fixture.h"

static PsSocketRecord
socket_of (guint64 cookie, guint8 last_octet, guint16 port, guint16 remote_port)
{
  PsSocketRecord socket = {
    .cookie = cookie,
    .time = 9000,
    .netns = 1,
    .flags = PS_SOCKET_SEEN,
    .family = AF_INET,
    .protocol = IPPROTO_UDP,
    .state = 7,
    .source = { 127, 0, 0, last_octet },
    .source_port = port,
    .destination_port = remote_port,
  };

  if (last_octet == 0)
    memset (socket.source, 0, sizeof socket.source);
  if (remote_port)
    memcpy (socket.destination, (guint8[]){ 127, 0, 0, 9 }, 4);
  return socket;
}

static void
feed_socket (Fixture *f, const PsSocketRecord *socket, const char *comm)
{
  struct {
    PsSocketRecord socket;
    PsSocketProcess process;
  } record = { *socket, { .pid = 50, .fd = 3 } };

  record.socket.n_processes = comm ? 1 : 0;
  strcpy (record.process.comm, comm ? comm : "");
  add (f, PS_RECORD_SOCKET, &record, sizeof record);
  feed (f);
}

/* A datagram to 127.0.0.1:`port` from 127.0.0.9:`from`; returns the socket it was found to be of.
 */
static guint64
socket_of_datagram (Fixture *f, guint16 port, guint16 from)
{
  guint8 bytes[42] = { [12] = 8,
                       [14] = 0x45,
                       [23] = IPPROTO_UDP,
                       [26] = 127,
                       [29] = 9,
                       [30] = 127,
                       [33] = 1,
                       [34] = (guint8)(from >> 8),
                       [35] = (guint8)from,
                       [36] = (guint8)(port >> 8),
                       [37] = (guint8)port };
  PsPacketRecord packet = packet_of (1);
  guint8 *at = ps_record_writer_begin (&f->records, PS_RECORD_PACKET, sizeof packet + sizeof bytes);

  packet.captured = sizeof bytes;
  memcpy (at, &packet, sizeof packet);
  memcpy (at + sizeof packet, bytes, sizeof bytes);
  feed (f);
  ps_session_publish (f->session);
  return get (f, ps_session_get_n_packets (f->session)).socket;
}

static void
a_packet_finds_its_socket_by_its_addresses (Fixture *f, gconstpointer unused)
{
  PsSocketRecord connected = socket_of (10, 1, 53, 4000), bound = socket_of (11, 1, 53, 0);
  PsSocketRecord any = socket_of (12, 0, 99, 0), twin = socket_of (13, 0, 99, 0);
  PsSocket socket;

  g_assert_cmpuint (socket_of_datagram (f, 53, 4000), ==, 0);
  feed_socket (f, &connected, NULL);
  feed_socket (f, &bound, NULL);
  feed_socket (f, &any, NULL);
  g_assert_cmpuint (socket_of_datagram (f, 53, 4000), ==, 10);
  g_assert_cmpuint (socket_of_datagram (f, 53, 4001), ==, 11);
  g_assert_cmpuint (socket_of_datagram (f, 99, 4001), ==, 12);
  g_assert_cmpuint (socket_of_datagram (f, 98, 4001), ==, 0);
  g_assert_true (ps_session_find_socket (f->session, 11, &socket));
  g_assert_cmpuint (socket.n_packets, ==, 1);

  /* Two sockets on one port: it cannot be told which. */
  feed_socket (f, &twin, NULL);
  g_assert_cmpuint (socket_of_datagram (f, 99, 4001), ==, 0);
  twin.flags |= PS_SOCKET_CLOSED;
  feed_socket (f, &twin, NULL);
  feed_socket (f, &any, NULL);
  g_assert_cmpuint (socket_of_datagram (f, 99, 4001), ==, 12);
}

static void
a_socket_keeps_what_it_once_knew (Fixture *f, gconstpointer unused)
{
  PsSocketRecord socket = socket_of (10, 1, 53, 4000);
  PsSocketRecord change = { .cookie = 10,
                            .flags = PS_SOCKET_CHANGED,
                            .family = AF_INET,
                            .state = 4,
                            .netns = 1,
                            .protocol = IPPROTO_TCP };
  PsSocket seen;

  socket.flags |= PS_SOCKET_HAS_TCP | PS_SOCKET_HAS_UID;
  socket.rtt = 77;
  socket.uid = 1000;
  feed_socket (f, &socket, "nginx");
  feed_socket (f, &change, NULL);
  g_assert_cmpuint (ps_session_get_n_sockets (f->session), ==, 1);
  g_assert_true (ps_session_get_nth_socket (f->session, 0, &seen));
  g_assert_cmpuint (seen.record.state, ==, 4);
  g_assert_cmpuint (seen.record.rtt, ==, 77);
  g_assert_cmpuint (seen.record.uid, ==, 1000);
  g_assert_cmpuint (seen.record.source_port, ==, 53);
  g_assert_cmpuint (seen.n_processes, ==, 1);
  g_assert_cmpstr (seen.processes[0].comm, ==, "nginx");
  g_assert_cmpint (seen.closed_ns, ==, 0);
  change.flags |= PS_SOCKET_CLOSED;
  change.time = 12345;
  feed_socket (f, &change, NULL);
  g_assert_true (ps_session_find_socket (f->session, 10, &seen));
  g_assert_cmpint (seen.closed_ns, ==, 12345);
  g_assert_false (ps_session_get_nth_socket (f->session, 1, &seen));
}

static void
a_packet_belongs_to_who_acted_or_to_the_owner (Fixture *f, gconstpointer unused)
{
  PsPacketRecord acted = packet_of (1), received = packet_of (2), orphan = packet_of (3);
  PsSocketRecord socket = socket_of (10, 1, 53, 4000);
  PsPacket packet;
  const char *comm;
  guint32 pid;
  gboolean is_owner;

  acted.socket = received.socket = 10;
  acted.flags = PS_PACKET_HAS_PROCESS;
  acted.pid = 33;
  memcpy (acted.comm, "sixteen-letters!", PS_COMM_LENGTH);
  feed_packet (f, PS_RECORD_PACKET, &acted);
  feed_packet (f, PS_RECORD_PACKET, &received);
  feed_packet (f, PS_RECORD_PACKET, &orphan);
  ps_session_publish (f->session);

  packet = get (f, 1);
  g_assert_true (ps_session_get_process (f->session, &packet, &pid, &comm, &is_owner));
  g_assert_false (is_owner);
  g_assert_cmpuint (pid, ==, 33);
  g_assert_cmpstr (comm, ==, "sixteen-letters!");
  packet = get (f, 2);
  g_assert_true (ps_session_get_process (f->session, &packet, &pid, &comm, &is_owner));
  g_assert_true (is_owner);
  g_assert_cmpuint (pid, ==, 33);
  g_assert_cmpstr (comm, ==, "sixteen-letters!");
  packet = get (f, 3);
  g_assert_false (ps_session_get_process (f->session, &packet, &pid, &comm, &is_owner));

  feed_socket (f, &socket, "nginx");
  packet = get (f, 2);
  g_assert_true (ps_session_get_process (f->session, &packet, &pid, &comm, NULL));
  g_assert_cmpstr (comm, ==, "nginx");
}

static void
very_many_sockets_do_not_fill_memory (Fixture *f, gconstpointer unused)
{
  PsSocket socket;

  for (guint i = 1; i <= 200000; i++)
    {
      PsSocketRecord record = socket_of (i, 1, (guint16)i, 1);

      record.flags |= i % 4 ? PS_SOCKET_CLOSED : 0;
      feed_socket (f, &record, i % 2 ? "a" : NULL);
    }
  g_assert_cmpuint (ps_session_get_n_sockets (f->session), <=, 65536);
  g_assert_true (ps_session_find_socket (f->session, 200000, &socket));
  g_assert_false (ps_session_find_socket (f->session, 1, &socket));
}

#define TEST(path, limit, function)                                                                \
  g_test_add ("/session-sockets/" path, Fixture, GSIZE_TO_POINTER (limit), set_up, function,       \
              tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("a packet finds its socket by its addresses", 0,
        a_packet_finds_its_socket_by_its_addresses);
  TEST ("a socket keeps what it once knew", 0, a_socket_keeps_what_it_once_knew);
  TEST ("a packet belongs to who acted or to the owner", 0,
        a_packet_belongs_to_who_acted_or_to_the_owner);
  TEST ("very many sockets do not fill memory", 0, very_many_sockets_do_not_fill_memory);
  return g_test_run ();
}
