/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of capture files stand on: files of their own, a session fed
 * with what is written, and one that is loaded again.
 */
#pragma once

#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
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

static inline void
set_up (Fixture *f, gconstpointer unused)
{
  f->directory = g_dir_make_tmp ("ps-capture-XXXXXX", NULL);
  f->path = g_build_filename (f->directory, "a.pcapng", NULL);
  f->other = g_build_filename (f->directory, "b.pcapng", NULL);
  f->memory = -1;
  f->live = ps_session_new (0);
  f->loaded = ps_session_new (0);
}

static inline void
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

static inline void
load (Fixture *f, const char *path)
{
  g_autoptr (GError) error = NULL;

  g_clear_object (&f->loaded);
  f->loaded = ps_session_new (0);
  g_assert_true (ps_capture_file_load (path, f->loaded, NULL, &error));
  g_assert_no_error (error);
}

static inline const char *
warning_of (Fixture *f)
{
  return ps_session_get_warnings (f->loaded)[0];
}

/* Files that change thousands of times live in memory: a disk would sync each. */
static inline void
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
static inline void
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

static inline void
synthesize (PsRecordWriter *records, guint64 seed, guint64 n_packets)
{
  g_autoptr (Synthesis) synthesis = synthesis_new (seed, n_packets, 500);

  synthesis_write (synthesis, records);
}

static inline void
write_capture (Fixture *f, const char *path, guint64 seed, guint64 n_packets, guint flush_every)
{
  g_autoptr (PsCaptureWriter) file = ps_capture_writer_new (path, NULL);

  synthesize (&f->records, seed, n_packets);
  pour (f, file, flush_every);
  g_assert_true (ps_capture_writer_close (file, NULL));
  g_assert_cmpuint (ps_capture_writer_get_n_packets (file), ==, n_packets);
  ps_session_publish (f->live);
}
