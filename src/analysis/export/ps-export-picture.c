/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All charts of a selection as a PNG. */
#include "config.h"

#include "analysis/export/ps-export-charts.h"

#include "analysis/export/ps-cairo-library.h"

#include <glib/gi18n-lib.h>

#define INK 0x24, 0x1f, 0x31
/* A picture is not drawn at a higher resolution than screens have. */
#define PNG_SCALE 2.0

typedef struct {
  PsExportCanvas parent;
  const PsCairoLibrary *library;
  cairo_t *cairo;
} PixelCanvas;

static void
set_color (const PixelCanvas *canvas, guint red, guint green, guint blue)
{
  canvas->library->set_source_rgb (canvas->cairo, red / 255.0, green / 255.0, blue / 255.0);
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
  const PixelCanvas *pixels = (PixelCanvas *)canvas;
  const PsCairoLibrary *library = pixels->library;

  set_color (pixels, color >> 16 & 255, color >> 8 & 255, color & 255);
  library->rectangle (pixels->cairo, x, y, width, height);
  library->fill (pixels->cairo);
}

static void
pixel_label (PsExportCanvas *canvas,
             double x,
             double y,
             PsExportAnchor anchor,
             double size,
             const char *words)
{
  const PixelCanvas *pixels = (PixelCanvas *)canvas;
  const PsCairoLibrary *library = pixels->library;
  cairo_t *cairo = pixels->cairo;
  g_autofree char *valid = g_utf8_make_valid (words, -1);
  cairo_text_extents_t extents;

  library->set_font_size (cairo, size);
  library->text_extents (cairo, valid, &extents);
  set_color (pixels, INK);
  library->move_to (cairo, x - extents.x_advance * anchor / PS_ANCHOR_END, y);
  library->show_text (cairo, valid);
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
  const PsCairoLibrary *library = ps_cairo_library_get ();
  PixelCanvas canvas = { .parent = { pixel_rect, pixel_label, NULL }, .library = library };
  cairo_surface_t *surface;
  cairo_status_t status;

  if (library == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                           _ ("A picture needs the library cairo, which cannot be loaded; install "
                              "it (libcairo2, cairo), or export SVG."));
      return FALSE;
    }
  ps_chart_page_init (&page, source);
  surface = library->image_surface_create (CAIRO_FORMAT_RGB24, (int)(PS_CHART_WIDTH * PNG_SCALE),
                                           (int)(ps_chart_page_draw (&page, NULL) * PNG_SCALE));
  canvas.cairo = library->create (surface);
  library->scale (canvas.cairo, PNG_SCALE, PNG_SCALE);
  library->select_font_face (canvas.cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                             CAIRO_FONT_WEIGHT_NORMAL);
  set_color (&canvas, 255, 255, 255);
  library->paint (canvas.cairo);
  ps_chart_page_draw (&page, &canvas.parent);
  status = library->status (canvas.cairo);
  if (status == CAIRO_STATUS_SUCCESS)
    status = library->surface_write_to_png_stream (surface, append_bytes, output->text);
  library->destroy (canvas.cairo);
  library->surface_destroy (surface);
  ps_chart_page_clear (&page);
  if (status == CAIRO_STATUS_SUCCESS)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _ ("The picture cannot be drawn: %s."),
               library->status_to_string (status));
  return FALSE;
}
