/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Call trees that stay in a file: whoever asks for one gets what decoding all
 * of them, in order, would have given.
 */
#include <glib/gstdio.h>
#include <stdio.h>

#include "capture-scale.h"
#include "session/ps-session-private.h"
#include "trees-compare.h"
#include "woods.h"

#define MANY 12000u

static const char hello_text[] =
    "{\"version\":1,\"depth\":\"functions\",\"monotonic_ns\":%d,\"realtime_"
    "ns\":1700000000000000000}";

static void
put_hello (PsRecordWriter *records, int monotonic_ns)
{
  g_autofree char *text = g_strdup_printf (hello_text, monotonic_ns);

  ps_record_writer_add (records, PS_RECORD_HELLO, text, (guint32)strlen (text));
}

static void
write_file (const char *path, const PsRecordWriter *records, gboolean compressed)
{
  g_autoptr (PsCaptureWriter) file = compressed ? ps_capture_writer_new_compressed (path, NULL)
                                                : ps_capture_writer_new (path, NULL);

  write_records (file, records);
  g_assert_true (ps_capture_writer_close (file, NULL));
}

static void
write_woods (const char *path, guint32 seed, guint n_packets, gboolean compressed)
{
  PsRecordWriter records = { 0 };

  put_hello (&records, 1);
  woods_write (&records, seed, 1, n_packets);
  write_file (path, &records, compressed);
  ps_record_writer_clear (&records);
}

static gboolean
feed (const PsRecord *record, gpointer session)
{
  return ps_session_feed (session, record, NULL);
}

/* Every tree is decoded where it comes, and kept. */
static PsSession *
load_whole (const char *path)
{
  PsSession *session = ps_session_new (0);

  g_assert_true (ps_capture_file_read (path, feed, NULL, session, NULL, NULL));
  ps_session_publish (session);
  return session;
}

static void
compare_with_whole (const char *path)
{
  g_autoptr (PsSession) whole = load_whole (path);
  g_autoptr (PsSession) session = load (path);

  g_assert_cmpuint (ps_session_get_deferred_size (whole), ==, 0);
  g_assert_cmpuint (ps_session_get_deferred_size (session), >, 0);
  g_assert_true (ps_session_has_calls (session));
  assert_same_trees (whole, session);
  for (guint i = 0; i < WOODS_SOCKETS; i++)
    for (guint32 at = 0; at < 50000; at += 700)
      assert_same_spans (whole, session, WOODS_FIRST_SOCKET + i, at, at + 900);
  g_assert_null (ps_session_get_warnings (session)[0]);
}

static void
one_at_a_time_they_are_as_when_all_are_decoded (Fixture *f, gconstpointer unused)
{
  for (guint32 seed = 1; seed <= 3; seed++)
    {
      write_woods (f->path, seed, 500, FALSE);
      compare_with_whole (f->path);
    }
}

static void
in_a_compressed_file_as_well (Fixture *f, gconstpointer unused)
{
  write_woods (f->path, 8, 500, TRUE);
  compare_with_whole (f->path);
}

static void
those_of_the_sample_are_as_when_all_are_decoded (Fixture *f, gconstpointer unused)
{
  g_autofree char *sample =
      g_test_build_filename (G_TEST_DIST, "..", "..", "data", "sample.pcapng", NULL);

  compare_with_whole (sample);
}

/* A packet's relatives far away are found from a file of which nothing else was
 * looked at. */
static void
the_last_packet_can_be_the_first_one_asked_for (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) whole = NULL;

  write_woods (f->path, 9, 2000, FALSE);
  whole = load_whole (f->path);
  for (guint64 id = 2000; id > 333; id -= 333)
    {
      g_autoptr (PsSession) session = load (f->path);

      assert_same_trees_of (whole, session, id);
    }
}

/* What a live capture, or another file of the series, brings is found among the
 * rest. */
static void
what_is_fed_later_comes_on_top (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) whole = NULL;
  g_autoptr (PsSession) session = NULL;
  PsRecordWriter more = { 0 };

  write_woods (f->path, 10, 400, FALSE);
  /* The same trees again, about other packets: each takes the place of the one
   * in the file. */
  woods_write (&more, 10, 200, 300);
  whole = load_whole (f->path);
  session = load (f->path);
  g_assert_cmpuint (ps_session_get_n_trees (session, 7), ==, ps_session_get_n_trees (whole, 7));
  g_assert_true (ps_session_feed_buffer (whole, more.data, more.size, NULL, NULL));
  g_assert_true (ps_session_feed_buffer (session, more.data, more.size, NULL, NULL));
  ps_session_publish (whole);
  ps_session_publish (session);
  for (guint64 id = 1; id < 500; id++)
    assert_same_trees_of (whole, session, id);
  ps_record_writer_clear (&more);
}

static void
a_second_file_has_shapes_of_its_own (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) whole = ps_session_new (0);
  g_autoptr (PsSession) session = ps_session_new (0);
  const char *paths[] = { f->path, f->other };

  for (guint i = 0; i < 2; i++)
    {
      PsRecordWriter records = { 0 };

      put_hello (&records, 1);
      woods_write (&records, 20 + i, 1000 * (i + 1), 300);
      write_file (paths[i], &records, i == 1);
      ps_record_writer_clear (&records);
      g_assert_true (ps_capture_file_read (paths[i], feed, NULL, whole, NULL, NULL));
      g_assert_true (ps_capture_file_load (paths[i], session, NULL, NULL));
      /* What came first is in the index when the second one comes. */
      g_assert_cmpuint (ps_session_get_n_trees (session, 1001), >, 0);
    }
  ps_session_publish (whole);
  for (guint64 id = 1000; id < 2300; id++)
    assert_same_trees_of (whole, session, id);
}

/* Two recordings in one file, one behind the other: numbers and clocks begin anew. */
static void
those_of_a_later_section_are_as_when_all_are_decoded (Fixture *f, gconstpointer unused)
{
  const char *paths[] = { f->path, f->other };
  g_autoptr (GByteArray) both = g_byte_array_new ();

  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *bytes = NULL;
      gsize size;
      PsRecordWriter records = { 0 };
      PsSymbolRecord symbol = { .id = 3 };

      put_hello (&records, i == 0 ? 1 : 5000000);
      ps_record_writer_add_named (&records, PS_RECORD_SYMBOL, &symbol, sizeof symbol,
                                  i == 0 ? "first" : "second", NULL);
      woods_write (&records, 70 + i, 1, 200);
      write_file (paths[i], &records, FALSE);
      ps_record_writer_clear (&records);
      g_assert_true (g_file_get_contents (paths[i], &bytes, &size, NULL));
      g_byte_array_append (both, (guint8 *)bytes, (guint)size);
    }
  g_assert_true (g_file_set_contents (f->path, (char *)both->data, both->len, NULL));
  compare_with_whole (f->path);
}

static void
a_clock_that_is_set_moves_those_before_it (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) whole = NULL;
  g_autoptr (PsSession) session = NULL;
  PsRecordWriter records = { 0 };

  put_hello (&records, 1);
  woods_write (&records, 30, 1, 100);
  put_hello (&records, 77000000);
  woods_write (&records, 31, 2000, 100);
  write_file (f->path, &records, FALSE);
  ps_record_writer_clear (&records);
  whole = load_whole (f->path);
  session = load (f->path);
  for (guint64 id = 1; id < 2100; id++)
    assert_same_trees_of (whole, session, id);
}

static void
making_the_index_can_be_cancelled_and_goes_on (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) session = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  gsize waiting;

  write_capture (f->path, FALSE, 1, 10);
  write_woods (f->path, 40, 3000, FALSE);
  session = load (f->path);
  waiting = ps_session_get_deferred_size (session);
  g_cancellable_cancel (cancellable);
  g_assert_false (ps_session_prepare_trees (session, cancellable));
  g_assert_cmpuint (ps_session_get_deferred_size (session), ==, waiting);
  g_assert_true (ps_session_prepare_trees (session, NULL));
  g_assert_cmpuint (ps_session_get_deferred_size (session), ==, 0);
  g_assert_false (ps_session_trees_take_time (session));
}

/* Bytes of memory that no file backs. */
static guint64
resident (void)
{
  g_autofree char *text = NULL;
  const char *line;

  g_assert_true (g_file_get_contents ("/proc/self/status", &text, NULL, NULL));
  line = strstr (text, "RssAnon:");
  return line ? g_ascii_strtoull (line + strlen ("RssAnon:"), NULL, 10) * 1024 : 0;
}

static void
walking_over_all_takes_the_memory_of_a_few (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) session = NULL;
  guint64 before, after, calls = 0, decoded = 0;

  write_woods (f->path, 50, MANY, FALSE);
  session = load (f->path);
  g_assert_true (ps_session_prepare_trees (session, NULL));
  before = resident ();
  for (guint64 id = 1; id <= MANY; id++)
    for (guint i = 0; i < ps_session_get_n_trees (session, id); i++)
      {
        PsCallsView view;
        gint64 time_ns;

        g_assert_true (ps_session_get_tree (session, id, i, &view, &time_ns));
        calls += view.calls->n_calls;
        decoded += view.calls->length + sizeof *view.calls;
      }
  after = resident ();
  g_test_message ("%" G_GUINT64_FORMAT " calls, %" G_GUINT64_FORMAT " MiB of trees, %.1f MiB more",
                  calls, decoded >> 20, ((double)after - (double)before) / (1 << 20));
  g_assert_cmpuint (decoded, >, 48u << 20);
  g_assert_cmpuint (after, <, before + (32u << 20));
}

/* Trees before the damage are there, it is told of, and no other tree is lost.
 */
static void
damaged_ones_are_left_out_and_told_of (Fixture *f, gconstpointer unused)
{
  g_autofree char *bytes = NULL;
  gsize size;
  guint told = 0;

  write_woods (f->path, 60, 60, FALSE);
  g_assert_true (g_file_get_contents (f->path, &bytes, &size, NULL));
  for (gsize at = 400; at < size; at += 97)
    {
      g_autoptr (PsSession) session = ps_session_new (0);
      char was = bytes[at];

      bytes[at] = (char)(was ^ 0x55);
      g_assert_true (g_file_set_contents (f->other, bytes, (gssize)size, NULL));
      bytes[at] = was;
      if (!ps_capture_file_load (f->other, session, NULL, NULL))
        continue;
      for (guint64 id = 1; id <= 60; id++)
        for (guint i = 0; i < ps_session_get_n_trees (session, id); i++)
          {
            PsCallsView view;
            gint64 time_ns;

            if (ps_session_get_tree (session, id, i, &view, &time_ns))
              g_assert_cmpuint (view.calls->n_calls, <=, PS_CALLS_RECORD_MAX);
          }
      told += ps_session_get_warnings (session)[0] != NULL;
    }
  g_assert_cmpuint (told, >, 0);
}

int
main (int argc, char *argv[])
{
  static const struct {
    const char *path;
    void (*test) (Fixture *f, gconstpointer unused);
  } tests[] = {
    { "/trees/as-all", one_at_a_time_they_are_as_when_all_are_decoded },
    { "/trees/compressed", in_a_compressed_file_as_well },
    { "/trees/sample", those_of_the_sample_are_as_when_all_are_decoded },
    { "/trees/last-first", the_last_packet_can_be_the_first_one_asked_for },
    { "/trees/fed-later", what_is_fed_later_comes_on_top },
    { "/trees/second-file", a_second_file_has_shapes_of_its_own },
    { "/trees/later-section", those_of_a_later_section_are_as_when_all_are_decoded },
    { "/trees/clock", a_clock_that_is_set_moves_those_before_it },
    { "/trees/cancelled", making_the_index_can_be_cancelled_and_goes_on },
    { "/trees/memory", walking_over_all_takes_the_memory_of_a_few },
    { "/trees/damaged", damaged_ones_are_left_out_and_told_of },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
  return g_test_run ();
}
