/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measure-open [--first] FILE: opens a file as the viewer may, in portions; with
 * --first only until there are rows. Prints what it found and the longest that
 * one turn of the main loop took, in ms.
 */
#include <stdio.h>
#include <string.h>

#include "session/ps-capture-loader.h"

static gboolean ended;

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer unused)
{
  g_autoptr (GError) error = NULL;

  if (!ps_capture_loader_load_finish (PS_CAPTURE_LOADER (source), result, &error) &&
      !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_printerr ("measure-open: %s\n", error->message);
  ended = TRUE;
}

int
main (int argc, char **argv)
{
  gboolean first = argc == 3 && strcmp (argv[1], "--first") == 0;
  g_autoptr (PsSession) session = ps_session_new (0);
  g_autoptr (PsCaptureLoader) loader = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  gint64 longest = 0;

  if (argc != 2 && !first)
    {
      g_printerr ("measure-open: name one file\n");
      return 2;
    }
  loader = ps_capture_loader_new (argv[argc - 1], session);
  ps_capture_loader_load_async (loader, cancellable, on_loaded, NULL);
  while (!ended)
    {
      gint64 start;

      while (!g_main_context_pending (NULL))
        g_usleep (100);
      start = g_get_monotonic_time ();
      g_main_context_iteration (NULL, FALSE);
      longest = MAX (longest, g_get_monotonic_time () - start);
      if (first && ps_session_get_n_packets (session) > 0)
        g_cancellable_cancel (cancellable);
    }
  printf ("{\"packets\":%" G_GUINT64_FORMAT ",\"longest_turn_ms\":%.1f}\n",
          ps_session_get_n_packets (session), longest / 1000.0);
  return 0;
}
