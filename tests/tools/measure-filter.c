/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measure-filter [--each] FILE FILTER...: opens a file and asks each filter of all its
 * packets at once, or with --each of one packet after the other. Prints a JSON
 * line a filter: how many pass and the processor time it took, the best of three, in ms.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "analysis/ps-filter.h"
#include "session/ps-capture-file.h"

static gint64
now_ns (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * G_GINT64_CONSTANT (1000000000) + time.tv_nsec;
}

static guint64
count_bits (const guint64 *bits, guint64 n)
{
  guint64 sum = 0;

  for (guint64 i = 0; i < (n + 63) / 64; i++)
    sum += (guint64)__builtin_popcountll (bits[i]);
  return sum;
}

static guint64
ask_all (PsFilter *filter, PsSession *session, guint64 *bits)
{
  guint64 n = ps_session_get_n_packets (session);

  ps_filter_select (filter, session, ps_session_get_first_packet (session), n, bits);
  return count_bits (bits, n);
}

static guint64
ask_each (PsFilter *filter, PsSession *session)
{
  guint64 first = ps_session_get_first_packet (session), n = ps_session_get_n_packets (session);
  guint64 sum = 0;
  PsPacket packet;

  for (guint64 number = first; number < first + n; number++)
    if (ps_session_get_packet (session, number, &packet))
      sum += (guint64)ps_filter_matches (filter, session, &packet);
  return sum;
}

static gboolean
measure (const char *text, PsSession *session, guint64 *bits, gboolean each)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PsFilter) filter = ps_filter_parse (text, NULL, &error);
  g_autofree char *escaped = g_strescape (text, NULL);
  gint64 best = G_MAXINT64;
  guint64 passed = 0;

  if (!filter)
    {
      g_printerr ("measure-filter: %s\n", error->message);
      return FALSE;
    }
  for (guint round = 0; round < 3; round++)
    {
      gint64 start = now_ns ();

      passed = each ? ask_each (filter, session) : ask_all (filter, session, bits);
      best = MIN (best, now_ns () - start);
    }
  printf ("{\"filter\":\"%s\",\"passed\":%" G_GUINT64_FORMAT ",\"cpu_ms\":%.2f}\n", escaped, passed,
          (double)best / 1e6);
  return TRUE;
}

int
main (int argc, char **argv)
{
  gboolean each = argc > 1 && strcmp (argv[1], "--each") == 0;
  int at = each ? 2 : 1;
  g_autoptr (PsSession) session = ps_session_new (0);
  g_autoptr (GError) error = NULL;
  g_autofree guint64 *bits = NULL;

  if (argc < at + 2)
    {
      g_printerr ("measure-filter: name one file and filters\n");
      return 2;
    }
  if (!ps_capture_file_load (argv[at], session, NULL, &error))
    {
      g_printerr ("measure-filter: %s\n", error->message);
      return 1;
    }
  bits = g_new0 (guint64, ps_session_get_n_packets (session) / 64 + 1);
  for (at++; at < argc; at++)
    if (!measure (argv[at], session, bits, each))
      return 1;
  return 0;
}
