/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/charts/ps-flame-chart.h"

#include <glib/gi18n.h>

#include "viewer/charts/ps-layer-legend.h"
#include "viewer/charts/ps-time-axis.h"
#include "viewer/ps-call-text.h"
#include "viewer/ps-journey-boxes.h"
#include "viewer/ps-layer-style.h"

/* Laying out more calls than that would hold a frame: a worker does it. */
#define AT_ONCE_MAX 2000u

struct _PsFlameChart {
  AdwBin parent_instance;

  GtkStack *stack;
  GtkLabel *why;
  GtkWidget *trace_button;
  PsTimeAxis *axis;
  PsFlameView *view;
  PsLayerLegend *legend;

  PsCallList *calls;
  PsJourney *journey; /* of these; borrowed */
  PsJourneyBoxes *boxes;
  GCancellable *making; /* of boxes, in a worker */
  guint32 selected;
  GArray *guilty; /* guint32 */
};

G_DEFINE_FINAL_TYPE (PsFlameChart, ps_flame_chart, ADW_TYPE_BIN)

enum { CALL_SELECTED, N_SIGNALS };
static guint signals[N_SIGNALS];

static char *
describe (guint32 call, gpointer data)
{
  PsFlameChart *self = data;

  return ps_call_text_describe (self->calls, call);
}

static void
on_selected (PsFlameChart *self, guint call)
{
  self->selected = call;
  g_signal_emit (self, signals[CALL_SELECTED], 0, call);
}

static void
on_range_changed (PsFlameChart *self)
{
  double from, to;

  ps_flame_view_get_range (self->view, &from, &to);
  ps_time_axis_set_range (self->axis, from, to);
}

static void
zoom_in (PsFlameChart *self)
{
  ps_flame_view_zoom (self->view, 1.6);
}

static void
zoom_out (PsFlameChart *self)
{
  ps_flame_view_zoom (self->view, 1 / 1.6);
}

static void
zoom_back (PsFlameChart *self)
{
  ps_flame_view_zoom_to (self->view, PS_FLAME_NONE);
}

/* The stages on the axis and, as lines, over the boxes; what is folded behind them. */
static void
show_guides (PsFlameChart *self)
{
  const PsTimeFold *fold = self->boxes->fold;
  g_autoptr (GArray) guides = g_array_new (FALSE, FALSE, sizeof (PsFlameGuide));

  for (guint i = 0; i < fold->segments->len; i++)
    {
      const PsTimeSegment *segment = &g_array_index (fold->segments, PsTimeSegment, i);
      PsFlameGuide guide = { segment->start, segment->end, PS_N_LAYERS };

      if (segment->folded)
        g_array_append_val (guides, guide);
    }
  for (guint i = 0; i < ps_journey_get_n_waits (self->journey); i++)
    {
      const PsJourneyWait *wait = ps_journey_get_wait (self->journey, i);
      ps_time_axis_add_wait (self->axis, wait->start_ns, wait->start_ns + wait->duration_ns,
                             wait->sentence);
    }
  for (guint i = 0; i < ps_journey_get_n_stages (self->journey); i++)
    {
      const PsJourneyStage *stage = ps_journey_get_stage (self->journey, i);
      double place = ps_time_fold_place (fold, stage->time_ns);
      PsFlameGuide guide = { place, place, stage->layer };

      if (stage->time_ns < 0)
        continue;
      g_array_append_val (guides, guide);
      ps_time_axis_add_mark (self->axis, stage->time_ns,
                             ps_stage_title (stage->stage | (stage->send ? PS_STAGE_SEND : 0)),
                             stage->layer);
    }
  ps_flame_view_set_guides (self->view, (const PsFlameGuide *)(gconstpointer)guides->data,
                            guides->len);
}

static void
show_legend (PsFlameChart *self)
{
  guint layers = 0;
  gboolean around = FALSE;

  for (guint i = 0; i < ps_journey_get_n_calls (self->journey); i++)
    {
      layers |= 1u << ps_journey_get_call (self->journey, i)->layer;
      around |= !ps_call_list_is_on_packet (self->calls, i);
    }
  ps_layer_legend_set_layers (self->legend, layers);
  /* Translators: of colours in a chart */
  ps_layer_legend_set_faint (self->legend, around ? _ ("Faint: others") : NULL,
                             _ ("Calls around the packet’s own, and what they do for others"));
}

static void
clear_boxes (PsFlameChart *self)
{
  g_cancellable_cancel (self->making);
  g_clear_object (&self->making);
  self->selected = PS_FLAME_NONE;
  ps_time_axis_set_fold (self->axis, NULL);
  ps_flame_view_set_boxes (self->view, NULL, 0, 1);
  g_clear_pointer (&self->boxes, ps_journey_boxes_free);
}

static void
show_nothing (PsFlameChart *self)
{
  const char *sentence;

  if (ps_journey_get_n_calls (self->journey) == 0)
    sentence = ps_journey_get_calls_note (self->journey);
  else
    sentence =
        _ ("This packet was captured at the depth “paths”: which functions it passed is known, how "
           "long each took is not. At the depth “functions” every call is timed: choose it in the "
           "capture options, or, while a capture runs, trace the functions of a socket’s packets.");
  gtk_label_set_label (self->why, sentence != NULL ? sentence : "");
  gtk_stack_set_visible_child_name (self->stack, "none");
}

static void
mark_guilty (PsFlameChart *self)
{
  if (self->boxes == NULL)
    return;
  ps_flame_boxes_clear_marks (self->boxes->boxes, PS_FLAME_GUILTY);
  for (guint i = 0; i < self->guilty->len; i++)
    ps_flame_boxes_add_marks (self->boxes->boxes, g_array_index (self->guilty, guint32, i),
                              PS_FLAME_GUILTY);
  ps_flame_view_redraw (self->view);
}

static void
show_boxes (PsFlameChart *self, PsJourneyBoxes *boxes)
{
  self->boxes = boxes;
  ps_time_axis_set_fold (self->axis, self->boxes->fold);
  show_guides (self);
  show_legend (self);
  ps_flame_view_set_boxes (self->view, self->boxes->boxes, 0, self->boxes->fold->length);
  ps_flame_view_select (self->view, self->selected);
  mark_guilty (self);
  gtk_stack_set_visible_child_name (self->stack, "chart");
}

typedef struct {
  PsJourney *journey;
  guint64 packet;
} Work;

static void
free_work (gpointer data)
{
  g_object_unref (((Work *)data)->journey);
  g_free (data);
}

static void
make_boxes (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Work *work = data;

  g_task_return_pointer (task, ps_journey_boxes_new (work->journey, work->packet),
                         (GDestroyNotify)ps_journey_boxes_free);
}

static void
boxes_made (GObject *source, GAsyncResult *result, gpointer data)
{
  PsFlameChart *self = PS_FLAME_CHART (source);
  PsJourneyBoxes *boxes = g_task_propagate_pointer (G_TASK (result), NULL);

  if (boxes == NULL)
    return; /* cancelled: another journey is shown */
  g_clear_object (&self->making);
  show_boxes (self, boxes);
}

/* A journey does not change any more, so that a worker can read it. */
static void
start_making (PsFlameChart *self)
{
  Work *work = g_new (Work, 1);
  g_autoptr (GTask) task = NULL;

  *work = (Work){ g_object_ref (self->journey), ps_call_list_get_packet (self->calls) };
  self->making = g_cancellable_new ();
  task = g_task_new (self, self->making, boxes_made, NULL);
  g_task_set_task_data (task, work, free_work);
  g_task_run_in_thread (task, make_boxes);
}

void
ps_flame_chart_set_calls (PsFlameChart *self, PsCallList *calls)
{
  g_return_if_fail (PS_IS_FLAME_CHART (self));
  g_return_if_fail (PS_IS_CALL_LIST (calls));

  clear_boxes (self);
  g_set_object (&self->calls, calls);
  self->journey = ps_call_list_get_journey (calls);
  if (self->journey == NULL)
    return;
  if (!ps_journey_has_times (self->journey))
    show_nothing (self);
  else if (ps_journey_get_n_calls (self->journey) > AT_ONCE_MAX)
    start_making (self);
  else
    show_boxes (self, ps_journey_boxes_new (self->journey, ps_call_list_get_packet (calls)));
}

void
ps_flame_chart_select (PsFlameChart *self, guint32 call)
{
  g_return_if_fail (PS_IS_FLAME_CHART (self));
  self->selected = call;
  ps_flame_view_select (self->view, call);
}

void
ps_flame_chart_set_search (PsFlameChart *self, const char *text)
{
  g_return_if_fail (PS_IS_FLAME_CHART (self));
  ps_flame_view_set_search (self->view, text);
}

void
ps_flame_chart_set_guilty (PsFlameChart *self, const guint32 *calls, guint n)
{
  g_return_if_fail (PS_IS_FLAME_CHART (self));
  g_array_set_size (self->guilty, 0);
  if (n > 0)
    g_array_append_vals (self->guilty, calls, n);
  mark_guilty (self);
}

PsFlameView *
ps_flame_chart_get_view (PsFlameChart *self)
{
  g_return_val_if_fail (PS_IS_FLAME_CHART (self), NULL);
  return self->view;
}

gboolean
ps_flame_chart_is_empty (PsFlameChart *self)
{
  g_return_val_if_fail (PS_IS_FLAME_CHART (self), TRUE);
  return self->boxes == NULL;
}

static void
ps_flame_chart_dispose (GObject *object)
{
  PsFlameChart *self = PS_FLAME_CHART (object);

  g_cancellable_cancel (self->making);
  g_clear_object (&self->making);
  if (self->boxes != NULL)
    clear_boxes (self);
  g_clear_object (&self->calls);
  g_clear_pointer (&self->guilty, g_array_unref);
  G_OBJECT_CLASS (ps_flame_chart_parent_class)->dispose (object);
}

static void
ps_flame_chart_class_init (PsFlameChartClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ps_flame_chart_dispose;

  g_type_ensure (PS_TYPE_FLAME_VIEW);
  g_type_ensure (PS_TYPE_LAYER_LEGEND);
  g_type_ensure (PS_TYPE_TIME_AXIS);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-flame-chart.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget_class, PsFlameChart, name)
  CHILD (stack);
  CHILD (why);
  CHILD (trace_button);
  CHILD (axis);
  CHILD (view);
  CHILD (legend);
#undef CHILD
  gtk_widget_class_bind_template_callback (widget_class, zoom_in);
  gtk_widget_class_bind_template_callback (widget_class, zoom_out);
  gtk_widget_class_bind_template_callback (widget_class, zoom_back);
  gtk_widget_class_bind_template_callback (widget_class, on_selected);
  gtk_widget_class_bind_template_callback (widget_class, on_range_changed);

  signals[CALL_SELECTED] = g_signal_new ("call-selected", PS_TYPE_FLAME_CHART, G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
}

static void
ps_flame_chart_init (PsFlameChart *self)
{
  self->guilty = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->selected = PS_FLAME_NONE;
  gtk_widget_init_template (GTK_WIDGET (self));
  /* A button for what the window cannot do now would be a lie. */
  g_object_bind_property (self->trace_button, "sensitive", self->trace_button, "visible",
                          G_BINDING_SYNC_CREATE);
  ps_flame_view_set_describe (self->view, describe, self);
}
