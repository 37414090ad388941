/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-path-pane.h"

#include <glib/gi18n.h>

#include "viewer/charts/ps-stage-ruler.h"
#include "viewer/ps-call-tree.h"
#include "viewer/ps-journey-reader.h"

struct _PsPathPane {
  PsView parent_instance;

  GtkStack *stack;
  GtkLabel *end;
  GtkButton *parent;
  GtkButton *child;
  GtkWidget *ruler_scroller;
  PsStageRuler *ruler;
  PsCallTree *tree;

  PsJourneyReader reader;
};

G_DEFINE_FINAL_TYPE (PsPathPane, ps_path_pane, PS_TYPE_VIEW)

static void
show_link (GtkButton *button, guint64 number, const char *before, const char *behind)
{
  g_autofree char *label = g_strdup_printf ("%s%" G_GUINT64_FORMAT "%s", before, number, behind);

  gtk_button_set_label (button, label);
  gtk_widget_set_visible (GTK_WIDGET (button), number != 0);
}

static void
show_journey (PsPathPane *self)
{
  PsJourney *journey = self->reader.journey;
  const char *end = ps_journey_get_end (journey);

  gtk_label_set_label (self->end, end != NULL ? end : "");
  if (self->reader.dropped)
    gtk_widget_add_css_class (GTK_WIDGET (self->end), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->end), "error");
  show_link (self->parent, ps_journey_get_parent (journey), "← ", "");
  show_link (self->child, ps_journey_get_child (journey), "", " →");
  gtk_widget_set_visible (self->ruler_scroller, ps_journey_get_n_stages (journey) > 0);
  ps_stage_ruler_set_journey (self->ruler, journey);
  ps_call_tree_set_journey (self->tree, journey, self->reader.packet);
  gtk_stack_set_visible_child_name (self->stack, "packet");
}

static void
ps_path_pane_update (PsView *view, PsViewChange changes)
{
  PsPathPane *self = PS_PATH_PANE (view);

  if (!ps_journey_reader_update (&self->reader, view, changes))
    return;
  if (self->reader.journey != NULL)
    show_journey (self);
  else
    gtk_stack_set_visible_child_name (
        self->stack, ps_journey_reader_is_decoding (&self->reader) ? "decoding" : "none");
}

static void
follow (PsPathPane *self, guint64 number)
{
  ps_document_follow (ps_view_get_document (PS_VIEW (self)), number);
}

static void
go_to_parent (PsPathPane *self)
{
  follow (self, ps_journey_get_parent (self->reader.journey));
}

static void
go_to_child (PsPathPane *self)
{
  follow (self, ps_journey_get_child (self->reader.journey));
}

PsCallList *
ps_path_pane_get_calls (PsPathPane *self)
{
  g_return_val_if_fail (PS_IS_PATH_PANE (self), NULL);
  return ps_call_tree_get_list (self->tree);
}

static void
ps_path_pane_dispose (GObject *object)
{
  ps_journey_reader_clear (&PS_PATH_PANE (object)->reader);
  G_OBJECT_CLASS (ps_path_pane_parent_class)->dispose (object);
}

static void
ps_path_pane_class_init (PsPathPaneClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ps_path_pane_dispose;
  PS_VIEW_CLASS (klass)->update = ps_path_pane_update;

  g_type_ensure (PS_TYPE_STAGE_RULER);
  g_type_ensure (PS_TYPE_CALL_TREE);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-path-pane.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget_class, PsPathPane, name)
  CHILD (stack);
  CHILD (end);
  CHILD (parent);
  CHILD (child);
  CHILD (ruler_scroller);
  CHILD (ruler);
  CHILD (tree);
#undef CHILD
  gtk_widget_class_bind_template_callback (widget_class, follow);
  gtk_widget_class_bind_template_callback (widget_class, go_to_parent);
  gtk_widget_class_bind_template_callback (widget_class, go_to_child);
}

static void
ps_path_pane_init (PsPathPane *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
