/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/command.h"

#include "analysis/ps-path-table.h"
#include "analysis/ps-stack-statistics.h"
#include "pscope/format.h"
#include "pscope/json.h"
#include "analysis/ps-filter-cursor.h"
#include "pscope/load.h"
#include "pscope/selection.h"
#include "pscope/table.h"

#include <glib/gi18n.h>
#include <math.h>
#include <stdio.h>

/* When packets took a path, and how long they were under way, first stage to last. */
typedef struct {
  gint64 first_seen_ns; /* epoch */
  gint64 last_seen_ns;
  guint64 n_references; /* that were seen; a packet may have several */
  guint64 count;
  gint64 max_ns;
  guint64 buckets[PS_LATENCY_BUCKETS];
} Latency;

static Latency *
latency_new (const PsPacket *packet)
{
  Latency *latency = g_new0 (Latency, 1);

  latency->first_seen_ns = latency->last_seen_ns = packet->time_ns;
  latency->max_ns = -1;
  return latency;
}

static void
latency_add (Latency *latency, const PsPacket *packet)
{
  gint64 duration = ps_packet_get_latency (packet);

  latency->n_references++;
  latency->first_seen_ns = MIN (latency->first_seen_ns, packet->time_ns);
  latency->last_seen_ns = MAX (latency->last_seen_ns, packet->time_ns);
  if (duration < 0)
    return;
  latency->count++;
  latency->max_ns = MAX (latency->max_ns, duration);
  latency->buckets[MIN (ps_latency_bucket ((guint64)duration), PS_LATENCY_BUCKETS - 1)]++;
}

static GHashTable *
measure_paths (PsSession *session, PsFilter *filter, guint64 *ret_n_packets)
{
  GHashTable *latencies = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  PsFilterCursor cursor;
  PsPacket packet;
  guint64 number;

  *ret_n_packets = 0;
  ps_filter_cursor_init (&cursor, filter, session, 1);
  while ((number = ps_filter_cursor_next (&cursor)) != 0)
    {
      if (!ps_session_get_packet (session, number, &packet))
        continue;
      ++*ret_n_packets;
      for (guint nth = 0; nth < packet.n_paths; nth++)
        {
          gpointer key = GUINT_TO_POINTER (packet.paths[nth].path);
          Latency *latency;

          if (packet.paths[nth].flags & PS_PATH_REFERENCE_INFERRED)
            continue;
          latency = g_hash_table_lookup (latencies, key);
          if (latency == NULL)
            g_hash_table_insert (latencies, key, latency = latency_new (&packet));
          latency_add (latency, &packet);
        }
    }
  return latencies;
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  const PsPath *path_a = a;
  const PsPath *path_b = b;

  return path_a->n_packets < path_b->n_packets ? 1 : path_a->n_packets > path_b->n_packets ? -1 : 0;
}

/* With a filter only the paths of packets that passed, and only those packets count. */
static GArray *
list_paths (PsSession *session, PsFilter *filter, GHashTable *latencies)
{
  GArray *paths = g_array_new (FALSE, FALSE, sizeof (PsPath));
  PsPath path;

  for (guint32 i = 0; i < ps_session_get_n_paths (session); i++)
    {
      const Latency *latency;

      if (!ps_session_get_nth_path (session, i, &path))
        continue;
      latency = g_hash_table_lookup (latencies, GUINT_TO_POINTER (path.id));
      path.n_packets = latency != NULL ? latency->n_references : 0;
      if (filter == NULL || path.n_packets > 0)
        g_array_append_val (paths, path);
    }
  g_array_sort (paths, compare_paths);
  return paths;
}

static const char *
function_name (PsSession *session, const PsPath *path, guint nth)
{
  const PsSymbol *symbol = ps_session_get_symbol (session, path->frames[nth].symbol);

  return symbol != NULL ? symbol->name : "?";
}

static gint64
percentile (const Latency *latency, double fraction)
{
  return latency != NULL ? ps_latency_percentile_below (latency->buckets, fraction, latency->max_ns)
                         : -1;
}

/* Of a thousand packets so many were seen on this path. */
static double
per_mille (guint64 n, const PsPath *path)
{
  return n > 0 ? 1000.0 * (double)path->n_packets / (double)n : 0;
}

static gboolean
is_rare (guint64 n, const PsPath *path)
{
  return path->n_packets > 0 && -log2 ((double)path->n_packets / (double)n) >= PS_PATH_RARE_BITS;
}

static void
print_json (PsSession *session, guint64 n, const GArray *paths, GHashTable *latencies)
{
  PsJson json;

  ps_json_init (&json);
  for (guint i = 0; i < paths->len && !ferror (stdout); i++)
    {
      const PsPath *path = &g_array_index (paths, PsPath, i);
      const Latency *latency = g_hash_table_lookup (latencies, GUINT_TO_POINTER (path->id));

      ps_json_begin_object (&json, NULL);
      ps_json_string (&json, "kind", "path");
      ps_json_uint (&json, "id", path->id);
      ps_json_uint (&json, "packets", path->n_packets);
      ps_json_double (&json, "per_mille", per_mille (n, path));
      ps_json_bool (&json, "rare", is_rare (n, path));
      ps_json_known (&json, "first_seen_ns", latency != NULL ? latency->first_seen_ns : -1);
      ps_json_known (&json, "last_seen_ns", latency != NULL ? latency->last_seen_ns : -1);
      ps_json_known (&json, "p50_ns", percentile (latency, 0.50));
      ps_json_known (&json, "p95_ns", percentile (latency, 0.95));
      ps_json_known (&json, "p99_ns", percentile (latency, 0.99));
      ps_json_known (&json, "max_ns", latency != NULL ? latency->max_ns : -1);
      ps_json_begin_array (&json, "functions");
      for (guint nth = 0; nth < path->n_frames; nth++)
        ps_json_string (&json, NULL, function_name (session, path, nth));
      ps_json_end_array (&json);
      ps_json_end_object (&json);
      ps_json_print (&json);
    }
  ps_json_clear (&json);
}

/* The innermost functions tell paths apart; the outermost are much the same. */
static char *
format_functions (PsSession *session, const PsPath *path, const PsTerminal *terminal)
{
  GString *text = g_string_new (NULL);

  for (guint nth = path->n_frames; nth-- > 0;)
    {
      g_string_append (text, function_name (session, path, nth));
      if (nth > 0)
        g_string_append (text, ps_glyph (terminal, " ← ", " < "));
    }
  return g_string_free (text, FALSE);
}

static char *
format_share (guint64 n, const PsPath *path)
{
  double percent = per_mille (n, path) / 10;

  return is_rare (n, path) ? g_strdup_printf (_ ("rare, %.3f %%"), percent)
                           : g_strdup_printf ("%.1f %%", percent);
}

/* Seconds since the first packet, as in the list of packets. */
static char *
format_when (PsSession *session, gint64 time_ns)
{
  PsPacket first;

  if (time_ns < 0 ||
      !ps_session_get_packet (session, ps_session_get_first_packet (session), &first))
    return NULL;
  return g_strdup_printf ("%.6f", (double)(time_ns - first.time_ns) / 1e9);
}

static void
print_text (PsSession *session,
            guint64 n,
            const GArray *paths,
            GHashTable *latencies,
            const PsTerminal *terminal)
{
  const PsColumn columns[] = {
    { _ ("Path"), TRUE, 0, 0, 0, NULL },
    { _ ("Packets"), TRUE, 0, 0, 0, NULL },
    { _ ("Share"), TRUE, 0, 0, 3, NULL },
    { _ ("p50"), TRUE, 0, 0, 1, NULL },
    { _ ("p99"), TRUE, 0, 0, 2, NULL },
    { _ ("First seen"), TRUE, 0, 0, 4, NULL },
    { _ ("Last seen"), TRUE, 0, 0, 5, NULL },
    { _ ("Calls"), TRUE, 0, 0, 6, NULL },
    { _ ("Functions, innermost first"), FALSE, 0, 24, 0, NULL },
  };
  PsTable *table = ps_table_new (terminal, columns, G_N_ELEMENTS (columns), 500);

  for (guint i = 0; i < paths->len && !ferror (stdout); i++)
    {
      const PsPath *path = &g_array_index (paths, PsPath, i);
      const Latency *latency = g_hash_table_lookup (latencies, GUINT_TO_POINTER (path->id));
      g_autofree char *id = g_strdup_printf ("%u", path->id);
      g_autofree char *packets = ps_format_count (path->n_packets);
      g_autofree char *p50 = ps_format_duration (percentile (latency, 0.50), terminal->utf8);
      g_autofree char *p99 = ps_format_duration (percentile (latency, 0.99), terminal->utf8);
      g_autofree char *share = format_share (n, path);
      g_autofree char *first = format_when (session, latency ? latency->first_seen_ns : -1);
      g_autofree char *last = format_when (session, latency ? latency->last_seen_ns : -1);
      g_autofree char *calls = g_strdup_printf ("%u", path->n_frames);
      g_autofree char *functions = format_functions (session, path, terminal);
      const PsCell cells[] = {
        { id, PS_STYLE_DIM },
        { packets, PS_STYLE_BOLD },
        { share, is_rare (n, path) ? PS_STYLE_BOLD : PS_STYLE_PLAIN },
        { p50, PS_STYLE_PLAIN },
        { p99, PS_STYLE_PLAIN },
        { first, PS_STYLE_DIM },
        { last, PS_STYLE_DIM },
        { calls, PS_STYLE_PLAIN },
        { functions, PS_STYLE_PLAIN },
      };

      ps_table_add (table, cells);
    }
  ps_table_finish (table);
}

int
ps_command_paths (int argc, char **argv)
{
  g_autofree char *color = NULL;
  g_autofree char *filter_text = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "filter", 'f', 0, G_OPTION_ARG_STRING, &filter_text,
      N_ ("Only packets for which this display filter holds"), N_ ("EXPR") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("One JSON object a line, for scripts"), NULL },
    { "color", 0, 0, G_OPTION_ARG_STRING, &color, N_ ("auto, always or never"), N_ ("WHEN") },
    { NULL },
  };
  g_autoptr (PsSession) session = NULL;
  g_autoptr (PsFilter) filter = NULL;
  g_autoptr (GHashTable) latencies = NULL;
  g_autoptr (GArray) paths = NULL;
  PsTerminal terminal;
  guint64 n = 0;
  GError *error = NULL;

  if (!ps_command_parse (entries, &argc, &argv, 1, 1, &error) ||
      !ps_terminal_init (&terminal, color, &error) ||
      !ps_command_read_filter (filter_text, &filter, &error))
    return ps_command_fail (error);
  session = ps_command_load (argv[1], &error);
  if (session == NULL)
    return ps_command_fail (error);

  latencies = measure_paths (session, filter, &n);
  paths = list_paths (session, filter, latencies);
  if (json)
    print_json (session, n, paths, latencies);
  else if (paths->len > 0)
    print_text (session, n, paths, latencies, &terminal);
  else
    fprintf (stderr, "pscope: %s\n",
             filter != NULL ? _ ("No packet that matches the filter has a call path.")
                            : _ ("There are no call paths in this file."));
  return ps_command_finish ();
}
