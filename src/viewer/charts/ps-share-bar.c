/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/charts/ps-share-bar.h"

#include <math.h>

#include "viewer/charts/ps-chart-axis.h"
#include "viewer/ps-layer-style.h"

#define BAR_WIDTH 56
#define GAP 4

struct _PsShareBar {
  GtkWidget parent_instance;

  double total;
  double own;
  guint layer;
};

G_DEFINE_FINAL_TYPE (PsShareBar, ps_share_bar, GTK_TYPE_WIDGET)

void
ps_share_bar_set (PsShareBar *self, double total, double own, guint layer)
{
  g_return_if_fail (PS_IS_SHARE_BAR (self));
  self->total = total;
  self->own = own;
  self->layer = layer;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static int
number_width (GtkWidget *widget)
{
  return ps_chart_text_width (widget, "100 %");
}

static void
ps_share_bar_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  PsShareBar *self = PS_SHARE_BAR (widget);
  float left = (float)number_width (widget) + GAP;
  float width = MAX ((float)gtk_widget_get_width (widget) - left, 1);
  float height = (float)gtk_widget_get_height (widget), bar = MIN (height, 10);
  float top = roundf ((height - bar) / 2);
  g_autofree char *text = NULL;
  GdkRGBA color, faint;

  if (self->total < 0)
    return;
  ps_text_color (widget, .1f, &faint);
  ps_layer_color (widget, self->layer, &color);
  gtk_snapshot_append_color (snapshot, &faint, &GRAPHENE_RECT_INIT (left, top, width, bar));
  faint = color;
  faint.alpha *= .4f;
  gtk_snapshot_append_color (
      snapshot, &faint, &GRAPHENE_RECT_INIT (left, top, width * (float)MIN (self->total, 1), bar));
  gtk_snapshot_append_color (
      snapshot, &color, &GRAPHENE_RECT_INIT (left, top, width * (float)MIN (self->own, 1), bar));
  text = g_strdup_printf (self->total < .095 ? "%.1f %%" : "%.0f %%", self->total * 100);
  ps_text_color (widget, 1, &color);
  ps_chart_text (widget, snapshot, text, left - GAP,
                 (height - (float)ps_chart_text_height (widget)) / 2, 1, &color);
}

static void
ps_share_bar_measure (GtkWidget *widget,
                      GtkOrientation orientation,
                      int for_size,
                      int *minimum,
                      int *natural,
                      int *minimum_baseline,
                      int *natural_baseline)
{
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    *minimum = *natural = number_width (widget) + GAP + BAR_WIDTH;
  else
    *minimum = *natural = ps_chart_text_height (widget);
}

static void
ps_share_bar_class_init (PsShareBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->snapshot = ps_share_bar_snapshot;
  widget_class->measure = ps_share_bar_measure;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
ps_share_bar_init (PsShareBar *self)
{
  self->total = -1;
}

GtkWidget *
ps_share_bar_new (void)
{
  return g_object_new (PS_TYPE_SHARE_BAR, NULL);
}
