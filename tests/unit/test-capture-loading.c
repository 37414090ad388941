/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening: in portions, cancelled, compressed, larger than they say; and files of a series. */
#include <fcntl.h>
#include <zlib.h>

#include "capture-scale.h"
#include "session/ps-capture-loader.h"
#include "session/ps-capture-series.h"
#include "session/ps-decompress.h"
#include "session/ps-session-private.h"

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **)user_data = g_object_ref (result);
}

static guint n_changes;

static void
on_changed (void)
{
  n_changes++;
}

static void
a_loader_brings_what_loading_at_once_does (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) session = ps_session_new (0);
  g_autoptr (PsCaptureLoader) loader = NULL;
  g_autoptr (PsSession) whole = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  write_capture (f->path, FALSE, 1, 20000);
  loader = ps_capture_loader_new (f->path, session);
  n_changes = 0;
  g_signal_connect (session, "changed", G_CALLBACK (on_changed), NULL);
  ps_capture_loader_load_async (loader, NULL, on_loaded, &result);
  while (ps_session_get_n_packets (session) == 0)
    g_main_context_iteration (NULL, TRUE);
  /* The first rows are there long before the last. */
  g_assert_cmpuint (ps_session_get_n_packets (session), <, 20000);
  while (!result)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (ps_capture_loader_load_finish (loader, result, &error));
  g_assert_no_error (error);
  g_assert_cmpfloat (ps_capture_loader_get_progress (loader), ==, 1);

  whole = load (f->path);
  assert_alike (session, whole);
  g_assert_cmpuint (ps_session_get_n_sockets (session), ==, ps_session_get_n_sockets (whole));
}

static void
a_loader_can_be_cancelled (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) session = ps_session_new (0);
  g_autoptr (PsCaptureLoader) loader = ps_capture_loader_new (f->path, session);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  write_capture (f->path, FALSE, 1, 100000);
  n_changes = 0;
  g_signal_connect (session, "changed", G_CALLBACK (on_changed), NULL);
  ps_capture_loader_load_async (loader, cancellable, on_loaded, &result);
  while (n_changes == 0)
    g_main_context_iteration (NULL, TRUE);
  g_cancellable_cancel (cancellable);
  while (!result)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (ps_capture_loader_load_finish (loader, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (ps_session_get_n_packets (session), <, 100000);
}

static void
a_file_that_shrinks_while_open_does_not_end_us (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) session = NULL;
  guint64 sum = 0;

  write_capture (f->path, FALSE, 1, 2000);
  session = load (f->path);
  g_assert_cmpint (truncate (f->path, 131072), ==, 0);
  for (guint64 n = 1; n <= 2000; n++)
    {
      PsPacket packet;

      g_assert_true (ps_session_get_packet (session, n, &packet));
      for (guint i = 0; i < packet.captured; i++)
        sum += packet.data[i];
    }
  g_assert_cmpuint (sum, >, 0);
}

static void
a_compressed_recording_reads_as_the_plain_one (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsSession) plain = NULL;
  g_autoptr (PsSession) compressed = NULL;
  GStatBuf a, b;

  write_capture (f->path, FALSE, 3, 3000);
  write_capture (f->other, TRUE, 3, 3000);
  plain = load (f->path);
  compressed = load (f->other);
  assert_alike (plain, compressed);
  g_assert_null (ps_session_get_warnings (compressed)[0]);
  g_assert_cmpint (g_stat (f->path, &a), ==, 0);
  g_assert_cmpint (g_stat (f->other, &b), ==, 0);
  g_assert_cmpint (b.st_size, <, a.st_size / 2);
}

static void
a_compressed_recording_holds_what_was_flushed (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsCaptureWriter) file = ps_capture_writer_new_compressed (f->path, NULL);
  g_autoptr (PsSession) session = NULL;

  pour (file, 1, 500);
  g_assert_true (ps_capture_writer_flush (file, NULL));
  session = load (f->path);
  g_assert_cmpuint (ps_session_get_n_packets (session), ==, 500);
  g_assert_nonnull (strstr (ps_session_get_warnings (session)[0], "ends too early"));
}

static void
gzip_opens (Fixture *f, gconstpointer unused)
{
  g_autofree char *bytes = NULL;
  g_autoptr (PsSession) plain = NULL;
  g_autoptr (PsSession) session = NULL;
  gsize size;
  gzFile out;

  write_capture (f->path, FALSE, 3, 3000);
  plain = load (f->path);
  g_assert_true (g_file_get_contents (f->path, &bytes, &size, NULL));
  /* Two members, as when two compressed files are put together. */
  out = gzopen (f->other, "wb");
  g_assert_cmpint (gzwrite (out, bytes, (guint)size / 2), >, 0);
  gzclose (out);
  out = gzopen (f->other, "ab");
  g_assert_cmpint (gzwrite (out, bytes + size / 2, (guint)(size - size / 2)), >, 0);
  gzclose (out);
  session = load (f->other);
  assert_alike (plain, session);
}

static void
a_compressed_file_may_end_or_break_anywhere (Fixture *f, gconstpointer unused)
{
  g_autofree char *bytes = NULL;
  gsize size;

  write_capture (f->path, TRUE, 3, 50);
  g_assert_true (g_file_get_contents (f->path, &bytes, &size, NULL));
  for (gsize at = 4; at < size; at += 7)
    {
      g_autoptr (PsSession) cut = ps_session_new (0);
      g_autoptr (PsSession) broken = ps_session_new (0);

      g_assert_true (g_file_set_contents (f->other, bytes, (gssize)at, NULL));
      ps_capture_file_load (f->other, cut, NULL, NULL);
      bytes[at] ^= 0x55;
      g_assert_true (g_file_set_contents (f->other, bytes, (gssize)size, NULL));
      ps_capture_file_load (f->other, broken, NULL, NULL);
      bytes[at] ^= 0x55;
      g_assert_cmpuint (ps_session_get_n_packets (cut), <=, 50);
    }
}

static void
a_bomb_is_refused (void)
{
  g_autofree guint8 *zeroes = g_malloc0 (1 << 20);
  g_autofree guint8 *bomb = g_malloc (4 << 20);
  g_autoptr (PsDecompress) decompress = NULL;
  g_autoptr (GError) error = NULL;
  z_stream zlib = { 0 };
  gssize n = 1;
  guint64 sum = 0;

  /* A bomb in a bomb: gzip alone makes zeroes 1030 times smaller. */
  g_assert_cmpint (deflateInit2 (&zlib, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), ==, Z_OK);
  zlib.next_out = bomb;
  zlib.avail_out = 4 << 20;
  for (guint i = 0; i < 400; i++)
    {
      zlib.next_in = zeroes;
      zlib.avail_in = 1 << 20;
      g_assert_cmpint (deflate (&zlib, i == 399 ? Z_FINISH : Z_NO_FLUSH), >=, 0);
    }
  decompress = ps_decompress_new (bomb, zlib.total_out);
  ps_decompress_put (decompress, bomb, zlib.total_out);
  deflateEnd (&zlib);
  while (n > 0)
    {
      n = ps_decompress_get (decompress, zeroes, 1 << 20, &error);
      sum += n > 0 ? (guint64)n : 0;
    }
  g_assert_error (error, PS_SESSION_ERROR, PS_SESSION_ERROR_FORMAT);
  g_assert_cmpuint (sum, <=, PS_DECOMPRESS_RATIO_FROM + (1 << 20));
}

static void
every_file_of_a_series_is_complete (Fixture *f, gconstpointer unused)
{
  PsCaptureSeriesOptions options = { .size = 64 * 1024 };
  g_autoptr (PsCaptureSeries) series = ps_capture_series_new (f->path, &options, NULL);
  g_autoptr (Synthesis) synthesis = synthesis_new (1, 5000, 500);
  PsRecordWriter records = { 0 };
  guint64 n_packets = 0, n_with_path = 0;
  const guint8 *data;
  gsize size;
  PsRecord record;

  synthesis_write (synthesis, &records);
  data = records.data;
  size = records.size;
  while (ps_record_next (&data, &size, &record) == 1)
    g_assert_true (ps_capture_series_write (series, &record, NULL));
  ps_record_writer_clear (&records);
  g_assert_true (ps_capture_series_close (series, NULL));
  g_assert_cmpuint (ps_capture_series_get_n_files (series), >, 2);

  for (guint i = 1; i <= ps_capture_series_get_n_files (series); i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/a-%05u.pcapng", f->directory, i);
      g_autoptr (PsSession) session = load (path);

      g_assert_nonnull (ps_session_get_hello (session));
      for (guint64 n = 1; n <= ps_session_get_n_packets (session); n++)
        {
          PsPacket packet;
          g_autofree char *name = NULL;

          g_assert_true (ps_session_get_packet (session, n, &packet));
          name = name_path (session, &packet);
          n_with_path += packet.n_paths > 0;
          /* What became of a packet after the next file was begun stands in its own file. */
          g_assert_cmpuint (packet.flags & PS_PACKET_PROVISIONAL, ==, 0);
          g_assert_true (packet.n_paths == 0 || (*name && !strchr (name, '?')));
          g_assert_nonnull (ps_session_get_interface (session, packet.netns, packet.interface));
        }
      n_packets += ps_session_get_n_packets (session);
      g_unlink (path);
    }
  g_assert_cmpuint (n_packets, ==, 5000);
  g_assert_cmpuint (n_with_path, >, 0);
}

static void
a_series_keeps_only_so_many_files (Fixture *f, gconstpointer unused)
{
  PsCaptureSeriesOptions options = { .size = 1, .keep = 2 };
  g_autoptr (PsCaptureSeries) series = ps_capture_series_new (f->path, &options, NULL);
  PsPacketRecord packet = { .id = 1, .time = 1 };
  PsRecord record = { PS_RECORD_PACKET, sizeof packet, &packet };
  g_autoptr (GDir) directory = NULL;
  const char *name;
  guint n = 0;

  for (; packet.id <= 5; packet.id++)
    g_assert_true (ps_capture_series_write (series, &record, NULL));
  g_assert_true (ps_capture_series_close (series, NULL));
  directory = g_dir_open (f->directory, 0, NULL);
  while ((name = g_dir_read_name (directory)))
    {
      g_autofree char *path = g_build_filename (f->directory, name, NULL);

      g_assert_true (g_str_has_prefix (name, "a-0000"));
      g_unlink (path);
      n++;
    }
  g_assert_cmpuint (n, ==, 2);
}

#define TEST(sentence, function)                                                                   \
  g_test_add ("/capture-loading/" sentence, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("a loader brings what loading at once does", a_loader_brings_what_loading_at_once_does);
  TEST ("a loader can be cancelled", a_loader_can_be_cancelled);
  TEST ("a file that shrinks while open does not end us",
        a_file_that_shrinks_while_open_does_not_end_us);
  TEST ("a compressed recording reads as the plain one",
        a_compressed_recording_reads_as_the_plain_one);
  TEST ("a compressed recording holds what was flushed",
        a_compressed_recording_holds_what_was_flushed);
  TEST ("gzip opens", gzip_opens);
  TEST ("a compressed file may end or break anywhere", a_compressed_file_may_end_or_break_anywhere);
  g_test_add_func ("/capture-loading/a bomb is refused", a_bomb_is_refused);
  TEST ("every file of a series is complete", every_file_of_a_series_is_complete);
  TEST ("a series keeps only so many files", a_series_keeps_only_so_many_files);
  return g_test_run ();
}
