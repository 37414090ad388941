/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/charts/ps-latency-chart.h"

#include <glib/gi18n.h>
#include <math.h>

#include "viewer/charts/ps-chart-axis.h"
#include "viewer/ps-format.h"
#include "viewer/ps-layer-style.h"

#define STROKE 2.f

struct _PsLatencyChart {
  GtkWidget parent_instance;

  PsLatencyColumn *columns;
  guint n_columns;
  double span;
  guint layer;
  char *why;
};

G_DEFINE_FINAL_TYPE (PsLatencyChart, ps_latency_chart, GTK_TYPE_WIDGET)

typedef struct {
  float left, top, width, height;
  double low, high; /* log10 of ns at the bottom and the top */
  gint64 end;
} Plot;

static gboolean
lay_out (PsLatencyChart *self, Plot *plot)
{
  GtkWidget *widget = GTK_WIDGET (self);
  float text = (float)ps_chart_text_height (widget);
  gint64 least = G_MAXINT64, most = 0;

  for (guint i = 0; i < self->n_columns; i++)
    for (guint b = 0; b < PS_LATENCY_BUCKETS; b++)
      if (self->columns[i].buckets[b] > 0)
        {
          least = MIN (least, (gint64)ps_latency_bucket_floor (b));
          most = MAX (most, (gint64)ps_latency_bucket_floor (MIN (b + 1, PS_LATENCY_BUCKETS - 1)));
        }
  if (most == 0)
    return FALSE;
  plot->low = floor (log10 ((double)MAX (least, 1)));
  plot->high = MAX (ceil (log10 ((double)most)), plot->low + 1);
  plot->end = self->columns[self->n_columns - 1].time_ns;
  plot->left = (float)ps_chart_text_width (widget, "100 µs") + 2 * PS_CHART_MARGIN;
  plot->top = text / 2;
  plot->width = MAX ((float)gtk_widget_get_width (widget) - plot->left - PS_CHART_MARGIN, 1);
  plot->height = MAX ((float)gtk_widget_get_height (widget) - 2 * text - PS_CHART_MARGIN, 1);
  return TRUE;
}

static float
y_of (const Plot *plot, double ns)
{
  double share = (log10 (MAX (ns, 1)) - plot->low) / (plot->high - plot->low);
  return plot->top + plot->height * (float)(1 - CLAMP (share, 0, 1));
}

static float
x_of (const Plot *plot, gint64 time, double span)
{
  double age = (double)(plot->end - time) / 1e9;
  return plot->left + plot->width * (float)(1 - CLAMP (age / span, 0, 1));
}

static void
draw_axes (PsLatencyChart *self, GtkSnapshot *snapshot, const Plot *plot)
{
  GtkWidget *widget = GTK_WIDGET (self);
  float text = (float)ps_chart_text_height (widget);
  float bottom = plot->top + plot->height + text / 2;
  g_autofree char *from = ps_format_clock (plot->end - (gint64)(self->span * 1e9));
  g_autofree char *to = ps_format_clock (plot->end);
  GdkRGBA line, color;

  ps_text_color (widget, .12f, &line);
  ps_text_color (widget, .65f, &color);
  for (double decade = plot->low; decade <= plot->high; decade++)
    {
      float y = y_of (plot, pow (10, decade));
      g_autofree char *label = ps_format_duration ((gint64)pow (10, decade));

      gtk_snapshot_append_color (snapshot, &line,
                                 &GRAPHENE_RECT_INIT (plot->left, roundf (y), plot->width, 1));
      ps_chart_text (widget, snapshot, label, plot->left - PS_CHART_MARGIN, y - text / 2, 1,
                     &color);
    }
  from[8] = to[8] = '\0';
  ps_chart_text (widget, snapshot, from, plot->left, bottom, 0, &color);
  ps_chart_text (widget, snapshot, to, plot->left + plot->width, bottom, 1, &color);
}

/* Bars as wide as the time to the next column; a lone one is a second wide. */
static float
column_width (PsLatencyChart *self, const Plot *plot, guint nth)
{
  float x = x_of (plot, self->columns[nth].time_ns, self->span);

  if (nth > 0)
    return MAX (x - x_of (plot, self->columns[nth - 1].time_ns, self->span), 1);
  return MAX (plot->width / (float)self->span, 2);
}

static void
draw_shades (PsLatencyChart *self, GtkSnapshot *snapshot, const Plot *plot, guint nth)
{
  const PsLatencyColumn *column = &self->columns[nth];
  float width = column_width (self, plot, nth);
  float right = x_of (plot, column->time_ns, self->span);
  guint32 most = 0;
  GdkRGBA color;

  for (guint b = 0; b < PS_LATENCY_BUCKETS; b++)
    most = MAX (most, column->buckets[b]);
  for (guint b = 0; b < PS_LATENCY_BUCKETS && most > 0; b++)
    {
      float top, bottom;
      if (column->buckets[b] == 0)
        continue;
      top = y_of (plot, (double)ps_latency_bucket_floor (MIN (b + 1, PS_LATENCY_BUCKETS - 1)));
      bottom = y_of (plot, (double)ps_latency_bucket_floor (b));
      ps_layer_color (GTK_WIDGET (self), self->layer, &color);
      color.alpha = .15f + .45f * (float)column->buckets[b] / (float)most;
      gtk_snapshot_append_color (snapshot, &color,
                                 &GRAPHENE_RECT_INIT (MAX (right - width, plot->left), top,
                                                      right - MAX (right - width, plot->left),
                                                      MAX (bottom - top, 1)));
    }
}

static void
draw_percentile (PsLatencyChart *self,
                 GtkSnapshot *snapshot,
                 const Plot *plot,
                 gsize member,
                 float alpha)
{
  float previous = NAN;
  GdkRGBA color;

  ps_text_color (GTK_WIDGET (self), alpha, &color);
  for (guint i = 0; i < self->n_columns; i++)
    {
      gint64 ns = G_STRUCT_MEMBER (gint64, &self->columns[i], member);
      float right = x_of (plot, self->columns[i].time_ns, self->span);
      float left = MAX (right - column_width (self, plot, i), plot->left);
      float y;

      if (ns < 0)
        {
          previous = NAN;
          continue;
        }
      y = y_of (plot, (double)ns);
      gtk_snapshot_append_color (snapshot, &color,
                                 &GRAPHENE_RECT_INIT (left, y - STROKE / 2, right - left, STROKE));
      if (!isnan (previous))
        gtk_snapshot_append_color (snapshot, &color,
                                   &GRAPHENE_RECT_INIT (left - STROKE / 2, MIN (y, previous),
                                                        STROKE, fabsf (y - previous)));
      previous = y;
    }
}

static void
ps_latency_chart_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  PsLatencyChart *self = PS_LATENCY_CHART (widget);
  Plot plot;

  if (self->n_columns == 0 || !lay_out (self, &plot))
    {
      ps_chart_placeholder (widget, snapshot, self->why != NULL ? self->why : _ ("n/a"));
      return;
    }
  draw_axes (self, snapshot, &plot);
  for (guint i = 0; i < self->n_columns; i++)
    draw_shades (self, snapshot, &plot, i);
  draw_percentile (self, snapshot, &plot, G_STRUCT_OFFSET (PsLatencyColumn, p99_ns), .35f);
  draw_percentile (self, snapshot, &plot, G_STRUCT_OFFSET (PsLatencyColumn, p95_ns), .6f);
  draw_percentile (self, snapshot, &plot, G_STRUCT_OFFSET (PsLatencyColumn, p50_ns), 1);
}

static void
ps_latency_chart_measure (GtkWidget *widget,
                          GtkOrientation orientation,
                          int for_size,
                          int *minimum,
                          int *natural,
                          int *minimum_baseline,
                          int *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 160 : 200;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 480 : 200;
}

static char *
describe_column (const PsLatencyColumn *column)
{
  g_autofree char *p50 = ps_format_duration (column->p50_ns);
  g_autofree char *p95 = ps_format_duration (column->p95_ns);
  g_autofree char *p99 = ps_format_duration (column->p99_ns);

  return g_strdup_printf (_ ("median %s, 95 %% within %s, 99 %% within %s"), p50, p95, p99);
}

static gboolean
ps_latency_chart_query_tooltip (GtkWidget *widget,
                                int x,
                                int y,
                                gboolean keyboard,
                                GtkTooltip *tooltip)
{
  PsLatencyChart *self = PS_LATENCY_CHART (widget);
  Plot plot;

  if (keyboard || self->n_columns == 0 || !lay_out (self, &plot))
    return FALSE;
  for (guint i = 0; i < self->n_columns; i++)
    {
      const PsLatencyColumn *column = &self->columns[i];
      g_autofree char *text = NULL;
      g_autofree char *clock = NULL;
      g_autofree char *all = NULL;

      if ((float)x > x_of (&plot, column->time_ns, self->span))
        continue;
      text = describe_column (column);
      clock = ps_format_clock (column->time_ns);
      clock[8] = '\0';
      all = g_strdup_printf ("%s: %s", clock, text);
      gtk_tooltip_set_text (tooltip, all);
      return TRUE;
    }
  return FALSE;
}

void
ps_latency_chart_set_columns (PsLatencyChart *self,
                              const PsLatencyColumn *columns,
                              guint n_columns,
                              double span_seconds,
                              guint layer,
                              const char *why)
{
  g_autofree char *text = NULL;

  g_return_if_fail (PS_IS_LATENCY_CHART (self));
  g_return_if_fail (span_seconds > 0);
  g_free (self->columns);
  self->columns = g_memdup2 (columns, n_columns * sizeof *columns);
  self->n_columns = n_columns;
  self->span = span_seconds;
  self->layer = layer;
  g_free (self->why);
  self->why = g_strdup (why);
  text = n_columns > 0 ? describe_column (&self->columns[n_columns - 1]) : g_strdup (why);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Latency over time"), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  text != NULL ? text : "", -1);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
ps_latency_chart_finalize (GObject *object)
{
  PsLatencyChart *self = PS_LATENCY_CHART (object);

  g_free (self->columns);
  g_free (self->why);
  G_OBJECT_CLASS (ps_latency_chart_parent_class)->finalize (object);
}

static void
ps_latency_chart_class_init (PsLatencyChartClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ps_latency_chart_finalize;
  widget_class->snapshot = ps_latency_chart_snapshot;
  widget_class->measure = ps_latency_chart_measure;
  widget_class->query_tooltip = ps_latency_chart_query_tooltip;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
ps_latency_chart_init (PsLatencyChart *self)
{
  self->span = 60;
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
}
