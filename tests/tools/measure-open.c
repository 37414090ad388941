/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measure-open [--first] FILE: opens a file as the viewer may, in portions; with
 * --first only until there are rows. Prints what it found, when the first rows
 * were there, the longest that one turn of the main loop took, in ms, and what
 * stays in memory for a packet, in bytes: all but pages of the file.
 */
#include <stdio.h>
#include <string.h>

#include "session/ps-capture-loader.h"

static gboolean ended;
static gint64 waited; /* for something to do, in µs */

/* What the main loop waits for is not its own time. */
static gint
wait_and_count (GPollFD *fds, guint n, gint timeout)
{
  gint64 start = g_get_monotonic_time ();
  gint ready = g_poll (fds, n, timeout);

  waited += g_get_monotonic_time () - start;
  return ready;
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer unused)
{
  g_autoptr (GError) error = NULL;

  if (!ps_capture_loader_load_finish (PS_CAPTURE_LOADER (source), result, &error) &&
      !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_printerr ("measure-open: %s\n", error->message);
  ended = TRUE;
}

/* Bytes of memory that no file backs. */
static guint64
resident (void)
{
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &text, NULL, NULL))
    return 0;
  line = strstr (text, "RssAnon:");
  return line ? g_ascii_strtoull (line + strlen ("RssAnon:"), NULL, 10) * 1024 : 0;
}

int
main (int argc, char **argv)
{
  gboolean first = argc == 3 && strcmp (argv[1], "--first") == 0;
  g_autoptr (PsSession) session = ps_session_new (0);
  g_autoptr (PsCaptureLoader) loader = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  gint64 longest = 0, begin, first_rows = 0;
  guint64 before = resident (), n;

  if (argc != 2 && !first)
    {
      g_printerr ("measure-open: name one file\n");
      return 2;
    }
  g_main_context_set_poll_func (NULL, wait_and_count);
  begin = g_get_monotonic_time ();
  loader = ps_capture_loader_new (argv[argc - 1], session);
  ps_capture_loader_load_async (loader, cancellable, on_loaded, NULL);
  while (!ended)
    {
      gint64 start = g_get_monotonic_time ();

      waited = 0;
      g_main_context_iteration (NULL, TRUE);
      longest = MAX (longest, g_get_monotonic_time () - start - waited);
      if (first_rows == 0 && ps_session_get_n_packets (session) > 0)
        first_rows = g_get_monotonic_time ();
      if (first && ps_session_get_n_packets (session) > 0)
        g_cancellable_cancel (cancellable);
    }
  n = ps_session_get_n_packets (session);
  printf ("{\"packets\":%" G_GUINT64_FORMAT
          ",\"first_rows_ms\":%.1f,\"longest_turn_ms\":%.1f,\"resident_bytes_per_packet\":%.1f}\n",
          n, first_rows ? (double)(first_rows - begin) / 1000 : -1.0, (double)longest / 1000,
          n > 0 ? ((double)resident () - (double)before) / (double)n : 0);
  return 0;
}
