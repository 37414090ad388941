/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session-compare.h"
#include "session/ps-capture-file.h"
#include "synthesis.h"

typedef struct {
  char *directory;
  char *path;
  char *other;
  int memory; /* a file without a disk */
  char *memory_path;
  PsSession *live; /* fed with what is written */
  PsSession *loaded;
  PsRecordWriter records;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->directory = g_dir_make_tmp ("ps-capture-XXXXXX", NULL);
  f->path = g_build_filename (f->directory, "a.pcapng", NULL);
  f->other = g_build_filename (f->directory, "b.pcapng", NULL);
  f->memory = -1;
  f->live = ps_session_new (0);
  f->loaded = ps_session_new (0);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  ps_record_writer_clear (&f->records);
  g_unlink (f->path);
  g_unlink (f->other);
  g_rmdir (f->directory);
  g_free (f->path);
  g_free (f->other);
  g_free (f->directory);
  if (f->memory >= 0)
    close (f->memory);
  g_free (f->memory_path);
  g_assert_finalize_object (f->live);
  g_assert_finalize_object (f->loaded);
}

static void
load (Fixture *f, const char *path)
{
  g_autoptr (GError) error = NULL;

  g_clear_object (&f->loaded);
  f->loaded = ps_session_new (0);
  g_assert_true (ps_capture_file_load (path, f->loaded, NULL, &error));
  g_assert_no_error (error);
}

static const char *
warning_of (Fixture *f)
{
  return ps_session_get_warnings (f->loaded)[0];
}

/* Files that change thousands of times live in memory: a disk would sync each. */
static void
put_bytes (Fixture *f, gconstpointer bytes, gsize size)
{
  if (f->memory < 0)
    {
      f->memory = memfd_create ("capture", MFD_CLOEXEC);
      f->memory_path = g_strdup_printf ("/proc/self/fd/%d", f->memory);
    }
  g_assert_cmpint (ftruncate (f->memory, (off_t)size), ==, 0);
  g_assert_cmpint (pwrite (f->memory, bytes, size, 0), ==, (gssize)size);
}

/* Writes the records to a file and to the live session; flushes now and then as pscope does. */
static void
pour (Fixture *f, PsCaptureWriter *file, guint flush_every)
{
  const guint8 *data = f->records.data;
  gsize size = f->records.size;
  PsRecord record;
  guint n = 0;
  g_autoptr (GError) error = NULL;

  while (ps_record_next (&data, &size, &record) == 1)
    {
      g_assert_true (ps_capture_writer_write (file, &record, &error));
      g_assert_no_error (error);
      g_assert_true (ps_session_feed (f->live, &record, &error));
      if (flush_every && ++n % flush_every == 0)
        g_assert_true (ps_capture_writer_flush (file, NULL));
    }
  ps_record_writer_reset (&f->records);
}

static void
synthesize (PsRecordWriter *records, guint64 seed, guint64 n_packets)
{
  g_autoptr (Synthesis) synthesis = synthesis_new (seed, n_packets, 500);

  synthesis_begin (synthesis, records);
  while (synthesis_step (synthesis, records))
    ;
  synthesis_end (synthesis, records);
}

static void
write_capture (Fixture *f, const char *path, guint64 seed, guint64 n_packets, guint flush_every)
{
  g_autoptr (PsCaptureWriter) file = ps_capture_writer_new (path, NULL);

  synthesize (&f->records, seed, n_packets);
  pour (f, file, flush_every);
  g_assert_true (ps_capture_writer_close (file, NULL));
  g_assert_cmpuint (ps_capture_writer_get_n_packets (file), ==, n_packets);
  ps_session_publish (f->live);
}

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

/* Runs a tool of Wireshark; skips the test without it. */
static gboolean
run (char **output, const char *tool, ...)
{
  g_autoptr (GPtrArray) arguments = g_ptr_array_new ();
  g_autofree char *program = g_find_program_in_path (tool);
  g_autoptr (GError) error = NULL;
  int status;
  va_list list;
  char *argument;

  if (!program)
    {
      g_autofree char *reason = g_strdup_printf ("%s is not installed", tool);

      g_test_skip (reason);
      return FALSE;
    }
  g_ptr_array_add (arguments, program);
  va_start (list, tool);
  while ((argument = va_arg (list, char *)))
    g_ptr_array_add (arguments, argument);
  va_end (list);
  g_ptr_array_add (arguments, NULL);
  g_assert_true (
      g_spawn_sync (NULL, (char **)arguments->pdata, NULL,
                    G_SPAWN_STDERR_TO_DEV_NULL | (output ? 0 : G_SPAWN_STDOUT_TO_DEV_NULL), NULL,
                    NULL, output, NULL, &status, &error));
  g_assert_cmpint (status, ==, 0);
  return TRUE;
}

static void
tshark_sees_the_same_packets (Fixture *f, gconstpointer unused)
{
  g_autofree char *output = NULL;
  g_auto (GStrv) lines = NULL;
  PsPacket packet;

  write_capture (f, f->path, 6, 2000, 11);
  if (!run (&output, "tshark", "-n", "-r", f->path, "-T", "fields", "-e", "frame.number", "-e",
            "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len", "-e",
            "frame.interface_name", "-e", "frame.packet_flags_direction", "-e", "frame.packet_id",
            NULL))
    return;

  lines = g_strsplit (output, "\n", 0);
  g_assert_cmpuint (g_strv_length (lines), ==, 2001);
  for (guint64 number = 1; number <= 2000; number++)
    {
      g_autofree char *expected = NULL;

      g_assert_true (ps_session_get_packet (f->live, number, &packet));
      expected = g_strdup_printf (
          "%" G_GUINT64_FORMAT "\t%" G_GINT64_FORMAT ".%09" G_GINT64_FORMAT "\t%u\t%u\t%s\t%s\t"
          "%" G_GUINT64_FORMAT,
          number, packet.time_ns / 1000000000, packet.time_ns % 1000000000, packet.length,
          packet.captured, ps_session_get_interface (f->live, packet.netns, packet.interface)->name,
          packet.direction == PS_DIRECTION_OUT ? "0x00000002" : "0x00000001", packet.id);
      g_assert_cmpstr (lines[number - 1], ==, expected);
    }
}

static void
wireshark_is_told_why_a_packet_was_dropped (Fixture *f, gconstpointer unused)
{
  g_autofree char *output = NULL;

  write_capture (f, f->path, 6, 2000, 0);
  if (run (&output, "tshark", "-n", "-r", f->path, "-Y",
           "frame.comment == \"dropped by tcp_v4_rcv: NO_SOCKET\"", "-T", "fields", "-e",
           "tcp.dstport", NULL))
    g_assert_true (g_str_has_prefix (output, "81\n81\n"));
}

static void
editcap_keeps_our_records (Fixture *f, gconstpointer unused)
{
  write_capture (f, f->path, 7, 2000, 13);
  if (!run (NULL, "editcap", f->path, f->other, NULL))
    return;
  load (f, f->other);
  g_assert_null (warning_of (f));
  assert_same_packets (f->live, f->loaded);
  assert_same_sockets (f->live, f->loaded);
  assert_same_dictionaries (f->live, f->loaded);
  g_assert_cmpstr (ps_session_get_hello (f->live), ==, ps_session_get_hello (f->loaded));
  /* What came after the last packet may have had none to ride on. */
  g_assert_cmpuint (ps_session_get_n_metrics (f->loaded) + 1, >=,
                    ps_session_get_n_metrics (f->live));
}

static void
packets_left_by_a_filter_are_whole (Fixture *f, gconstpointer unused)
{
  guint64 number;

  write_capture (f, f->path, 13, 3000, 100);
  if (!run (NULL, "editcap", f->path, f->other, "1-1499", "2000-2100", NULL))
    return;
  load (f, f->other);
  g_assert_null (warning_of (f));
  g_assert_cmpuint (ps_session_get_n_packets (f->loaded), ==, 1400);
  for (number = 1; number <= 1400; number++)
    {
      PsPacket kept, original;

      g_assert_true (ps_session_get_packet (f->loaded, number, &kept));
      g_assert_true (
          ps_session_get_packet (f->live, ps_session_find_packet (f->live, kept.id), &original));
      /* What a program read of it may have been told in a block that is gone. */
      if (!(kept.flags & PS_PACKET_PROVISIONAL))
        assert_same_packet (&kept, &original);
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

/* Bytes of a foreign file, in either order. */
typedef struct {
  GByteArray *bytes;
  gboolean big;
} Foreign;

static void
put32 (Foreign *file, guint32 value)
{
  value = file->big ? GUINT32_TO_BE (value) : GUINT32_TO_LE (value);
  g_byte_array_append (file->bytes, (guint8 *)&value, 4);
}

static void
put16 (Foreign *file, guint16 value)
{
  value = file->big ? GUINT16_TO_BE (value) : GUINT16_TO_LE (value);
  g_byte_array_append (file->bytes, (guint8 *)&value, 2);
}

static const guint8 ARP_FRAME[16] = { [12] = 0x08, [13] = 0x06 };

static void
load_foreign (Fixture *f, Foreign *file)
{
  put_bytes (f, file->bytes->data, file->bytes->len);
  g_byte_array_unref (file->bytes);
  load (f, f->memory_path);
}

static void
assert_foreign_packet (Fixture *f, guint64 number, gint64 time_ns, guint32 interface)
{
  PsPacket packet;

  g_assert_true (ps_session_get_packet (f->loaded, number, &packet));
  g_assert_false (packet.from_kernel);
  g_assert_cmpint (packet.time_ns, ==, time_ns);
  g_assert_cmpuint (packet.interface, ==, interface);
  g_assert_cmpuint (packet.length, ==, 99);
  g_assert_cmpuint (packet.protocol, ==, 0x0806);
  g_assert_cmpmem (packet.data, packet.captured, ARP_FRAME, 16);
  g_assert_cmpuint (packet.n_stages, ==, 0);
  g_assert_cmpuint (packet.verdict, ==, PS_VERDICT_INSIDE);
  g_assert_cmpuint (ps_session_find_packet (f->loaded, packet.id), ==, number);
}

static void
pcap_of_any_kind_opens (Fixture *f, gconstpointer unused)
{
  for (guint kind = 0; kind < 4; kind++)
    {
      Foreign file = { g_byte_array_new (), kind & 1 };
      gboolean nanoseconds = kind & 2;

      put32 (&file, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
      put16 (&file, 2);
      put16 (&file, 4);
      put32 (&file, 0);
      put32 (&file, 0);
      put32 (&file, 65535);
      put32 (&file, 1);
      for (guint i = 0; i < 3; i++)
        {
          put32 (&file, 1700000000 + i);
          put32 (&file, 123456);
          put32 (&file, 16);
          put32 (&file, 99);
          g_byte_array_append (file.bytes, ARP_FRAME, 16);
        }
      load_foreign (f, &file);
      g_assert_null (warning_of (f));
      g_assert_cmpuint (ps_session_get_n_packets (f->loaded), ==, 3);
      g_assert_null (ps_session_get_depth (f->loaded));
      assert_foreign_packet (
          f, 2, 1700000001 * G_GINT64_CONSTANT (1000000000) + (nanoseconds ? 123456 : 123456000),
          0);
    }
}

static guint
begin_block (Foreign *file, guint32 type)
{
  put32 (file, type);
  put32 (file, 0);
  return file->bytes->len - 8;
}

static void
end_block (Foreign *file, guint start)
{
  guint32 length = file->bytes->len - start + 4;

  put32 (file, length);
  length = file->big ? GUINT32_TO_BE (length) : GUINT32_TO_LE (length);
  memcpy (file->bytes->data + start + 4, &length, 4);
}

static void
put_section (Foreign *file)
{
  guint start = begin_block (file, 0x0a0d0d0a);

  put32 (file, 0x1a2b3c4d);
  put16 (file, 1);
  put16 (file, 0);
  put32 (file, G_MAXUINT32);
  put32 (file, G_MAXUINT32);
  end_block (file, start);
}

static void
put_interface (Foreign *file, const char *name, int resolution, gint64 offset)
{
  guint start = begin_block (file, 1);
  guint8 padding[8] = { (guint8)resolution };

  put16 (file, 1);
  put16 (file, 0);
  put32 (file, 0);
  if (name)
    {
      put16 (file, 2);
      put16 (file, 4);
      g_byte_array_append (file->bytes, (const guint8 *)name, 4);
    }
  if (resolution >= 0)
    {
      put16 (file, 9);
      put16 (file, 1);
      g_byte_array_append (file->bytes, padding, 4);
    }
  if (offset)
    {
      put16 (file, 14);
      put16 (file, 8);
      put32 (file, file->big ? (guint32)(offset >> 32) : (guint32)offset);
      put32 (file, file->big ? (guint32)offset : (guint32)(offset >> 32));
    }
  end_block (file, start);
}

static void
put_packet (Foreign *file, guint32 type, guint32 interface, guint64 time)
{
  guint start = begin_block (file, type);

  if (type == 2)
    {
      put16 (file, (guint16)interface);
      put16 (file, 0);
    }
  else
    put32 (file, interface);
  put32 (file, (guint32)(time >> 32));
  put32 (file, (guint32)time);
  put32 (file, 16);
  put32 (file, 99);
  g_byte_array_append (file->bytes, ARP_FRAME, 16);
  end_block (file, start);
}

static void
pcapng_of_any_kind_opens (Fixture *f, gconstpointer unused)
{
  for (guint big = 0; big < 2; big++)
    {
      Foreign file = { g_byte_array_new (), (gboolean)big };
      guint start;

      put_section (&file);
      put_interface (&file, "eth7", -1, 0);
      put_packet (&file, 6, 0, 5000000);
      put_interface (&file, NULL, 9, 100);
      put_packet (&file, 6, 1, 42);
      put_packet (&file, 2, 0, 6000000);
      start = begin_block (&file, 0x12345678);
      put32 (&file, 1);
      end_block (&file, start);
      put_interface (&file, NULL, 0x80 | 10, 0);
      put_packet (&file, 6, 2, 1024 * 3 + 512);
      put_interface (&file, NULL, 3, 0);
      put_packet (&file, 6, 3, 7001);
      /* Another section in the other order, its interfaces numbered anew. */
      file.big = !file.big;
      put_section (&file);
      put_interface (&file, NULL, 12, 0);
      put_packet (&file, 6, 0, G_GUINT64_CONSTANT (8000000000000));

      load_foreign (f, &file);
      g_assert_null (warning_of (f));
      g_assert_cmpuint (ps_session_get_n_packets (f->loaded), ==, 6);
      assert_foreign_packet (f, 1, 5 * G_GINT64_CONSTANT (1000000000), 1);
      assert_foreign_packet (f, 2, 100 * G_GINT64_CONSTANT (1000000000) + 42, 2);
      assert_foreign_packet (f, 3, 6 * G_GINT64_CONSTANT (1000000000), 1);
      assert_foreign_packet (f, 4, 3500000000, 3);
      assert_foreign_packet (f, 5, 7001000000, 4);
      assert_foreign_packet (f, 6, 8 * G_GINT64_CONSTANT (1000000000), 5);
      g_assert_cmpstr (ps_session_get_interface (f->loaded, 0, 1)->name, ==, "eth7");
      g_assert_null (ps_session_get_interface (f->loaded, 0, 2));
    }
}

static void
simple_packets_are_said_to_have_no_time (Fixture *f, gconstpointer unused)
{
  Foreign file = { g_byte_array_new (), FALSE };
  guint start;

  put_section (&file);
  put_interface (&file, NULL, -1, 0);
  put_packet (&file, 6, 0, 5000000);
  start = begin_block (&file, 3);
  put32 (&file, 99);
  g_byte_array_append (file.bytes, ARP_FRAME, 16);
  end_block (&file, start);
  load_foreign (f, &file);
  assert_foreign_packet (f, 2, 5 * G_GINT64_CONSTANT (1000000000), 1);
  g_assert_nonnull (warning_of (f));
}

static void
lying_lengths_end_the_reading (Fixture *f, gconstpointer unused)
{
  static const guint32 lies[] = { 0, 4, 8, 12, 13, 17u << 20, 0x7fffffff, 0xffffffff };

  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    for (guint type = 1; type < 8; type++)
      {
        Foreign file = { g_byte_array_new (), FALSE };

        put_section (&file);
        put_interface (&file, NULL, -1, 0);
        put_packet (&file, 6, 0, 1);
        put32 (&file, type);
        put32 (&file, lies[i]);
        put32 (&file, 0);
        load_foreign (f, &file);
        g_assert_cmpuint (ps_session_get_n_packets (f->loaded), ==, 1);
        g_assert_nonnull (warning_of (f));
      }
}

static void
an_imported_capture_can_be_saved_again (Fixture *f, gconstpointer unused)
{
  g_autoptr (PsCaptureWriter) file = ps_capture_writer_new (f->path, NULL);
  PsPacketRecord packet = { .id = G_GUINT64_CONSTANT (1) << 63,
                            .time = 42,
                            .length = 77,
                            .link_type = 1,
                            .flags = PS_PACKET_IMPORTED };
  PsPacket saved;

  ps_record_writer_add (&f->records, PS_RECORD_PACKET, &packet, sizeof packet);
  pour (f, file, 0);
  g_assert_true (ps_capture_writer_close (file, NULL));
  load (f, f->path);
  g_assert_true (ps_session_get_packet (f->loaded, 1, &saved));
  g_assert_false (saved.from_kernel);
  g_assert_cmpint (saved.time_ns, ==, 42);
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
  TEST ("tshark sees the same packets", tshark_sees_the_same_packets);
  TEST ("Wireshark is told why a packet was dropped", wireshark_is_told_why_a_packet_was_dropped);
  TEST ("editcap keeps our records", editcap_keeps_our_records);
  TEST ("packets left by a filter are whole", packets_left_by_a_filter_are_whole);
  TEST ("two captures in one file keep apart", two_captures_in_one_file_keep_apart);
  TEST ("what is written twice is read once", what_is_written_twice_is_read_once);
  TEST ("a full disk leaves a valid file", a_full_disk_leaves_a_valid_file);
  TEST ("a full disk is named so", a_full_disk_is_named_so);
  TEST ("a place that cannot be written is named", a_place_that_cannot_be_written_is_named);
  TEST ("what is no capture is refused in a sentence", what_is_no_capture_is_refused_in_a_sentence);
  TEST ("loading can be cancelled", loading_can_be_cancelled);
  TEST ("pcap of any kind opens", pcap_of_any_kind_opens);
  TEST ("pcapng of any kind opens", pcapng_of_any_kind_opens);
  TEST ("simple packets are said to have no time", simple_packets_are_said_to_have_no_time);
  TEST ("lying lengths end the reading", lying_lengths_end_the_reading);
  TEST ("an imported capture can be saved again", an_imported_capture_can_be_saved_again);
  TEST ("a large record spans options", a_large_record_spans_options);
  TEST ("a killed recorder loses nothing flushed", a_killed_recorder_loses_nothing_flushed);
  return g_test_run ();
}
