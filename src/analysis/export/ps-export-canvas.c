/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/export/ps-export-canvas.h"

#include "analysis/export/ps-export-output.h"

static void
append_number (GString *text, const char *name, double value)
{
  g_string_append_printf (text, " %s=\"", name);
  ps_export_append_double (text, value, 2);
  g_string_append_c (text, '"');
}

static void
rect (PsExportCanvas *canvas,
      double x,
      double y,
      double width,
      double height,
      guint32 color,
      const char *title)
{
  GString *text = ((PsExportSvgCanvas *)canvas)->text;

  g_string_append (text, "<rect");
  append_number (text, "x", x);
  append_number (text, "y", y);
  append_number (text, "width", width);
  append_number (text, "height", height);
  g_string_append_printf (text, " fill=\"#%06x\"", color);
  if (title != NULL)
    {
      g_string_append (text, "><title>");
      ps_export_append_xml (text, title);
      g_string_append (text, "</title></rect>\n");
    }
  else
    g_string_append (text, "/>\n");
}

static void
label (PsExportCanvas *canvas,
       double x,
       double y,
       PsExportAnchor anchor,
       double size,
       const char *words)
{
  static const char *const anchors[] = { "start", "middle", "end" };
  GString *text = ((PsExportSvgCanvas *)canvas)->text;

  g_string_append (text, "<text");
  append_number (text, "x", x);
  append_number (text, "y", y);
  append_number (text, "font-size", size);
  g_string_append_printf (text, " text-anchor=\"%s\">", anchors[anchor]);
  ps_export_append_xml (text, words);
  g_string_append (text, "</text>\n");
}

static void
cells (PsExportCanvas *canvas, gboolean begin)
{
  g_string_append (((PsExportSvgCanvas *)canvas)->text, begin ? "<g class=\"cells\">\n" : "</g>\n");
}

void
ps_export_svg_canvas_init (PsExportSvgCanvas *self, GString *text)
{
  *self = (PsExportSvgCanvas){ { rect, label, cells }, text };
}
