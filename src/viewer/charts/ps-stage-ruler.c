/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/charts/ps-stage-ruler.h"

#include <glib/gi18n.h>

#include "viewer/charts/ps-chart-axis.h"
#include "viewer/ps-format.h"
#include "viewer/ps-layer-style.h"

#define DOT 10.f
#define LINE 3.f
#define PADDING 4

struct _PsStageRuler {
  GtkWidget parent_instance;

  PsJourney *journey;
};

G_DEFINE_FINAL_TYPE (PsStageRuler, ps_stage_ruler, GTK_TYPE_WIDGET)

static guint
n_stages (PsStageRuler *self)
{
  return self->journey != NULL ? ps_journey_get_n_stages (self->journey) : 0;
}

static guint
stage_code (const PsJourneyStage *stage)
{
  return stage->stage | (stage->send ? PS_STAGE_SEND : 0);
}

/* A packet that was only sent, or only received, needs no word for it at each stage. */
static const char *
short_title (PsStageRuler *self, guint nth)
{
  const PsJourneyStage *stage = ps_journey_get_stage (self->journey, nth);
  gboolean forwarded = ps_journey_get_stage (self->journey, 0)->send !=
                       ps_journey_get_stage (self->journey, n_stages (self) - 1)->send;

  return ps_stage_title (forwarded ? stage_code (stage) : stage->stage);
}

/* Wide enough for the widest name, and for a duration between two. */
static int
step_width (PsStageRuler *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  int width = ps_chart_text_width (widget, "wait 88.8 µs");

  for (guint i = 0; i < n_stages (self); i++)
    width = MAX (width, ps_chart_text_width (widget, short_title (self, i)));
  return width + 2 * PADDING;
}

static void
draw_dot (GtkSnapshot *snapshot, float x, float y, const GdkRGBA *color, gboolean hollow)
{
  GskRoundedRect dot;

  gsk_rounded_rect_init_from_rect (&dot, &GRAPHENE_RECT_INIT (x - DOT / 2, y - DOT / 2, DOT, DOT),
                                   DOT / 2);
  if (hollow)
    gtk_snapshot_append_border (snapshot, &dot, (float[4]){ 2, 2, 2, 2 },
                                (GdkRGBA[4]){ *color, *color, *color, *color });
  else
    {
      gtk_snapshot_push_rounded_clip (snapshot, &dot);
      gtk_snapshot_append_color (snapshot, color, &dot.bounds);
      gtk_snapshot_pop (snapshot);
    }
}

/* The wait that lies between a stage and the one before; NULL: it ran. */
static const PsJourneyWait *
find_wait (PsStageRuler *self, guint nth)
{
  const PsJourneyStage *stage = ps_journey_get_stage (self->journey, nth);
  gint64 from_ns = stage->time_ns - stage->since_previous_ns;
  const PsJourneyWait *longest = NULL;

  if (stage->since_previous_ns <= 0)
    return NULL;
  for (guint i = 0; i < ps_journey_get_n_waits (self->journey); i++)
    {
      const PsJourneyWait *wait = ps_journey_get_wait (self->journey, i);
      gint64 middle_ns = wait->start_ns + wait->duration_ns / 2;

      if (middle_ns >= from_ns && middle_ns <= stage->time_ns &&
          (longest == NULL || wait->duration_ns > longest->duration_ns))
        longest = wait;
    }
  /* A wait that is a small part of it does not make it one. */
  return longest != NULL && longest->duration_ns * 2 >= stage->since_previous_ns ? longest : NULL;
}

/* Where it ran the line is whole; where it waited, of dots. */
static void
draw_line (GtkSnapshot *snapshot,
           float from,
           float to,
           float y,
           const GdkRGBA *color,
           gboolean wait)
{
  float piece = wait ? LINE : to - from;

  for (float x = from; x < to; x += 2.5f * piece)
    gtk_snapshot_append_color (snapshot, color,
                               &GRAPHENE_RECT_INIT (x, y - LINE / 2, MIN (piece, to - x), LINE));
}

static char *
format_step (PsStageRuler *self, guint nth)
{
  const PsJourneyStage *stage = ps_journey_get_stage (self->journey, nth);
  g_autofree char *delta = ps_format_duration (stage->since_previous_ns);

  if (stage->since_previous_ns < 0)
    return g_steal_pointer (&delta);
  if (find_wait (self, nth) != NULL)
    /* Translators: between two stages it waited that long */
    return g_strdup_printf (_ ("wait %s"), delta);
  return g_strconcat ("+", delta, NULL);
}

static void
draw_step (PsStageRuler *self, GtkSnapshot *snapshot, guint nth, float step, float height)
{
  GtkWidget *widget = GTK_WIDGET (self);
  const PsJourneyStage *stage = ps_journey_get_stage (self->journey, nth);
  gboolean known = stage->time_ns >= 0;
  float x = (float)nth * step + step / 2;
  float y = height + PADDING + DOT / 2;
  GdkRGBA color, text, faint;

  ps_layer_color (widget, stage->layer, &color);
  ps_text_color (widget, 1, &text);
  ps_text_color (widget, .65f, &faint);
  if (nth > 0)
    {
      GdkRGBA line = color;
      line.alpha = stage->since_previous_ns >= 0 ? .8f : .25f;
      draw_line (snapshot, x - step + DOT / 2, x - DOT / 2, y, &line,
                 find_wait (self, nth) != NULL);
    }
  ps_chart_text (widget, snapshot, short_title (self, nth), x, 0, .5f, known ? &text : &faint);
  draw_dot (snapshot, x, y, &color, !known);
  if (nth > 0)
    {
      g_autofree char *label = format_step (self, nth);
      ps_chart_text (widget, snapshot, label, x - step / 2, y + DOT / 2 + PADDING, .5f, &faint);
    }
  else if (!known)
    ps_chart_text (widget, snapshot, _ ("n/a"), x, y + DOT / 2 + PADDING, .5f, &faint);
}

static void
ps_stage_ruler_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  PsStageRuler *self = PS_STAGE_RULER (widget);
  guint n = n_stages (self);
  float step, height = (float)ps_chart_text_height (widget);

  if (n == 0)
    return;
  /* Two stages need not be a screen apart. */
  step = MIN ((float)gtk_widget_get_width (widget) / (float)n, 2.2f * (float)step_width (self));
  for (guint i = 0; i < n; i++)
    draw_step (self, snapshot, i, step, height);
}

static void
ps_stage_ruler_measure (GtkWidget *widget,
                        GtkOrientation orientation,
                        int for_size,
                        int *minimum,
                        int *natural,
                        int *minimum_baseline,
                        int *natural_baseline)
{
  PsStageRuler *self = PS_STAGE_RULER (widget);

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    *minimum = *natural = (int)n_stages (self) * step_width (self);
  else
    *minimum = *natural = 2 * ps_chart_text_height (widget) + 2 * PADDING + (int)DOT;
}

/* "Network, 3.4 µs after Link" or why it is not known. */
static char *
describe_stage (PsStageRuler *self, guint nth)
{
  const PsJourneyStage *stage = ps_journey_get_stage (self->journey, nth);
  const char *title = ps_stage_title (stage_code (stage));
  g_autofree char *delta = ps_format_duration (stage->since_previous_ns);
  g_autofree char *clock = stage->time_ns >= 0 ? ps_format_clock (stage->time_ns) : NULL;

  if (stage->time_ns < 0)
    return g_strdup_printf (_ ("%s: n/a. %s"), title, stage->missing != NULL ? stage->missing : "");
  if (nth == 0 || stage->since_previous_ns < 0)
    return g_strdup_printf (_ ("%s at %s"), title, clock);
  if (find_wait (self, nth) != NULL)
    return g_strdup_printf (_ ("%s at %s, %s after the stage before: it %s"), title, clock, delta,
                            find_wait (self, nth)->sentence);
  return g_strdup_printf (_ ("%s at %s, %s after the stage before"), title, clock, delta);
}

static gboolean
ps_stage_ruler_query_tooltip (GtkWidget *widget,
                              int x,
                              int y,
                              gboolean keyboard,
                              GtkTooltip *tooltip)
{
  PsStageRuler *self = PS_STAGE_RULER (widget);
  guint n = n_stages (self);
  g_autofree char *text = NULL;
  float step;

  if (n == 0 || keyboard)
    return FALSE;
  step = MIN ((float)gtk_widget_get_width (widget) / (float)n, 2.2f * (float)step_width (self));
  if (x < 0 || (float)x >= step * (float)n)
    return FALSE;
  text = describe_stage (self, (guint)((float)x / step));
  gtk_tooltip_set_text (tooltip, text);
  return TRUE;
}

void
ps_stage_ruler_set_journey (PsStageRuler *self, PsJourney *journey)
{
  g_autoptr (GString) description = g_string_new (NULL);

  g_return_if_fail (PS_IS_STAGE_RULER (self));
  g_set_object (&self->journey, journey);
  for (guint i = 0; i < n_stages (self); i++)
    {
      g_autofree char *stage = describe_stage (self, i);
      g_string_append_printf (description, "%s%s", i > 0 ? "; " : "", stage);
    }
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Stages"), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  description->str, -1);
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

static void
ps_stage_ruler_finalize (GObject *object)
{
  g_clear_object (&PS_STAGE_RULER (object)->journey);
  G_OBJECT_CLASS (ps_stage_ruler_parent_class)->finalize (object);
}

static void
ps_stage_ruler_class_init (PsStageRulerClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ps_stage_ruler_finalize;
  widget_class->snapshot = ps_stage_ruler_snapshot;
  widget_class->measure = ps_stage_ruler_measure;
  widget_class->query_tooltip = ps_stage_ruler_query_tooltip;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
ps_stage_ruler_init (PsStageRuler *self)
{
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
}

GtkWidget *
ps_stage_ruler_new (void)
{
  return g_object_new (PS_TYPE_STAGE_RULER, NULL);
}
