/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The depth `functions` by itself, as a bench wants it: prints "ready SECONDS
 * MECHANISM FUNCTIONS", traces and drains until its standard input ends, then
 * prints "trees N calls N lost N stop SECONDS". A line on its input is answered
 * with "calls N lost N" so far.
 *
 *   engine-tracer [MECHANISM|auto] [SAMPLE] [DRAIN_MS]
 */
#include "helper/functions.h"

#include <glib.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DRAIN_MS 50 /* as the helper does */

static void
ignore (const struct ps_raw_header *record, gpointer user_data)
{
}

static double
seconds_since (gint64 began)
{
  return (double)(g_get_monotonic_time () - began) / G_USEC_PER_SEC;
}

/* Slow mechanisms attach to some functions at every tick, until there is none left. */
static void
attach_rest (PsFunctions *functions)
{
  guint done = G_MAXUINT, before;

  do
    {
      before = done;
      ps_functions_tick (functions, ignore, NULL);
      done = ps_functions_get_n_attached (functions) + ps_functions_get_left_out (functions)->len;
    }
  while (done != before);
}

static guint64
count_lost (const PsFunctionsTotals *totals)
{
  return totals->lost_ring + totals->lost_context + totals->lost_depth + totals->lost_return +
         totals->lost_recursion + totals->lost_busy;
}

static void
drain (PsFunctions *functions)
{
  while (ps_functions_drain (functions, ignore, NULL) > 0)
    ;
}

/* FALSE at the end of the input. */
static gboolean
answer (PsFunctions *functions)
{
  PsFunctionsTotals totals;
  char line[64];

  if (read (STDIN_FILENO, line, sizeof line) <= 0)
    return FALSE;
  drain (functions);
  ps_functions_get_totals (functions, &totals);
  printf ("calls %" G_GUINT64_FORMAT " lost %" G_GUINT64_FORMAT "\n", totals.calls,
          count_lost (&totals));
  fflush (stdout);
  return TRUE;
}

int
main (int argc, char *argv[])
{
  PsFunctionsOptions options = { 0 };
  g_autoptr (PsFunctions) functions = NULL;
  g_autoptr (GError) error = NULL;
  struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
  PsFunctionsTotals totals;
  int drain_ms = argc > 3 ? (int)g_ascii_strtoll (argv[3], NULL, 10) : DRAIN_MS;
  gint64 began = g_get_monotonic_time ();

  if (argc > 1 && strcmp (argv[1], "auto") != 0)
    options.mechanism = argv[1];
  if (argc > 2)
    {
      options.sample = (guint)g_ascii_strtoull (argv[2], NULL, 10);
      options.only_wanted = options.sample > 1;
    }
  functions = ps_functions_new (&options, NULL, &error);
  if (!functions)
    {
      fprintf (stderr, "%s\n", error->message);
      return 77;
    }
  attach_rest (functions);
  printf ("ready %.3f %s %u\n", seconds_since (began), ps_functions_get_mechanism (functions),
          ps_functions_get_n_attached (functions));
  fflush (stdout);
  for (;;)
    {
      int waiting = poll (&input, 1, drain_ms);

      drain (functions);
      if (waiting > 0 && !answer (functions))
        break;
    }
  began = g_get_monotonic_time ();
  ps_functions_get_totals (functions, &totals);
  ps_functions_detach (functions);
  printf ("trees %" G_GUINT64_FORMAT " calls %" G_GUINT64_FORMAT " lost %" G_GUINT64_FORMAT
          " stop %.3f\n",
          totals.trees, totals.calls, count_lost (&totals), seconds_since (began));
  return 0;
}
