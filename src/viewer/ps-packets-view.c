/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-packets-view-private.h"

#include <glib/gi18n.h>

#include "viewer/ps-compat.h"
#include "viewer/ps-format.h"
#include "viewer/ps-packet-cells.h"

G_DEFINE_FINAL_TYPE (PsPacketsView, ps_packets_view, PS_TYPE_VIEW)

static guint
n_rows (PsPacketsView *self)
{
  return g_list_model_get_n_items (G_LIST_MODEL (self->rows));
}

static gboolean
can_follow (PsPacketsView *self)
{
  return ps_document_is_live (ps_view_get_document (PS_VIEW (self))) &&
         !ps_packet_list_is_sorted (self->rows);
}

static void
update_pill (PsPacketsView *self)
{
  guint fresh = n_rows (self) > self->seen ? n_rows (self) - self->seen : 0;
  gboolean show = can_follow (self) && !self->follow && fresh > 0;

  if (show)
    {
      g_autofree char *count = ps_format_count (fresh);
      g_autofree char *label = g_strdup_printf (
          /* Translators: packets that came since the user scrolled away */
          g_dngettext (NULL, "%s new", "%s new", fresh), count);
      gtk_button_set_label (self->pill, label);
    }
  gtk_widget_set_visible (GTK_WIDGET (self->pill), show);
}

static void
update_placeholder (PsPacketsView *self)
{
  PsSession *session = ps_view_get_session (PS_VIEW (self));
  gboolean empty = session != NULL && n_rows (self) == 0;

  if (empty && ps_packet_list_is_scanning (self->rows))
    empty = FALSE;
  gtk_widget_set_visible (GTK_WIDGET (self->placeholder), empty);
  if (!empty)
    return;
  if (ps_session_get_n_packets (session) > 0)
    {
      adw_status_page_set_title (self->placeholder, _ ("No Packet Matches"));
      adw_status_page_set_description (self->placeholder,
                                       _ ("Change the display filter, or select other sockets."));
    }
  else if (ps_document_is_live (ps_view_get_document (PS_VIEW (self))))
    {
      adw_status_page_set_title (self->placeholder, _ ("Waiting for Packets"));
      adw_status_page_set_description (self->placeholder,
                                       _ ("The capture runs. Nothing it wants has passed yet."));
    }
  else
    {
      adw_status_page_set_title (self->placeholder, _ ("No Packets"));
      adw_status_page_set_description (self->placeholder, _ ("The capture holds none."));
    }
}

static void
update_count (PsPacketsView *self)
{
  PsSession *session = ps_view_get_session (PS_VIEW (self));
  guint64 total = session != NULL ? ps_session_get_n_packets (session) : 0;
  g_autofree char *shown = ps_format_count (n_rows (self));
  g_autofree char *all = ps_format_count (total);
  g_autofree char *label = NULL;

  if (ps_packet_list_shows_all (self->rows))
    label = g_strdup_printf (g_dngettext (NULL, "%s packet", "%s packets", (gulong)total), all);
  else
    /* Translators: rows that match the filter, of all packets: "1,204 of 98,311" */
    label = g_strdup_printf (_ ("%s of %s"), shown, all);
  gtk_label_set_label (self->count, label);
}

static gboolean
scroll_to_newest (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  PsPacketsView *self = PS_PACKETS_VIEW (widget);

  self->scroll_source = 0;
  if (self->follow && n_rows (self) > 0)
    ps_compat_scroll_to (GTK_WIDGET (self->table), n_rows (self) - 1);
  return G_SOURCE_REMOVE;
}

/* So that from the first moment there is a way through the kernel to look at; not where calls
 * would be read for it that nobody may want. */
static void
select_first (PsPacketsView *self)
{
  PsDocument *document = ps_view_get_document (PS_VIEW (self));
  g_autoptr (PsPacketItem) item = NULL;

  if (ps_document_get_packet (document) != 0 || n_rows (self) == 0 ||
      ps_document_get_state (document) == PS_DOCUMENT_LOADING ||
      ps_session_trees_take_time (ps_document_get_session (document)))
    return;
  item = g_list_model_get_item (G_LIST_MODEL (self->rows), 0);
  gtk_single_selection_set_selected (self->selection, 0);
  ps_document_set_packet (document, ps_packet_item_get_number (item));
}

static void
rows_changed (PsPacketsView *self, guint position, guint removed, guint added)
{
  if (removed > 0 && position == 0)
    self->seen = self->seen > removed ? self->seen - removed : 0;
  if (self->follow)
    {
      self->seen = n_rows (self);
      if (added > 0 && can_follow (self) && self->scroll_source == 0)
        self->scroll_source =
            gtk_widget_add_tick_callback (GTK_WIDGET (self), scroll_to_newest, NULL, NULL);
    }
  update_pill (self);
  update_count (self);
  update_placeholder (self);
  select_first (self);
}

/* Scrolling up means reading: stop following. Scrolling to the end means following again. */
static void
scrolled (PsPacketsView *self, GtkAdjustment *adjustment)
{
  double end = gtk_adjustment_get_upper (adjustment) - gtk_adjustment_get_page_size (adjustment);
  gboolean at_end = gtk_adjustment_get_value (adjustment) >= end - 2;

  if (self->scroll_source != 0 || at_end == self->follow)
    return;
  self->follow = at_end;
  self->seen = n_rows (self);
  update_pill (self);
}

static void
follow_again (PsPacketsView *self)
{
  self->follow = TRUE;
  self->seen = n_rows (self);
  if (self->seen > 0)
    ps_compat_scroll_to (GTK_WIDGET (self->table), self->seen - 1);
  update_pill (self);
}

/* Selects the document's packet in the table, if the filter lets it through. */
static void
show_selected (PsPacketsView *self, gboolean scroll)
{
  guint64 number = ps_document_get_packet (ps_view_get_document (PS_VIEW (self)));
  PsPacketItem *item = gtk_single_selection_get_selected_item (self->selection);
  guint position;

  if (number == 0)
    {
      gtk_single_selection_set_selected (self->selection, GTK_INVALID_LIST_POSITION);
      return;
    }
  if (item != NULL && ps_packet_item_get_number (item) == number)
    return;
  if (!ps_packet_list_find (self->rows, number, &position))
    return;
  gtk_single_selection_set_selected (self->selection, position);
  if (scroll)
    {
      self->follow = FALSE;
      ps_compat_scroll_to (GTK_WIDGET (self->table), position);
    }
}

static void
scanning_changed (PsPacketsView *self)
{
  gboolean busy = ps_packet_list_is_scanning (self->rows);

  /* While a capture runs there is always a little to look at: no flicker. */
  busy = busy && !ps_document_is_live (ps_view_get_document (PS_VIEW (self)));
  gtk_widget_set_visible (GTK_WIDGET (self->spinner), busy);
  gtk_spinner_set_spinning (self->spinner, busy);
  if (!busy)
    show_selected (self, FALSE);
  update_count (self);
  update_placeholder (self);
}

static void
selection_changed (PsPacketsView *self)
{
  PsPacketItem *item = gtk_single_selection_get_selected_item (self->selection);

  /* A row that goes (filter, eviction) does not close what one is reading about it. */
  if (item != NULL)
    ps_document_set_packet (ps_view_get_document (PS_VIEW (self)),
                            ps_packet_item_get_number (item));
}

static void
filter_changed (PsPacketsView *self)
{
  if (self->rows != NULL)
    ps_packet_list_set_filter (self->rows, ps_filter_entry_get_filter (self->filter));
}

static void
sort_changed (PsPacketsView *self)
{
  guint column = 0;
  gboolean descending = FALSE;

  if (self->rows == NULL)
    return;
  /* By number is the order they came in. */
  if (!ps_compat_get_sort (self->table, &column, &descending) || (column == 0 && !descending))
    ps_packet_list_set_sort (self->rows, -1, FALSE);
  else
    ps_packet_list_set_sort (self->rows, (int)column, descending);
}

static void
row_activated (PsPacketsView *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.show-view", "s", "journey");
}

static void
item_changed (PsPacketsView *self, PsPacketItem *item)
{
  ps_packet_cells_update (item);
}

static void
ps_packets_view_bind (PsView *view, PsDocument *document)
{
  PsPacketsView *self = PS_PACKETS_VIEW (view);

  self->rows = ps_packet_list_new (document);
  self->selection = gtk_single_selection_new (g_object_ref (G_LIST_MODEL (self->rows)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_column_view_set_model (self->table, GTK_SELECTION_MODEL (self->selection));

  g_signal_connect_object (self->rows, "items-changed", G_CALLBACK (rows_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->rows, "item-changed", G_CALLBACK (item_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->rows, "notify::scanning", G_CALLBACK (scanning_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (selection_changed),
                           self, G_CONNECT_SWAPPED);
  ps_view_set_document (PS_VIEW (self->details), document);
  ps_view_set_document (PS_VIEW (self->path), document);
}

static void
ps_packets_view_update (PsView *view, PsViewChange changes)
{
  PsPacketsView *self = PS_PACKETS_VIEW (view);

  if (changes & PS_VIEW_SESSION)
    self->follow = TRUE;
  if (changes & PS_VIEW_PACKET)
    show_selected (self, TRUE);
  if (changes & PS_VIEW_STATE)
    {
      update_pill (self);
      scanning_changed (self);
    }
  select_first (self);
  update_count (self);
  update_placeholder (self);
}

void
ps_packets_view_step (PsPacketsView *self, int by)
{
  PsDocument *document;
  guint64 number;
  guint position;
  PsPacket packet;

  g_return_if_fail (PS_IS_PACKETS_VIEW (self));
  document = ps_view_get_document (PS_VIEW (self));
  number = ps_document_get_packet (document);
  if (ps_packet_list_find (self->rows, number, &position))
    {
      g_autoptr (PsPacketItem) item =
          g_list_model_get_item (G_LIST_MODEL (self->rows), position + (guint)by);

      if (item != NULL)
        ps_document_set_packet (document, ps_packet_item_get_number (item));
    }
  else if (number != 0 && ps_session_get_packet (ps_document_get_session (document),
                                                 number + (guint64)by, &packet))
    ps_document_set_packet (document, packet.number);
}

void
ps_packets_view_focus_filter (PsPacketsView *self)
{
  g_return_if_fail (PS_IS_PACKETS_VIEW (self));
  gtk_widget_grab_focus (GTK_WIDGET (self->filter));
}

void
ps_packets_view_focus_rows (PsPacketsView *self)
{
  g_return_if_fail (PS_IS_PACKETS_VIEW (self));
  gtk_widget_grab_focus (GTK_WIDGET (self->table));
}

void
ps_packets_view_set_filter (PsPacketsView *self, const char *text)
{
  g_return_if_fail (PS_IS_PACKETS_VIEW (self));
  ps_filter_entry_set_text (self->filter, text);
}

const char *
ps_packets_view_get_filter_error (PsPacketsView *self)
{
  g_return_val_if_fail (PS_IS_PACKETS_VIEW (self), NULL);
  return ps_filter_entry_get_error (self->filter);
}

GListModel *
ps_packets_view_get_rows (PsPacketsView *self)
{
  g_return_val_if_fail (PS_IS_PACKETS_VIEW (self), NULL);
  return G_LIST_MODEL (self->rows);
}

/* Not within a layout: columns that come and go want another. */
static gboolean
apply_room (gpointer data)
{
  PsPacketsView *self = data;
  GtkAdjustment *adjustment = gtk_scrolled_window_get_hadjustment (self->scrolled);

  self->room_source = 0;
  ps_column_chooser_set_room (self->chooser, (int)gtk_adjustment_get_page_size (adjustment));
  return G_SOURCE_REMOVE;
}

static void
room_changed (PsPacketsView *self, GParamSpec *pspec, GtkAdjustment *adjustment)
{
  if (self->room_source == 0 && gtk_adjustment_get_page_size (adjustment) > 0)
    self->room_source = g_idle_add_full (G_PRIORITY_HIGH_IDLE, apply_room, self, NULL);
}

void
ps_packets_view_set_narrow (PsPacketsView *self, gboolean narrow)
{
  g_return_if_fail (PS_IS_PACKETS_VIEW (self));
  gtk_widget_set_visible (GTK_WIDGET (self->path), !narrow);
  ps_details_pane_set_narrow (self->details, narrow);
}

static void
ps_packets_view_map (GtkWidget *widget)
{
  PsPacketsView *self = PS_PACKETS_VIEW (widget);

  if (self->rows != NULL)
    ps_packet_list_set_frozen (self->rows, FALSE);
  GTK_WIDGET_CLASS (ps_packets_view_parent_class)->map (widget);
}

static void
ps_packets_view_unmap (GtkWidget *widget)
{
  PsPacketsView *self = PS_PACKETS_VIEW (widget);

  GTK_WIDGET_CLASS (ps_packets_view_parent_class)->unmap (widget);
  if (self->rows != NULL)
    ps_packet_list_set_frozen (self->rows, TRUE);
}

static void
ps_packets_view_dispose (GObject *object)
{
  PsPacketsView *self = PS_PACKETS_VIEW (object);

  g_clear_handle_id (&self->room_source, g_source_remove);
  g_clear_pointer (&self->menu, gtk_widget_unparent);
  g_clear_object (&self->menu_item);
  g_clear_object (&self->selection);
  g_clear_object (&self->rows);
  g_clear_object (&self->actions);
  G_OBJECT_CLASS (ps_packets_view_parent_class)->dispose (object);
}

static void
ps_packets_view_class_init (PsPacketsViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ps_packets_view_dispose;
  widget_class->map = ps_packets_view_map;
  widget_class->unmap = ps_packets_view_unmap;
  PS_VIEW_CLASS (klass)->bind = ps_packets_view_bind;
  PS_VIEW_CLASS (klass)->update = ps_packets_view_update;

  g_type_ensure (PS_TYPE_COLUMN_CHOOSER);
  g_type_ensure (PS_TYPE_FILTER_ENTRY);
  g_type_ensure (PS_TYPE_DETAILS_PANE);
  g_type_ensure (PS_TYPE_PATH_PANE);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-packets-view.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget_class, PsPacketsView, name)
  CHILD (filter);
  CHILD (spinner);
  CHILD (count);
  CHILD (paned);
  CHILD (lower);
  CHILD (scrolled);
  CHILD (table);
  CHILD (pill);
  CHILD (placeholder);
  CHILD (details);
  CHILD (path);
  CHILD (chooser);
  CHILD (row_menu);
#undef CHILD
  gtk_widget_class_bind_template_callback (widget_class, filter_changed);
  gtk_widget_class_bind_template_callback (widget_class, row_activated);
  gtk_widget_class_bind_template_callback (widget_class, follow_again);
  ps_packets_view_bind_menu_keys (widget_class);
}

static void
ps_packets_view_init (PsPacketsView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->follow = TRUE;

  ps_packets_view_install_menu (self);
  ps_column_chooser_set_table (self->chooser, self->table);
  g_signal_connect_object (gtk_column_view_get_sorter (self->table), "changed",
                           G_CALLBACK (sort_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (gtk_scrolled_window_get_vadjustment (self->scrolled), "value-changed",
                           G_CALLBACK (scrolled), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (gtk_scrolled_window_get_hadjustment (self->scrolled),
                           "notify::page-size", G_CALLBACK (room_changed), self, G_CONNECT_SWAPPED);
}
