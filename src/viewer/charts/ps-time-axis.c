/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/charts/ps-time-axis.h"

#include <glib/gi18n.h>
#include <math.h>

#include "viewer/charts/ps-chart-axis.h"
#include "viewer/ps-format.h"
#include "viewer/ps-layer-style.h"

#define TICK_EVERY 84. /* pixels, at least */
#define GAP 6.f

typedef struct {
  gint64 from_ns;
  gint64 to_ns;
  guint layer;
  char *text;
} Note;

struct _PsTimeAxis {
  GtkWidget parent_instance;

  const PsTimeFold *fold;
  GArray *marks; /* Note */
  GArray *waits; /* Note */
  double from, to;
};

G_DEFINE_FINAL_TYPE (PsTimeAxis, ps_time_axis, GTK_TYPE_WIDGET)

static void
clear_note (gpointer data)
{
  g_free (((Note *)data)->text);
}

static float
x_of (PsTimeAxis *self, double place)
{
  return (float)((place - self->from) / (self->to - self->from) *
                 gtk_widget_get_width (GTK_WIDGET (self)));
}

static float
line_height (PsTimeAxis *self)
{
  return (float)ps_chart_text_height (GTK_WIDGET (self));
}

/* The ticks' line is below that of the stages. */
static float
ticks_top (PsTimeAxis *self)
{
  return line_height (self) + 2;
}

/* With as many digits as it takes to tell one tick from the next. */
static char *
format_tick (gint64 ns, double step)
{
  static const char *const units[] = { N_ ("ns"), N_ ("µs"), N_ ("ms"), N_ ("s") };
  double unit = 1;
  guint nth = 0;
  int digits;

  while (nth + 1 < G_N_ELEMENTS (units) && (double)ns >= unit * 1000)
    {
      unit *= 1000;
      nth++;
    }
  digits = step >= unit ? 0 : (int)ceil (log10 (unit / step) - 1e-9);
  return g_strdup_printf ("%.*f %s", CLAMP (digits, 0, 9), (double)ns / unit, _ (units[nth]));
}

static void
draw_tick (PsTimeAxis *self, GtkSnapshot *snapshot, float x, const char *label, float *last)
{
  GtkWidget *widget = GTK_WIDGET (self);
  float top = ticks_top (self), width = (float)ps_chart_text_width (widget, label);
  GdkRGBA color;

  ps_text_color (widget, .3f, &color);
  gtk_snapshot_append_color (snapshot, &color,
                             &GRAPHENE_RECT_INIT (roundf (x), top, 1, line_height (self) + 2));
  if (x + 3 < *last || x + 3 + width > (float)gtk_widget_get_width (widget))
    return;
  ps_text_color (widget, .7f, &color);
  ps_chart_text (widget, snapshot, label, x + 3, top, 0, &color);
  *last = x + 3 + width + GAP;
}

/* Stripes and how long it was: this piece is not to scale. */
static void
draw_folded (PsTimeAxis *self, GtkSnapshot *snapshot, const PsTimeSegment *segment, float *last)
{
  GtkWidget *widget = GTK_WIDGET (self);
  float left = MAX (x_of (self, segment->start), 0);
  float right = MIN (x_of (self, segment->end), (float)gtk_widget_get_width (widget));
  float top = ticks_top (self), height = line_height (self) + 2;
  g_autofree char *duration = ps_format_duration (segment->to_ns - segment->from_ns);
  float width = (float)ps_chart_text_width (widget, duration);
  GdkRGBA color;

  ps_text_color (widget, .16f, &color);
  gtk_snapshot_append_color (snapshot, &color,
                             &GRAPHENE_RECT_INIT (left, top, right - left, height));
  ps_text_color (widget, .9f, &color);
  if (width + 4 <= right - left && left + 2 >= *last)
    {
      ps_chart_text (widget, snapshot, duration, (left + right) / 2, top, .5f, &color);
      *last = right;
    }
}

static void
draw_segment (PsTimeAxis *self,
              GtkSnapshot *snapshot,
              const PsTimeSegment *segment,
              double step,
              float *last)
{
  gint64 origin = g_array_index (self->fold->segments, PsTimeSegment, 0).from_ns;
  gint64 first = ps_time_fold_time (self->fold, MAX (segment->start, self->from)) - origin;
  gint64 until = MIN (segment->to_ns - origin,
                      ps_time_fold_time (self->fold, MIN (segment->end, self->to)) - origin);

  for (double at = ceil ((double)first / step) * step; at <= (double)until; at += step)
    {
      double place = segment->start + (at + (double)(origin - segment->from_ns));
      g_autofree char *label = format_tick ((gint64)at, step);

      draw_tick (self, snapshot, x_of (self, place), label, last);
    }
}

static void
draw_ticks (PsTimeAxis *self, GtkSnapshot *snapshot)
{
  double pixels = MAX (gtk_widget_get_width (GTK_WIDGET (self)), 1);
  double step = MAX (ps_chart_nice_ceiling ((self->to - self->from) * TICK_EVERY / pixels), 1);
  float last = 0;

  for (guint i = 0; i < self->fold->segments->len; i++)
    {
      const PsTimeSegment *segment = &g_array_index (self->fold->segments, PsTimeSegment, i);

      if (segment->end < self->from || segment->start > self->to)
        continue;
      if (segment->folded)
        draw_folded (self, snapshot, segment, &last);
      else
        draw_segment (self, snapshot, segment, step, &last);
    }
}

static void
draw_marks (PsTimeAxis *self, GtkSnapshot *snapshot)
{
  GtkWidget *widget = GTK_WIDGET (self);
  float last = 0, end = (float)gtk_widget_get_width (widget);

  for (guint i = 0; i < self->marks->len; i++)
    {
      const Note *mark = &g_array_index (self->marks, Note, i);
      float x = x_of (self, ps_time_fold_place (self->fold, mark->from_ns));
      float width = (float)ps_chart_text_width (widget, mark->text);
      float left = CLAMP (x - width / 2, 0, MAX (end - width, 0));
      GdkRGBA color;

      if (x < -1 || x > end)
        continue;
      ps_layer_color (widget, mark->layer, &color);
      gtk_snapshot_append_color (
          snapshot, &color,
          &GRAPHENE_RECT_INIT (MIN (roundf (x), end - 2), ticks_top (self) - 4, 2, 4));
      if (left < last)
        continue;
      ps_text_color (widget, 1, &color);
      ps_chart_text (widget, snapshot, mark->text, left, 0, 0, &color);
      last = left + width + GAP;
    }
}

static void
ps_time_axis_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  PsTimeAxis *self = PS_TIME_AXIS (widget);

  if (self->fold == NULL)
    return;
  gtk_snapshot_push_clip (snapshot, &GRAPHENE_RECT_INIT (0, 0, (float)gtk_widget_get_width (widget),
                                                         (float)gtk_widget_get_height (widget)));
  draw_ticks (self, snapshot);
  draw_marks (self, snapshot);
  gtk_snapshot_pop (snapshot);
}

static void
ps_time_axis_measure (GtkWidget *widget,
                      GtkOrientation orientation,
                      int for_size,
                      int *minimum,
                      int *natural,
                      int *minimum_baseline,
                      int *natural_baseline)
{
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    *minimum = *natural = 120;
  else
    *minimum = *natural = 2 * ps_chart_text_height (widget) + 6;
}

static char *
describe_moment (PsTimeAxis *self, gint64 time_ns, double place)
{
  gint64 origin = g_array_index (self->fold->segments, PsTimeSegment, 0).from_ns;
  g_autofree char *since = ps_format_duration (MAX (time_ns - origin, 0));

  for (guint i = 0; i < self->waits->len; i++)
    {
      const Note *wait = &g_array_index (self->waits, Note, i);
      if (time_ns >= wait->from_ns && time_ns <= wait->to_ns)
        return g_strdup (wait->text);
    }
  for (guint i = 0; i < self->fold->segments->len; i++)
    {
      const PsTimeSegment *segment = &g_array_index (self->fold->segments, PsTimeSegment, i);
      g_autofree char *length = ps_format_duration (segment->to_ns - segment->from_ns);

      if (segment->folded && place >= segment->start && place <= segment->end)
        return g_strdup_printf (_ ("%s in which nothing worked on this packet; not to scale"),
                                length);
    }
  return g_strdup_printf (_ ("%s after its first call"), since);
}

static gboolean
ps_time_axis_query_tooltip (GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip)
{
  PsTimeAxis *self = PS_TIME_AXIS (widget);
  double place =
      self->from + (double)x / MAX (gtk_widget_get_width (widget), 1) * (self->to - self->from);
  g_autofree char *text = NULL;

  if (self->fold == NULL || keyboard)
    return FALSE;
  for (guint i = 0; (float)y < ticks_top (self) && i < self->marks->len; i++)
    {
      const Note *mark = &g_array_index (self->marks, Note, i);
      float at = x_of (self, ps_time_fold_place (self->fold, mark->from_ns));

      if (fabsf (at - (float)x) > 6)
        continue;
      text = g_strdup (mark->text);
      break;
    }
  if (text == NULL)
    text = describe_moment (self, ps_time_fold_time (self->fold, place), place);
  gtk_tooltip_set_text (tooltip, text);
  return TRUE;
}

void
ps_time_axis_set_fold (PsTimeAxis *self, const PsTimeFold *fold)
{
  g_return_if_fail (PS_IS_TIME_AXIS (self));
  self->fold = fold;
  g_array_set_size (self->marks, 0);
  g_array_set_size (self->waits, 0);
  self->from = 0;
  self->to = fold != NULL ? fold->length : 1;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
ps_time_axis_set_range (PsTimeAxis *self, double from, double to)
{
  g_return_if_fail (PS_IS_TIME_AXIS (self));
  g_return_if_fail (to > from);
  self->from = from;
  self->to = to;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
ps_time_axis_add_mark (PsTimeAxis *self, gint64 time_ns, const char *label, guint layer)
{
  Note mark = { time_ns, time_ns, layer, NULL };

  g_return_if_fail (PS_IS_TIME_AXIS (self));
  mark.text = g_strdup (label);
  g_array_append_val (self->marks, mark);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
ps_time_axis_add_wait (PsTimeAxis *self, gint64 from_ns, gint64 to_ns, const char *sentence)
{
  Note wait = { from_ns, to_ns, PS_N_LAYERS, NULL };

  g_return_if_fail (PS_IS_TIME_AXIS (self));
  wait.text = g_strdup (sentence);
  g_array_append_val (self->waits, wait);
}

static void
ps_time_axis_finalize (GObject *object)
{
  g_array_unref (PS_TIME_AXIS (object)->marks);
  g_array_unref (PS_TIME_AXIS (object)->waits);
  G_OBJECT_CLASS (ps_time_axis_parent_class)->finalize (object);
}

static void
ps_time_axis_class_init (PsTimeAxisClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ps_time_axis_finalize;
  widget_class->snapshot = ps_time_axis_snapshot;
  widget_class->measure = ps_time_axis_measure;
  widget_class->query_tooltip = ps_time_axis_query_tooltip;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
ps_time_axis_init (PsTimeAxis *self)
{
  self->marks = g_array_new (FALSE, FALSE, sizeof (Note));
  self->waits = g_array_new (FALSE, FALSE, sizeof (Note));
  g_array_set_clear_func (self->marks, clear_note);
  g_array_set_clear_func (self->waits, clear_note);
  self->to = 1;
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
}

GtkWidget *
ps_time_axis_new (void)
{
  return g_object_new (PS_TYPE_TIME_AXIS, NULL);
}
