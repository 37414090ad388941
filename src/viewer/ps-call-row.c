/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-call-row.h"

#include <glib/gi18n.h>
#include <string.h>

#include "viewer/ps-call-text.h"
#include "viewer/ps-format.h"
#include "viewer/ps-layer-style.h"

struct _PsCallRow {
  AdwBin parent_instance;

  GtkWidget *indent;
  GtkImage *arrow;
  GtkWidget *swatch;
  GtkLabel *function;
  GtkLabel *layer;
  GtkLabel *mark;
  GtkLabel *boundary;
  GtkLabel *stage;
  GtkLabel *value;
  GtkButton *link;

  PsCallItem *item;
  gulong toggled;
};

G_DEFINE_FINAL_TYPE (PsCallRow, ps_call_row, ADW_TYPE_BIN)

enum { FOLLOW, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
set_class (GtkWidget *widget, const char *name, gboolean wanted)
{
  if (wanted)
    gtk_widget_add_css_class (widget, name);
  else
    gtk_widget_remove_css_class (widget, name);
}

/* The name stands where the packet comes into the layer; below it the colour is enough. */
static void
show_layer (PsCallRow *self, PsJourney *journey, const PsCall *call)
{
  guint layer = call->layer;
  const PsCall *above = ps_journey_get_call (journey, call->parent);
  const char *classes[] = { "swatch", ps_layer_css_class (layer), NULL };

  gtk_widget_set_css_classes (self->swatch, classes);
  gtk_label_set_label (self->layer, ps_layer_title (layer));
  gtk_widget_set_visible (GTK_WIDGET (self->layer), above == NULL || above->layer != layer);
}

/* When the packet was first seen; -1: never at a known time. */
static gint64
first_time (PsJourney *journey)
{
  for (guint i = 0; i < ps_journey_get_n_stages (journey); i++)
    if (ps_journey_get_stage (journey, i)->time_ns >= 0)
      return ps_journey_get_stage (journey, i)->time_ns;
  return -1;
}

static const PsJourneyStage *
find_stage (PsJourney *journey, const PsCall *call)
{
  for (guint i = 0; call->stage >= 0 && i < ps_journey_get_n_stages (journey); i++)
    {
      const PsJourneyStage *stage = ps_journey_get_stage (journey, i);
      if ((stage->stage | (stage->send ? PS_STAGE_SEND : 0)) == call->stage)
        return stage;
    }
  return NULL;
}

static void
show_stage (PsCallRow *self, PsJourney *journey, const PsCall *call)
{
  const PsJourneyStage *stage = find_stage (journey, call);
  gint64 first = first_time (journey);
  g_autofree char *text = NULL;
  const char *title;

  gtk_widget_set_visible (GTK_WIDGET (self->stage), stage != NULL);
  if (stage == NULL)
    return;
  title = ps_stage_title (stage->stage | (stage->send ? PS_STAGE_SEND : 0));
  if (stage->time_ns >= 0 && first >= 0)
    {
      g_autofree char *since = ps_format_duration (stage->time_ns - first);
      text = g_strdup_printf ("%s +%s", title, since);
    }
  else
    text = g_strdup_printf ("%s %s", title, _ ("n/a"));
  gtk_label_set_label (self->stage, text);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->stage),
                               stage->missing != NULL
                                   ? stage->missing
                                   : _ ("The packet was seen at this stage under this call; the "
                                        "time is since it was first seen"));
}

/* What a call returned is shown where it decided something; all else is in the tooltip. */
static void
show_value (PsCallRow *self, const PsCall *call)
{
  g_autofree char *value = ps_call_text_value (call);
  gboolean shown = call->note != NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->value), shown);
  gtk_label_set_label (self->value, shown ? call->note : "");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->value), value);
}

/* The first edge of a call; the tooltip names all of them. */
static const PsJourneyEdge *
find_edge (PsJourney *journey, guint32 index, GString *sentences)
{
  const PsJourneyEdge *first = NULL;

  for (guint i = 0; i < ps_journey_get_n_edges (journey); i++)
    {
      const PsJourneyEdge *edge = ps_journey_get_edge (journey, i);

      if (edge->call != index)
        continue;
      g_string_append_printf (sentences, "%s%s", first != NULL ? "\n" : "", edge->sentence);
      if (first == NULL || (first->number == 0 && edge->number != 0))
        first = edge;
    }
  return first;
}

static void
show_link (PsCallRow *self, PsJourney *journey, guint32 index)
{
  g_autoptr (GString) sentences = g_string_new (NULL);
  const PsJourneyEdge *edge = find_edge (journey, index, sentences);
  g_autofree char *label = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->link), edge != NULL);
  if (edge == NULL)
    return;
  if (edge->number != 0)
    label = g_strdup_printf (edge->incoming ? "← %" G_GUINT64_FORMAT : "→ %" G_GUINT64_FORMAT,
                             edge->number);
  else
    label = g_strdup_printf ("%s %s", edge->incoming ? "←" : "→", _ ("n/a"));
  gtk_button_set_label (self->link, label);
  gtk_widget_set_sensitive (GTK_WIDGET (self->link), edge->number != 0);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->link), sentences->str);
}

static void
show_mark (PsCallRow *self, PsJourney *journey, const PsCall *call)
{
  gtk_widget_set_visible (GTK_WIDGET (self->mark), call->dropped_here);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->mark),
                               call->dropped_here ? ps_journey_get_end (journey) : NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->boundary), call->boundary);
}

/* What was searched for stands out in the name. */
static void
show_matches (PsCallRow *self, const char *name, const char *search)
{
  PangoAttrList *attributes = NULL;
  gsize length = search != NULL ? strlen (search) : 0;

  for (const char *at = name; length > 0 && *at != '\0'; at++)
    if (g_ascii_strncasecmp (at, search, length) == 0)
      {
        PangoAttribute *back = pango_attr_background_new (0xffff, 0xe400, 0x5c00);
        PangoAttribute *fore = pango_attr_foreground_new (0, 0, 0);

        back->start_index = fore->start_index = (guint)(at - name);
        back->end_index = fore->end_index = (guint)((gsize)(at - name) + length);
        if (attributes == NULL)
          attributes = pango_attr_list_new ();
        pango_attr_list_insert (attributes, back);
        pango_attr_list_insert (attributes, fore);
      }
  gtk_label_set_attributes (self->function, attributes);
  g_clear_pointer (&attributes, pango_attr_list_unref);
}

static void
show_name (PsCallRow *self, PsCallList *list, const PsCall *call)
{
  g_autofree char *name = ps_call_text_name (call);

  gtk_label_set_label (self->function, name);
  set_class (GTK_WIDGET (self->function), "inferred", call->inferred);
  set_class (GTK_WIDGET (self->function), "error", call->dropped_here);
  show_matches (self, name, ps_call_list_get_search (list));
}

static void
show_arrow (PsCallRow *self, PsCallList *list, guint32 index)
{
  gboolean parent = ps_call_list_has_children (list, index);
  gboolean open = ps_call_list_is_open (list, index);

  gtk_image_set_from_icon_name (self->arrow, !parent ? NULL
                                             : open  ? "pan-down-symbolic"
                                                     : "pan-end-symbolic");
  if (parent)
    gtk_accessible_update_state (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_STATE_EXPANDED, open, -1);
  else
    gtk_accessible_reset_state (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_STATE_EXPANDED);
}

static void
on_toggled (PsCallRow *self, guint call, PsCallList *list)
{
  guint32 index = ps_call_item_get_index (self->item);

  if (call != PS_CALL_NONE && call != index)
    return;
  show_arrow (self, list, index);
  show_name (self, list, ps_journey_get_call (ps_call_list_get_journey (list), index));
}

static gboolean
on_query_tooltip (PsCallRow *self, int x, int y, gboolean keyboard, GtkTooltip *tooltip)
{
  g_autofree char *text = NULL;

  if (self->item == NULL)
    return FALSE;
  text = ps_call_text_describe (ps_call_item_get_list (self->item),
                                ps_call_item_get_index (self->item));
  gtk_tooltip_set_text (tooltip, text);
  return TRUE;
}

static void
show_item (PsCallRow *self, int indent)
{
  PsCallList *list = ps_call_item_get_list (self->item);
  PsJourney *journey = ps_call_list_get_journey (list);
  guint32 index = ps_call_item_get_index (self->item);
  const PsCall *call = ps_journey_get_call (journey, index);

  gtk_widget_set_size_request (self->indent, (int)call->depth * indent, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LEVEL,
                                  (int)call->depth + 1, -1);
  show_arrow (self, list, index);
  show_layer (self, journey, call);
  show_name (self, list, call);
  show_mark (self, journey, call);
  show_stage (self, journey, call);
  show_value (self, call);
  show_link (self, journey, index);
}

void
ps_call_row_set_item (PsCallRow *self, PsCallItem *item, int indent)
{
  g_return_if_fail (PS_IS_CALL_ROW (self));

  if (self->item != NULL)
    g_clear_signal_handler (&self->toggled, ps_call_item_get_list (self->item));
  g_set_object (&self->item, item);
  if (item == NULL)
    return;
  self->toggled = g_signal_connect_swapped (ps_call_item_get_list (item), "toggled",
                                            G_CALLBACK (on_toggled), self);
  show_item (self, indent);
}

static void
arrow_clicked (PsCallRow *self, int n_press, double x, double y, GtkGesture *gesture)
{
  PsCallList *list;
  guint32 index;

  if (self->item == NULL)
    return;
  list = ps_call_item_get_list (self->item);
  index = ps_call_item_get_index (self->item);
  if (!ps_call_list_has_children (list, index))
    return;
  gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
  ps_call_list_set_open (list, index, !ps_call_list_is_open (list, index));
}

static void
link_clicked (PsCallRow *self)
{
  g_autoptr (GString) sentences = g_string_new (NULL);
  const PsJourneyEdge *edge;

  if (self->item == NULL)
    return;
  edge = find_edge (ps_call_list_get_journey (ps_call_item_get_list (self->item)),
                    ps_call_item_get_index (self->item), sentences);
  if (edge != NULL && edge->number != 0)
    g_signal_emit (self, signals[FOLLOW], 0, edge->number);
}

static void
ps_call_row_dispose (GObject *object)
{
  ps_call_row_set_item (PS_CALL_ROW (object), NULL, 0);
  G_OBJECT_CLASS (ps_call_row_parent_class)->dispose (object);
}

static void
ps_call_row_class_init (PsCallRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ps_call_row_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-call-row.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget_class, PsCallRow, name)
  CHILD (indent);
  CHILD (arrow);
  CHILD (swatch);
  CHILD (function);
  CHILD (layer);
  CHILD (mark);
  CHILD (boundary);
  CHILD (stage);
  CHILD (value);
  CHILD (link);
#undef CHILD
  gtk_widget_class_bind_template_callback (widget_class, arrow_clicked);
  gtk_widget_class_bind_template_callback (widget_class, link_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_query_tooltip);

  signals[FOLLOW] = g_signal_new ("follow", PS_TYPE_CALL_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);
}

static void
ps_call_row_init (PsCallRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
ps_call_row_new (void)
{
  return g_object_new (PS_TYPE_CALL_ROW, NULL);
}
