/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All charts of a selection as one picture, SVG or PNG. */
#include "config.h"

#include "analysis/export/ps-export-charts.h"

#include <cairo.h>
#include <glib/gi18n-lib.h>

#define MARGIN 10.0
#define TITLE 30.0 /* of the page */
#define HEADING 26.0 /* of a chart */
#define INK 0x24, 0x1f, 0x31
/* A picture is not drawn at a higher resolution than screens have. */
#define PNG_SCALE 2.0

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

/* --- Pixels --- */

typedef struct {
  PsExportCanvas parent;
  cairo_t *cairo;
} PixelCanvas;

static void
set_color (cairo_t *cairo, guint red, guint green, guint blue)
{
  cairo_set_source_rgb (cairo, red / 255.0, green / 255.0, blue / 255.0);
}

static void
pixel_rect (PsExportCanvas *canvas,
            double x,
            double y,
            double width,
            double height,
            guint32 color,
            const char *title)
{
  cairo_t *cairo = ((PixelCanvas *)canvas)->cairo;

  set_color (cairo, color >> 16 & 255, color >> 8 & 255, color & 255);
  cairo_rectangle (cairo, x, y, width, height);
  cairo_fill (cairo);
}

static void
pixel_label (PsExportCanvas *canvas,
             double x,
             double y,
             PsExportAnchor anchor,
             double size,
             const char *words)
{
  cairo_t *cairo = ((PixelCanvas *)canvas)->cairo;
  g_autofree char *valid = g_utf8_make_valid (words, -1);
  cairo_text_extents_t extents;

  cairo_set_font_size (cairo, size);
  cairo_text_extents (cairo, valid, &extents);
  set_color (cairo, INK);
  cairo_move_to (cairo, x - extents.x_advance * anchor / PS_ANCHOR_END, y);
  cairo_show_text (cairo, valid);
}

static cairo_status_t
append_bytes (void *text, const unsigned char *bytes, unsigned int length)
{
  g_string_append_len (text, (const char *)bytes, (gssize)length);
  return CAIRO_STATUS_SUCCESS;
}

gboolean
ps_export_png (const PsExportSource *source, PsExportOutput *output, GError **error)
{
  PsChartPage page = { 0 };
  PixelCanvas canvas = { .parent = { pixel_rect, pixel_label, NULL } };
  cairo_surface_t *surface;
  cairo_status_t status;

  ps_chart_page_init (&page, source);
  surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, (int)(PS_CHART_WIDTH * PNG_SCALE),
                                        (int)(ps_chart_page_draw (&page, NULL) * PNG_SCALE));
  canvas.cairo = cairo_create (surface);
  cairo_scale (canvas.cairo, PNG_SCALE, PNG_SCALE);
  cairo_select_font_face (canvas.cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                          CAIRO_FONT_WEIGHT_NORMAL);
  set_color (canvas.cairo, 255, 255, 255);
  cairo_paint (canvas.cairo);
  ps_chart_page_draw (&page, &canvas.parent);
  status = cairo_status (canvas.cairo);
  if (status == CAIRO_STATUS_SUCCESS)
    status = cairo_surface_write_to_png_stream (surface, append_bytes, output->text);
  cairo_destroy (canvas.cairo);
  cairo_surface_destroy (surface);
  ps_chart_page_clear (&page);
  if (status == CAIRO_STATUS_SUCCESS)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _ ("The picture cannot be drawn: %s."),
               cairo_status_to_string (status));
  return FALSE;
}
