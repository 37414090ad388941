/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture file that nobody meant, read into a session: record by record, and
 * in place from its map. What could be read is written to a file of ours and
 * read again. All three have the same packets.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "session/ps-capture-file.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

typedef struct {
  PsSession *session;
  PsCaptureWriter *writer;
} Sinks;

static gboolean
take (const PsRecord *record, gpointer user_data)
{
  Sinks *sinks = user_data;

  ps_capture_writer_write (sinks->writer, record, NULL);
  return ps_session_feed (sinks->session, record, NULL);
}

static void
compare (PsSession *a, PsSession *b)
{
  if (ps_session_get_n_packets (a) != ps_session_get_n_packets (b))
    g_error ("%" G_GUINT64_FORMAT " packets became %" G_GUINT64_FORMAT,
             ps_session_get_n_packets (a), ps_session_get_n_packets (b));
  for (guint64 n = 1; n <= ps_session_get_n_packets (a); n++)
    {
      PsPacket x, y;

      if (!ps_session_get_packet (a, n, &x) || !ps_session_get_packet (b, n, &y))
        g_error ("packet %" G_GUINT64_FORMAT " is not there", n);
      if (x.captured != y.captured || x.length != y.length || x.n_stages != y.n_stages)
        g_error ("packet %" G_GUINT64_FORMAT " is another one", n);
      if (memcmp (x.stages, y.stages, x.n_stages * sizeof *x.stages) != 0 ||
          x.n_paths != y.n_paths || memcmp (x.paths, y.paths, x.n_paths * sizeof *x.paths) != 0 ||
          (x.captured > 0 && memcmp (x.data, y.data, x.captured) != 0))
        g_error ("packet %" G_GUINT64_FORMAT " has other parts", n);
    }
}

static guint64
sum_calls (PsSession *session, guint64 id)
{
  guint n = ps_session_get_n_trees (session, id);
  guint64 sum = n;

  for (guint i = 0; i < n; i++)
    {
      PsCallsView view;
      PsCallRecord call;
      gint64 time_ns;

      if (!ps_session_get_tree (session, id, i, &view, &time_ns))
        continue;
      while (ps_calls_view_next (&view, &call))
        sum = sum * 31 + call.start + call.duration + call.depth + call.flags;
    }
  return sum;
}

/* Trees that stayed in the file. Of a damaged one, more may be left out than of one read through.
 */
static void
compare_trees (PsSession *whole, PsSession *mapped)
{
  for (guint64 n = 1; n <= ps_session_get_n_packets (whole); n++)
    {
      PsPacket x, y;
      guint64 sum, wanted;

      if (!ps_session_get_packet (whole, n, &x) || !ps_session_get_packet (mapped, n, &y))
        g_error ("packet %" G_GUINT64_FORMAT " is not there", n);
      wanted = sum_calls (whole, x.id);
      sum = sum_calls (mapped, y.id);
      if (sum != wanted && !ps_session_get_warnings (mapped)[0])
        g_error ("packet %" G_GUINT64_FORMAT " has other calls", n);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static int in = -1, out = -1;
  static char in_path[64], out_path[64];
  g_autoptr (PsSession) first = ps_session_new (0);
  g_autoptr (PsSession) second = ps_session_new (0);
  g_autoptr (PsSession) mapped = ps_session_new (0);
  g_autoptr (PsCaptureWriter) writer = NULL;
  Sinks sinks;

  if (in < 0)
    {
      in = memfd_create ("in", 0);
      out = memfd_create ("out", 0);
      g_snprintf (in_path, sizeof in_path, "/proc/self/fd/%d", in);
      g_snprintf (out_path, sizeof out_path, "/proc/self/fd/%d", out);
    }
  if (ftruncate (in, 0) < 0 || pwrite (in, data, size, 0) < 0)
    return 0;

  writer = ps_capture_writer_new (out_path, NULL);
  sinks = (Sinks){ first, writer };
  if (!ps_capture_file_read (in_path, take, NULL, &sinks, NULL, NULL))
    return 0;
  if (!ps_capture_writer_close (writer, NULL))
    g_error ("what was read cannot be written");
  ps_session_publish (first);

  if (!ps_capture_file_load (out_path, second, NULL, NULL))
    g_error ("what was written cannot be read");
  compare (first, second);

  if (!ps_capture_file_load (in_path, mapped, NULL, NULL))
    g_error ("what was read cannot be loaded");
  compare (first, mapped);
  compare_trees (first, mapped);
  return 0;
}
