/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two files and the captures in them, for tests of opening, rotating and merging. */
#pragma once

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "session/ps-capture-file.h"
#include "synthesis.h"
#include "write-records.h"

typedef struct {
  char *directory;
  char *path;
  char *other;
} Fixture;

static inline void
set_up (Fixture *f, gconstpointer unused)
{
  f->directory = g_dir_make_tmp ("ps-scale-XXXXXX", NULL);
  f->path = g_build_filename (f->directory, "a.pcapng", NULL);
  f->other = g_build_filename (f->directory, "b.pcapng", NULL);
}

static inline void
tear_down (Fixture *f, gconstpointer unused)
{
  g_unlink (f->path);
  g_unlink (f->other);
  g_rmdir (f->directory);
  g_free (f->path);
  g_free (f->other);
  g_free (f->directory);
}

static inline PsSession *
load (const char *path)
{
  PsSession *session = ps_session_new (0);
  g_autoptr (GError) error = NULL;

  g_assert_true (ps_capture_file_load (path, session, NULL, &error));
  g_assert_no_error (error);
  return session;
}

static inline void
pour (PsCaptureWriter *file, guint64 seed, guint64 n_packets)
{
  g_autoptr (Synthesis) synthesis = synthesis_new (seed, n_packets, 500);
  PsRecordWriter records = { 0 };

  synthesis_write (synthesis, &records);
  write_records (file, &records);
  ps_record_writer_clear (&records);
}

static inline void
write_capture (const char *path, gboolean compressed, guint64 seed, guint64 n_packets)
{
  g_autoptr (PsCaptureWriter) file = compressed ? ps_capture_writer_new_compressed (path, NULL)
                                                : ps_capture_writer_new (path, NULL);

  pour (file, seed, n_packets);
  g_assert_true (ps_capture_writer_close (file, NULL));
}

static inline void
assert_alike (PsSession *a, PsSession *b)
{
  g_assert_cmpuint (ps_session_get_n_packets (a), ==, ps_session_get_n_packets (b));
  for (guint64 n = 1; n <= ps_session_get_n_packets (a); n++)
    {
      PsPacket x, y;

      g_assert_true (ps_session_get_packet (a, n, &x));
      g_assert_true (ps_session_get_packet (b, n, &y));
      g_assert_cmpint (x.time_ns, ==, y.time_ns);
      g_assert_cmpuint (x.length, ==, y.length);
      g_assert_cmpuint (x.verdict, ==, y.verdict);
      g_assert_cmpmem (x.data, x.captured, y.data, y.captured);
      g_assert_cmpmem (x.stages, x.n_stages * sizeof *x.stages, y.stages,
                       y.n_stages * sizeof *y.stages);
      g_assert_cmpuint (x.n_paths, ==, y.n_paths);
    }
}

/* What a packet's first path is called, frame by frame: the same whatever its
 * number is. */
static inline char *
name_path (PsSession *session, const PsPacket *packet)
{
  GString *text = g_string_new (NULL);
  PsPath path;

  if (packet->n_paths > 0 && ps_session_get_path (session, packet->paths[0].path, &path))
    for (guint i = 0; i < path.n_frames; i++)
      {
        const PsSymbol *symbol = ps_session_get_symbol (session, path.frames[i].symbol);

        g_string_append_printf (text, "%s;", symbol ? symbol->name : "?");
      }
  return g_string_free (text, FALSE);
}
