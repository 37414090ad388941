/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long packets took from stage to stage, as a map of heat: a row a pair of
 * stages, a column half an octave of time, the darker the more of the pair's
 * packets took that long.
 */
#include "config.h"

#include "pscope/stack.h"

#include "analysis/ps-journey.h"
#include "pscope/format.h"

#include <glib/gi18n.h>

/* Latency buckets that share a column; there are four to an octave. */
#define BUCKETS_A_COLUMN 2u
#define COLUMNS (PS_LATENCY_BUCKETS / BUCKETS_A_COLUMN)

static guint64
column_of (const PsLatency *latency, guint column)
{
  guint64 sum = 0;

  for (guint i = 0; i < BUCKETS_A_COLUMN; i++)
    sum += latency->buckets[column * BUCKETS_A_COLUMN + i];
  return sum;
}

/* FALSE if no pair has a sample. */
static gboolean
find_range (const GArray *latencies, guint *ret_first, guint *ret_last)
{
  gboolean found = FALSE;

  for (guint i = 0; i < latencies->len; i++)
    for (guint column = 0; column < COLUMNS; column++)
      if (column_of (&g_array_index (latencies, PsLatency, i), column) > 0)
        {
          *ret_first = found ? MIN (*ret_first, column) : column;
          *ret_last = found ? MAX (*ret_last, column) : column;
          found = TRUE;
        }
  return found;
}

static char *
format_pair (const PsTerminal *terminal, const PsLatency *latency)
{
  return g_strconcat (latency->from & PS_STAGE_SEND ? _ ("send ") : "",
                      ps_stage_name (latency->from & PS_STAGE_MASK),
                      ps_glyph (terminal, " → ", " > "),
                      ps_stage_name (latency->to & PS_STAGE_MASK), NULL);
}

/* None, then four shades by the share of what the fullest column of the row has. */
static const char *
shade_of (const PsTerminal *terminal, guint64 count, guint64 most)
{
  static const char *const shades[] = { "░", "▒", "▓", "█" };
  static const char *const letters[] = { ".", ":", "*", "#" };
  guint shade = count > 0 ? (guint)MIN (4 * count / most, 3) : 0;

  if (count == 0)
    return " ";
  return ps_glyph (terminal, shades[shade], letters[shade]);
}

static void
append_row (const PsTerminal *terminal,
            GString *out,
            const PsLatency *latency,
            guint first,
            guint last,
            int width)
{
  g_autofree char *pair = format_pair (terminal, latency);
  g_autoptr (GString) cells = g_string_new (NULL);
  guint64 most = 1;

  for (guint column = first; column <= last; column++)
    most = MAX (most, column_of (latency, column));
  for (guint column = first; column <= last; column++)
    g_string_append (cells, shade_of (terminal, column_of (latency, column), most));
  g_string_append_printf (out, "  %s%*s  ", pair, width - ps_text_width (pair), "");
  ps_terminal_append (terminal, out, PS_STYLE_LAYER + ps_stage_layer (latency->to & PS_STAGE_MASK),
                      cells->str);
  g_string_append_c (out, '\n');
}

/* "1 µs", "10 µs" … where such latencies are. */
static void
append_scale (const PsTerminal *terminal, GString *out, guint first, guint last, int width)
{
  g_autoptr (GString) scale = g_string_new (NULL);
  int at = 0;

  for (guint64 ns = 1; ns < G_GUINT64_CONSTANT (1000000000000); ns *= 10)
    {
      guint column = ps_latency_bucket (ns) / BUCKETS_A_COLUMN;
      g_autofree char *label = ps_format_duration ((gint64)ns, terminal->utf8);
      int place = (int)column - (int)first;

      if (column < first || column > last || place < at)
        continue;
      g_string_append_printf (scale, "%*s%s", place - at, "", label);
      at = place + ps_text_width (label) + 1;
      g_string_append_c (scale, ' ');
    }
  g_string_append_printf (out, "  %*s  ", width, "");
  ps_terminal_append (terminal, out, PS_STYLE_DIM, g_strchomp (scale->str));
  g_string_append_c (out, '\n');
}

void
ps_stack_print_heat (const PsTerminal *terminal, const GArray *latencies)
{
  g_autoptr (GString) out = g_string_new (NULL);
  guint first, last;
  int width = 0;

  if (!find_range (latencies, &first, &last))
    return;
  for (guint i = 0; i < latencies->len; i++)
    {
      g_autofree char *pair = format_pair (terminal, &g_array_index (latencies, PsLatency, i));

      width = MAX (width, ps_text_width (pair));
    }
  ps_terminal_append_heading (terminal, out, _ ("How long it took, and how often"),
                              _ ("the darker, the more of a row's packets"));
  append_scale (terminal, out, first, last, width);
  for (guint i = 0; i < latencies->len; i++)
    append_row (terminal, out, &g_array_index (latencies, PsLatency, i), first, last, width);
  ps_terminal_print (terminal, out);
}
