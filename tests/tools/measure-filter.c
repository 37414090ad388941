/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measure-filter [--each] FILE FILTER...: opens a file and asks each filter of
 * all its packets at once, or with --each of one packet after the other. Prints
 * a JSON line a filter: how many pass, and in ms the wall-clock time of the
 * first of three rounds (which makes what the next ones find made) and the
 * least wall-clock and processor time. measure-filter --fields FILE does it for
 * each field there is.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "analysis/ps-filter-private.h"
#include "session/ps-capture-file.h"

static gint64
now_ns (clockid_t clock)
{
  struct timespec time;

  clock_gettime (clock, &time);
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
  gint64 first = 0, first_cpu = 0, best = G_MAXINT64, best_cpu = G_MAXINT64;
  guint64 passed = 0;

  if (!filter)
    {
      g_printerr ("measure-filter: %s\n", error->message);
      return FALSE;
    }
  for (guint round = 0; round < 3; round++)
    {
      gint64 start = now_ns (CLOCK_MONOTONIC), cpu = now_ns (CLOCK_PROCESS_CPUTIME_ID), took;

      passed = each ? ask_each (filter, session) : ask_all (filter, session, bits);
      took = now_ns (CLOCK_MONOTONIC) - start;
      cpu = now_ns (CLOCK_PROCESS_CPUTIME_ID) - cpu;
      best_cpu = MIN (best_cpu, cpu);
      if (round == 0)
        {
          first = took;
          first_cpu = cpu;
        }
      best = MIN (best, took);
    }
  printf ("{\"filter\":\"%s\",\"passed\":%" G_GUINT64_FORMAT
          ",\"first_ms\":%.2f,\"first_cpu_ms\":%.2f,\"wall_ms\":%.2f,\"cpu_ms\":%.2f}\n",
          escaped, passed, (double)first / 1e6, (double)first_cpu / 1e6, (double)best / 1e6,
          (double)best_cpu / 1e6);
  return TRUE;
}

/* A test that a field of this type stands, and whose answer takes its value. */
static char *
typical_test (const PsFilterOperand *operand)
{
  if (strcmp (operand->name, "stage.latency") == 0)
    return g_strdup ("stage.latency(link,transport) > 1us");
  switch (operand->type)
    {
    case PS_VALUE_UNSIGNED:
      return g_strdup_printf ("%s > 1", operand->name);
    case PS_VALUE_BOOLEAN:
      return g_strdup_printf ("%s == 1", operand->name);
    case PS_VALUE_NAMED:
      return g_strdup_printf ("%s == %s", operand->name, operand->own->names[1]);
    case PS_VALUE_REAL:
    case PS_VALUE_TIME:
      return g_strdup_printf ("%s > 0.00001", operand->name);
    case PS_VALUE_IPV4:
      return g_strdup_printf ("%s == 10.0.0.0/9", operand->name);
    case PS_VALUE_IPV6:
      return g_strdup_printf ("%s == 2001:db8::/33", operand->name);
    case PS_VALUE_ETHER:
      return g_strdup_printf ("%s == 02:00:00:00:00:01", operand->name);
    case PS_VALUE_STRING:
      return g_strdup_printf ("%s contains \"e\"", operand->name);
    case PS_VALUE_BYTES:
      return g_strdup_printf ("%s contains 01", operand->name);
    case PS_VALUE_NONE:
    default:
      return g_strdup (operand->name);
    }
}

static gboolean
measure_fields (PsSession *session, guint64 *bits)
{
  for (const char *const *names = ps_filter_field_names (); *names != NULL; names++)
    {
      g_autofree char *text = NULL;
      PsFilterOperand operand;

      ps_filter_find_field (*names, &operand);
      text = typical_test (&operand);
      if (!measure (text, session, bits, FALSE))
        return FALSE;
    }
  return TRUE;
}

int
main (int argc, char **argv)
{
  gboolean each = argc > 1 && strcmp (argv[1], "--each") == 0;
  gboolean fields = argc > 1 && strcmp (argv[1], "--fields") == 0;
  int at = each || fields ? 2 : 1;
  g_autoptr (PsSession) session = ps_session_new (0);
  g_autoptr (GError) error = NULL;
  g_autofree guint64 *bits = NULL;

  if (argc < at + (fields ? 1 : 2))
    {
      g_printerr ("measure-filter: name one file, and filters or before it --fields\n");
      return 2;
    }
  if (!ps_capture_file_load (argv[at], session, NULL, &error))
    {
      g_printerr ("measure-filter: %s\n", error->message);
      return 1;
    }
  bits = g_new0 (guint64, ps_session_get_n_packets (session) / 64 + 1);
  if (fields)
    return measure_fields (session, bits) ? 0 : 1;
  for (at++; at < argc; at++)
    if (!measure (argv[at], session, bits, each))
      return 1;
  return 0;
}
