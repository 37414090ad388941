/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-call-row.h"

#include <glib/gi18n.h>

#include "viewer/ps-format.h"
#include "viewer/ps-layer-style.h"

struct _PsCallRow {
  AdwBin parent_instance;

  GtkWidget *swatch;
  GtkLabel *function;
  GtkLabel *mark;
  GtkLabel *boundary;
  GtkLabel *stage;
  GtkLabel *times;
  GtkLabel *layer;
};

G_DEFINE_FINAL_TYPE (PsCallRow, ps_call_row, ADW_TYPE_BIN)

static void
set_class (GtkWidget *widget, const char *name, gboolean wanted)
{
  if (wanted)
    gtk_widget_add_css_class (widget, name);
  else
    gtk_widget_remove_css_class (widget, name);
}

static void
show_layer (PsCallRow *self, guint layer)
{
  for (guint i = 0; i <= PS_N_LAYERS; i++)
    set_class (self->swatch, ps_layer_css_class (i), i == MIN (layer, PS_N_LAYERS));
  gtk_label_set_label (self->layer, layer < PS_N_LAYERS ? ps_layer_title (layer) : "");
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

static void
show_stage (PsCallRow *self, PsCallItem *item)
{
  const PsJourneyStage *stage = ps_call_item_get_stage (item);
  gint64 first = first_time (ps_call_item_get_journey (item));
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

static void
show_times (PsCallRow *self, PsCallItem *item)
{
  const PsCall *call = ps_call_item_get_call (item);
  g_autofree char *text = NULL;

  if (call->duration_ns >= 0)
    {
      g_autofree char *total = ps_format_duration (call->duration_ns);
      g_autofree char *own = ps_format_duration (ps_call_item_get_self_ns (item));
      /* Translators: time in a function and the functions it called, and in itself alone */
      text = g_strdup_printf (_ ("%s, self %s"), total, own);
    }
  gtk_label_set_label (self->times, text != NULL ? text : "");
}

void
ps_call_row_set_item (PsCallRow *self, PsCallItem *item)
{
  const PsCall *call;
  g_autofree char *name = NULL;

  g_return_if_fail (PS_IS_CALL_ROW (self));
  if (item == NULL)
    return;
  call = ps_call_item_get_call (item);
  name = call->module != NULL && *call->module != '\0'
             ? g_strdup_printf ("%s [%s]", call->function, call->module)
             : g_strdup (call->function);
  gtk_label_set_label (self->function, name);
  set_class (GTK_WIDGET (self->function), "inferred", call->inferred);
  set_class (GTK_WIDGET (self->function), "error", call->dropped_here);
  gtk_widget_set_tooltip_text (
      GTK_WIDGET (self->function),
      call->inferred ? _ ("Usual for packets of this kind; not seen on this one") : NULL);

  set_class (GTK_WIDGET (self->mark), "error", call->dropped_here);
  gtk_label_set_label (self->mark, call->dropped_here ? _ ("dropped here") : "");
  gtk_widget_set_visible (GTK_WIDGET (self->mark), call->dropped_here);
  gtk_widget_set_tooltip_text (
      GTK_WIDGET (self->mark),
      call->dropped_here ? ps_journey_get_end (ps_call_item_get_journey (item)) : NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->boundary), call->boundary);
  show_layer (self, call->layer);
  show_stage (self, item);
  show_times (self, item);
}

static void
ps_call_row_class_init (PsCallRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-call-row.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget_class, PsCallRow, name)
  CHILD (swatch);
  CHILD (function);
  CHILD (mark);
  CHILD (boundary);
  CHILD (stage);
  CHILD (times);
  CHILD (layer);
#undef CHILD
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
