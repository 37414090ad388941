/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/charts/ps-chart-axis.h"

#include <math.h>

#include "viewer/ps-layer-style.h"

double
ps_chart_nice_ceiling (double value)
{
  double power;

  if (!(value > 0))
    return 1;
  power = pow (10, floor (log10 (value)));
  if (value <= power)
    return power;
  if (value <= 2 * power)
    return 2 * power;
  return value <= 5 * power ? 5 * power : 10 * power;
}

static PangoLayout *
small_layout (GtkWidget *widget, const char *text)
{
  PangoLayout *layout = gtk_widget_create_pango_layout (widget, text);
  g_autoptr (PangoAttrList) attributes = pango_attr_list_new ();

  pango_attr_list_insert (attributes, pango_attr_scale_new (PANGO_SCALE_SMALL));
  pango_attr_list_insert (attributes, pango_attr_font_features_new ("tnum"));
  pango_layout_set_attributes (layout, attributes);
  return layout;
}

static void
append (GtkSnapshot *snapshot, PangoLayout *layout, float x, float y, const GdkRGBA *color)
{
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (roundf (x), roundf (y)));
  gtk_snapshot_append_layout (snapshot, layout, color);
  gtk_snapshot_restore (snapshot);
}

int
ps_chart_text (GtkWidget *widget,
               GtkSnapshot *snapshot,
               const char *text,
               float x,
               float y,
               float xalign,
               const GdkRGBA *color)
{
  g_autoptr (PangoLayout) layout = small_layout (widget, text);
  int width, height;

  pango_layout_get_pixel_size (layout, &width, &height);
  append (snapshot, layout, x - xalign * (float)width, y, color);
  return height;
}

int
ps_chart_text_height (GtkWidget *widget)
{
  g_autoptr (PangoLayout) layout = small_layout (widget, "Xg");
  int height;

  pango_layout_get_pixel_size (layout, NULL, &height);
  return height;
}

int
ps_chart_text_width (GtkWidget *widget, const char *text)
{
  g_autoptr (PangoLayout) layout = small_layout (widget, text);
  int width;

  pango_layout_get_pixel_size (layout, &width, NULL);
  return width;
}

void
ps_chart_placeholder (GtkWidget *widget, GtkSnapshot *snapshot, const char *sentence)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (widget, sentence);
  int width = gtk_widget_get_width (widget);
  int height;
  GdkRGBA color;

  ps_text_color (widget, .6f, &color);
  pango_layout_set_width (layout, MAX (width - 24, 1) * PANGO_SCALE);
  pango_layout_set_wrap (layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_alignment (layout, PANGO_ALIGN_CENTER);
  pango_layout_get_pixel_size (layout, NULL, &height);
  append (snapshot, layout, 12, (float)(gtk_widget_get_height (widget) - height) / 2, &color);
}
