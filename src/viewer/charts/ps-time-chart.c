/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/charts/ps-time-chart.h"

#include <glib/gi18n.h>
#include <math.h>

#include "viewer/charts/ps-chart-axis.h"
#include "viewer/ps-format.h"
#include "viewer/ps-layer-style.h"

#define STROKE 2.f

typedef struct {
  char *name;
  guint layer;
  gboolean below;
  gint64 *times;
  double *values;
  guint n;
} Series;

struct _PsTimeChart {
  GtkWidget parent_instance;

  GPtrArray *series; /* Series */
  char *why;
  char *label;
  double span; /* seconds */
  PsChartFormat format;
};

G_DEFINE_FINAL_TYPE (PsTimeChart, ps_time_chart, GTK_TYPE_WIDGET)

/* Where the curves are; the rest is for labels. */
typedef struct {
  float left, top, width, height;
  float axis; /* y of zero */
  double max; /* value at the top */
  gint64 end; /* time at the right edge */
  double span;
  gboolean mirrored;
} Plot;

static void
series_free (Series *series)
{
  g_free (series->name);
  g_free (series->times);
  g_free (series->values);
  g_free (series);
}

static gboolean
has_data (PsTimeChart *self)
{
  for (guint i = 0; i < self->series->len; i++)
    if (((Series *)g_ptr_array_index (self->series, i))->n > 0)
      return TRUE;
  return FALSE;
}

static void
lay_out (PsTimeChart *self, Plot *plot)
{
  GtkWidget *widget = GTK_WIDGET (self);
  float text = (float)ps_chart_text_height (widget);
  double max = 0;
  g_autofree char *widest = NULL;

  *plot = (Plot){ .span = self->span };
  for (guint i = 0; i < self->series->len; i++)
    {
      const Series *s = g_ptr_array_index (self->series, i);
      plot->mirrored |= s->below;
      if (s->n > 0)
        plot->end = MAX (plot->end, s->times[s->n - 1]);
    }
  for (guint i = 0; i < self->series->len; i++)
    {
      const Series *s = g_ptr_array_index (self->series, i);
      for (guint j = 0; j < s->n; j++)
        if ((double)(plot->end - s->times[j]) / 1e9 <= self->span)
          max = MAX (max, s->values[j]);
    }
  plot->max = ps_chart_nice_ceiling (max);
  widest = self->format (plot->max);
  plot->left = (float)ps_chart_text_width (widget, widest) + 2 * PS_CHART_MARGIN;
  plot->top = text / 2;
  plot->width = MAX ((float)gtk_widget_get_width (widget) - plot->left - PS_CHART_MARGIN, 1);
  plot->height = MAX ((float)gtk_widget_get_height (widget) - 2 * text - PS_CHART_MARGIN, 1);
  plot->axis = plot->mirrored ? plot->top + plot->height / 2 : plot->top + plot->height;
}

static float
y_of (const Plot *plot, double value, gboolean below)
{
  float height = plot->mirrored ? plot->height / 2 : plot->height;
  float offset = (float)(value / plot->max) * height;

  return below ? plot->axis + offset : plot->axis - offset;
}

static void
draw_grid_line (PsTimeChart *self, GtkSnapshot *snapshot, const Plot *plot, double share)
{
  GtkWidget *widget = GTK_WIDGET (self);
  gboolean below = share < 0;
  float y = y_of (plot, fabs (share) * plot->max, below);
  g_autofree char *text = self->format (fabs (share) * plot->max);
  GdkRGBA color;

  ps_text_color (widget, share == 0 ? .4f : .12f, &color);
  gtk_snapshot_append_color (snapshot, &color,
                             &GRAPHENE_RECT_INIT (plot->left, roundf (y), plot->width, 1));
  ps_text_color (widget, .65f, &color);
  ps_chart_text (widget, snapshot, text, plot->left - PS_CHART_MARGIN,
                 y - (float)ps_chart_text_height (widget) / 2, 1, &color);
}

static void
draw_axes (PsTimeChart *self, GtkSnapshot *snapshot, const Plot *plot)
{
  GtkWidget *widget = GTK_WIDGET (self);
  float bottom = plot->top + plot->height + (float)ps_chart_text_height (widget) / 2;
  g_autofree char *from = ps_format_clock (plot->end - (gint64)(plot->span * 1e9));
  g_autofree char *to = ps_format_clock (plot->end);
  GdkRGBA color;

  draw_grid_line (self, snapshot, plot, 0);
  draw_grid_line (self, snapshot, plot, 1);
  if (plot->mirrored)
    draw_grid_line (self, snapshot, plot, -1);
  else
    draw_grid_line (self, snapshot, plot, .5);

  /* Whole seconds are enough here. */
  from[8] = to[8] = '\0';
  ps_text_color (widget, .65f, &color);
  ps_chart_text (widget, snapshot, from, plot->left, bottom, 0, &color);
  ps_chart_text (widget, snapshot, to, plot->left + plot->width, bottom, 1, &color);
  if (plot->mirrored)
    {
      ps_chart_text (widget, snapshot, _ ("in ↑"), plot->left + PS_CHART_MARGIN, plot->top, 0,
                     &color);
      ps_chart_text (widget, snapshot, _ ("out ↓"), plot->left + PS_CHART_MARGIN,
                     plot->top + plot->height - (float)ps_chart_text_height (widget), 0, &color);
    }
}

/* One rectangle a bucket, from its lowest to its highest value, joined to the one before. */
static void
draw_series (PsTimeChart *self, GtkSnapshot *snapshot, const Plot *plot, const Series *s)
{
  guint columns = MAX ((guint)plot->width, 1);
  float previous = NAN;
  float previous_x = 0;
  guint i = 0;
  GdkRGBA color;

  ps_layer_color (GTK_WIDGET (self), s->layer, &color);
  while (i < s->n && (double)(plot->end - s->times[i]) / 1e9 > plot->span)
    i++;
  while (i < s->n)
    {
      double age = (double)(plot->end - s->times[i]) / 1e9;
      guint column = (guint)((1 - age / plot->span) * (columns - 1));
      double low = s->values[i], high = s->values[i];
      float x = plot->left + (float)column;
      float top, bottom, last;

      for (; i < s->n; i++)
        {
          age = (double)(plot->end - s->times[i]) / 1e9;
          if ((guint)((1 - age / plot->span) * (columns - 1)) != column)
            break;
          low = MIN (low, s->values[i]);
          high = MAX (high, s->values[i]);
        }
      last = y_of (plot, s->values[i - 1], s->below);
      top = MIN (y_of (plot, low, s->below), y_of (plot, high, s->below));
      bottom = MAX (y_of (plot, low, s->below), y_of (plot, high, s->below));
      if (!isnan (previous))
        {
          gtk_snapshot_append_color (
              snapshot, &color,
              &GRAPHENE_RECT_INIT (previous_x, previous - STROKE / 2, x - previous_x, STROKE));
          top = MIN (top, previous);
          bottom = MAX (bottom, previous);
        }
      gtk_snapshot_append_color (
          snapshot, &color,
          &GRAPHENE_RECT_INIT (x - STROKE / 2, top - STROKE / 2, STROKE, bottom - top + STROKE));
      previous = last;
      previous_x = x;
    }
}

static void
ps_time_chart_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  PsTimeChart *self = PS_TIME_CHART (widget);
  Plot plot;

  if (!has_data (self))
    {
      ps_chart_placeholder (widget, snapshot, self->why != NULL ? self->why : _ ("n/a"));
      return;
    }
  lay_out (self, &plot);
  draw_axes (self, snapshot, &plot);
  for (guint i = 0; i < self->series->len; i++)
    draw_series (self, snapshot, &plot, g_ptr_array_index (self->series, i));
}

static void
ps_time_chart_measure (GtkWidget *widget,
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

/* The value at or just before a moment; negative if there is none. */
static double
value_at (const Series *s, gint64 time)
{
  for (guint i = s->n; i > 0; i--)
    if (s->times[i - 1] <= time)
      return s->values[i - 1];
  return -1;
}

static gboolean
ps_time_chart_query_tooltip (GtkWidget *widget,
                             int x,
                             int y,
                             gboolean keyboard,
                             GtkTooltip *tooltip)
{
  PsTimeChart *self = PS_TIME_CHART (widget);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *clock = NULL;
  gint64 time;
  Plot plot;

  if (keyboard || !has_data (self))
    return FALSE;
  lay_out (self, &plot);
  if ((float)x < plot.left)
    return FALSE;
  time = plot.end -
         (gint64)((1 - ((double)x - (double)plot.left) / (double)plot.width) * plot.span * 1e9);
  clock = ps_format_clock (time);
  clock[8] = '\0';
  g_string_append (text, clock);
  for (guint i = 0; i < self->series->len; i++)
    {
      const Series *s = g_ptr_array_index (self->series, i);
      double value = value_at (s, time);
      g_autofree char *number = value >= 0 ? self->format (value) : g_strdup (_ ("n/a"));

      if (value != 0)
        g_string_append_printf (text, "\n%s: %s", s->name, number);
    }
  gtk_tooltip_set_text (tooltip, text->str);
  return TRUE;
}

/* The newest values in words: what a screen reader has of it. */
static void
describe (PsTimeChart *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < self->series->len; i++)
    {
      const Series *s = g_ptr_array_index (self->series, i);
      g_autofree char *number = s->n > 0 ? self->format (s->values[s->n - 1]) : NULL;
      if (number != NULL)
        g_string_append_printf (text, "%s: %s; ", s->name, number);
    }
  if (text->len == 0 && self->why != NULL)
    g_string_append (text, self->why);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  self->label != NULL ? self->label : "",
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text->str, -1);
}

void
ps_time_chart_clear (PsTimeChart *self, const char *why)
{
  g_return_if_fail (PS_IS_TIME_CHART (self));
  g_ptr_array_set_size (self->series, 0);
  g_free (self->why);
  self->why = g_strdup (why);
  describe (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
ps_time_chart_set_span (PsTimeChart *self, double seconds)
{
  g_return_if_fail (PS_IS_TIME_CHART (self));
  g_return_if_fail (seconds > 0);
  self->span = seconds;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
ps_time_chart_set_format (PsTimeChart *self, PsChartFormat format)
{
  g_return_if_fail (PS_IS_TIME_CHART (self));
  self->format = format;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
ps_time_chart_set_label (PsTimeChart *self, const char *label)
{
  g_return_if_fail (PS_IS_TIME_CHART (self));
  g_free (self->label);
  self->label = g_strdup (label);
  describe (self);
}

void
ps_time_chart_add_series (PsTimeChart *self,
                          const char *name,
                          guint layer,
                          gboolean below,
                          const gint64 *times,
                          const double *values,
                          guint n_values)
{
  Series *series;

  g_return_if_fail (PS_IS_TIME_CHART (self));
  series = g_new0 (Series, 1);
  series->name = g_strdup (name);
  series->layer = layer;
  series->below = below;
  series->times = g_memdup2 (times, n_values * sizeof *times);
  series->values = g_memdup2 (values, n_values * sizeof *values);
  series->n = n_values;
  g_ptr_array_add (self->series, series);
  describe (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
ps_time_chart_finalize (GObject *object)
{
  PsTimeChart *self = PS_TIME_CHART (object);

  g_ptr_array_unref (self->series);
  g_free (self->why);
  g_free (self->label);
  G_OBJECT_CLASS (ps_time_chart_parent_class)->finalize (object);
}

static void
ps_time_chart_class_init (PsTimeChartClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ps_time_chart_finalize;
  widget_class->snapshot = ps_time_chart_snapshot;
  widget_class->measure = ps_time_chart_measure;
  widget_class->query_tooltip = ps_time_chart_query_tooltip;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
ps_time_chart_init (PsTimeChart *self)
{
  self->series = g_ptr_array_new_with_free_func ((GDestroyNotify)series_free);
  self->span = 60;
  self->format = ps_format_rate;
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
}
