/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-path-pane.h"

#include <glib/gi18n.h>

#include "viewer/charts/ps-stage-ruler.h"
#include "viewer/ps-call-tree.h"

struct _PsPathPane {
  PsView parent_instance;

  GtkStack *stack;
  GtkLabel *end;
  GtkButton *parent;
  GtkButton *child;
  GtkWidget *ruler_scroller;
  PsStageRuler *ruler;
  PsCallTree *tree;

  PsJourney *journey;
  gboolean dropped;
  guint64 revision; /* of the session, when the journey was read */
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
  const char *end = ps_journey_get_end (self->journey);

  gtk_label_set_label (self->end, end != NULL ? end : "");
  if (self->dropped)
    gtk_widget_add_css_class (GTK_WIDGET (self->end), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->end), "error");
  show_link (self->parent, ps_journey_get_parent (self->journey), "← ", "");
  show_link (self->child, ps_journey_get_child (self->journey), "", " →");
  gtk_widget_set_visible (self->ruler_scroller, ps_journey_get_n_stages (self->journey) > 0);
  ps_stage_ruler_set_journey (self->ruler, self->journey);
  ps_call_tree_set_journey (self->tree, self->journey);
  gtk_stack_set_visible_child_name (self->stack, "packet");
}

/* A late verdict or stage gives the same packet another journey. */
static gboolean
same_journey (PsJourney *a, PsJourney *b)
{
  return a != NULL && ps_journey_get_number (a) == ps_journey_get_number (b) &&
         ps_journey_get_n_stages (a) == ps_journey_get_n_stages (b) &&
         ps_journey_get_n_calls (a) == ps_journey_get_n_calls (b) &&
         ps_journey_get_child (a) == ps_journey_get_child (b) &&
         g_strcmp0 (ps_journey_get_end (a), ps_journey_get_end (b)) == 0;
}

static void
read_journey (PsPathPane *self, PsSession *session, guint64 number)
{
  g_autoptr (PsJourney) journey = ps_journey_new (session, number);
  PsPacket packet;

  self->revision = ps_session_get_revision (session);
  if (journey == NULL || same_journey (self->journey, journey))
    return; /* one that was evicted stays as it was shown */
  self->dropped =
      ps_session_get_packet (session, number, &packet) && packet.verdict == PS_VERDICT_DROPPED;
  g_set_object (&self->journey, journey);
  show_journey (self);
}

static void
ps_path_pane_update (PsView *view, PsViewChange changes)
{
  PsPathPane *self = PS_PATH_PANE (view);
  PsSession *session = ps_view_get_session (view);
  guint64 number = ps_document_get_packet (ps_view_get_document (view));

  if (changes & PS_VIEW_SESSION)
    g_clear_object (&self->journey);
  if (session == NULL || number == 0)
    {
      g_clear_object (&self->journey);
      gtk_stack_set_visible_child_name (self->stack, "none");
    }
  else if (changes & (PS_VIEW_PACKET | PS_VIEW_SESSION) ||
           ps_session_get_revision (session) != self->revision)
    read_journey (self, session, number);
}

static void
go_to_parent (PsPathPane *self)
{
  ps_document_set_packet (ps_view_get_document (PS_VIEW (self)),
                          ps_journey_get_parent (self->journey));
}

static void
go_to_child (PsPathPane *self)
{
  ps_document_set_packet (ps_view_get_document (PS_VIEW (self)),
                          ps_journey_get_child (self->journey));
}

PsJourney *
ps_path_pane_get_journey (PsPathPane *self)
{
  g_return_val_if_fail (PS_IS_PATH_PANE (self), NULL);
  return self->journey;
}

GListModel *
ps_path_pane_get_calls (PsPathPane *self)
{
  g_return_val_if_fail (PS_IS_PATH_PANE (self), NULL);
  return ps_call_tree_get_rows (self->tree);
}

static void
ps_path_pane_dispose (GObject *object)
{
  g_clear_object (&PS_PATH_PANE (object)->journey);
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
  gtk_widget_class_bind_template_callback (widget_class, go_to_parent);
  gtk_widget_class_bind_template_callback (widget_class, go_to_child);
}

static void
ps_path_pane_init (PsPathPane *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
