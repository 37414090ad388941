/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-call-tree.h"

#include <glib/gi18n.h>

#include "viewer/ps-call-row.h"

struct _PsCallTree {
  AdwBin parent_instance;

  GtkLabel *note;
  GtkScrolledWindow *scrolled;
  GtkListView *list;

  GtkSingleSelection *selection;
};

G_DEFINE_FINAL_TYPE (PsCallTree, ps_call_tree, ADW_TYPE_BIN)

static GListModel *
create_children (gpointer item, gpointer data)
{
  return ps_call_item_get_children (item);
}

static void
setup_row (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  GtkWidget *expander = gtk_tree_expander_new ();

  gtk_tree_expander_set_child (GTK_TREE_EXPANDER (expander), ps_call_row_new ());
  gtk_list_item_set_child (list_item, expander);
}

static void
bind_row (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  GtkTreeListRow *row = gtk_list_item_get_item (list_item);
  GtkTreeExpander *expander = GTK_TREE_EXPANDER (gtk_list_item_get_child (list_item));
  g_autoptr (PsCallItem) item = gtk_tree_list_row_get_item (row);

  gtk_tree_expander_set_list_row (expander, row);
  ps_call_row_set_item (PS_CALL_ROW (gtk_tree_expander_get_child (expander)), item);
}

static void
unbind_row (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  gtk_tree_expander_set_list_row (GTK_TREE_EXPANDER (gtk_list_item_get_child (list_item)), NULL);
}

/* What must be known to read the tree rightly: that it was not seen, or that it is not whole. */
static void
show_note (PsCallTree *self, PsJourney *journey)
{
  const char *inferred = journey != NULL ? ps_journey_get_inferred_note (journey) : NULL;
  const char *lacks = journey != NULL ? ps_journey_get_calls_note (journey) : NULL;
  g_autofree char *text = NULL;

  if (inferred != NULL && lacks != NULL)
    text = g_strdup_printf ("%s\n%s", inferred, lacks);
  else
    text = g_strdup (inferred != NULL ? inferred : lacks);
  gtk_label_set_label (self->note, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (self->note), text != NULL);
  if (inferred != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (self->note), "inferred-note");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->note), "inferred-note");
}

void
ps_call_tree_set_journey (PsCallTree *self, PsJourney *journey)
{
  GListModel *calls = NULL;
  g_autoptr (GtkTreeListModel) tree = NULL;

  g_return_if_fail (PS_IS_CALL_TREE (self));
  show_note (self, journey);
  if (journey != NULL)
    calls = ps_call_item_list_new (journey, G_MAXUINT32);
  if (calls != NULL)
    tree = gtk_tree_list_model_new (calls, FALSE, TRUE, create_children, NULL, NULL);
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (tree));
}

GListModel *
ps_call_tree_get_rows (PsCallTree *self)
{
  g_return_val_if_fail (PS_IS_CALL_TREE (self), NULL);
  return gtk_single_selection_get_model (self->selection);
}

static void
ps_call_tree_dispose (GObject *object)
{
  g_clear_object (&PS_CALL_TREE (object)->selection);
  G_OBJECT_CLASS (ps_call_tree_parent_class)->dispose (object);
}

static void
ps_call_tree_class_init (PsCallTreeClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ps_call_tree_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-call-tree.ui");
  gtk_widget_class_bind_template_child (widget_class, PsCallTree, note);
  gtk_widget_class_bind_template_child (widget_class, PsCallTree, scrolled);
  gtk_widget_class_bind_template_child (widget_class, PsCallTree, list);
}

static void
ps_call_tree_init (PsCallTree *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect (factory, "setup", G_CALLBACK (setup_row), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_row), NULL);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_row), NULL);
  gtk_list_view_set_factory (self->list, factory);

  self->selection = gtk_single_selection_new (NULL);
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (self->selection));
}
