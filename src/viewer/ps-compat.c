/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-compat.h"

static guint asked_column;
static gboolean asked;

static GtkWidget *
find_list_view (GtkWidget *widget)
{
  if (GTK_IS_LIST_BASE (widget))
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_list_view (child);
      if (found != NULL)
        return found;
    }
  return NULL;
}

void
ps_compat_scroll_to (GtkWidget *list, guint position)
{
  GtkWidget *inner = find_list_view (list);

  /* gtk_column_view_scroll_to() is 4.12; its inner list has had this action since 4.0. */
  if (inner != NULL)
    gtk_widget_activate_action (inner, "list.scroll-to-item", "u", position);
}

/* A title is a box in a widget of a private type: a label, and room for an arrow behind it. */
void
ps_compat_align_title (GtkColumnView *view, guint position, float xalign)
{
  GtkWidget *header = gtk_widget_get_first_child (GTK_WIDGET (view));
  GtkWidget *title = header != NULL ? gtk_widget_get_first_child (header) : NULL;
  GtkWidget *box, *label;

  while (title != NULL && position-- > 0)
    title = gtk_widget_get_next_sibling (title);
  box = title != NULL ? gtk_widget_get_first_child (title) : NULL;
  label = GTK_IS_BOX (box) ? gtk_widget_get_first_child (box) : NULL;
  if (!GTK_IS_LABEL (label))
    return;
  gtk_widget_set_hexpand (label, TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), xalign);
  if (xalign > .5f)
    gtk_box_reorder_child_after (GTK_BOX (box), label, gtk_widget_get_last_child (box));
}

static int
answer (gconstpointer a, gconstpointer b, gpointer column)
{
  if (!asked)
    {
      asked = TRUE;
      asked_column = GPOINTER_TO_UINT (column);
    }
  return -1;
}

GtkSorter *
ps_compat_column_sorter_new (guint column)
{
  return GTK_SORTER (gtk_custom_sorter_new (answer, GUINT_TO_POINTER (column), NULL));
}

gboolean
ps_compat_get_sort (GtkColumnView *view, guint *ret_column, gboolean *ret_descending)
{
  GtkSorter *sorter = gtk_column_view_get_sorter (view);
  g_autoptr (GObject) first = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GObject) second = g_object_new (G_TYPE_OBJECT, NULL);
  GtkOrdering ordering;

  asked = FALSE;
  ordering = gtk_sorter_compare (sorter, first, second);
  if (!asked)
    return FALSE;
  *ret_column = asked_column;
  *ret_descending = ordering == GTK_ORDERING_LARGER;
  return TRUE;
}
