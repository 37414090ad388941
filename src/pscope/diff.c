/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/command.h"

#include "analysis/ps-diff.h"
#include "pscope/format.h"
#include "pscope/json.h"
#include "pscope/load.h"
#include "pscope/selection.h"
#include "pscope/table.h"

#include <glib/gi18n.h>
#include <stdio.h>

/* Differences that may be chance are listed no further than this. */
#define DOUBTFUL_MAX 10u

static void
add_probability (PsJson *json, const char *key, double value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  if (value < 0)
    ps_json_null (json, key);
  else
    ps_json_raw (json, key, g_ascii_formatd (number, sizeof number, "%.6g", value));
}

static void
add_example (PsJson *json, const char *key, guint64 number)
{
  if (number != 0)
    ps_json_uint (json, key, number);
  else
    ps_json_null (json, key);
}

static void
print_row_json (PsJson *json, const PsDiffRow *row)
{
  ps_json_begin_object (json, NULL);
  ps_json_string (json, "kind", "path");
  ps_json_string (json, "change", ps_change_name (row->change));
  ps_json_bool (json, "significant", row->significant);
  ps_json_string (json, "path", row->title);
  ps_json_string (json, "sentence", row->sentence);
  ps_json_uint (json, "packets_a", row->packets_a);
  ps_json_uint (json, "packets_b", row->packets_b);
  add_probability (json, "share_a", row->share_a);
  add_probability (json, "share_b", row->share_b);
  add_probability (json, "share_p", row->share_p);
  ps_json_known (json, "p50_a_ns", row->p50_a_ns);
  ps_json_known (json, "p50_b_ns", row->p50_b_ns);
  ps_json_known (json, "p99_a_ns", row->p99_a_ns);
  ps_json_known (json, "p99_b_ns", row->p99_b_ns);
  add_probability (json, "latency_p", row->latency_p);
  add_probability (json, "slower_chance", row->slower_chance);
  add_example (json, "example_a", row->example_a);
  add_example (json, "example_b", row->example_b);
  ps_json_end_object (json);
  ps_json_print (json);
}

static void
print_json (const PsDiff *diff)
{
  PsJson json;

  ps_json_init (&json);
  ps_json_begin_object (&json, NULL);
  ps_json_string (&json, "kind", "diff");
  ps_json_uint (&json, "packets_a", diff->n_packets_a);
  ps_json_uint (&json, "packets_b", diff->n_packets_b);
  ps_json_uint (&json, "without_path_a", diff->n_without_path_a);
  ps_json_uint (&json, "without_path_b", diff->n_without_path_b);
  ps_json_uint (&json, "tests", diff->n_tests);
  ps_json_end_object (&json);
  ps_json_print (&json);
  for (guint i = 0; i < diff->rows->len && !ferror (stdout); i++)
    print_row_json (&json, g_ptr_array_index (diff->rows, i));
  ps_json_clear (&json);
}

static PsStyle
row_style (const PsDiffRow *row)
{
  if (!row->significant)
    return PS_STYLE_DIM;
  if (row->change == PS_CHANGE_SLOWER)
    return PS_STYLE_BAD;
  return row->change == PS_CHANGE_FASTER ? PS_STYLE_GOOD : PS_STYLE_BOLD;
}

static void
append_row (const PsTerminal *terminal, GString *out, const PsDiffRow *row)
{
  g_autofree char *a = ps_format_count (row->packets_a);
  g_autofree char *b = ps_format_count (row->packets_b);
  g_autofree char *counts = g_strdup_printf (_ ("Packets of A: %s, of B: %s"), a, b);

  g_string_append_c (out, '\n');
  ps_terminal_append_wrapped (terminal, out, row_style (row), row->sentence, 0);
  ps_terminal_append_wrapped (terminal, out, PS_STYLE_PLAIN, row->title, 2);
  ps_terminal_append_wrapped (terminal, out, PS_STYLE_DIM, counts, 2);
}

static void
append_count (const PsTerminal *terminal, GString *out, guint n, const char *one, const char *many)
{
  GString *line = g_string_new (g_dngettext (NULL, one, many, n));
  g_autofree char *number = g_strdup_printf ("%u", n);

  g_string_replace (line, "%u", number, 1);
  g_string_append_c (out, '\n');
  ps_terminal_append_wrapped (terminal, out, PS_STYLE_DIM, line->str, 0);
  g_string_free (line, TRUE);
}

static void
print_text (const PsDiff *diff, const PsTerminal *terminal)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *a = ps_format_count (diff->n_packets_a);
  g_autofree char *b = ps_format_count (diff->n_packets_b);
  g_autofree char *head = g_strdup_printf (
      _ ("A: %s packets; B: %s packets. Made at once are %u tests, so that a difference counts "
         "as one from p below 0.05 divided by that (Bonferroni)."),
      a, b, diff->n_tests);
  guint n_same = 0, n_doubtful = 0;

  ps_terminal_append_wrapped (terminal, out, PS_STYLE_BOLD, head, 0);
  for (guint i = 0; i < diff->rows->len; i++)
    {
      const PsDiffRow *row = g_ptr_array_index (diff->rows, i);

      if (row->change == PS_CHANGE_NONE)
        n_same++;
      else if (row->significant || n_doubtful++ < DOUBTFUL_MAX)
        append_row (terminal, out, row);
    }
  if (n_doubtful > DOUBTFUL_MAX)
    append_count (terminal, out, n_doubtful - DOUBTFUL_MAX,
                  N_ ("%u more path was taken by one side only, too seldom to tell."),
                  N_ ("%u more paths were taken by one side only, too seldom to tell."));
  if (n_same > 0)
    append_count (terminal, out, n_same,
                  N_ ("%u path shows no difference that could not be chance."),
                  N_ ("%u paths show no difference that could not be chance."));
  ps_terminal_print (terminal, out);
  if (diff->rows->len == 0)
    fprintf (stderr, "pscope: %s\n", _ ("There are no call paths to compare."));
}

/* Two recordings, or one and two filters. */
static gboolean
check_sides (int argc, const char *against, GError **error)
{
  if (argc == 2 && against == NULL)
    {
      ps_set_usage_error (error, _ ("Name two recordings, or one with --filter A --against B."));
      return FALSE;
    }
  if (argc == 3 && against != NULL)
    {
      ps_set_usage_error (error, _ ("--against takes the place of the second recording; leave one "
                                    "of them out."));
      return FALSE;
    }
  return TRUE;
}

static PsPathTable *
select_side (PsSession *session, PsFilter *filter)
{
  return ps_path_table_new (session, filter != NULL ? ps_packet_matches_filter : NULL, filter);
}

int
ps_command_diff (int argc, char **argv)
{
  g_autofree char *filter_text = NULL;
  g_autofree char *against_text = NULL;
  g_autofree char *color = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "filter", 'f', 0, G_OPTION_ARG_STRING, &filter_text,
      N_ ("Only packets for which this display filter holds; with --against, side A"),
      N_ ("EXPR") },
    { "against", 0, 0, G_OPTION_ARG_STRING, &against_text,
      N_ ("Side B: the packets of the same recording for which this holds"), N_ ("EXPR") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("One JSON object a line, for scripts"), NULL },
    { "color", 0, 0, G_OPTION_ARG_STRING, &color, N_ ("auto, always or never"), N_ ("WHEN") },
    { NULL },
  };
  g_autoptr (PsSession) session_a = NULL;
  g_autoptr (PsSession) session_b = NULL;
  g_autoptr (PsFilter) filter = NULL;
  g_autoptr (PsFilter) against = NULL;
  g_autoptr (PsPathTable) a = NULL;
  g_autoptr (PsPathTable) b = NULL;
  g_autoptr (PsDiff) diff = NULL;
  PsTerminal terminal;
  GError *error = NULL;

  if (!ps_command_parse (entries, &argc, &argv, 1, 2, &error) ||
      !ps_terminal_init (&terminal, color, &error) || !check_sides (argc, against_text, &error) ||
      !ps_command_read_filter (filter_text, &filter, &error) ||
      !ps_command_read_filter (against_text, &against, &error))
    return ps_command_fail (error);
  session_a = ps_command_load (argv[1], &error);
  if (session_a == NULL)
    return ps_command_fail (error);
  session_b = argc == 3 ? ps_command_load (argv[2], &error) : g_object_ref (session_a);
  if (session_b == NULL)
    return ps_command_fail (error);

  a = select_side (session_a, filter);
  b = select_side (session_b, argc == 3 ? filter : against);
  diff = ps_diff_new (a, b);
  if (json)
    print_json (diff);
  else
    print_text (diff, &terminal);
  return ps_command_finish ();
}
