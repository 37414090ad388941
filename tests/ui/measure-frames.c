/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measure-frames VIEW [SECONDS [--json]]
 *
 * How long the main loop is held while a helper (PACKETSCOPE_HELPER) pours its
 * stream into a window that shows VIEW. A turn of the loop is timed from the
 * end of one poll to the beginning of the next: while it lasts, nothing is
 * drawn and no key is heard. Its processor time is what the viewer is to blame
 * for; its duration includes waiting for a processor that others have. Prints
 * median, 99th percentile and longest, and how many were longer than a frame
 * (16 ms).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "ui-support.h"
#include "viewer/ps-packets-view.h"

#define FRAME_US 16000

static GArray *turns; /* gint64, µs */
static gint64 turn_began;
static GArray *work; /* gint64, µs of processor time in the same turns */
static gint64 work_began;

static gint64
thread_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static int
timed_poll (GPollFD *fds, guint n_fds, int timeout)
{
  gint64 now = g_get_monotonic_time ();
  int result;

  if (turn_began != 0)
    {
      gint64 turn = now - turn_began;
      gint64 worked = thread_us () - work_began;
      g_array_append_val (turns, turn);
      g_array_append_val (work, worked);
    }
  result = g_poll (fds, n_fds, timeout);
  turn_began = g_get_monotonic_time ();
  work_began = thread_us ();
  return result;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
  return x < y ? -1 : x > y;
}

static double
percentile_ms (GArray *sorted, double share)
{
  guint index = (guint)(share * (sorted->len - 1));
  return (double)g_array_index (sorted, gint64, index) / 1000;
}

static gboolean
is_running (gpointer data)
{
  PsDocumentState state = ps_document_get_state (ps_window_get_document (data));
  return state == PS_DOCUMENT_LIVE || ps_window_get_message (data) != NULL;
}

static double
cpu_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void
report (PsWindow *window, const char *view, double seconds, double cpu, gboolean json)
{
  PsSession *session = ps_document_get_session (ps_window_get_document (window));
  guint64 received = ps_session_get_n_packets (session) + ps_session_get_n_evicted (session);
  guint long_turns = 0, long_work = 0;
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  for (guint i = 0; i < turns->len; i++)
    {
      long_turns += g_array_index (turns, gint64, i) > FRAME_US;
      long_work += g_array_index (work, gint64, i) > FRAME_US;
    }
  g_array_sort (turns, compare);
  g_array_sort (work, compare);
  printf (json
              ? "{\"view\":\"%s\",\"packets_per_second\":%.0f,\"lost_by_reader\":%" G_GUINT64_FORMAT
                ",\"turns\":%u,\"work_p50_ms\":%.2f,\"work_p99_ms\":%.2f,\"work_max_ms\":%.2f,"
                "\"work_over_16_ms\":%u,\"wall_max_ms\":%.2f,\"wall_over_16_ms\":%u,"
                "\"cpu_share\":%.2f,\"resident_mib\":%ld}\n"
              : "%-8s %7.0f packets/s, %" G_GUINT64_FORMAT " lost; %u turns, work: median %.2f, "
                "99 %% %.2f, longest %.2f ms, %u over 16 ms; with waiting for a CPU: longest "
                "%.1f ms, %u over 16 ms; %.2f CPU, %ld MiB\n",
          view, (double)received / seconds, ps_session_get_loss (session, PS_LOSS_READER),
          turns->len, percentile_ms (work, .5), percentile_ms (work, .99), percentile_ms (work, 1),
          long_work, percentile_ms (turns, 1), long_turns, cpu / seconds, usage.ru_maxrss / 1024);
}

int
main (int argc, char **argv)
{
  const char *view = argc > 1 ? argv[1] : "packets";
  guint seconds = argc > 2 ? (guint)CLAMP (atoi (argv[2]), 1, 600) : 5;
  gboolean json = argc > 3 && strcmp (argv[3], "--json") == 0;
  PsWindow *window;
  gint64 began;
  double cpu;

  if (!ui_init ())
    return 1;
  turns = g_array_new (FALSE, FALSE, sizeof (gint64));
  work = g_array_new (FALSE, FALSE, sizeof (gint64));
  window = ui_window_new (1280, 760);
  ps_window_start_capture (window);
  if (!ui_wait (is_running, window, 20) || ps_window_get_message (window) != NULL)
    {
      fprintf (stderr, "The capture did not start: %s\n", ps_window_get_message (window));
      return 1;
    }
  ps_window_show_view (window, view);
  ui_wait_ms (1000); /* what happens once is not what is measured */

  g_main_context_set_poll_func (NULL, timed_poll);
  began = g_get_monotonic_time ();
  cpu = cpu_seconds ();
  ui_wait_ms (seconds * 1000);
  report (window, view, (double)(g_get_monotonic_time () - began) / G_USEC_PER_SEC + 1,
          cpu_seconds () - cpu, json);
  return 0;
}
