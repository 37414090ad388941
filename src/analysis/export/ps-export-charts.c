/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/export/ps-export-charts.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "analysis/ps-duration.h"
#include "analysis/ps-journey-stages.h"

#define LEFT 70.0 /* room for the scale */
#define NAMES 330.0 /* room for names of bars */
#define RIGHT 10.0
#define VALUES 240.0 /* room for what bars say, in words */
#define TOP 14.0
#define BOTTOM 24.0
#define ROW 20.0
#define ROWS_MAX 20u
#define SMALL 11.0

#define BLUE 0x3584e4u
#define PALE_BLUE 0x99c1f1u
#define DARK_BLUE 0x1a5fb4u
#define RED 0xe01b24u

static void
draw (PsExportCanvas *canvas,
      double x,
      double y,
      double width,
      double height,
      guint32 color,
      const char *title)
{
  if (canvas != NULL)
    canvas->rect (canvas, x, y, width, height, color, title);
}

static void
say (PsExportCanvas *canvas, double x, double y, PsExportAnchor anchor, const char *words)
{
  if (canvas != NULL)
    canvas->label (canvas, x, y, anchor, SMALL, words);
}

void
ps_timeline_init (PsTimeline *self, const PsExportSource *source)
{
  PsExportCursor span = { 0 }, cursor = { 0 };
  PsPacket packet;
  double width;

  *self = (PsTimeline){ .from_ns = G_MAXINT64, .to_ns = G_MININT64 };
  while (ps_export_next (source, &span, &packet))
    {
      self->n_packets++;
      self->from_ns = MIN (self->from_ns, packet.time_ns);
      self->to_ns = MAX (self->to_ns, packet.time_ns);
    }
  width = ((double)self->to_ns - (double)self->from_ns + 1) / PS_CHART_COLUMNS;
  while (ps_export_next (source, &cursor, &packet))
    {
      double at = ((double)packet.time_ns - (double)self->from_ns) / width;
      guint column = (guint)CLAMP (at, 0, PS_CHART_COLUMNS - 1);

      self->packets[column]++;
      self->drops[column] += packet.verdict == PS_VERDICT_DROPPED;
    }
}

/* When it begins, and how long it is. */
static void
draw_time_axis (PsExportCanvas *canvas, double y, gint64 from_ns, gint64 to_ns)
{
  g_autofree char *begin = ps_export_format_time (from_ns);
  g_autofree char *length = ps_duration_format (MAX (to_ns - from_ns, 0));
  g_autofree char *end = g_strconcat ("+ ", length, NULL);

  say (canvas, LEFT, y, PS_ANCHOR_START, begin);
  say (canvas, PS_CHART_WIDTH - RIGHT, y, PS_ANCHOR_END, end);
}

double
ps_export_draw_timeline (PsExportCanvas *canvas, double y, const PsTimeline *timeline)
{
  const double height = 120, width = (PS_CHART_WIDTH - LEFT - RIGHT) / PS_CHART_COLUMNS;
  const double floor = y + TOP + height;
  g_autofree char *top = NULL;
  guint64 highest = 1;

  if (timeline->n_packets == 0)
    return 0;
  for (guint i = 0; i < PS_CHART_COLUMNS; i++)
    highest = MAX (highest, timeline->packets[i]);
  for (guint i = 0; i < PS_CHART_COLUMNS; i++)
    {
      double all = height * (double)timeline->packets[i] / (double)highest;
      double dropped = height * (double)timeline->drops[i] / (double)highest;
      g_autofree char *title =
          g_strdup_printf (_ ("%" G_GUINT64_FORMAT " packets, %" G_GUINT64_FORMAT " dropped"),
                           timeline->packets[i], timeline->drops[i]);

      if (timeline->packets[i] > 0)
        draw (canvas, LEFT + i * width, floor - all, width * 0.9, all, BLUE, title);
      if (timeline->drops[i] > 0)
        draw (canvas, LEFT + i * width, floor - dropped, width * 0.9, dropped, RED, title);
    }
  top = g_strdup_printf ("%" G_GUINT64_FORMAT, highest);
  say (canvas, LEFT - 6, y + TOP + 10, PS_ANCHOR_END, top);
  say (canvas, LEFT - 6, floor, PS_ANCHOR_END, "0");
  draw_time_axis (canvas, floor + 16, timeline->from_ns, timeline->to_ns);
  return TOP + height + BOTTOM;
}

PsHeatMap *
ps_export_make_heat_map (const PsExportSource *source,
                         const PsStackStatistics *statistics,
                         char **ret_title)
{
  const PsLatency *most = NULL;
  g_autofree char *from = NULL;

  *ret_title = NULL;
  for (guint i = 0; i < statistics->latencies->len; i++)
    {
      const PsLatency *one = &g_array_index (statistics->latencies, PsLatency, i);

      if (most == NULL || one->count > most->count)
        most = one;
    }
  if (most == NULL)
    return NULL;
  from = g_strdup (ps_journey_stage_title (most->from));
  *ret_title =
      g_strdup_printf (_ ("From %s to %s, over time:"), from, ps_journey_stage_title (most->to));
  return ps_heat_map_new (source->session, source->predicate, source->user_data, most->from,
                          most->to, PS_CHART_COLUMNS);
}

/* From pale to dark blue: few packets must be told from none. */
static guint32
heat_color (double share)
{
  double level = sqrt (CLAMP (share, 0, 1));
  guint red = (guint)(0xd5 - level * (0xd5 - 0x0d)), green = (guint)(0xe6 - level * (0xe6 - 0x2a));
  guint blue = (guint)(0xfa - level * (0xfa - 0x5c));

  return red << 16 | green << 8 | blue;
}

static void
draw_cells (PsExportCanvas *canvas, double floor, double row_height, const PsHeatMap *map)
{
  const double width = (PS_CHART_WIDTH - LEFT - RIGHT) / MAX (map->n_columns, 1);

  for (guint column = 0; column < map->n_columns; column++)
    for (guint row = 0; row < map->n_rows; row++)
      {
        guint32 n = ps_heat_map_get (map, column, row);
        char title[16];

        if (n == 0)
          continue;
        g_snprintf (title, sizeof title, "%u", n);
        draw (canvas, LEFT + column * width, floor - (row + 1) * row_height, width, row_height,
              heat_color ((double)n / map->highest), title);
      }
}

double
ps_export_draw_heat_map (PsExportCanvas *canvas, double y, const PsHeatMap *map)
{
  const double row_height = map->n_rows > 40 ? 4 : 8, height = row_height * map->n_rows;
  const double floor = y + TOP + height;
  g_autofree char *shortest = NULL;
  g_autofree char *longest = NULL;

  if (map->count == 0)
    return 0;
  if (canvas != NULL && canvas->cells != NULL)
    canvas->cells (canvas, TRUE);
  draw_cells (canvas, floor, row_height, map);
  if (canvas != NULL && canvas->cells != NULL)
    canvas->cells (canvas, FALSE);
  shortest = ps_duration_format ((gint64)ps_latency_bucket_floor (map->first_bucket));
  longest = ps_duration_format ((gint64)ps_latency_bucket_floor (
      MIN (map->first_bucket + map->n_rows, PS_LATENCY_BUCKETS - 1)));
  say (canvas, LEFT - 6, floor, PS_ANCHOR_END, shortest);
  say (canvas, LEFT - 6, y + TOP + 4, PS_ANCHOR_END, longest);
  draw_time_axis (canvas, floor + 16, map->from_ns, map->to_ns);
  return TOP + height + BOTTOM;
}

/* How far a latency reaches, from 10 ns on, a tenth of the way for each doubling. */
static double
reach (gint64 ns, gint64 longest)
{
  return ns <= 10 ? 0.01
                  : MAX (log ((double)ns / 10) / log (MAX ((double)longest / 10, 2.0)), 0.01);
}

double
ps_export_draw_latencies (PsExportCanvas *canvas, double y, const GArray *latencies)
{
  const double width = PS_CHART_WIDTH - NAMES - VALUES;
  guint n = MIN (latencies->len, ROWS_MAX);
  gint64 longest = 1;

  for (guint i = 0; i < n; i++)
    longest = MAX (longest, g_array_index (latencies, PsLatency, i).p99_ns);
  for (guint i = 0; i < n; i++)
    {
      const PsLatency *one = &g_array_index (latencies, PsLatency, i);
      const double at = y + TOP + i * ROW;
      g_autofree char *from = g_strdup (ps_journey_stage_title (one->from));
      g_autofree char *name = g_strconcat (from, " → ", ps_journey_stage_title (one->to), NULL);
      g_autofree char *p50 = ps_duration_format (one->p50_ns);
      g_autofree char *p95 = ps_duration_format (one->p95_ns);
      g_autofree char *p99 = ps_duration_format (one->p99_ns);
      g_autofree char *words = g_strdup_printf ("p50 %s · p95 %s · p99 %s", p50, p95, p99);

      say (canvas, NAMES - 8, at + 11, PS_ANCHOR_END, name);
      draw (canvas, NAMES, at, width * reach (one->p99_ns, longest), 14, PALE_BLUE, words);
      draw (canvas, NAMES, at, width * reach (one->p95_ns, longest), 14, BLUE, words);
      draw (canvas, NAMES, at, width * reach (one->p50_ns, longest), 14, DARK_BLUE, words);
      say (canvas, NAMES + width + 8, at + 11, PS_ANCHOR_START, words);
    }
  return n > 0 ? TOP + n * ROW + ROW / 2 : 0;
}

double
ps_export_draw_drops (PsExportCanvas *canvas, double y, const GArray *drops)
{
  const double width = PS_CHART_WIDTH - NAMES - VALUES;
  guint n = MIN (drops->len, ROWS_MAX);
  guint64 most = 1;

  for (guint i = 0; i < n; i++)
    most = MAX (most, g_array_index (drops, PsDrops, i).drops);
  for (guint i = 0; i < n; i++)
    {
      const PsDrops *one = &g_array_index (drops, PsDrops, i);
      const double at = y + TOP + i * ROW;
      g_autofree char *reason =
          one->reason_name ? g_strdup (one->reason_name) : g_strdup_printf ("%u", one->reason);
      g_autofree char *name =
          one->function ? g_strconcat (one->function, ": ", reason, NULL) : g_strdup (reason);
      g_autofree char *count = g_strdup_printf (_ ("%" G_GUINT64_FORMAT " packets"), one->drops);

      say (canvas, NAMES - 8, at + 11, PS_ANCHOR_END, name);
      draw (canvas, NAMES, at, MAX (width * (double)one->drops / (double)most, 1), 14, RED, name);
      say (canvas, NAMES + width + 8, at + 11, PS_ANCHOR_START, count);
    }
  return n > 0 ? TOP + n * ROW + ROW / 2 : 0;
}
