/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-sockets-sidebar.h"

#include <glib/gi18n.h>
#include <netinet/in.h>
#include <string.h>

#include "viewer/ps-compat.h"
#include "viewer/ps-socket-list.h"
#include "viewer/ps-socket-row.h"

#define SORT_AT_ONCE_MAX 2000

/* As they stand in the drop-down. */
typedef enum { KIND_ALL, KIND_ACTIVE, KIND_TCP, KIND_UDP, KIND_LISTENING } Kind;

struct _PsSocketsSidebar {
  PsView parent_instance;

  GtkSearchEntry *search;
  GtkDropDown *kind;
  GtkListView *list;
  GtkLabel *placeholder;
  GtkRevealer *revealer;
  GtkLabel *selected;
  GMenuModel *menu;

  GtkWidget *popover; /* of the menu */
  PsSocketList *sockets;
  GtkFilter *filter;
  GtkSorter *sorter;
  GtkSortListModel *ordered; /* owned by the selection */
  GtkSelectionModel *selection;
  char **words; /* searched for */
  gboolean at_top; /* and to stay there, whatever comes first */
  guint scroll_source;
  gboolean syncing; /* the selection is being set from the document */
};

G_DEFINE_FINAL_TYPE (PsSocketsSidebar, ps_sockets_sidebar, PS_TYPE_VIEW)

static gboolean
is_of_kind (PsSocketItem *item, Kind kind)
{
  const PsSocketRecord *record = ps_socket_item_get_record (item);

  switch (kind)
    {
    case KIND_ACTIVE:
      return ps_socket_item_get_n_packets (item) > 0;
    case KIND_TCP:
      return record->protocol == IPPROTO_TCP;
    case KIND_UDP:
      return record->protocol == IPPROTO_UDP;
    case KIND_LISTENING:
      return (record->flags & PS_SOCKET_LISTENING) != 0;
    case KIND_ALL:
    default:
      return TRUE;
    }
}

static gboolean
wanted (gpointer object, gpointer data)
{
  PsSocketsSidebar *self = data;
  const char *text;

  if (!is_of_kind (object, gtk_drop_down_get_selected (self->kind)))
    return FALSE;
  if (self->words == NULL || self->words[0] == NULL || *self->words[0] == '\0')
    return TRUE;
  text = ps_socket_item_get_search_text (object);
  for (guint i = 0; self->words != NULL && self->words[i] != NULL; i++)
    if (strstr (text, self->words[i]) == NULL)
      return FALSE;
  return TRUE;
}

static int
by_rank (gconstpointer a, gconstpointer b, gpointer data)
{
  guint x = ps_socket_item_get_rank ((gpointer)a);
  guint y = ps_socket_item_get_rank ((gpointer)b);

  return x < y ? -1 : x > y;
}

static void
ranks_changed (PsSocketsSidebar *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->ordered));

  /* Sorting tens of thousands at once would hold several frames. */
  gtk_sort_list_model_set_incremental (self->ordered, n > SORT_AT_ONCE_MAX);
  gtk_sorter_changed (self->sorter, GTK_SORTER_CHANGE_DIFFERENT);
  if (gtk_drop_down_get_selected (self->kind) == KIND_ACTIVE)
    gtk_filter_changed (self->filter, GTK_FILTER_CHANGE_DIFFERENT);
}

static void
search_changed (PsSocketsSidebar *self)
{
  g_autofree char *text = g_utf8_strdown (gtk_editable_get_text (GTK_EDITABLE (self->search)), -1);

  g_strfreev (self->words);
  self->words = g_strsplit_set (text, " \t", -1);
  if (self->filter != NULL)
    gtk_filter_changed (self->filter, GTK_FILTER_CHANGE_DIFFERENT);
}

static void
show_selection_count (PsSocketsSidebar *self)
{
  g_autoptr (GtkBitset) set = gtk_selection_model_get_selection (self->selection);
  guint n = (guint)gtk_bitset_get_size (set);
  g_autofree char *text =
      g_strdup_printf (g_dngettext (NULL, "%u socket selected", "%u sockets selected", n), n);

  gtk_label_set_label (self->selected, text);
  gtk_revealer_set_reveal_child (
      self->revealer, ps_document_has_selected_sockets (ps_view_get_document (PS_VIEW (self))));
}

static void
selection_changed (PsSocketsSidebar *self)
{
  g_autoptr (GtkBitset) set = NULL;
  g_autoptr (GArray) cookies = NULL;
  GtkBitsetIter iter;
  guint position;

  if (self->syncing)
    return;
  set = gtk_selection_model_get_selection (self->selection);
  cookies = g_array_new (FALSE, FALSE, sizeof (guint64));
  for (gboolean more = gtk_bitset_iter_init_first (&iter, set, &position); more;
       more = gtk_bitset_iter_next (&iter, &position))
    {
      g_autoptr (PsSocketItem) item =
          g_list_model_get_item (G_LIST_MODEL (self->selection), position);
      guint64 cookie = ps_socket_item_get_cookie (item);
      g_array_append_val (cookies, cookie);
    }
  ps_document_select_sockets (ps_view_get_document (PS_VIEW (self)), cookies);
  show_selection_count (self);
}

/* Another view chose ("Show This Socket Only"): mark the same rows here. */
static void
sync_selection (PsSocketsSidebar *self)
{
  PsDocument *document = ps_view_get_document (PS_VIEW (self));
  g_autoptr (GtkBitset) set = gtk_bitset_new_empty ();
  g_autoptr (GtkBitset) mask = gtk_bitset_new_empty ();
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->selection));

  gtk_bitset_add_range (mask, 0, n);
  for (guint i = 0; ps_document_has_selected_sockets (document) && i < n; i++)
    {
      g_autoptr (PsSocketItem) item = g_list_model_get_item (G_LIST_MODEL (self->selection), i);
      if (ps_document_shows_socket (document, ps_socket_item_get_cookie (item)))
        gtk_bitset_add (set, i);
    }
  self->syncing = TRUE;
  gtk_selection_model_set_selection (self->selection, set, mask);
  self->syncing = FALSE;
  show_selection_count (self);
}

static void
show_all (PsSocketsSidebar *self)
{
  ps_document_select_sockets (ps_view_get_document (PS_VIEW (self)), NULL);
}

static void
update_placeholder (PsSocketsSidebar *self)
{
  guint shown = g_list_model_get_n_items (G_LIST_MODEL (self->selection));
  guint all = g_list_model_get_n_items (ps_socket_list_get_items (self->sockets));

  gtk_label_set_label (self->placeholder,
                       all > 0 ? _ ("No socket matches the search")
                       : ps_view_get_session (PS_VIEW (self)) == NULL
                           ? _ ("Sockets appear here when a capture runs or a file is open")
                           : _ ("This capture knows of no sockets"));
  gtk_widget_set_visible (GTK_WIDGET (self->placeholder), shown == 0);
}

static gboolean
scroll_to_top (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  PsSocketsSidebar *self = PS_SOCKETS_SIDEBAR (widget);

  self->scroll_source = 0;
  if (g_list_model_get_n_items (G_LIST_MODEL (self->selection)) > 0)
    ps_compat_scroll_to (GTK_WIDGET (self->list), 0);
  return G_SOURCE_REMOVE;
}

static void
rows_changed (PsSocketsSidebar *self)
{
  if (self->at_top && self->scroll_source == 0)
    self->scroll_source =
        gtk_widget_add_tick_callback (GTK_WIDGET (self), scroll_to_top, NULL, NULL);
  update_placeholder (self);
}

static void
open_menu (PsSocketsSidebar *self, const GdkRectangle *where)
{
  gtk_popover_set_pointing_to (GTK_POPOVER (self->popover), where);
  gtk_popover_popup (GTK_POPOVER (self->popover));
}

/* The menu is about the selected sockets; one that is not becomes the selected one. */
static void
select_row (PsSocketsSidebar *self, PsSocketItem *item)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->selection));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (PsSocketItem) other = g_list_model_get_item (G_LIST_MODEL (self->selection), i);

      if (other != item)
        continue;
      if (!gtk_selection_model_is_selected (self->selection, i))
        gtk_selection_model_select_item (self->selection, i, TRUE);
      return;
    }
}

static void
right_clicked (GtkGestureClick *gesture, int n_press, double x, double y, PsSocketsSidebar *self)
{
  GtkWidget *at = gtk_widget_pick (GTK_WIDGET (self->list), x, y, GTK_PICK_DEFAULT);
  GtkWidget *row = NULL;

  if (at != NULL)
    row = PS_IS_SOCKET_ROW (at) ? at : gtk_widget_get_ancestor (at, PS_TYPE_SOCKET_ROW);
  /* Around the row's content lies the list's own widget. */
  if (row == NULL && at != NULL && PS_IS_SOCKET_ROW (gtk_widget_get_first_child (at)))
    row = gtk_widget_get_first_child (at);
  if (row == NULL)
    return;
  select_row (self, ps_socket_row_get_item (PS_SOCKET_ROW (row)));
  if (gtk_widget_translate_coordinates (GTK_WIDGET (self->list), GTK_WIDGET (self), x, y, &x, &y))
    open_menu (self, &(GdkRectangle){ (int)x, (int)y, 1, 1 });
}

static gboolean
menu_key (GtkWidget *widget, GVariant *arguments, gpointer data)
{
  open_menu (PS_SOCKETS_SIDEBAR (widget),
             &(GdkRectangle){ gtk_widget_get_width (widget) / 2, 96, 1, 1 });
  return TRUE;
}

static void
make_menu (PsSocketsSidebar *self)
{
  GtkGesture *click = gtk_gesture_click_new ();

  self->popover = gtk_popover_menu_new_from_model (self->menu);
  gtk_popover_set_has_arrow (GTK_POPOVER (self->popover), FALSE);
  gtk_widget_set_halign (self->popover, GTK_ALIGN_START);
  gtk_widget_set_parent (self->popover, GTK_WIDGET (self));
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), GDK_BUTTON_SECONDARY);
  g_signal_connect (click, "pressed", G_CALLBACK (right_clicked), self);
  gtk_widget_add_controller (GTK_WIDGET (self->list), GTK_EVENT_CONTROLLER (click));
}

static void
setup_row (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  gtk_list_item_set_child (list_item, ps_socket_row_new ());
}

static void
bind_row (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  ps_socket_row_set_item (PS_SOCKET_ROW (gtk_list_item_get_child (list_item)),
                          gtk_list_item_get_item (list_item));
}

static void
unbind_row (GtkSignalListItemFactory *factory, GtkListItem *list_item)
{
  ps_socket_row_set_item (PS_SOCKET_ROW (gtk_list_item_get_child (list_item)), NULL);
}

static void
ps_sockets_sidebar_update (PsView *view, PsViewChange changes)
{
  PsSocketsSidebar *self = PS_SOCKETS_SIDEBAR (view);
  PsDocument *document = ps_view_get_document (view);
  gboolean growing = ps_document_is_growing (document);
  GtkAdjustment *adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (self->list));

  if (self->scroll_source == 0)
    self->at_top = changes & PS_VIEW_SESSION || gtk_adjustment_get_value (adjustment) < 1;
  if (changes & PS_VIEW_SESSION)
    ps_socket_list_set_session (self->sockets, ps_view_get_session (view));
  if (changes & (PS_VIEW_PUBLISHED | PS_VIEW_STATE))
    ps_socket_list_update (self->sockets, ps_document_is_live (document), growing,
                           (changes & (PS_VIEW_SESSION | PS_VIEW_STATE)) != 0 || !growing);
  if (changes & PS_VIEW_SOCKETS)
    sync_selection (self);
  update_placeholder (self);
}

void
ps_sockets_sidebar_focus_search (PsSocketsSidebar *self)
{
  g_return_if_fail (PS_IS_SOCKETS_SIDEBAR (self));
  gtk_widget_grab_focus (GTK_WIDGET (self->search));
}

GtkSelectionModel *
ps_sockets_sidebar_get_rows (PsSocketsSidebar *self)
{
  g_return_val_if_fail (PS_IS_SOCKETS_SIDEBAR (self), NULL);
  return self->selection;
}

static void
ps_sockets_sidebar_dispose (GObject *object)
{
  PsSocketsSidebar *self = PS_SOCKETS_SIDEBAR (object);

  g_clear_pointer (&self->popover, gtk_widget_unparent);
  /* The models outlive the drop-down that the filter asks. */
  if (self->filter != NULL)
    gtk_custom_filter_set_filter_func (GTK_CUSTOM_FILTER (self->filter), NULL, NULL, NULL);
  g_clear_object (&self->filter);
  g_clear_object (&self->sorter);
  g_clear_object (&self->selection);
  g_clear_object (&self->sockets);
  g_clear_pointer (&self->words, g_strfreev);
  G_OBJECT_CLASS (ps_sockets_sidebar_parent_class)->dispose (object);
}

static void
ps_sockets_sidebar_class_init (PsSocketsSidebarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ps_sockets_sidebar_dispose;
  PS_VIEW_CLASS (klass)->update = ps_sockets_sidebar_update;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-sockets-sidebar.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget_class, PsSocketsSidebar, name)
  CHILD (search);
  CHILD (kind);
  CHILD (list);
  CHILD (placeholder);
  CHILD (revealer);
  CHILD (selected);
  CHILD (menu);
#undef CHILD
  gtk_widget_class_bind_template_callback (widget_class, search_changed);
  gtk_widget_class_bind_template_callback (widget_class, show_all);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Menu, 0, menu_key, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, menu_key, NULL);
}

static void
ps_sockets_sidebar_init (PsSocketsSidebar *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();
  GListModel *filtered;

  gtk_widget_init_template (GTK_WIDGET (self));
  make_menu (self);
  g_signal_connect (factory, "setup", G_CALLBACK (setup_row), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_row), NULL);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_row), NULL);
  gtk_list_view_set_factory (self->list, factory);

  self->sockets = ps_socket_list_new ();
  self->filter = GTK_FILTER (gtk_custom_filter_new (wanted, self, NULL));
  self->sorter = GTK_SORTER (gtk_custom_sorter_new (by_rank, NULL, NULL));
  filtered = G_LIST_MODEL (gtk_filter_list_model_new (
      g_object_ref (ps_socket_list_get_items (self->sockets)), g_object_ref (self->filter)));
  self->ordered = gtk_sort_list_model_new (filtered, g_object_ref (self->sorter));
  self->selection = GTK_SELECTION_MODEL (gtk_multi_selection_new (G_LIST_MODEL (self->ordered)));
  gtk_list_view_set_model (self->list, self->selection);

  g_signal_connect_object (self->sockets, "ranks-changed", G_CALLBACK (ranks_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->selection, "selection-changed", G_CALLBACK (selection_changed),
                           self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->selection, "items-changed", G_CALLBACK (rows_changed), self,
                           G_CONNECT_SWAPPED);
}
