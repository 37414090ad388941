/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-flame-page.h"

#include <glib/gi18n.h>

#include "viewer/charts/ps-flame-draw.h"
#include "viewer/charts/ps-layer-legend.h"
#include "viewer/ps-format.h"
#include "viewer/ps-layer-style.h"
#include "viewer/ps-selection.h"

/* Of main loop work at a time; and how often a live one is counted anew. */
#define SLICE_US 1000
#define INTERVAL_US (2 * G_USEC_PER_SEC)

struct _PsFlamePage {
  PsView parent_instance;

  GtkDropDown *weight;
  GtkEditable *search;
  GtkLabel *matches;
  GtkLabel *note;
  GtkStack *stack;
  AdwStatusPage *empty;
  PsFlameView *view;
  PsLayerLegend *legend;
  GtkLabel *detail;
  GtkWidget *filter_button;

  PsSelection selection;
  PsFlameJob *job;
  guint source;
  gint64 counted_at;
  PsFlame *flame;
  PsFlameBoxes *boxes;
  GArray *nodes; /* guint32: of each box */
};

G_DEFINE_FINAL_TYPE (PsFlamePage, ps_flame_page, PS_TYPE_VIEW)

static const PsFlameNode *
node_of (PsFlamePage *self, guint32 box)
{
  if (self->flame == NULL || box >= self->nodes->len)
    return NULL;
  return &g_array_index (self->flame->nodes, PsFlameNode,
                         g_array_index (self->nodes, guint32, box));
}

static char *
format_value (PsFlamePage *self, guint64 value)
{
  g_autofree char *count = NULL;

  if (self->flame->weight >= PS_FLAME_TOTAL_TIME)
    return ps_format_duration ((gint64)value);
  count = ps_format_count (value);
  if (self->flame->weight == PS_FLAME_DROPS)
    return g_strdup_printf (g_dngettext (NULL, "%s drop", "%s drops", (gulong)value), count);
  /* Translators: how often a packet was seen on a call path */
  return g_strdup_printf (g_dngettext (NULL, "%s sighting", "%s sightings", (gulong)value), count);
}

static char *
describe (guint32 box, gpointer data)
{
  PsFlamePage *self = data;
  const PsFlameNode *node = node_of (self, box);
  const PsFlameNode *root = &g_array_index (self->flame->nodes, PsFlameNode, 0);
  g_autofree char *value = NULL;
  g_autofree char *own = NULL;
  g_autofree char *packets = NULL;
  GString *text;

  if (node == NULL)
    return g_strdup ("");
  value = format_value (self, node->value);
  own = format_value (self, node->self);
  packets = ps_format_count (node->packets);
  text = g_string_new (box == 0 ? _ ("All packets that match") : node->function);
  if (*node->module != '\0')
    g_string_append_printf (text, " [%s]", node->module);
  if (node->layer < PS_N_LAYERS)
    g_string_append_printf (text, "\n%s", ps_layer_title (node->layer));
  g_string_append_printf (text, "\n");
  /* Translators: a value, its share of the whole, and what of it ends in the function itself */
  g_string_append_printf (text, _ ("%s (%.1f %%), self %s"), value,
                          100. * (double)node->value / (double)MAX (root->value, 1), own);
  g_string_append_printf (text, "\n");
  g_string_append_printf (text,
                          g_dngettext (NULL, "%s packet went through it",
                                       "%s packets went through it", (gulong)node->packets),
                          packets);
  if (node->inferred)
    g_string_append_printf (text, "\n%s",
                            _ ("Usual for packets of this kind; not seen on any of them"));
  return g_string_free (text, FALSE);
}

/* Depth first, each node beginning where those before it in its parent end. */
static void
add_boxes (PsFlamePage *self, guint32 nth, guint32 parent, double start)
{
  const PsFlameNode *node = &g_array_index (self->flame->nodes, PsFlameNode, nth);
  PsFlameBox box = { .start = start,
                     .end = start + (double)node->value,
                     .label = nth == 0 ? _ ("all") : node->function,
                     .parent = parent,
                     .row = node->depth,
                     .layer = node->layer,
                     .marks = node->boundary ? PS_FLAME_BOUNDARY : 0 };
  guint32 index = ps_flame_boxes_get_n (self->boxes);

  ps_flame_boxes_add (self->boxes, &box);
  g_array_append_val (self->nodes, nth);
  for (guint32 child = node->first_child; child != 0;
       child = g_array_index (self->flame->nodes, PsFlameNode, child).next_sibling)
    {
      add_boxes (self, child, index, start);
      start += (double)g_array_index (self->flame->nodes, PsFlameNode, child).value;
    }
}

static void
show_legend (PsFlamePage *self)
{
  guint layers = 0;

  for (guint i = 1; i < self->flame->nodes->len; i++)
    layers |= 1u << g_array_index (self->flame->nodes, PsFlameNode, i).layer;
  ps_layer_legend_set_layers (self->legend, layers);
}

/* What the graph is of, and what is not in it. */
static void
show_note (PsFlamePage *self)
{
  g_autofree char *packets = ps_format_count (self->flame->n_packets);
  g_autofree char *without = ps_format_count (self->flame->n_without_path);
  GString *text = g_string_new (NULL);

  g_string_append_printf (
      text, g_dngettext (NULL, "%s packet", "%s packets", (gulong)self->flame->n_packets), packets);
  if (self->flame->n_without_path > 0)
    g_string_append_printf (text, _ (" · %s without calls"), without);
  if (self->flame->n_inferred > 0)
    {
      g_autofree char *inferred = ps_format_count (self->flame->n_inferred);
      g_string_append_printf (text, _ (" · %s on the usual path of their kind"), inferred);
    }
  if (self->flame->n_other > 0)
    {
      g_autofree char *other = ps_format_count (self->flame->n_other);
      g_string_append_printf (text, _ (" · %s on rarer paths left out"), other);
    }
  gtk_label_set_label (self->note, text->str);
  g_string_free (text, TRUE);
}

static void
clear_flame (PsFlamePage *self)
{
  ps_flame_view_set_boxes (self->view, NULL, 0, 1);
  g_clear_pointer (&self->boxes, ps_flame_boxes_unref);
  g_clear_pointer (&self->flame, ps_flame_free);
  g_array_set_size (self->nodes, 0);
}

static void
show_empty (PsFlamePage *self, const char *title, const char *sentence)
{
  adw_status_page_set_title (self->empty, title);
  adw_status_page_set_description (self->empty, sentence);
  gtk_label_set_label (self->note, "");
  gtk_stack_set_visible_child_name (self->stack, "empty");
}

static void
show_matches (PsFlamePage *self)
{
  const char *text = gtk_editable_get_text (self->search);
  const PsFlameNode *root;
  g_autofree char *count = NULL;
  guint64 value = 0;
  guint32 inside = 0; /* how deep in a match: nested ones count once */

  if (*text == '\0' || self->flame == NULL)
    {
      gtk_label_set_label (self->matches, "");
      return;
    }
  root = &g_array_index (self->flame->nodes, PsFlameNode, 0);
  for (guint32 i = 1; i < self->nodes->len; i++)
    {
      const PsFlameNode *node = node_of (self, i);

      if (inside != 0 && node->depth > inside)
        continue;
      inside = 0;
      if (!ps_flame_matches (node->function, text))
        continue;
      value += node->value;
      inside = node->depth;
    }
  count =
      g_strdup_printf (_ ("%.1f %% match"), 100. * (double)value / (double)MAX (root->value, 1));
  gtk_label_set_label (self->matches, count);
}

static void
show_selected (PsFlamePage *self, guint box)
{
  const PsFlameNode *node = node_of (self, box);
  g_autofree char *text = node != NULL ? describe (box, self) : NULL;

  if (text != NULL)
    g_strdelimit (text, "\n", ' ');
  gtk_label_set_label (self->detail,
                       text != NULL ? text : _ ("Select a function to see its numbers"));
  gtk_widget_set_sensitive (self->filter_button, node != NULL && box != 0);
}

static void
show_flame (PsFlamePage *self, PsFlame *flame)
{
  const PsFlameNode *root = &g_array_index (flame->nodes, PsFlameNode, 0);

  self->flame = flame;
  if (root->value == 0)
    {
      if (flame->weight == PS_FLAME_DROPS)
        show_empty (self, _ ("No Drops"),
                    _ ("No packet that matches was dropped on a known path."));
      else
        show_empty (self, _ ("No Paths"),
                    _ ("No call path is known of the packets that match the filter."));
      return;
    }
  self->boxes = ps_flame_boxes_new ();
  add_boxes (self, 0, PS_FLAME_NONE, 0);
  ps_flame_boxes_finish (self->boxes);
  ps_flame_view_set_boxes (self->view, self->boxes, 0, (double)root->value);
  show_note (self);
  show_legend (self);
  show_matches (self);
  show_selected (self, PS_FLAME_NONE);
  gtk_stack_set_visible_child_name (self->stack, "graph");
}

static void
stop (PsFlamePage *self)
{
  g_clear_handle_id (&self->source, g_source_remove);
  g_clear_pointer (&self->job, ps_flame_job_free);
}

static gboolean
count_slice (gpointer data)
{
  PsFlamePage *self = data;
  g_autoptr (GError) error = NULL;
  PsFlame *flame;

  if (!ps_flame_job_step (self->job, SLICE_US))
    return G_SOURCE_CONTINUE;
  self->source = 0;
  self->counted_at = g_get_monotonic_time ();
  clear_flame (self);
  flame = ps_flame_job_take (self->job, &error);
  if (flame != NULL)
    show_flame (self, flame);
  else
    show_empty (self, _ ("No Durations"), error->message);
  g_clear_pointer (&self->job, ps_flame_job_free);
  return G_SOURCE_REMOVE;
}

static void
start (PsFlamePage *self)
{
  PsSession *session = ps_view_get_session (PS_VIEW (self));
  PsFlameWeight weight = (PsFlameWeight)gtk_drop_down_get_selected (self->weight);

  stop (self);
  if (session == NULL)
    {
      clear_flame (self);
      return;
    }
  self->selection.document = ps_view_get_document (PS_VIEW (self));
  self->job = ps_flame_job_new (session, ps_selection_holds, &self->selection, weight);
  /* In turn with redrawing: a spinner that is drawn in software would keep idle sources out. */
  self->source = g_idle_add_full (GDK_PRIORITY_REDRAW, count_slice, self, NULL);
}

/* What is being read must not move: a live graph is counted anew only where nothing is selected. */
static void
ps_flame_page_update (PsView *view, PsViewChange changes)
{
  PsFlamePage *self = PS_FLAME_PAGE (view);
  gboolean held = ps_flame_view_get_selected (self->view) != PS_FLAME_NONE;

  if (changes & (PS_VIEW_SESSION | PS_VIEW_SOCKETS | PS_VIEW_STATE))
    start (self);
  else if (changes & PS_VIEW_PUBLISHED && self->job == NULL && !held &&
           g_get_monotonic_time () - self->counted_at >= INTERVAL_US)
    start (self);
}

void
ps_flame_page_set_filter (PsFlamePage *self, PsFilter *filter)
{
  g_return_if_fail (PS_IS_FLAME_PAGE (self));
  g_clear_pointer (&self->selection.filter, ps_filter_unref);
  self->selection.filter = filter != NULL ? ps_filter_ref (filter) : NULL;
  start (self);
}

void
ps_flame_page_set_weight (PsFlamePage *self, PsFlameWeight weight)
{
  g_return_if_fail (PS_IS_FLAME_PAGE (self));
  gtk_drop_down_set_selected (self->weight, weight);
}

void
ps_flame_page_focus_search (PsFlamePage *self)
{
  g_return_if_fail (PS_IS_FLAME_PAGE (self));
  gtk_widget_grab_focus (GTK_WIDGET (self->search));
}

const PsFlame *
ps_flame_page_get_flame (PsFlamePage *self)
{
  g_return_val_if_fail (PS_IS_FLAME_PAGE (self), NULL);
  return self->job == NULL ? self->flame : NULL;
}

PsFlameView *
ps_flame_page_get_view (PsFlamePage *self)
{
  g_return_val_if_fail (PS_IS_FLAME_PAGE (self), NULL);
  return self->view;
}

static void
search_changed (PsFlamePage *self)
{
  ps_flame_view_set_search (self->view, gtk_editable_get_text (self->search));
  show_matches (self);
}

static void
stop_search (PsFlamePage *self)
{
  gtk_editable_set_text (self->search, "");
  gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

guint64
ps_flame_page_get_selected_packets (PsFlamePage *self)
{
  const PsFlameNode *node;

  g_return_val_if_fail (PS_IS_FLAME_PAGE (self), 0);
  node = node_of (self, ps_flame_view_get_selected (self->view));
  return node != NULL ? node->packets : 0;
}

void
ps_flame_page_filter_packets (PsFlamePage *self)
{
  const PsFlameNode *node = node_of (self, ps_flame_view_get_selected (self->view));
  g_autofree char *filter = NULL;

  if (node == NULL || node->depth == 0)
    return;
  filter = g_strdup_printf ("function == \"%s\"", node->function);
  gtk_widget_activate_action (GTK_WIDGET (self), "win.filter-packets", "s", filter);
}

static void
zoom_in (PsFlamePage *self)
{
  ps_flame_view_zoom (self->view, 1.6);
}

static void
zoom_out (PsFlamePage *self)
{
  ps_flame_view_zoom (self->view, 1 / 1.6);
}

static void
zoom_back (PsFlamePage *self)
{
  ps_flame_view_zoom_to (self->view, PS_FLAME_NONE);
}

static void
ps_flame_page_dispose (GObject *object)
{
  PsFlamePage *self = PS_FLAME_PAGE (object);

  stop (self);
  if (self->flame != NULL)
    clear_flame (self);
  g_clear_pointer (&self->selection.filter, ps_filter_unref);
  G_OBJECT_CLASS (ps_flame_page_parent_class)->dispose (object);
}

static void
ps_flame_page_finalize (GObject *object)
{
  g_array_unref (PS_FLAME_PAGE (object)->nodes);
  G_OBJECT_CLASS (ps_flame_page_parent_class)->finalize (object);
}

static void
ps_flame_page_class_init (PsFlamePageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ps_flame_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = ps_flame_page_finalize;
  PS_VIEW_CLASS (klass)->update = ps_flame_page_update;

  g_type_ensure (PS_TYPE_FLAME_VIEW);
  g_type_ensure (PS_TYPE_LAYER_LEGEND);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-flame-page.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget_class, PsFlamePage, name)
  CHILD (weight);
  CHILD (search);
  CHILD (matches);
  CHILD (note);
  CHILD (stack);
  CHILD (empty);
  CHILD (view);
  CHILD (legend);
  CHILD (detail);
  CHILD (filter_button);
#undef CHILD
#define CALLBACK(name) gtk_widget_class_bind_template_callback (widget_class, name)
  CALLBACK (search_changed);
  CALLBACK (show_selected);
  CALLBACK (start);
  CALLBACK (stop_search);
  CALLBACK (zoom_back);
  CALLBACK (zoom_in);
  CALLBACK (zoom_out);
#undef CALLBACK
  gtk_widget_class_bind_template_callback_full (widget_class, "filter_packets",
                                                G_CALLBACK (ps_flame_page_filter_packets));
}

static void
ps_flame_page_init (PsFlamePage *self)
{
  self->nodes = g_array_new (FALSE, FALSE, sizeof (guint32));
  gtk_widget_init_template (GTK_WIDGET (self));
  ps_flame_view_set_describe (self->view, describe, self);
  show_selected (self, PS_FLAME_NONE);
}
