/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All charts of a selection as one picture, SVG here and PNG in ps-export-picture.c. */
#include "config.h"

#include "analysis/export/ps-export-charts.h"

#include <glib/gi18n-lib.h>

#define MARGIN 10.0
#define TITLE 30.0 /* of the page */
#define HEADING 26.0 /* of a chart */

void
ps_chart_page_init (PsChartPage *self, const PsExportSource *source)
{
  self->title = g_strdup (source->title != NULL ? source->title : _ ("Packets"));
  ps_timeline_init (&self->timeline, source);
  self->statistics =
      ps_stack_statistics_new_from_packets (source->session, source->predicate, source->user_data);
  self->map = ps_export_make_heat_map (source, self->statistics, &self->map_title);
}

void
ps_chart_page_clear (PsChartPage *self)
{
  g_clear_pointer (&self->title, g_free);
  g_clear_pointer (&self->statistics, ps_stack_statistics_free);
  g_clear_pointer (&self->map, ps_heat_map_free);
  g_clear_pointer (&self->map_title, g_free);
}

static double
head (PsExportCanvas *canvas, double y, double size, double height, const char *words)
{
  if (canvas != NULL)
    canvas->label (canvas, MARGIN, y + height - 8, PS_ANCHOR_START, size, words);
  return height;
}

double
ps_chart_page_draw (const PsChartPage *self, PsExportCanvas *canvas)
{
  double y = head (canvas, MARGIN, 18, TITLE, self->title) + MARGIN;

  if (self->timeline.n_packets == 0)
    return y + head (canvas, y, 13, HEADING, _ ("There are no packets here."));
  y += head (canvas, y, 13, HEADING, _ ("Packets over time"));
  y += ps_export_draw_timeline (canvas, y, &self->timeline);
  if (self->statistics->latencies->len > 0)
    {
      y += head (canvas, y, 13, HEADING,
                 _ ("Latency between stages: 50, 95 and 99 of 100 packets, logarithmic"));
      y += ps_export_draw_latencies (canvas, y, self->statistics->latencies);
    }
  if (self->map != NULL)
    {
      y += head (canvas, y, 13, HEADING, self->map_title);
      y += ps_export_draw_heat_map (canvas, y, self->map);
    }
  if (self->statistics->drops->len > 0)
    {
      y += head (canvas, y, 13, HEADING, _ ("Dropped packets"));
      y += ps_export_draw_drops (canvas, y, self->statistics->drops);
    }
  return y + MARGIN;
}

gboolean
ps_export_charts (const PsExportSource *source, PsExportOutput *output, GError **error)
{
  PsChartPage page = { 0 };
  PsExportSvgCanvas canvas;
  double height;

  ps_chart_page_init (&page, source);
  height = ps_chart_page_draw (&page, NULL);
  g_string_append_printf (output->text,
                          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                          "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"ink\" width=\"%.0f\" "
                          "height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" "
                          "fill=\"#241f31\" role=\"img\">\n<title>",
                          PS_CHART_WIDTH, height, PS_CHART_WIDTH, height);
  ps_export_append_xml (output->text, page.title);
  g_string_append_printf (output->text,
                          "</title>\n%s<rect class=\"paper\" width=\"%.0f\" height=\"%.0f\" "
                          "fill=\"#ffffff\"/>\n",
                          ps_export_svg_style, PS_CHART_WIDTH, height);
  ps_export_svg_canvas_init (&canvas, output->text);
  ps_chart_page_draw (&page, &canvas.parent);
  g_string_append (output->text, "</svg>\n");
  ps_chart_page_clear (&page);
  return TRUE;
}
