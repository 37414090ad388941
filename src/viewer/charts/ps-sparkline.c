/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/charts/ps-sparkline.h"

#include <string.h>

#include "viewer/ps-layer-style.h"

struct _PsSparkline {
  GtkWidget parent_instance;

  double *values;
  guint n_values;
};

G_DEFINE_FINAL_TYPE (PsSparkline, ps_sparkline, GTK_TYPE_WIDGET)

static void
ps_sparkline_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  PsSparkline *self = PS_SPARKLINE (widget);
  float width = (float)gtk_widget_get_width (widget);
  float height = (float)gtk_widget_get_height (widget);
  float step = self->n_values > 0 ? width / (float)self->n_values : 0;
  double max = 0;
  GdkRGBA color;

  for (guint i = 0; i < self->n_values; i++)
    max = MAX (max, self->values[i]);
  ps_text_color (widget, .7f, &color);
  for (guint i = 0; i < self->n_values && max > 0; i++)
    {
      float bar = (float)(self->values[i] / max) * height;
      if (bar > 0)
        gtk_snapshot_append_color (snapshot, &color,
                                   &GRAPHENE_RECT_INIT ((float)i * step, height - MAX (bar, 1),
                                                        MAX (step - .5f, .5f), MAX (bar, 1)));
    }
  color.alpha *= .35f;
  gtk_snapshot_append_color (snapshot, &color, &GRAPHENE_RECT_INIT (0, height - 1, width, 1));
}

static void
ps_sparkline_measure (GtkWidget *widget,
                      GtkOrientation orientation,
                      int for_size,
                      int *minimum,
                      int *natural,
                      int *minimum_baseline,
                      int *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 40 : 14;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 80 : 14;
}

void
ps_sparkline_set_values (PsSparkline *self, const double *values, guint n_values)
{
  g_return_if_fail (PS_IS_SPARKLINE (self));

  if (n_values == self->n_values && n_values > 0 &&
      memcmp (values, self->values, n_values * sizeof *values) == 0)
    return;
  g_free (self->values);
  self->values = g_memdup2 (values, n_values * sizeof *values);
  self->n_values = n_values;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
ps_sparkline_finalize (GObject *object)
{
  g_free (PS_SPARKLINE (object)->values);
  G_OBJECT_CLASS (ps_sparkline_parent_class)->finalize (object);
}

static void
ps_sparkline_class_init (PsSparklineClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ps_sparkline_finalize;
  widget_class->snapshot = ps_sparkline_snapshot;
  widget_class->measure = ps_sparkline_measure;
  /* What it shows stands as a number beside it. */
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
ps_sparkline_init (PsSparkline *self)
{
}
