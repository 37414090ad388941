/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes into a session, and what comes out. */
#include <netinet/in.h>
#include <sys/socket.h>

#include "session-fixture.h"
#include "synthesis.h"

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

  synthesis_write (synthesis, &f->records);
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
