/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of ours: written and read, cut, damaged, on a full disk, of a process that is killed. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "capture-fixture.h"

static void
a_file_gives_the_session_back (Fixture *f, gconstpointer unused)
{
  write_capture (f, f->path, 1, 5000, 0);
  load (f, f->path);
  g_assert_null (warning_of (f));
  assert_same_session (f->live, f->loaded);
}

static void
flushing_changes_nothing (Fixture *f, gconstpointer unused)
{
  write_capture (f, f->path, 2, 3000, 7);
  load (f, f->path);
  g_assert_null (warning_of (f));
  assert_same_session (f->live, f->loaded);
}

static void
fill (GRand *random, gpointer to, gsize size)
{
  for (gsize i = 0; i < size; i++)
    ((guint8 *)to)[i] = g_rand_int_range (random, 0, 3) ? 0 : (guint8)g_rand_int (random);
}

/* A packet with every field at odds with all others, or a later word on an earlier one. */
static void
add_odd_packet (Fixture *f, GRand *random, PsRecordType type, guint64 id)
{
  PsPacketRecord packet;
  PsStageRecord stages[PS_STAGES_MAX];
  PsPathReference paths[PS_PATHS_MAX];
  gsize at_stages = sizeof packet, at_paths, at_data;
  guint8 *at;

  fill (random, &packet, sizeof packet);
  fill (random, stages, sizeof stages);
  fill (random, paths, sizeof paths);
  packet.id = id;
  packet.time = 1000 + id;
  packet.flags &= ~PS_PACKET_IMPORTED;
  packet.captured = g_rand_int_range (random, 0, 64);
  packet.link_type = g_rand_boolean (random) ? 1 : 101;
  packet.netns = g_rand_int_range (random, 0, 2) ? G_MAXUINT32 : 0;
  packet.interface = g_rand_int_range (random, 1, 3);
  packet.direction %= PS_N_DIRECTIONS;
  packet.verdict %= PS_N_VERDICTS;
  packet.context %= PS_N_CONTEXTS;
  packet.relation %= PS_N_RELATIONS;
  packet.n_stages %= PS_STAGES_MAX + 1;
  packet.n_paths %= PS_PATHS_MAX + 1;
  at_paths = at_stages + packet.n_stages * sizeof *stages;
  at_data = at_paths + packet.n_paths * sizeof *paths;
  for (guint i = 0; i < PS_STAGES_MAX; i++)
    {
      stages[i].delta &= PS_STAGE_DELTA_MAX;
      stages[i].reserved = stages[i].reserved2 = 0;
    }
  for (guint i = 0; i < PS_PATHS_MAX; i++)
    if (!(paths[i].flags & PS_PATH_REFERENCE_INFERRED))
      paths[i].agreeing = paths[i].sampled = 0;

  at = ps_record_writer_begin (
      &f->records, type, (guint32)(at_data + (type == PS_RECORD_PACKET ? packet.captured : 0)));
  memcpy (at, &packet, sizeof packet);
  memcpy (at + at_stages, stages, packet.n_stages * sizeof *stages);
  memcpy (at + at_paths, paths, packet.n_paths * sizeof *paths);
  if (type == PS_RECORD_PACKET)
    fill (random, at + at_data, packet.captured);
}

static void
add_odd_socket (Fixture *f, GRand *random, guint64 cookie)
{
  guint32 n = g_rand_int_range (random, 0, PS_PROCESSES_MAX + 1);
  PsSocketRecord *socket = ps_record_writer_begin (
      &f->records, PS_RECORD_SOCKET, (guint32)(sizeof *socket + n * sizeof (PsSocketProcess)));

  fill (random, socket, sizeof *socket + n * sizeof (PsSocketProcess));
  socket->cookie = cookie;
  socket->family = g_rand_boolean (random) ? 2 : 10;
  socket->flags |= PS_SOCKET_HAS_TCP | PS_SOCKET_HAS_QUEUES | PS_SOCKET_HAS_COUNTERS;
  socket->n_processes = n;
  socket->reserved = 0;
  for (guint32 i = 0; i < n; i++)
    {
      PsSocketProcess *process = (PsSocketProcess *)(socket + 1) + i;

      memset (process->comm, 0, sizeof process->comm);
      memset (process->comm, 'a' + (int)i, i);
    }
  if (socket->family == 2)
    {
      memset (socket->source + 4, 0, 12);
      memset (socket->destination + 4, 0, 12);
    }
}

static void
every_field_survives (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsCaptureWriter) file = ps_capture_writer_new (f->path, NULL);
  g_autoptr (GRand) random = g_rand_new_with_seed (12);

  for (guint64 id = 1; id <= 3000; id++)
    {
      add_odd_packet (f, random, PS_RECORD_PACKET, id * 3);
      if (id % 3 == 0)
        add_odd_packet (f, random, PS_RECORD_STAGES, g_rand_int_range (random, 1, id) * 3);
      if (id % 5 == 0)
        add_odd_socket (f, random, id);
    }
  pour (f, file, 17);
  g_assert_true (ps_capture_writer_close (file, NULL));
  ps_session_publish (f->live);
  load (f, f->path);
  g_assert_null (warning_of (f));
  assert_same_session (f->live, f->loaded);
}

static void
what_was_flushed_is_there_without_a_close (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsCaptureWriter) file = ps_capture_writer_new (f->path, NULL);
  GStatBuf status;

  synthesize (&f->records, 3, 500);
  pour (f, file, 0);
  g_assert_true (ps_capture_writer_flush (file, NULL));
  g_assert_cmpint (g_stat (f->path, &status), ==, 0);
  g_assert_cmpuint (status.st_size, ==, ps_capture_writer_get_size (file));
  g_assert_cmpuint (status.st_mode & 077, ==, 0);
  ps_session_publish (f->live);
  load (f, f->path);
  g_assert_null (warning_of (f));
  assert_same_session (f->live, f->loaded);
}

static void
a_capture_without_packets_keeps_its_metrics (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsCaptureWriter) file = ps_capture_writer_new (f->path, NULL);

  for (guint64 second = 1; second < 5; second++)
    {
      struct {
        PsMetricsRecord metrics;
        PsMetric values[2];
      } record = { { .time = second, .n_metrics = 2 },
                   { { .kind = 1, .a = 1, .c = 2, .value = second },
                     { .kind = 1, .a = 1, .c = 3, .value = 1, .value2 = G_MAXUINT64 } } };

      ps_record_writer_add (&f->records, PS_RECORD_METRICS, &record, sizeof record);
      pour (f, file, 1);
      load (f, f->path);
      g_assert_cmpuint (ps_session_get_n_metrics (f->loaded), ==, second);
    }
  ps_session_publish (f->live);
  assert_same_session (f->live, f->loaded);
}

static void
a_cut_file_opens_up_to_the_cut (Fixture *f, gconstpointer unused)
{
  g_autofree char *bytes = NULL;
  gsize size;
  guint64 most = 40, silent = 0;

  write_capture (f, f->path, 4, 40, 3);
  g_assert_true (g_file_get_contents (f->path, &bytes, &size, NULL));
  put_bytes (f, bytes, size);
  for (gsize cut = size - 1; cut > 0; cut--)
    {
      g_assert_cmpint (ftruncate (f->memory, (off_t)cut), ==, 0);
      load (f, f->memory_path);
      g_assert_cmpuint (ps_session_get_n_packets (f->loaded), <=, most);
      most = ps_session_get_n_packets (f->loaded);
      silent += warning_of (f) == NULL;
    }
  g_assert_cmpuint (most, ==, 0);
  /* Only where a block ends there is nothing to warn of. */
  g_assert_cmpuint (silent, <, 200);
}

static void
damage_anywhere_is_survived (Fixture *f, gconstpointer unused)
{
  g_autofree char *bytes = NULL;
  g_autoptr (GRand) random = g_rand_new_with_seed (5);
  gsize size;

  write_capture (f, f->path, 5, 60, 9);
  g_assert_true (g_file_get_contents (f->path, &bytes, &size, NULL));
  for (guint round = 0; round < 2000; round++)
    {
      g_autofree char *copy = g_memdup2 (bytes, size);
      g_autoptr (PsSession) session = ps_session_new (1 << 20);

      for (guint n = g_rand_int_range (random, 1, 6); n > 0; n--)
        copy[g_rand_int_range (random, 4, (gint32)size)] = (char)g_rand_int (random);
      put_bytes (f, copy, size);
      ps_capture_file_load (f->memory_path, session, NULL, NULL);
      g_assert_cmpuint (ps_session_get_n_packets (session), <=, 60);
    }
}

/* One packet, on a path of one function; numbered from 1 as every capture is. Returns the file. */
static GBytes *
capture_of_function (Fixture *f, const char *function)
{
  g_autoptr (PsCaptureWriter) file = ps_capture_writer_new (f->path, NULL);
  PsSymbolRecord symbol = { .id = 1 };
  struct {
    PsPathRecord path;
    PsFrame frame;
  } path = { { .id = 1, .n_frames = 1 }, { .symbol = 1 } };
  struct {
    PsPacketRecord packet;
    PsPathReference reference;
  } packet = { { .id = 1, .time = 1, .n_paths = 1, .drop_symbol = 1 }, { .path = 1 } };
  char *bytes;
  gsize size;

  ps_record_writer_add_named (&f->records, PS_RECORD_SYMBOL, &symbol, sizeof symbol, function,
                              NULL);
  ps_record_writer_add (&f->records, PS_RECORD_PATH, &path, sizeof path);
  ps_record_writer_add (&f->records, PS_RECORD_PACKET, &packet, sizeof packet);
  pour (f, file, 0);
  g_assert_true (ps_capture_writer_close (file, NULL));
  g_assert_true (g_file_get_contents (f->path, &bytes, &size, NULL));
  return g_bytes_new_take (bytes, size);
}

static void
two_captures_in_one_file_keep_apart (Fixture *f, gconstpointer unused)
{
  static const char *const functions[] = { "ip_rcv", "arp_rcv" };
  g_autoptr (GByteArray) both = g_byte_array_new ();

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GBytes) one = capture_of_function (f, functions[i]);

      g_byte_array_append (both, g_bytes_get_data (one, NULL), (guint)g_bytes_get_size (one));
    }
  put_bytes (f, both->data, both->len);
  load (f, f->memory_path);

  g_assert_cmpuint (ps_session_get_n_packets (f->loaded), ==, 2);
  for (guint64 number = 1; number <= 2; number++)
    {
      PsPacket packet;
      PsPath path;

      g_assert_true (ps_session_get_packet (f->loaded, number, &packet));
      g_assert_cmpuint (ps_session_find_packet (f->loaded, packet.id), ==, number);
      g_assert_true (ps_session_get_path (f->loaded, packet.paths[0].path, &path));
      g_assert_cmpstr (ps_session_get_symbol (f->loaded, path.frames[0].symbol)->name, ==,
                       functions[number - 1]);
      g_assert_cmpstr (ps_session_get_symbol (f->loaded, packet.drop_symbol)->name, ==,
                       functions[number - 1]);
    }
}

static void
what_is_written_twice_is_read_once (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsCaptureWriter) file = ps_capture_writer_new (f->path, NULL);
  PsPacketRecord packet = { .id = 1, .time = 1 };
  PsMetricsRecord metrics = { .time = 2 };

  ps_record_writer_add (&f->records, PS_RECORD_PACKET, &packet, sizeof packet);
  ps_record_writer_add (&f->records, PS_RECORD_METRICS, &metrics, sizeof metrics);
  ps_record_writer_add (&f->records, PS_RECORD_METRICS, &metrics, sizeof metrics);
  packet.id = 2;
  ps_record_writer_add (&f->records, PS_RECORD_PACKET, &packet, sizeof packet);
  pour (f, file, 1);
  g_assert_true (ps_capture_writer_close (file, NULL));
  load (f, f->path);
  g_assert_cmpuint (ps_session_get_n_metrics (f->loaded), ==, 2);
  g_assert_cmpuint (ps_session_get_n_packets (f->loaded), ==, 2);
}

static void
a_full_disk_leaves_a_valid_file (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsCaptureWriter) file = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) again = NULL;
  struct rlimit limit, old;
  const guint8 *data;
  gsize size;
  PsRecord record;
  gboolean good = TRUE;

  /* A limit on the file's size fails in the middle of a write, as a full disk does. */
  synthesize (&f->records, 10, 5000);
  data = f->records.data;
  size = f->records.size;
  signal (SIGXFSZ, SIG_IGN);
  getrlimit (RLIMIT_FSIZE, &old);
  limit = old;
  limit.rlim_cur = 500001;
  setrlimit (RLIMIT_FSIZE, &limit);
  file = ps_capture_writer_new (f->path, NULL);
  while (good && ps_record_next (&data, &size, &record) == 1)
    good = ps_capture_writer_write (file, &record, &error);
  setrlimit (RLIMIT_FSIZE, &old);

  g_assert_false (good);
  g_assert_nonnull (error);
  g_assert_false (ps_capture_writer_flush (file, &again));
  g_assert_cmpstr (error->message, ==, again->message);
  g_assert_false (ps_capture_writer_close (file, NULL));
  load (f, f->path);
  g_assert_null (warning_of (f));
  g_assert_cmpuint (ps_session_get_n_packets (f->loaded), >, 1000);
}

static void
a_full_disk_is_named_so (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  if (g_access ("/dev/full", W_OK) != 0)
    {
      g_test_skip ("there is no /dev/full");
      return;
    }
  g_assert_null (ps_capture_writer_new ("/dev/full", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_true (g_str_has_prefix (error->message, "The disk is full"));
}

static void
a_place_that_cannot_be_written_is_named (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ps_capture_writer_new (f->directory, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  g_assert_nonnull (strstr (error->message, f->directory));
}

/* Fails to load `size` bytes, with an error of our domain and a whole sentence. */
static void
assert_refused (Fixture *f, gconstpointer bytes, gsize size, int code)
{
  g_autoptr (GError) error = NULL;

  put_bytes (f, bytes, size);
  g_assert_false (ps_capture_file_load (f->memory_path, f->loaded, NULL, &error));
  g_assert_error (error, PS_SESSION_ERROR, code);
  g_assert_true (g_str_has_suffix (error->message, "."));
}

static void
what_is_no_capture_is_refused_in_a_sentence (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *bytes = NULL;
  gsize size;

  assert_refused (f, "", 0, PS_SESSION_ERROR_EMPTY);
  assert_refused (f, "hello, world", 12, PS_SESSION_ERROR_FORMAT);
  assert_refused (f, "\x1f\x8b\x08 1234", 8, PS_SESSION_ERROR_FORMAT);
  assert_refused (f, "\x28\xb5\x2f\xfd 1234", 9, PS_SESSION_ERROR_FORMAT);
  g_assert_false (ps_capture_file_load (f->path, f->loaded, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (ps_capture_file_load (f->directory, f->loaded, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);

  write_capture (f, f->path, 1, 5, 0);
  g_assert_true (g_file_get_contents (f->path, &bytes, &size, NULL));
  for (gsize i = 0; i + 3 < 100; i++)
    if (memcmp (bytes + i, "PS\x02", 3) == 0)
      bytes[i + 2] = 3;
  assert_refused (f, bytes, size, PS_SESSION_ERROR_VERSION);
}

static void
loading_can_be_cancelled (Fixture *f, gconstpointer unused)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  write_capture (f, f->path, 1, 5, 0);
  g_cancellable_cancel (cancellable);
  g_assert_false (ps_capture_file_load (f->path, f->loaded, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
a_large_record_spans_options (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsCaptureWriter) file = ps_capture_writer_new (f->path, NULL);
  g_autofree char *filler = g_strnfill (900000, ' ');

  memcpy (filler, "{}", 2);
  ps_record_writer_add (&f->records, PS_RECORD_END, filler, 900000);
  pour (f, file, 0);
  g_assert_true (ps_capture_writer_close (file, NULL));
  ps_session_publish (f->live);
  load (f, f->path);
  g_assert_null (warning_of (f));
  assert_same_session (f->live, f->loaded);
}

static void
a_killed_recorder_loses_nothing_flushed (Fixture *f, gconstpointer unused)
{
  for (guint round = 0; round < 5; round++)
    {
      int ready[2];
      pid_t pid;
      char byte;

      g_assert_cmpint (pipe (ready), ==, 0);
      pid = fork ();
      if (pid == 0)
        {
          g_autoptr (PsCaptureWriter) file = ps_capture_writer_new (f->path, NULL);

          for (;;)
            {
              synthesize (&f->records, 11, 200);
              pour (f, file, 50);
              if (!ps_capture_writer_flush (file, NULL) || write (ready[1], "", 1) < 1)
                _exit (1);
            }
        }
      close (ready[1]);
      g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
      g_usleep (1000 * round);
      kill (pid, SIGKILL);
      waitpid (pid, NULL, 0);
      close (ready[0]);
      load (f, f->path);
      g_assert_cmpuint (ps_session_get_n_packets (f->loaded), >=, 200);
    }
}

#define TEST(path, function)                                                                       \
  g_test_add ("/capture-file/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("a file gives the session back", a_file_gives_the_session_back);
  TEST ("flushing changes nothing", flushing_changes_nothing);
  TEST ("every field survives", every_field_survives);
  TEST ("what was flushed is there without a close", what_was_flushed_is_there_without_a_close);
  TEST ("a capture without packets keeps its metrics", a_capture_without_packets_keeps_its_metrics);
  TEST ("a cut file opens up to the cut", a_cut_file_opens_up_to_the_cut);
  TEST ("damage anywhere is survived", damage_anywhere_is_survived);
  TEST ("two captures in one file keep apart", two_captures_in_one_file_keep_apart);
  TEST ("what is written twice is read once", what_is_written_twice_is_read_once);
  TEST ("a full disk leaves a valid file", a_full_disk_leaves_a_valid_file);
  TEST ("a full disk is named so", a_full_disk_is_named_so);
  TEST ("a place that cannot be written is named", a_place_that_cannot_be_written_is_named);
  TEST ("what is no capture is refused in a sentence", what_is_no_capture_is_refused_in_a_sentence);
  TEST ("loading can be cancelled", loading_can_be_cancelled);
  TEST ("a large record spans options", a_large_record_spans_options);
  TEST ("a killed recorder loses nothing flushed", a_killed_recorder_loses_nothing_flushed);
  return g_test_run ();
}
