/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of sessions, and several of them, in another file. */
#include <fcntl.h>

#include "capture-scale.h"
#include "session/ps-session-private.h"
#include "session/ps-session-writer.h"

static gboolean
is_even (PsSession *session, const PsPacket *packet, gpointer unused)
{
  return packet->number % 2 == 0;
}

static PsSession *
write_parts (Fixture *f, const PsSessionPart *parts, guint n)
{
  g_autoptr (PsCaptureWriter) file = ps_capture_writer_new (f->other, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (ps_session_write_parts (parts, n, file, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (ps_capture_writer_close (file, NULL));
  return load (f->other);
}

static void
a_part_is_a_recording_of_its_own (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) session = NULL;
  g_autoptr (PsSession) part = NULL;
  PsSessionPart even = { .wanted = is_even };

  write_capture (f->path, FALSE, 5, 1000);
  session = load (f->path);
  even.session = session;
  part = write_parts (f, &even, 1);
  g_assert_cmpuint (ps_session_get_n_packets (part), ==, 500);
  g_assert_null (ps_session_get_warnings (part)[0]);
  for (guint64 n = 1; n <= 500; n++)
    {
      PsPacket x, y;
      g_autofree char *a = NULL;
      g_autofree char *b = NULL;

      g_assert_true (ps_session_get_packet (session, 2 * n, &x));
      g_assert_true (ps_session_get_packet (part, n, &y));
      a = name_path (session, &x);
      b = name_path (part, &y);
      g_assert_cmpuint (x.id, ==, y.id);
      g_assert_cmpint (x.time_ns, ==, y.time_ns);
      g_assert_cmpuint (x.socket, ==, y.socket);
      g_assert_cmpstr (a, ==, b);
      g_assert_cmpstr (ps_session_get_name (session, PS_NAME_DROP_REASON, x.drop_reason), ==,
                       ps_session_get_name (part, PS_NAME_DROP_REASON, y.drop_reason));
    }
}

static void
a_copy_is_the_same (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) session = NULL;
  g_autoptr (PsSession) copy = NULL;
  PsSessionPart all = { NULL };

  write_capture (f->path, FALSE, 6, 2000);
  session = load (f->path);
  all.session = session;
  copy = write_parts (f, &all, 1);
  assert_alike (session, copy);
  g_assert_cmpuint (ps_session_get_n_sockets (session), ==, ps_session_get_n_sockets (copy));
  g_assert_cmpuint (ps_session_get_n_metrics (session), ==, ps_session_get_n_metrics (copy));
  g_assert_cmpstr (ps_session_get_end (session), ==, ps_session_get_end (copy));
}

static void
merging_keeps_both_apart_and_in_order (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) first = NULL;
  g_autoptr (PsSession) second = NULL;
  g_autoptr (PsSession) merged = NULL;
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  PsSessionPart parts[2] = { { NULL } };
  guint64 at[2] = { 1, 1 };
  gint64 last = 0;

  write_capture (f->path, FALSE, 7, 700);
  first = load (f->path);
  write_capture (f->other, FALSE, 8, 800);
  second = load (f->other);
  g_unlink (f->other);
  parts[0].session = first;
  parts[1].session = second;
  merged = write_parts (f, parts, 2);
  g_assert_cmpuint (ps_session_get_n_packets (merged), ==, 1500);
  for (guint64 n = 1; n <= 1500; n++)
    {
      PsPacket x, y;
      guint from;
      g_autofree char *a = NULL;
      g_autofree char *b = NULL;

      g_assert_true (ps_session_get_packet (merged, n, &y));
      from = g_hash_table_size (ids) == 0 || y.id <= 700 ? 0 : 1;
      g_assert_true (g_hash_table_add (ids, g_memdup2 (&y.id, sizeof y.id)));
      g_assert_true (ps_session_get_packet (parts[from].session, at[from]++, &x));
      a = name_path (parts[from].session, &x);
      b = name_path (merged, &y);
      g_assert_cmpint (x.time_ns, ==, y.time_ns);
      g_assert_cmpmem (x.data, x.captured, y.data, y.captured);
      g_assert_cmpstr (a, ==, b);
      last = MAX (last, y.time_ns);
    }
}

/* The value of a counter in the last reading; 0 if it is not there. */
static guint64
last_value (PsSession *session, PsMetricKind kind, guint8 a, guint8 b, guint32 c)
{
  PsMetricsSample sample;
  guint n = ps_session_get_n_metrics (session);

  g_assert_true (n > 0 && ps_session_get_nth_metrics (session, n - 1, &sample));
  for (guint i = 0; i < sample.n_metrics; i++)
    if (sample.metrics[i].kind == kind && sample.metrics[i].a == a && sample.metrics[i].b == b &&
        sample.metrics[i].c == c)
      return sample.metrics[i].value;
  return 0;
}

static void
feed_reading (PsRecordWriter *records, guint64 time, const PsMetric *metrics, guint n)
{
  PsMetricsRecord *record = ps_record_writer_begin (
      records, PS_RECORD_METRICS, (guint32)(sizeof *record + n * sizeof (PsMetric)));

  record->time = time;
  record->n_metrics = n;
  memcpy (record + 1, metrics, n * sizeof *metrics);
}

/* A capture that counts `first`, then `second` packets, and as many drops for "NO_SOCKET". */
static PsSession *
counting_capture (const char *hello, guint32 reason, guint64 first, guint64 second, guint64 lost)
{
  PsSession *session = ps_session_new (0);
  PsRecordWriter records = { 0 };
  PsNameRecord name = { .kind = PS_NAME_DROP_REASON, .number = reason };
  PsLossRecord loss = { .cause = PS_LOSS_RING_FULL, .count = lost };
  PsPacketRecord packet = { .id = 1, .time = 1 };

  ps_record_writer_add (&records, PS_RECORD_HELLO, hello, (guint32)strlen (hello));
  ps_record_writer_add_named (&records, PS_RECORD_NAME, &name, sizeof name, "NO_SOCKET", NULL);
  ps_record_writer_add (&records, PS_RECORD_PACKET, &packet, sizeof packet);
  ps_record_writer_add (&records, PS_RECORD_LOSS, &loss, sizeof loss);
  for (guint i = 0; i < 2; i++)
    {
      guint64 value = i == 0 ? first : second;
      const PsMetric metrics[] = {
        { .kind = PS_METRIC_TRAFFIC, .a = 1, .b = 1, .c = 1, .value = value },
        { .kind = PS_METRIC_LATENCY_MAX, .a = 1, .b = 2, .value = value },
        { .kind = PS_METRIC_DROP, .a = 1, .b = 1, .c = reason, .value = value },
      };

      feed_reading (&records, 10 + i * 10, metrics, G_N_ELEMENTS (metrics));
    }
  g_assert_true (ps_session_feed_buffer (session, records.data, records.size, NULL, NULL));
  ps_session_publish (session);
  ps_record_writer_clear (&records);
  return session;
}

static void
merging_adds_up_counters (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) first =
      counting_capture ("{\"host\":\"a\",\"monotonic_ns\":0,\"realtime_ns\":1000}", 3, 10, 30, 7);
  g_autoptr (PsSession) second =
      counting_capture ("{\"host\":\"b\",\"monotonic_ns\":0,\"realtime_ns\":1005}", 4, 5, 8, 2);
  g_autoptr (PsSession) merged = NULL;
  const PsSessionPart parts[] = { { .session = first }, { .session = second } };

  merged = write_parts (f, parts, 2);
  g_assert_cmpuint (ps_session_get_n_metrics (merged), ==, 4);
  g_assert_cmpuint (last_value (merged, PS_METRIC_TRAFFIC, 1, 1, 1), ==, 38);
  g_assert_cmpuint (last_value (merged, PS_METRIC_LATENCY_MAX, 1, 2, 0), ==, 30);
  g_assert_cmpuint (last_value (merged, PS_METRIC_DROP, 1, 1, 3), ==, 38);
  g_assert_cmpuint (ps_session_get_loss (merged, PS_LOSS_RING_FULL), ==, 9);
}

static void
files_of_one_capture_are_not_counted_twice (Fixture *f, gconstpointer unused)
{
  static const char hello[] = "{\"host\":\"a\",\"monotonic_ns\":0,\"realtime_ns\":1000}";
  g_autoptr (PsSession) first = counting_capture (hello, 3, 10, 30, 2);
  g_autoptr (PsSession) second = counting_capture (hello, 3, 40, 45, 7);
  g_autoptr (PsSession) merged = NULL;
  const PsSessionPart parts[] = { { .session = first }, { .session = second } };

  merged = write_parts (f, parts, 2);
  g_assert_cmpuint (last_value (merged, PS_METRIC_TRAFFIC, 1, 1, 1), ==, 45);
  g_assert_cmpuint (last_value (merged, PS_METRIC_DROP, 1, 1, 3), ==, 45);
  g_assert_cmpuint (ps_session_get_loss (merged, PS_LOSS_RING_FULL), ==, 7);
}

static void
call_trees_are_copied_with_their_packets (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) session = ps_session_new (0);
  g_autoptr (PsSession) copy = NULL;
  PsRecordWriter records = { 0 };
  PsSymbolRecord symbol = { .id = 77 };
  PsPacketRecord packet = { .id = 5, .time = 10 };
  PsCallsRecord tree = { .tree = 9, .time = 10, .n_calls = 1 };
  PsCallRecord call = { .start = 1, .duration = 20, .packet = 5, .symbol = 77 };
  static const char hello[] = "{\"monotonic_ns\":0,\"realtime_ns\":1000000}";
  PsSessionPart all = { .session = session };
  PsCallsView view;
  gint64 time_ns;

  ps_record_writer_add (&records, PS_RECORD_HELLO, hello, sizeof hello - 1);
  ps_record_writer_add_named (&records, PS_RECORD_SYMBOL, &symbol, sizeof symbol, "ip_rcv", NULL);
  ps_record_writer_add (&records, PS_RECORD_PACKET, &packet, sizeof packet);
  ps_record_writer_add_calls (&records, &tree, &call);
  g_assert_true (ps_session_feed_buffer (session, records.data, records.size, NULL, NULL));
  ps_session_publish (session);
  ps_record_writer_clear (&records);
  g_assert_cmpuint (ps_session_get_n_trees (session, 5), ==, 1);

  copy = write_parts (f, &all, 1);
  g_assert_true (ps_session_get_tree (copy, 5, 0, &view, &time_ns));
  g_assert_true (ps_calls_view_next (&view, &call));
  g_assert_cmpuint (call.duration, ==, 20);
  g_assert_cmpstr (ps_session_get_symbol (copy, call.symbol)->name, ==, "ip_rcv");
}

/* A capture of its own: the same numbers as in any other, for other functions. */
static void
write_with_tree (const char *path, const char *function, guint64 duration)
{
  g_autoptr (PsCaptureWriter) file = ps_capture_writer_new (path, NULL);
  static const char hello[] = "{\"monotonic_ns\":0,\"realtime_ns\":1000000}";
  PsRecordWriter records = { 0 };
  PsSymbolRecord symbol = { .id = 1 };
  PsPacketRecord packet = { .id = 5, .time = 10, .link_type = 1 };
  PsCallsRecord tree = { .tree = 9, .time = 10, .n_calls = 1, .comm = "writer" };
  PsCallRecord call = { .duration = duration, .packet = 5, .symbol = 1 };

  ps_record_writer_add (&records, PS_RECORD_HELLO, hello, sizeof hello - 1);
  ps_record_writer_add_named (&records, PS_RECORD_SYMBOL, &symbol, sizeof symbol, function, NULL);
  ps_record_writer_add (&records, PS_RECORD_PACKET, &packet, sizeof packet);
  ps_record_writer_add_calls (&records, &tree, &call);
  /* Its times run backwards: it is written as the record it is. */
  call.start = G_MAXUINT64 / 2 + 1;
  tree.tree = 10;
  ps_record_writer_add_calls (&records, &tree, &call);
  write_records (file, &records);
  g_assert_true (ps_capture_writer_close (file, NULL));
  ps_record_writer_clear (&records);
}

static void
check_tree (PsSession *session, guint64 number, const char *function, guint64 duration)
{
  PsPacket packet;
  PsCallsView view;
  PsCallRecord call;
  gint64 time_ns;

  g_assert_true (ps_session_get_packet (session, number, &packet));
  g_assert_cmpuint (ps_session_get_n_trees (session, packet.id), ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (ps_session_get_tree (session, packet.id, i, &view, &time_ns));
      g_assert_true (ps_calls_view_next (&view, &call));
      g_assert_cmpuint (call.duration, ==, duration);
      g_assert_cmpuint (call.packet, ==, packet.id);
      g_assert_cmpstr (ps_session_get_symbol (session, call.symbol)->name, ==, function);
      g_assert_cmpstr (view.calls->comm, ==, "writer");
    }
}

static void
call_trees_of_files_put_together_stay_apart (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) session = NULL;
  g_autofree char *first = NULL, *second = NULL;
  g_autoptr (GByteArray) both = g_byte_array_new ();
  gsize first_size, second_size;

  write_with_tree (f->path, "ip_rcv", 20);
  write_with_tree (f->other, "udp_rcv", 30);
  g_assert_true (g_file_get_contents (f->path, &first, &first_size, NULL));
  g_assert_true (g_file_get_contents (f->other, &second, &second_size, NULL));
  g_byte_array_append (both, (guint8 *)first, (guint)first_size);
  g_byte_array_append (both, (guint8 *)second, (guint)second_size);
  g_assert_true (g_file_set_contents (f->path, (char *)both->data, both->len, NULL));
  session = load (f->path);
  g_assert_cmpuint (ps_session_get_n_packets (session), ==, 2);
  check_tree (session, 1, "ip_rcv", 20);
  check_tree (session, 2, "udp_rcv", 30);
  g_assert_cmpuint (ps_session_get_n_calls (session), ==, 4);
  g_assert_cmpuint (ps_session_get_call_bytes (session), >, 0);
}

/* Trees of all packets, in the order of the packets. */
static gpointer
count_calls (gpointer data)
{
  PsSession *session = data;
  guint64 sum = 0;

  for (guint64 n = 1; n <= ps_session_get_n_packets (session); n++)
    {
      PsPacket packet;
      guint trees;

      g_assert_true (ps_session_get_packet (session, n, &packet));
      trees = ps_session_get_n_trees (session, packet.id);
      for (guint i = 0; i < trees; i++)
        {
          PsCallsView view;
          PsCallRecord call;
          gint64 time_ns;

          g_assert_true (ps_session_get_tree (session, packet.id, i, &view, &time_ns));
          while (ps_calls_view_next (&view, &call))
            sum += call.duration + call.symbol;
        }
    }
  return g_memdup2 (&sum, sizeof sum);
}

static void
call_trees_wait_until_they_are_asked_for (Fixture *f, gconstpointer unused)
{
  g_autoptr (Synthesis) synthesis = synthesis_new (9, 2000, 500);
  g_autoptr (PsCaptureWriter) file = ps_capture_writer_new (f->path, NULL);
  g_autoptr (PsSession) live = ps_session_new (0);
  g_autoptr (PsSession) saved = NULL;
  g_autofree guint64 *expected = NULL;
  GThread *threads[3];
  PsRecordWriter records = { 0 };
  const guint8 *data;
  gsize size;
  PsRecord record;

  synthesis_add_calls (synthesis);
  synthesis_write (synthesis, &records);
  data = records.data;
  size = records.size;
  while (ps_record_next (&data, &size, &record) == 1)
    {
      g_assert_true (ps_capture_writer_write (file, &record, NULL));
      g_assert_true (ps_session_feed (live, &record, NULL));
    }
  g_assert_true (ps_capture_writer_close (file, NULL));
  ps_session_publish (live);
  ps_record_writer_clear (&records);
  expected = count_calls (live);
  g_assert_cmpuint (*expected, >, 0);

  saved = load (f->path);
  g_assert_cmpuint (ps_session_get_deferred_size (saved), >, 0);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("asks", count_calls, saved);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_autofree guint64 *sum = g_thread_join (threads[i]);

      g_assert_cmpuint (*sum, ==, *expected);
    }
  g_assert_cmpuint (ps_session_get_deferred_size (saved), ==, 0);
  g_assert_cmpuint (ps_session_get_n_calls (saved), ==, ps_session_get_n_calls (live));
  g_assert_null (ps_session_get_warnings (saved)[0]);
}

/* Two recordings in one file: trees of both are there, each with the packets of its own. */
static void
call_trees_of_a_later_section_are_its_own (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) once = NULL;
  g_autoptr (PsSession) twice = NULL;
  g_autofree guint64 *one = NULL;
  g_autofree guint64 *both = NULL;
  g_autofree char *bytes = NULL;
  g_autoptr (GByteArray) doubled = g_byte_array_new ();
  gsize size;

  call_trees_wait_until_they_are_asked_for (f, unused);
  g_assert_true (g_file_get_contents (f->path, &bytes, &size, NULL));
  g_byte_array_append (doubled, (guint8 *)bytes, (guint)size);
  g_byte_array_append (doubled, (guint8 *)bytes, (guint)size);
  g_assert_true (g_file_set_contents (f->other, (char *)doubled->data, doubled->len, NULL));
  once = load (f->path);
  twice = load (f->other);
  g_assert_cmpuint (ps_session_get_n_packets (twice), ==, 2 * ps_session_get_n_packets (once));
  g_assert_cmpuint (ps_session_get_n_calls (twice), ==, 2 * ps_session_get_n_calls (once));
  one = count_calls (once);
  both = count_calls (twice);
  g_assert_cmpuint (*both, >=, 2 * *one);
}

static void
put32 (GByteArray *to, guint32 value)
{
  value = GUINT32_TO_BE (value);
  g_byte_array_append (to, (guint8 *)&value, 4);
}

static void
put16 (GByteArray *to, guint16 value)
{
  value = GUINT16_TO_BE (value);
  g_byte_array_append (to, (guint8 *)&value, 2);
}

/* A big-endian file with a name, a secret and a packet that somebody wrote about. */
static GByteArray *
make_foreign (void)
{
  GByteArray *file = g_byte_array_new ();

  for (guint i = 0; i < 7; i++)
    put32 (file, (const guint32[]){ 0x0a0d0d0a, 28, 0x1a2b3c4d, 0x00010000, 0xffffffff, 0xffffffff,
                                    28 }[i]);
  put32 (file, 1);
  put32 (file, 20);
  put32 (file, 0x00010000);
  put32 (file, 0);
  put32 (file, 20);
  put32 (file, 4); /* 127.0.0.1 is "home" */
  put32 (file, 12 + 4 + 12 + 4);
  put16 (file, 1);
  put16 (file, 9);
  g_byte_array_append (file, (const guint8 *)"\177\0\0\1home\0\0\0", 12);
  put32 (file, 0);
  put32 (file, 32);
  put32 (file, 10);
  put32 (file, 12 + 8 + 8);
  put32 (file, 0x544c534b);
  put32 (file, 6);
  g_byte_array_append (file, (const guint8 *)"secret\0\0", 8);
  put32 (file, 28);
  put32 (file, 6);
  put32 (file, 32 + 16 + 12 + 4);
  for (guint i = 0; i < 5; i++)
    put32 (file, (const guint32[]){ 0, 0, 1000, 16, 60 }[i]);
  g_byte_array_append (file, (const guint8 *)"0123456789abcdef", 16);
  put16 (file, 1);
  put16 (file, 7);
  g_byte_array_append (file, (const guint8 *)"strange\0", 8);
  put32 (file, 0);
  put32 (file, 64);
  return file;
}

static void
names_secrets_and_comments_are_carried_through (Fixture *f, gconstpointer unused)
{
  g_autoptr (GByteArray) foreign = make_foreign ();
  g_autoptr (PsSession) session = NULL;
  g_autoptr (PsSession) copy = NULL;
  g_autofree char *bytes = NULL;
  gsize size;
  PsSessionPart all = { NULL };
  static const guint8 name[] = { 4, 0, 0, 0, 32, 0, 0, 0, 1, 0, 9, 0, 127, 0, 0, 1, 'h', 'o', 'm' };
  static const guint8 secret[] = { 10, 0, 0, 0, 28, 0, 0, 0, 'K', 'S', 'L', 'T', 6, 0, 0, 0, 's' };
  static const guint8 comment[] = { 1, 0, 7, 0, 's', 't', 'r', 'a', 'n', 'g', 'e', 0 };

  g_assert_true (g_file_set_contents (f->path, (char *)foreign->data, (gssize)foreign->len, NULL));
  session = load (f->path);
  g_assert_null (ps_session_get_warnings (session)[0]);
  g_assert_cmpuint (ps_session_get_n_packets (session), ==, 1);
  all.session = session;
  copy = write_parts (f, &all, 1);
  assert_alike (session, copy);
  g_assert_true (g_file_get_contents (f->other, &bytes, &size, NULL));
  g_assert_nonnull (memmem (bytes, size, name, sizeof name));
  g_assert_nonnull (memmem (bytes, size, secret, sizeof secret));
  g_assert_nonnull (memmem (bytes, size, comment, sizeof comment));
}

#define TEST(sentence, function)                                                                   \
  g_test_add ("/capture-merge/" sentence, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("a part is a recording of its own", a_part_is_a_recording_of_its_own);
  TEST ("a copy is the same", a_copy_is_the_same);
  TEST ("merging adds up counters", merging_adds_up_counters);
  TEST ("files of one capture are not counted twice", files_of_one_capture_are_not_counted_twice);
  TEST ("call trees are copied with their packets", call_trees_are_copied_with_their_packets);
  TEST ("call trees of files put together stay apart", call_trees_of_files_put_together_stay_apart);
  TEST ("call trees wait until they are asked for", call_trees_wait_until_they_are_asked_for);
  TEST ("call trees of a later section are its own", call_trees_of_a_later_section_are_its_own);
  TEST ("merging keeps both apart and in order", merging_keeps_both_apart_and_in_order);
  TEST ("names, secrets and comments are carried through",
        names_secrets_and_comments_are_carried_through);
  return g_test_run ();
}
