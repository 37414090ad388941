/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-journey-view.h"

#include <glib/gi18n.h>

#include "analysis/ps-slowness.h"
#include "viewer/charts/ps-stage-ruler.h"
#include "viewer/ps-journey-boxes.h"
#include "viewer/ps-journey-facts.h"
#include "viewer/ps-journey-reader.h"
#include "viewer/ps-link-strip.h"

/* Of main loop work at a time. */
#define SLICE_US 1000

struct _PsJourneyView {
  PsView parent_instance;

  GtkStack *stack;
  GtkLabel *title;
  GtkLabel *facts;
  GtkLabel *end;
  GtkLabel *advice;
  GtkLabel *times;
  PsLinkStrip *edges;
  PsLinkStrip *first_span;
  PsLinkStrip *second_span;
  GtkWidget *ruler_scroller;
  PsStageRuler *ruler;
  GtkToggleButton *compare;
  GtkLabel *usual_label;
  GtkWidget *switcher;
  GtkToggleButton *show_tree;
  PsCallTree *tree;
  PsFlameChart *chart;

  PsJourneyReader reader;
  PsUsual *usual;
  guint comparing; /* idle source */
  gboolean narrow;
};

G_DEFINE_FINAL_TYPE (PsJourneyView, ps_journey_view, PS_TYPE_VIEW)

static void
set_text (GtkLabel *label, const char *text)
{
  gtk_label_set_label (label, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (label), text != NULL && *text != '\0');
}

static void
stop_comparing (PsJourneyView *self)
{
  g_clear_handle_id (&self->comparing, g_source_remove);
  ps_call_tree_set_usual (self->tree, NULL);
  ps_flame_chart_set_guilty (self->chart, NULL, 0);
  g_clear_pointer (&self->usual, ps_usual_free);
  set_text (self->usual_label, NULL);
}

/* Without the times of calls, what is known is how long it was between stages. */
static void
show_slowness (PsJourneyView *self)
{
  g_autoptr (PsSlowness) slowness = ps_slowness_new (ps_view_get_session (PS_VIEW (self)),
                                                     ps_journey_get_number (self->reader.journey));

  set_text (self->usual_label, slowness != NULL ? slowness->sentence : NULL);
}

static gboolean
compare_slice (gpointer data)
{
  PsJourneyView *self = data;
  const guint32 *guilty;
  guint n;

  if (!ps_usual_step (self->usual, SLICE_US))
    return G_SOURCE_CONTINUE;
  self->comparing = 0;
  guilty = ps_usual_get_guilty (self->usual, &n);
  if (ps_usual_get_n_peers (self->usual) >= PS_USUAL_PEERS_MIN)
    ps_call_tree_set_usual (self->tree, self->usual);
  ps_flame_chart_set_guilty (self->chart, guilty, n);
  set_text (self->usual_label, ps_usual_get_sentence (self->usual));
  return G_SOURCE_REMOVE;
}

static void
compare (PsJourneyView *self)
{
  stop_comparing (self);
  if (self->reader.journey == NULL || !gtk_toggle_button_get_active (self->compare))
    return;
  if (!ps_journey_has_times (self->reader.journey))
    {
      show_slowness (self);
      return;
    }
  self->usual = ps_usual_new (ps_view_get_session (PS_VIEW (self)),
                              ps_journey_get_number (self->reader.journey));
  if (self->usual == NULL)
    return;
  set_text (self->usual_label, _ ("Looking at other packets of its kind…"));
  self->comparing = g_idle_add_full (G_PRIORITY_LOW, compare_slice, self, NULL);
}

static void
show_end (PsJourneyView *self, PsSession *session, const PsPacket *packet)
{
  const char *reason = self->reader.dropped
                           ? ps_session_get_name (session, PS_NAME_DROP_REASON, packet->drop_reason)
                           : NULL;

  set_text (self->end, ps_journey_get_end (self->reader.journey));
  if (self->reader.dropped)
    gtk_widget_add_css_class (GTK_WIDGET (self->end), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->end), "error");
  set_text (self->advice, reason != NULL ? ps_drop_reason_advice (reason) : NULL);
}

static void
show_edge (PsJourneyView *self, const PsJourneyEdge *edge)
{
  g_autofree char *text = g_strdup_printf ("%s %s", edge->incoming ? "←" : "→", edge->sentence);

  ps_link_strip_add (self->edges, edge->number, text,
                     edge->number != 0 ? edge->sentence : _ ("That packet is not in this session"));
}

/* What its calls do on packets that are not here, the tree tells. */
static void
show_edges (PsJourneyView *self)
{
  PsJourney *journey = self->reader.journey;
  gboolean any = FALSE;

  ps_link_strip_reset (self->edges, NULL);
  for (guint i = 0; i < ps_journey_get_n_edges (journey); i++)
    {
      const PsJourneyEdge *edge = ps_journey_get_edge (journey, i);

      if (edge->kind == PS_JOURNEY_EDGE_WORKS_ON && edge->number == 0)
        continue;
      if (!any)
        /* Translators: followed by links to them */
        ps_link_strip_reset (self->edges, _ ("Related packets:"));
      any = TRUE;
      show_edge (self, edge);
    }
}

static void
show_span (PsLinkStrip *strip, PsJourney *journey, guint nth)
{
  const PsJourneySpan *span = ps_journey_get_span (journey, nth);
  g_autofree char *words = span != NULL ? ps_journey_facts_span (span) : NULL;

  ps_link_strip_reset (strip, words);
  for (guint i = 0; span != NULL && i < span->n_packets; i++)
    {
      g_autofree char *number = g_strdup_printf ("%" G_GUINT64_FORMAT, span->packets[i]);
      gboolean here = span->packets[i] == ps_journey_get_number (journey);

      ps_link_strip_add (strip, here ? 0 : span->packets[i], number,
                         here ? _ ("This packet") : _ ("Go to this packet"));
    }
}

static void
show_packet (PsJourneyView *self, PsSession *session, guint64 number)
{
  g_autofree PsPacketRow *row = g_new0 (PsPacketRow, 1);
  g_autofree char *title = NULL;
  g_autofree char *facts = NULL;
  g_autofree char *times = ps_journey_facts_times (self->reader.journey);

  if (ps_packet_row_read (session, number, row))
    {
      title = ps_journey_facts_title (row);
      facts = ps_journey_facts_describe (session, row);
      gtk_label_set_label (self->title, title);
      gtk_label_set_label (self->facts, facts);
      show_end (self, session, &row->packet);
    }
  set_text (self->times, times);
  show_edges (self);
  show_span (self->first_span, self->reader.journey, 0);
  show_span (self->second_span, self->reader.journey, 1);
}

static void
show_journey (PsJourneyView *self)
{
  PsJourney *journey = self->reader.journey;

  stop_comparing (self);
  show_packet (self, ps_view_get_session (PS_VIEW (self)), ps_journey_get_number (journey));
  gtk_widget_set_visible (self->ruler_scroller, ps_journey_get_n_stages (journey) > 0);
  ps_stage_ruler_set_journey (self->ruler, journey);
  ps_call_tree_set_journey (self->tree, journey, self->reader.packet);
  ps_flame_chart_set_calls (self->chart, ps_call_tree_get_list (self->tree));
  compare (self);
  gtk_stack_set_visible_child_name (self->stack, "packet");
}

static void
ps_journey_view_update (PsView *view, PsViewChange changes)
{
  PsJourneyView *self = PS_JOURNEY_VIEW (view);

  if (!ps_journey_reader_update (&self->reader, view, changes))
    return;
  if (self->reader.journey != NULL)
    {
      show_journey (self);
      return;
    }
  stop_comparing (self);
  ps_call_tree_set_journey (self->tree, NULL, 0);
  ps_flame_chart_set_calls (self->chart, ps_call_tree_get_list (self->tree));
  gtk_stack_set_visible_child_name (
      self->stack, ps_journey_reader_is_decoding (&self->reader) ? "decoding" : "none");
}

static void
on_tree_selected (PsJourneyView *self, guint call)
{
  ps_flame_chart_select (self->chart, call);
}

static void
on_chart_selected (PsJourneyView *self, guint call)
{
  ps_call_tree_select (self->tree, call);
}

static void
on_search (PsJourneyView *self, const char *text)
{
  ps_flame_chart_set_search (self->chart, text);
}

static void
follow (PsJourneyView *self, guint64 number)
{
  ps_document_follow (ps_view_get_document (PS_VIEW (self)), number);
}

static void
ps_journey_view_find (PsView *view)
{
  ps_call_tree_focus_search (PS_JOURNEY_VIEW (view)->tree);
}

/* Where they do not fit beside each other, one of the two is shown. */
static void
arrange (PsJourneyView *self)
{
  gboolean tree = gtk_toggle_button_get_active (self->show_tree);

  gtk_widget_set_visible (GTK_WIDGET (self->tree), !self->narrow || tree);
  gtk_widget_set_visible (GTK_WIDGET (self->chart), !self->narrow || !tree);
}

void
ps_journey_view_set_narrow (PsJourneyView *self, gboolean narrow)
{
  g_return_if_fail (PS_IS_JOURNEY_VIEW (self));
  self->narrow = narrow;
  gtk_widget_set_visible (self->switcher, narrow);
  gtk_label_set_ellipsize (self->facts, narrow ? PANGO_ELLIPSIZE_END : PANGO_ELLIPSIZE_NONE);
  gtk_label_set_lines (self->facts, narrow ? 2 : -1);
  gtk_label_set_ellipsize (self->times, narrow ? PANGO_ELLIPSIZE_END : PANGO_ELLIPSIZE_NONE);
  gtk_label_set_lines (self->times, narrow ? 2 : -1);
  gtk_widget_remove_css_class (GTK_WIDGET (self->title), narrow ? "title-3" : "heading");
  gtk_widget_add_css_class (GTK_WIDGET (self->title), narrow ? "heading" : "title-3");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->facts),
                               narrow ? gtk_label_get_label (self->facts) : NULL);
  arrange (self);
}

void
ps_journey_view_compare (PsJourneyView *self, gboolean on)
{
  g_return_if_fail (PS_IS_JOURNEY_VIEW (self));
  gtk_toggle_button_set_active (self->compare, on);
}

PsCallTree *
ps_journey_view_get_tree (PsJourneyView *self)
{
  g_return_val_if_fail (PS_IS_JOURNEY_VIEW (self), NULL);
  return self->tree;
}

PsFlameChart *
ps_journey_view_get_chart (PsJourneyView *self)
{
  g_return_val_if_fail (PS_IS_JOURNEY_VIEW (self), NULL);
  return self->chart;
}

PsUsual *
ps_journey_view_get_usual (PsJourneyView *self)
{
  g_return_val_if_fail (PS_IS_JOURNEY_VIEW (self), NULL);
  return self->comparing == 0 ? self->usual : NULL;
}

/* Into the tree first: a title would be marked as if it were to be copied. */
static gboolean
ps_journey_view_focus (GtkWidget *widget, GtkDirectionType direction)
{
  if (gtk_widget_get_focus_child (widget) == NULL && direction == GTK_DIR_TAB_FORWARD &&
      ps_call_tree_focus_rows (PS_JOURNEY_VIEW (widget)->tree))
    return TRUE;
  return GTK_WIDGET_CLASS (ps_journey_view_parent_class)->focus (widget, direction);
}

static void
ps_journey_view_dispose (GObject *object)
{
  PsJourneyView *self = PS_JOURNEY_VIEW (object);

  g_clear_handle_id (&self->comparing, g_source_remove);
  if (self->usual != NULL)
    stop_comparing (self);
  ps_journey_reader_clear (&self->reader);
  G_OBJECT_CLASS (ps_journey_view_parent_class)->dispose (object);
}

static void
ps_journey_view_class_init (PsJourneyViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ps_journey_view_dispose;
  PS_VIEW_CLASS (klass)->update = ps_journey_view_update;
  PS_VIEW_CLASS (klass)->find = ps_journey_view_find;
  widget_class->focus = ps_journey_view_focus;

  g_type_ensure (PS_TYPE_CALL_TREE);
  g_type_ensure (PS_TYPE_FLAME_CHART);
  g_type_ensure (PS_TYPE_LINK_STRIP);
  g_type_ensure (PS_TYPE_STAGE_RULER);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-journey-view.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget_class, PsJourneyView, name)
  CHILD (stack);
  CHILD (title);
  CHILD (facts);
  CHILD (end);
  CHILD (advice);
  CHILD (times);
  CHILD (edges);
  CHILD (first_span);
  CHILD (second_span);
  CHILD (ruler_scroller);
  CHILD (ruler);
  CHILD (compare);
  CHILD (usual_label);
  CHILD (show_tree);
  CHILD (switcher);
  CHILD (tree);
  CHILD (chart);
#undef CHILD
#define CALLBACK(name) gtk_widget_class_bind_template_callback (widget_class, name)
  CALLBACK (arrange);
  CALLBACK (compare);
  CALLBACK (follow);
  CALLBACK (on_chart_selected);
  CALLBACK (on_search);
  CALLBACK (on_tree_selected);
#undef CALLBACK
}

static void
ps_journey_view_init (PsJourneyView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
