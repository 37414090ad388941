/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "session/ps-session.h"
#include "synthesis.h"

#define HELLO                                                                                      \
  "{\"version\":1,\"depth\":\"paths\",\"mechanism\":\"raw tracepoints\",\"host\":\"h\","           \
  "\"kernel\":\"6.1.0\",\"monotonic_ns\":1000,\"realtime_ns\":5000000001000}"

typedef struct {
  PsSession *session;
  PsRecordWriter records;
} Fixture;

static void
set_up (Fixture *f, gconstpointer limit)
{
  f->session = ps_session_new (GPOINTER_TO_SIZE (limit));
}

static void
tear_down (Fixture *f, gconstpointer limit)
{
  ps_record_writer_clear (&f->records);
  g_assert_finalize_object (f->session);
}

/* Feeds what was written, and expects it to be taken. */
static void
feed (Fixture *f)
{
  g_autoptr (GError) error = NULL;
  gsize used;

  g_assert_true (
      ps_session_feed_buffer (f->session, f->records.data, f->records.size, &used, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (used, ==, f->records.size);
  ps_record_writer_reset (&f->records);
}

static void
add (Fixture *f, PsRecordType type, gconstpointer payload, gsize size)
{
  ps_record_writer_add (&f->records, type, payload, (guint32)size);
}

static void
say_hello (Fixture *f)
{
  add (f, PS_RECORD_HELLO, HELLO, strlen (HELLO));
  feed (f);
}

static PsPacketRecord
packet_of (guint64 id)
{
  return (PsPacketRecord){
    .id = id,
    .time = 2000 + id,
    .length = 60,
    .netns = 1,
    .interface = 2,
    .link_type = 1,
    .direction = PS_DIRECTION_IN,
    .verdict = PS_VERDICT_INSIDE,
  };
}

static void
feed_packet (Fixture *f, PsRecordType type, const PsPacketRecord *packet)
{
  add (f, type, packet, sizeof *packet);
  feed (f);
}

static PsPacket
get (Fixture *f, guint64 number)
{
  PsPacket packet;

  g_assert_true (ps_session_get_packet (f->session, number, &packet));
  return packet;
}

static void
count (gpointer object, gpointer data)
{
  ++*(guint *)data;
}

static void
rows_are_seen_only_once_published (Fixture *f, gconstpointer unused)
{
  PsPacketRecord packet = packet_of (7);
  PsPacket seen;
  guint changes = 0;

  g_signal_connect (f->session, "changed", G_CALLBACK (count), &changes);
  ps_session_publish (f->session);
  g_assert_cmpuint (changes, ==, 0);

  feed_packet (f, PS_RECORD_PACKET, &packet);
  g_assert_cmpuint (ps_session_get_n_packets (f->session), ==, 0);
  g_assert_false (ps_session_get_packet (f->session, 1, &seen));
  g_assert_cmpuint (ps_session_find_packet (f->session, 7), ==, 0);

  ps_session_publish (f->session);
  g_assert_cmpuint (changes, ==, 1);
  g_assert_cmpuint (ps_session_get_n_packets (f->session), ==, 1);
  g_assert_cmpuint (ps_session_find_packet (f->session, 7), ==, 1);
  g_assert_cmpuint (get (f, 1).id, ==, 7);
  g_assert_false (ps_session_get_packet (f->session, 0, &seen));
  g_assert_false (ps_session_get_packet (f->session, 2, &seen));

  ps_session_publish (f->session);
  g_assert_cmpuint (changes, ==, 1);
}

static void
times_become_calendar_times (Fixture *f, gconstpointer unused)
{
  PsPacketRecord packet = packet_of (1);

  say_hello (f);
  packet.time = 2500;
  feed_packet (f, PS_RECORD_PACKET, &packet);
  packet.id = 2;
  packet.flags = PS_PACKET_IMPORTED;
  feed_packet (f, PS_RECORD_PACKET, &packet);
  ps_session_publish (f->session);

  g_assert_cmpint (get (f, 1).time_ns, ==, G_GINT64_CONSTANT (5000000002500));
  g_assert_true (get (f, 1).from_kernel);
  g_assert_cmpint (get (f, 2).time_ns, ==, 2500);
  g_assert_false (get (f, 2).from_kernel);
  g_assert_cmpuint (get (f, 2).flags, ==, 0);
  g_assert_cmpstr (ps_session_get_depth (f->session), ==, "paths");
  g_assert_cmpstr (ps_session_get_host (f->session), ==, "h");
}

static void
impossible_times_are_moved_to_the_nearest_possible (Fixture *f, gconstpointer unused)
{
  PsPacketRecord packet = packet_of (1);

  packet.time = (guint64)G_MININT64;
  feed_packet (f, PS_RECORD_PACKET, &packet);
  packet.time = G_MAXINT64;
  feed_packet (f, PS_RECORD_PACKET, &packet);
  ps_session_publish (f->session);
  g_assert_cmpint (get (f, 1).time_ns, ==, 0);
  g_assert_cmpint (get (f, 2).time_ns, <, G_MAXINT64 / 2);
}

static void
without_a_hello_nothing_is_claimed (Fixture *f, gconstpointer unused)
{
  g_assert_null (ps_session_get_depth (f->session));
  g_assert_null (ps_session_get_hello (f->session));
  g_assert_null (ps_session_get_end (f->session));
  g_assert_null (ps_session_get_interface (f->session, 1, 1));
  g_assert_null (ps_session_get_netns_name (f->session, 1));
  g_assert_null (ps_session_get_symbol (f->session, 1));
  g_assert_null (ps_session_get_warnings (f->session)[0]);
}

/* A packet with everything: two stages, one path, eight bytes, a process. */
static void
feed_whole_packet (Fixture *f, PsRecordType type, guint64 id, guint32 path, guint n_stages)
{
  PsPacketRecord packet = packet_of (id);
  gsize size = sizeof packet + n_stages * sizeof (PsStageRecord) + sizeof (PsPathReference) + 8;
  guint8 *at = ps_record_writer_begin (&f->records, type, (guint32)size);
  PsStageRecord *stages = (PsStageRecord *)(at + sizeof packet);
  PsPathReference *reference = (PsPathReference *)(stages + n_stages);

  packet.n_stages = (guint8)n_stages;
  packet.n_paths = 1;
  packet.captured = type == PS_RECORD_PACKET ? 8 : 0;
  packet.out_interface = 9;
  packet.verdict = type == PS_RECORD_PACKET ? PS_VERDICT_INSIDE : PS_VERDICT_DELIVERED;
  packet.flags = type == PS_RECORD_PACKET ? PS_PACKET_HAS_PROCESS | PS_PACKET_PROVISIONAL : 0;
  packet.pid = type == PS_RECORD_PACKET ? 33 : 0;
  if (type == PS_RECORD_PACKET)
    strcpy (packet.comm, "curl");
  memcpy (at, &packet, sizeof packet);
  for (guint i = 0; i < n_stages; i++)
    stages[i] = (PsStageRecord){ .delta = i * 100, .stage = (guint8)i };
  reference->path = path;
  memcpy (reference + 1, "12345678", 8);
  feed (f);
}

static void
an_update_replaces_stages_and_verdict (Fixture *f, gconstpointer unused)
{
  PsPathRecord paths[2] = { { .id = 4 }, { .id = 5 } };
  PsPacket packet;
  PsPath path;
  guint64 revision;

  add (f, PS_RECORD_PATH, &paths[0], sizeof paths[0]);
  add (f, PS_RECORD_PATH, &paths[1], sizeof paths[1]);
  feed (f);
  feed_whole_packet (f, PS_RECORD_PACKET, 7, 4, 2);
  ps_session_publish (f->session);
  g_assert_cmpuint (get (f, 1).verdict, ==, PS_VERDICT_INSIDE);
  g_assert_true (ps_session_get_path (f->session, 4, &path) && path.n_packets == 1);

  revision = ps_session_get_revision (f->session);
  feed_whole_packet (f, PS_RECORD_STAGES, 7, 5, 6);
  ps_session_publish (f->session);
  g_assert_cmpuint (ps_session_get_revision (f->session), >, revision);
  packet = get (f, 1);
  g_assert_cmpuint (packet.verdict, ==, PS_VERDICT_DELIVERED);
  g_assert_cmpuint (packet.flags, ==, PS_PACKET_HAS_PROCESS);
  g_assert_cmpuint (packet.n_stages, ==, 6);
  g_assert_cmpuint (packet.stages[5].delta, ==, 500);
  g_assert_cmpuint (packet.paths[0].path, ==, 5);
  g_assert_cmpuint (packet.out_interface, ==, 9);
  g_assert_cmpuint (packet.pid, ==, 33);
  g_assert_cmpstr (packet.comm, ==, "curl");
  g_assert_cmpmem (packet.data, packet.captured, "12345678", 8);
  g_assert_true (ps_session_get_path (f->session, 4, &path) && path.n_packets == 0);
  g_assert_true (ps_session_get_path (f->session, 5, &path) && path.n_packets == 1);
}

static void
an_update_of_an_unknown_packet_is_ignored (Fixture *f, gconstpointer unused)
{
  PsPacketRecord packet = packet_of (7);

  feed_packet (f, PS_RECORD_STAGES, &packet);
  ps_session_publish (f->session);
  g_assert_cmpuint (ps_session_get_n_packets (f->session), ==, 0);
  g_assert_cmpuint (ps_session_get_revision (f->session), ==, 0);
}

static void
the_oldest_leave_when_memory_is_full (Fixture *f, gconstpointer limit)
{
  guint64 first;
  PsPacket packet;

  for (guint64 id = 1; id <= 100000; id++)
    {
      feed_whole_packet (f, PS_RECORD_PACKET, id, 1, 6);
      if (id % 5000 == 0)
        ps_session_publish (f->session);
    }
  first = ps_session_get_first_packet (f->session);
  g_assert_cmpuint (first, >, 1);
  g_assert_cmpuint (ps_session_get_n_evicted (f->session), ==, first - 1);
  g_assert_cmpuint (ps_session_get_loss (f->session, PS_LOSS_EVICTED), ==, first - 1);
  g_assert_cmpuint (first + ps_session_get_n_packets (f->session), ==, 100001);
  g_assert_cmpuint (ps_session_get_n_packets (f->session), <, 20000);
  g_assert_cmpuint (ps_session_get_n_packets (f->session), >, 4000);

  g_assert_false (ps_session_get_packet (f->session, first - 1, &packet));
  for (guint64 id = 1; id < first; id++)
    g_assert_cmpuint (ps_session_find_packet (f->session, id), ==, 0);
  for (guint64 id = first; id <= 100000; id++)
    g_assert_cmpuint (ps_session_find_packet (f->session, id), ==, id);

  feed_whole_packet (f, PS_RECORD_STAGES, 1, 1, 6);
  g_assert_cmpuint (ps_session_get_revision (f->session), ==, 0);
}

static void
scattered_ids_are_found (Fixture *f, gconstpointer unused)
{
  /* One id a CPU and count, as 4 CPUs would give them out; and multiples of 16. */
  for (guint64 i = 1; i <= 5000; i++)
    {
      PsPacketRecord a = packet_of ((i % 4) << 48 | i), b = packet_of (G_MAXUINT32 + i * 16);

      feed_packet (f, PS_RECORD_PACKET, &a);
      feed_packet (f, PS_RECORD_PACKET, &b);
    }
  ps_session_publish (f->session);
  for (guint64 i = 1; i <= 5000; i++)
    {
      g_assert_cmpuint (ps_session_find_packet (f->session, (i % 4) << 48 | i), ==, i * 2 - 1);
      g_assert_cmpuint (ps_session_find_packet (f->session, G_MAXUINT32 + i * 16), ==, i * 2);
    }
}

static void
children_are_found_by_their_parent (Fixture *f, gconstpointer unused)
{
  for (guint64 id = 1; id <= 3000; id++)
    {
      PsPacketRecord packet = packet_of (id);

      packet.parent = id == 1500 || id == 2900 ? 3 : 0;
      feed_packet (f, PS_RECORD_PACKET, &packet);
    }
  ps_session_publish (f->session);
  g_assert_cmpuint (ps_session_find_child (f->session, 3, 0), ==, 1500);
  g_assert_cmpuint (ps_session_find_child (f->session, 3, 1500), ==, 2900);
  g_assert_cmpuint (ps_session_find_child (f->session, 3, 2900), ==, 0);
  g_assert_cmpuint (ps_session_find_child (f->session, 0, 0), ==, 0);
}

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

static void
a_later_meaning_of_a_number_wins (Fixture *f, gconstpointer unused)
{
  PsSymbolRecord symbol = { .id = 3 };
  const PsSymbol *old;

  ps_record_writer_add_named (&f->records, PS_RECORD_SYMBOL, &symbol, sizeof symbol, "old", "veth");
  feed (f);
  old = ps_session_get_symbol (f->session, 3);
  ps_record_writer_add_named (&f->records, PS_RECORD_SYMBOL, &symbol, sizeof symbol, "new", NULL);
  feed (f);
  g_assert_cmpstr (old->name, ==, "old");
  g_assert_cmpstr (old->module, ==, "veth");
  g_assert_cmpstr (ps_session_get_symbol (f->session, 3)->name, ==, "new");
  g_assert_cmpstr (ps_session_get_symbol (f->session, 3)->module, ==, "");
}

static void
names_are_always_utf8 (Fixture *f, gconstpointer unused)
{
  PsInterfaceRecord interface = { .netns = 1, .index = 2 };

  ps_record_writer_add_named (&f->records, PS_RECORD_INTERFACE, &interface, sizeof interface,
                              "e\xffth", NULL);
  feed (f);
  g_assert_true (g_utf8_validate (ps_session_get_interface (f->session, 1, 2)->name, -1, NULL));
}

static void
ids_over_the_limit_are_told_of (Fixture *f, gconstpointer unused)
{
  PsSymbolRecord symbol = { .id = G_MAXUINT32 };

  ps_record_writer_add_named (&f->records, PS_RECORD_SYMBOL, &symbol, sizeof symbol, "far", NULL);
  feed (f);
  g_assert_null (ps_session_get_symbol (f->session, G_MAXUINT32));
  g_assert_nonnull (ps_session_get_warnings (f->session)[0]);
  g_assert_null (ps_session_get_warnings (f->session)[1]);
}

static void
an_hour_of_metrics_is_kept (Fixture *f, gconstpointer unused)
{
  PsMetricsSample sample;

  for (guint64 second = 1; second <= 4000; second++)
    {
      struct {
        PsMetricsRecord metrics;
        PsMetric value;
      } record = { { .time = second, .n_metrics = 1 }, { .kind = 1, .value = second } };

      add (f, PS_RECORD_METRICS, &record, sizeof record);
    }
  feed (f);
  g_assert_cmpuint (ps_session_get_n_metrics (f->session), ==, 3600);
  g_assert_true (ps_session_get_nth_metrics (f->session, 0, &sample));
  g_assert_cmpint (sample.time_ns, ==, 401);
  g_assert_true (ps_session_get_nth_metrics (f->session, 3599, &sample));
  g_assert_cmpuint (sample.metrics[0].value, ==, 4000);
  g_assert_false (ps_session_get_nth_metrics (f->session, 3600, &sample));
}

static void
losses_are_kept_by_cause (Fixture *f, gconstpointer unused)
{
  PsLossRecord loss = { .cause = PS_LOSS_RING_FULL, .count = 5 };

  say_hello (f);
  add (f, PS_RECORD_LOSS, &loss, sizeof loss);
  loss.count = 8;
  add (f, PS_RECORD_LOSS, &loss, sizeof loss);
  loss.cause = 1000;
  add (f, PS_RECORD_LOSS, &loss, sizeof loss);
  feed (f);
  g_assert_cmpuint (ps_session_get_loss (f->session, PS_LOSS_RING_FULL), ==, 8);
  g_assert_cmpuint (ps_session_get_loss (f->session, PS_LOSS_READER), ==, 0);

  /* A second capture in the same file counts anew. */
  say_hello (f);
  loss = (PsLossRecord){ .cause = PS_LOSS_RING_FULL, .count = 2 };
  add (f, PS_RECORD_LOSS, &loss, sizeof loss);
  feed (f);
  g_assert_cmpuint (ps_session_get_loss (f->session, PS_LOSS_RING_FULL), ==, 10);
}

static void
a_lying_record_changes_nothing (Fixture *f, gconstpointer unused)
{
  static const guint types[] = { PS_RECORD_HELLO,  PS_RECORD_NETNS,   PS_RECORD_INTERFACE,
                                 PS_RECORD_NAME,   PS_RECORD_SYMBOL,  PS_RECORD_PATH,
                                 PS_RECORD_PACKET, PS_RECORD_STAGES,  PS_RECORD_SOCKET,
                                 PS_RECORD_LOSS,   PS_RECORD_METRICS, PS_RECORD_END };
  guint64 payload[32];

  memset (payload, 0xff, sizeof payload);
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    for (guint length = 0; length <= sizeof payload; length++)
      {
        PsRecord record = { (guint16)types[i], length, payload };
        g_autoptr (GError) error = NULL;

        if (types[i] == PS_RECORD_LOSS && length >= sizeof (PsLossRecord))
          break;
        if (types[i] == PS_RECORD_END && length == 0)
          continue;
        g_assert_false (ps_session_feed (f->session, &record, &error));
        g_assert_error (error, PS_SESSION_ERROR, PS_SESSION_ERROR_MALFORMED);
      }
  ps_session_publish (f->session);
  g_assert_cmpuint (ps_session_get_n_packets (f->session), ==, 0);
  g_assert_cmpuint (ps_session_get_n_sockets (f->session), ==, 0);
  g_assert_cmpuint (ps_session_get_n_paths (f->session), ==, 0);
}

static void
json_that_would_exhaust_the_stack_is_refused (Fixture *f, gconstpointer unused)
{
  g_autofree char *nested = g_strnfill (100000, '[');
  PsRecord record = { PS_RECORD_HELLO, 100000, nested };

  g_assert_false (ps_session_feed (f->session, &record, NULL));
  record.type = PS_RECORD_END;
  g_assert_false (ps_session_feed (f->session, &record, NULL));
}

static void
unknown_records_are_skipped (Fixture *f, gconstpointer unused)
{
  add (f, 999, "whatever", 8);
  add (f, 998, "x", 1);
  add (f, PS_RECORD_END, "{}", 2);
  feed (f);
  g_assert_cmpstr (ps_session_get_end (f->session), ==, "{}");
}

static void
a_buffer_may_end_anywhere_and_lie_anywhere (Fixture *f, gconstpointer unused)
{
  g_autofree guint8 *shifted = NULL;
  PsPacketRecord packet = packet_of (1);
  gsize used;

  add (f, PS_RECORD_PACKET, &packet, sizeof packet);
  packet.id = 2;
  add (f, PS_RECORD_PACKET, &packet, sizeof packet);
  shifted = g_malloc (f->records.size + 1);
  memcpy (shifted + 1, f->records.data, f->records.size);
  g_assert_true (
      ps_session_feed_buffer (f->session, shifted + 1, f->records.size - 1, &used, NULL));
  g_assert_cmpuint (used, ==, f->records.size / 2);
  ps_session_publish (f->session);
  g_assert_cmpuint (ps_session_get_n_packets (f->session), ==, 1);
}

static void
a_whole_synthetic_capture_is_taken (Fixture *f, gconstpointer unused)
{
  g_autoptr (Synthesis) synthesis = synthesis_new (3, 20000, 2000);
  PsPacket packet;
  guint64 with_socket = 0;

  synthesis_begin (synthesis, &f->records);
  while (synthesis_step (synthesis, &f->records))
    ;
  synthesis_end (synthesis, &f->records);
  feed (f);
  ps_session_publish (f->session);

  g_assert_cmpuint (ps_session_get_n_packets (f->session), ==, 20000);
  g_assert_cmpuint (ps_session_get_n_metrics (f->session), >=, 10);
  g_assert_cmpuint (ps_session_get_n_interfaces (f->session), ==, 3);
  g_assert_cmpuint (ps_session_get_n_paths (f->session), >, 50);
  for (guint64 number = 1; number <= 20000; number++)
    {
      g_assert_true (ps_session_get_packet (f->session, number, &packet));
      g_assert_cmpuint (packet.flags & PS_PACKET_PROVISIONAL, ==, 0);
      with_socket += packet.socket != 0;
    }
  g_assert_cmpuint (with_socket, >, 15000);
}

#define TEST(path, limit, function)                                                                \
  g_test_add ("/session/" path, Fixture, GSIZE_TO_POINTER (limit), set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("rows are seen only once published", 0, rows_are_seen_only_once_published);
  TEST ("times become calendar times", 0, times_become_calendar_times);
  TEST ("impossible times are moved to the nearest possible", 0,
        impossible_times_are_moved_to_the_nearest_possible);
  TEST ("without a hello nothing is claimed", 0, without_a_hello_nothing_is_claimed);
  TEST ("an update replaces stages and verdict", 0, an_update_replaces_stages_and_verdict);
  TEST ("an update of an unknown packet is ignored", 0, an_update_of_an_unknown_packet_is_ignored);
  TEST ("the oldest leave when memory is full", 3 << 19, the_oldest_leave_when_memory_is_full);
  TEST ("scattered ids are found", 0, scattered_ids_are_found);
  TEST ("children are found by their parent", 0, children_are_found_by_their_parent);
  TEST ("a packet finds its socket by its addresses", 0,
        a_packet_finds_its_socket_by_its_addresses);
  TEST ("a socket keeps what it once knew", 0, a_socket_keeps_what_it_once_knew);
  TEST ("a packet belongs to who acted or to the owner", 0,
        a_packet_belongs_to_who_acted_or_to_the_owner);
  TEST ("very many sockets do not fill memory", 0, very_many_sockets_do_not_fill_memory);
  TEST ("a later meaning of a number wins", 0, a_later_meaning_of_a_number_wins);
  TEST ("names are always UTF-8", 0, names_are_always_utf8);
  TEST ("ids over the limit are told of", 0, ids_over_the_limit_are_told_of);
  TEST ("an hour of metrics is kept", 0, an_hour_of_metrics_is_kept);
  TEST ("losses are kept by cause", 0, losses_are_kept_by_cause);
  TEST ("a lying record changes nothing", 0, a_lying_record_changes_nothing);
  TEST ("JSON that would exhaust the stack is refused", 0,
        json_that_would_exhaust_the_stack_is_refused);
  TEST ("unknown records are skipped", 0, unknown_records_are_skipped);
  TEST ("a buffer may end anywhere and lie anywhere", 0,
        a_buffer_may_end_anywhere_and_lie_anywhere);
  TEST ("a whole synthetic capture is taken", 0, a_whole_synthetic_capture_is_taken);
  return g_test_run ();
}
