/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A report in one file that needs nothing else: no script, no font, no address.
 * Its policy forbids a browser to fetch anything, whatever was in the packets.
 */
#include "config.h"

#include "analysis/export/ps-export-charts.h"

#include <glib/gi18n-lib.h>

#include "analysis/ps-conversations.h"
#include "analysis/ps-duration.h"
#include "analysis/ps-journey-stages.h"
#include "analysis/ps-path-titles.h"
#include "analysis/ps-protocol-matrix.h"

#define ROWS_MAX 30u

static const char head[] =
    "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n<style>\n"
    "body{font:15px/1.45 system-ui,sans-serif;color:#241f31;background:#fff;max-width:1240px;"
    "margin:2em auto;padding:0 1em}\nh1{font-size:1.6em}h2{font-size:1.2em;margin-top:2em}\n"
    "table{border-collapse:collapse;margin:.6em 0}th,td{padding:.25em .8em;text-align:left;"
    "border-bottom:1px solid #deddda;vertical-align:top}th{font-weight:600}\n"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    "svg{max-width:100%;height:auto}.note{color:#5e5c64}.bad{color:#a51d2d}\n"
    "@media(prefers-color-scheme:dark){body{color:#fff;background:#242424}th,td{border-color:"
    "#4a4a4f}.note{color:#c0bfbc}.bad{color:#ff7b63}}\n"
    "</style>\n<title>";

/* Cells of a row, until NULL; a leading "#" makes a number of one. */
static void
append_row (GString *text, const char *tag, ...)
{
  va_list cells;
  const char *cell;

  g_string_append (text, "<tr>");
  va_start (cells, tag);
  while ((cell = va_arg (cells, const char *)) != NULL)
    {
      g_string_append_printf (text, "<%s%s>", tag, *cell == '#' ? " class=\"n\"" : "");
      ps_export_append_xml (text, *cell == '#' ? cell + 1 : cell);
      g_string_append_printf (text, "</%s>", tag);
    }
  va_end (cells);
  g_string_append (text, "</tr>\n");
}

/* What strangers chose must not pass for a mark of ours. */
static char *
plain (const char *value)
{
  return value != NULL && *value == '#' ? g_strconcat ("\u200b", value, NULL) : g_strdup (value);
}

static void
append_heading (GString *text, const char *heading)
{
  g_string_append (text, "<h2>");
  ps_export_append_xml (text, heading);
  g_string_append (text, "</h2>\n");
}

static void
append_note (GString *text, const char *class, const char *note)
{
  g_string_append_printf (text, "<p class=\"%s\">", class);
  ps_export_append_xml (text, note);
  g_string_append (text, "</p>\n");
}

static char *
number (guint64 value)
{
  return g_strdup_printf ("#%" G_GUINT64_FORMAT, value);
}

static char *
duration (gint64 ns)
{
  g_autofree char *text = ps_duration_format (ns);

  return g_strconcat ("#", text, NULL);
}

static void
append_fact (GString *text, const char *name, const char *value)
{
  g_autofree char *shown = plain (value != NULL && *value != '\0' ? value : "n/a");

  append_row (text, "td", name, shown, NULL);
}

static void
append_summary (GString *text, const PsExportSource *source, const PsPathTable *table)
{
  g_autofree char *begin = ps_export_format_time (table->from_ns);
  g_autofree char *length =
      ps_duration_format (table->from_ns < 0 ? -1 : table->to_ns - table->from_ns);
  g_autofree char *packets = g_strdup_printf ("%" G_GUINT64_FORMAT, table->n_packets);
  g_autofree char *bytes = g_strdup_printf ("%" G_GUINT64_FORMAT, table->n_bytes);
  g_autofree char *drops = g_strdup_printf ("%" G_GUINT64_FORMAT, table->n_drops);
  g_autofree char *paths = g_strdup_printf ("%u", table->rows->len);
  const char *const *warnings = ps_session_get_warnings (source->session);

  g_string_append (text, "<table>\n");
  append_fact (text, _ ("Begin"), begin);
  append_fact (text, _ ("Length"), length);
  append_fact (text, _ ("Packets"), packets);
  append_fact (text, _ ("Bytes on the wire"), bytes);
  append_fact (text, _ ("Dropped"), drops);
  append_fact (text, _ ("Different paths"), paths);
  append_fact (text, _ ("Host"), ps_session_get_host (source->session));
  append_fact (text, _ ("Kernel"), ps_session_get_kernel (source->session));
  append_fact (text, _ ("Depth"), ps_session_get_depth (source->session));
  append_fact (text, _ ("Mechanism"), ps_session_get_mechanism (source->session));
  g_string_append (text, "</table>\n");
  for (guint i = 0; warnings != NULL && warnings[i] != NULL; i++)
    append_note (text, "bad", warnings[i]);
  for (guint i = 0; i < PS_N_LOSSES; i++)
    {
      guint64 lost = ps_session_get_loss (source->session, i);
      g_autofree char *note = g_strdup_printf (
          _ ("The tracer itself lost %" G_GUINT64_FORMAT " (%s); the network did not."), lost,
          ps_loss_name (i));

      if (lost > 0)
        append_note (text, "bad", note);
    }
}

/* Around a chart of that height. */
static void
begin_chart (GString *text, PsExportSvgCanvas *canvas, double height, const char *title)
{
  g_string_append_printf (text,
                          "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"ink\" width=\"%.0f\" "
                          "height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" "
                          "fill=\"#241f31\" role=\"img\">\n<title>",
                          PS_CHART_WIDTH, height, PS_CHART_WIDTH, height);
  ps_export_append_xml (text, title);
  g_string_append (text, "</title>\n");
  ps_export_svg_canvas_init (canvas, text);
}

static void
append_over_time (GString *text, const PsExportSource *source)
{
  PsExportSvgCanvas canvas;
  PsTimeline timeline;

  ps_timeline_init (&timeline, source);
  if (timeline.n_packets == 0)
    return;
  append_heading (text, _ ("Packets over time"));
  begin_chart (text, &canvas, ps_export_draw_timeline (NULL, 0, &timeline),
               _ ("Packets over time"));
  ps_export_draw_timeline (&canvas.parent, 0, &timeline);
  g_string_append (text, "</svg>\n");
}

static void
append_drops (GString *text, const PsStackStatistics *statistics)
{
  if (statistics->drops->len == 0)
    return;
  append_heading (text, _ ("Dropped packets"));
  g_string_append (text, "<table>\n");
  append_row (text, "th", _ ("#Packets"), _ ("Layer"), _ ("Function"), _ ("Reason"),
              _ ("What it means"), NULL);
  for (guint i = 0; i < MIN (statistics->drops->len, ROWS_MAX); i++)
    {
      const PsDrops *one = &g_array_index (statistics->drops, PsDrops, i);
      g_autofree char *count = number (one->drops);
      g_autofree char *reason =
          one->reason_name ? plain (one->reason_name) : g_strdup_printf ("%u", one->reason);
      g_autofree char *function = plain (one->function ? one->function : _ ("n/a"));
      const char *sentence = one->reason_name ? ps_drop_reason_sentence (one->reason_name) : NULL;

      append_row (text, "td", count, ps_layer_name (one->layer), function, reason,
                  sentence ? sentence : "", NULL);
    }
  g_string_append (text, "</table>\n");
}

static void
append_latencies (GString *text, const PsExportSource *source, const PsStackStatistics *statistics)
{
  g_autoptr (PsHeatMap) map = NULL;
  g_autofree char *note = NULL;
  PsExportSvgCanvas canvas;

  if (statistics->latencies->len == 0)
    return;
  append_heading (text, _ ("Latency between stages"));
  g_string_append (text, "<table>\n");
  append_row (text, "th", _ ("From"), _ ("To"), _ ("#Packets"), "#p50", "#p95", "#p99",
              _ ("#Longest"), NULL);
  for (guint i = 0; i < statistics->latencies->len; i++)
    {
      const PsLatency *one = &g_array_index (statistics->latencies, PsLatency, i);
      g_autofree char *from = g_strdup (ps_journey_stage_title (one->from));
      g_autofree char *count = number (one->count);
      g_autofree char *p50 = duration (one->p50_ns);
      g_autofree char *p95 = duration (one->p95_ns);
      g_autofree char *p99 = duration (one->p99_ns);
      g_autofree char *max = duration (one->max_ns);

      append_row (text, "td", from, ps_journey_stage_title (one->to), count, p50, p95, p99, max,
                  NULL);
    }
  g_string_append (text, "</table>\n");
  map = ps_export_make_heat_map (source, statistics, &note);
  if (map == NULL || map->count == 0)
    return;
  append_note (text, "note", note);
  begin_chart (text, &canvas, ps_export_draw_heat_map (NULL, 0, map), _ ("Latency over time"));
  ps_export_draw_heat_map (&canvas.parent, 0, map);
  g_string_append (text, "</svg>\n");
}

static void
append_paths (GString *text, PsPathTable *table)
{
  guint n = MIN (table->rows->len, ROWS_MAX);
  g_auto (GStrv) titles =
      ps_path_titles_dup (table, (const PsPathRow *const *)table->rows->pdata, n);

  if (n == 0)
    return;
  append_heading (text, _ ("Paths"));
  g_string_append (text, "<table>\n");
  append_row (text, "th", _ ("#Packets"), _ ("#Share"), "#p50", "#p99", _ ("Innermost functions"),
              _ ("Remarks"), NULL);
  for (guint i = 0; i < n; i++)
    {
      const PsPathRow *row = g_ptr_array_index (table->rows, i);
      g_autofree char *count = number (row->packets);
      g_autofree char *share = g_strdup_printf ("#%.2f %%", row->share * 100);
      g_autofree char *p50 = duration (row->latency.p50_ns);
      g_autofree char *p99 = duration (row->latency.p99_ns);
      g_autofree char *title = plain (titles[i]);

      append_row (text, "td", count, share, p50, p99, title,
                  row->inferred                      ? _ ("usual for its kind")
                  : row->rarity >= PS_PATH_RARE_BITS ? _ ("rare")
                                                     : "",
                  NULL);
    }
  g_string_append (text, "</table>\n");
}

static void
append_conversations (GString *text, const PsExportSource *source)
{
  g_autoptr (PsConversations) conversations =
      ps_conversations_new (source->session, source->predicate, source->user_data);

  if (conversations->rows->len == 0)
    return;
  append_heading (text, _ ("Conversations"));
  g_string_append (text, "<table>\n");
  append_row (text, "th", _ ("Protocol"), "A", "B", _ ("#Packets A→B"), _ ("#Packets B→A"),
              _ ("#Bytes A→B"), _ ("#Bytes B→A"), _ ("#Dropped"), NULL);
  for (guint i = 0; i < MIN (conversations->rows->len, ROWS_MAX); i++)
    {
      const PsConversation *one = g_ptr_array_index (conversations->rows, i);
      g_autofree char *a = g_strdup_printf (one->a_port ? "%s port %u" : "%s", one->a, one->a_port);
      g_autofree char *b = g_strdup_printf (one->b_port ? "%s port %u" : "%s", one->b, one->b_port);
      g_autofree char *there = number (one->packets_a_to_b);
      g_autofree char *back = number (one->packets_b_to_a);
      g_autofree char *bytes_there = number (one->bytes_a_to_b);
      g_autofree char *bytes_back = number (one->bytes_b_to_a);
      g_autofree char *drops = number (one->drops);

      append_row (text, "td", one->protocol, a, b, there, back, bytes_there, bytes_back, drops,
                  NULL);
    }
  g_string_append (text, "</table>\n");
}

static void
append_processes (GString *text, const PsExportSource *source)
{
  g_autoptr (GPtrArray) rows =
      ps_process_table_new (source->session, source->predicate, source->user_data);

  if (rows->len == 0)
    return;
  append_heading (text, _ ("Processes"));
  g_string_append (text, "<table>\n");
  append_row (text, "th", _ ("Process"), _ ("#Received"), _ ("#Sent"), _ ("#Dropped"), "#p50",
              "#p99", NULL);
  for (guint i = 0; i < MIN (rows->len, ROWS_MAX); i++)
    {
      const PsProcessRow *one = g_ptr_array_index (rows, i);
      g_autofree char *raw = one->known ? g_strdup_printf ("%s (%u)", one->comm, one->pid)
                                        : g_strdup (_ ("not known"));
      g_autofree char *name = plain (raw);
      g_autofree char *in = number (one->packets[PS_DIRECTION_IN]);
      g_autofree char *out = number (one->packets[PS_DIRECTION_OUT]);
      g_autofree char *drops = number (one->drops);
      g_autofree char *p50 = duration (one->latency.p50_ns);
      g_autofree char *p99 = duration (one->latency.p99_ns);

      append_row (text, "td", name, in, out, drops, p50, p99, NULL);
    }
  g_string_append (text, "</table>\n");
}

static void
append_matrix (GString *text, const PsExportSource *source)
{
  g_autoptr (GPtrArray) cells =
      ps_protocol_matrix_new (source->session, source->predicate, source->user_data);

  if (cells->len == 0)
    return;
  append_heading (text, _ ("Protocols that changed another’s state"));
  g_string_append (text, "<table>\n");
  append_row (text, "th", _ ("Packets of"), _ ("changed"), _ ("in"), _ ("#Packets"), NULL);
  for (guint i = 0; i < MIN (cells->len, ROWS_MAX); i++)
    {
      const PsProtocolCell *cell = g_ptr_array_index (cells, i);
      g_autofree char *count = number (cell->packets);

      append_row (text, "td", cell->from, _ (cell->to), cell->function, count, NULL);
    }
  g_string_append (text, "</table>\n");
}

/* Sections from the general to the particular; each leaves itself out if it has nothing to say. */
gboolean
ps_export_html (const PsExportSource *source, PsExportOutput *output, GError **error)
{
  g_autoptr (PsStackStatistics) statistics = NULL;
  g_autoptr (PsPathTable) table = NULL;
  g_autoptr (PsFlame) flame = NULL;
  const char *title = source->title != NULL ? source->title : _ ("PacketScope report");
  GString *text = output->text;

  statistics =
      ps_stack_statistics_new_from_packets (source->session, source->predicate, source->user_data);
  table = ps_path_table_new (source->session, source->predicate, source->user_data);
  if (source->weight >= PS_FLAME_TOTAL_TIME)
    flame =
        ps_flame_new (source->session, source->predicate, source->user_data, source->weight, error);
  else
    flame = ps_flame_new_from_table (table, source->weight);
  if (flame == NULL)
    return FALSE;

  g_string_append (text, head);
  ps_export_append_xml (text, title);
  g_string_append (text, "</title>\n</head>\n<body>\n<h1>");
  ps_export_append_xml (text, title);
  g_string_append (text, "</h1>\n");
  append_summary (text, source, table);
  append_over_time (text, source);
  append_drops (text, statistics);
  append_latencies (text, source, statistics);
  append_heading (text, _ ("Where the packets went"));
  ps_export_append_flame (text, flame, NULL);
  append_paths (text, table);
  append_matrix (text, source);
  append_conversations (text, source);
  append_processes (text, source);
  append_note (text, "note", "PacketScope " PACKAGE_VERSION);
  g_string_append (text, "</body>\n</html>\n");
  return TRUE;
}
