/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/export/ps-export-charts.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "analysis/ps-duration.h"

#define WIDTH 1200.0
#define LEFT 70.0 /* room for the scale */
#define TOP 14.0
#define BOTTOM 24.0

static void
append_number (GString *text, const char *name, double value)
{
  g_string_append_printf (text, " %s=\"", name);
  ps_export_append_double (text, value, 2);
  g_string_append_c (text, '"');
}

static void
append_rect (GString *text, double x, double y, double width, double height, const char *fill)
{
  g_string_append (text, "<rect");
  append_number (text, "x", x);
  append_number (text, "y", y);
  append_number (text, "width", width);
  append_number (text, "height", height);
  g_string_append_printf (text, " fill=\"%s\"", fill);
}

static void
append_label (GString *text, double x, double y, const char *anchor, const char *words)
{
  g_string_append (text, "<text");
  append_number (text, "x", x);
  append_number (text, "y", y);
  g_string_append_printf (text, " text-anchor=\"%s\">", anchor);
  ps_export_append_xml (text, words);
  g_string_append (text, "</text>\n");
}

static void
begin_chart (GString *text, double height, const char *title)
{
  g_string_append_printf (text,
                          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
                          "height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" "
                          "font-size=\"11\" fill=\"#241f31\" role=\"img\">\n<title>",
                          WIDTH, height, WIDTH, height);
  ps_export_append_xml (text, title);
  g_string_append (text, "</title>\n");
}

/* When it begins, and how long it is. */
static void
append_time_axis (GString *text, double y, gint64 from_ns, gint64 to_ns)
{
  g_autofree char *begin = ps_export_format_time (from_ns);
  g_autofree char *length = ps_duration_format (MAX (to_ns - from_ns, 0));
  g_autofree char *end = g_strconcat ("+ ", length, NULL);

  append_label (text, LEFT, y, "start", begin);
  append_label (text, WIDTH - 4, y, "end", end);
}

void
ps_export_append_columns (GString *text,
                          const guint64 *packets,
                          const guint64 *drops,
                          guint n,
                          gint64 from_ns,
                          gint64 to_ns)
{
  const double height = 120, width = (WIDTH - LEFT) / MAX (n, 1);
  g_autofree char *top = NULL;
  guint64 highest = 1;

  for (guint i = 0; i < n; i++)
    highest = MAX (highest, packets[i]);
  begin_chart (text, TOP + height + BOTTOM, _ ("Packets over time"));
  for (guint i = 0; i < n; i++)
    {
      double all = height * (double)packets[i] / (double)highest;
      double dropped = height * (double)drops[i] / (double)highest;

      if (packets[i] == 0)
        continue;
      append_rect (text, LEFT + i * width, TOP + height - all, width * 0.9, all, "#3584e4");
      g_string_append_printf (
          text, "><title>%" G_GUINT64_FORMAT " / %" G_GUINT64_FORMAT "</title></rect>\n",
          packets[i], drops[i]);
      if (drops[i] == 0)
        continue;
      append_rect (text, LEFT + i * width, TOP + height - dropped, width * 0.9, dropped, "#e01b24");
      g_string_append (text, "/>\n");
    }
  top = g_strdup_printf ("%" G_GUINT64_FORMAT, highest);
  append_label (text, LEFT - 6, TOP + 10, "end", top);
  append_label (text, LEFT - 6, TOP + height, "end", "0");
  append_time_axis (text, TOP + height + 16, from_ns, to_ns);
  g_string_append (text, "</svg>\n");
}

/* From pale to dark blue: few packets must be told from none. */
static void
heat_color (double share, char color[8])
{
  double level = sqrt (CLAMP (share, 0, 1));

  g_snprintf (color, 8, "#%02x%02x%02x", (guint)(0xd5 - level * (0xd5 - 0x0d)),
              (guint)(0xe6 - level * (0xe6 - 0x2a)), (guint)(0xfa - level * (0xfa - 0x5c)));
}

void
ps_export_append_heat_map (GString *text, const PsHeatMap *map)
{
  const double row_height = map->n_rows > 40 ? 4 : 8;
  double height = row_height * map->n_rows, width = (WIDTH - LEFT) / MAX (map->n_columns, 1);
  g_autofree char *shortest = NULL;
  g_autofree char *longest = NULL;

  if (map->count == 0)
    return;
  begin_chart (text, TOP + height + BOTTOM, _ ("Latency over time"));
  for (guint column = 0; column < map->n_columns; column++)
    for (guint row = 0; row < map->n_rows; row++)
      {
        guint32 n = ps_heat_map_get (map, column, row);
        char color[8];

        if (n == 0)
          continue;
        heat_color ((double)n / map->highest, color);
        append_rect (text, LEFT + column * width, TOP + height - (row + 1) * row_height, width,
                     row_height, color);
        g_string_append_printf (text, "><title>%u</title></rect>\n", n);
      }
  shortest = ps_duration_format ((gint64)ps_latency_bucket_floor (map->first_bucket));
  longest = ps_duration_format ((gint64)ps_latency_bucket_floor (
      MIN (map->first_bucket + map->n_rows, PS_LATENCY_BUCKETS - 1)));
  append_label (text, LEFT - 6, TOP + height, "end", shortest);
  append_label (text, LEFT - 6, TOP + 4, "end", longest);
  append_time_axis (text, TOP + height + 16, map->from_ns, map->to_ns);
  g_string_append (text, "</svg>\n");
}
