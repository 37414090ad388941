/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-packet-cells.h"
#include "viewer/ps-packets-view-private.h"

/* The row a menu or a key is about: under the pointer, else the selected one. */
static const PsPacketRow *
row_in_question (PsPacketsView *self)
{
  PsPacketItem *item = self->menu_item;

  if (item == NULL)
    item = gtk_single_selection_get_selected_item (self->selection);
  return item != NULL ? ps_packet_item_get_row (item) : NULL;
}

static void
apply_filter (PsPacketsView *self, gboolean exclude)
{
  const PsPacketRow *row = row_in_question (self);
  const PsPacketColumn *column = &ps_packet_columns[self->menu_column];
  const char *old = ps_filter_entry_get_text (self->filter);
  g_autofree char *term = row != NULL && column->filter != NULL ? column->filter (row) : NULL;
  g_autofree char *text = NULL;

  if (term == NULL)
    return;
  if (!exclude)
    text = g_strdup (term);
  else if (*old != '\0')
    text = g_strdup_printf ("(%s) && !(%s)", old, term);
  else
    text = g_strdup_printf ("!(%s)", term);
  ps_filter_entry_set_text (self->filter, text);
}

static void
apply_filter_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  apply_filter (data, FALSE);
}

static void
exclude_filter_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  apply_filter (data, TRUE);
}

static void
follow_socket_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const PsPacketRow *row = row_in_question (data);
  g_autoptr (GArray) cookies = g_array_new (FALSE, FALSE, sizeof (guint64));

  if (row == NULL || row->packet.socket == 0)
    return;
  g_array_append_val (cookies, row->packet.socket);
  ps_document_select_sockets (ps_view_get_document (data), cookies);
}

static void
show_journey_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  gtk_widget_activate_action (data, "win.show-view", "s", "journey");
}

static void
copy_row_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const PsPacketRow *row = row_in_question (data);
  g_autoptr (GString) text = g_string_new (NULL);

  if (row == NULL)
    return;
  for (guint i = 0; i < ps_n_packet_columns; i++)
    {
      g_autofree char *cell = ps_packet_columns[i].format (row);
      g_string_append_printf (text, "%s%s", i > 0 ? "\t" : "", cell);
    }
  gdk_clipboard_set_text (gtk_widget_get_clipboard (data), text->str);
}

static void
enable_action (PsPacketsView *self, const char *name, gboolean enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self->actions), name);
  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

static void
open_menu (PsPacketsView *self, PsPacketItem *item, guint column, const GdkRectangle *where)
{
  const PsPacketRow *row;
  g_autofree char *term = NULL;

  g_set_object (&self->menu_item, item);
  self->menu_column = column;
  row = row_in_question (self);
  if (row == NULL)
    return;
  if (ps_packet_columns[column].filter != NULL)
    term = ps_packet_columns[column].filter (row);
  enable_action (self, "apply-filter", term != NULL);
  enable_action (self, "exclude-filter", term != NULL);
  enable_action (self, "follow-socket", row->packet.socket != 0);
  ps_document_set_packet (ps_view_get_document (PS_VIEW (self)), row->packet.number);
  gtk_popover_set_pointing_to (GTK_POPOVER (self->menu), where);
  gtk_popover_popup (GTK_POPOVER (self->menu));
}

static void
right_clicked (GtkGestureClick *gesture, int n_press, double x, double y, PsPacketsView *self)
{
  PsPacketItem *item;
  guint column;

  if (!ps_packet_cells_pick (self->table, x, y, &item, &column))
    return;
  if (gtk_widget_translate_coordinates (GTK_WIDGET (self->table), GTK_WIDGET (self), x, y, &x, &y))
    open_menu (self, item, column, &(GdkRectangle){ (int)x, (int)y, 1, 1 });
}

static gboolean
menu_key (GtkWidget *widget, GVariant *arguments, gpointer data)
{
  PsPacketsView *self = PS_PACKETS_VIEW (widget);
  guint column = 0;

  /* From the keyboard there is no cell: offer the protocol. */
  while (column < ps_n_packet_columns && ps_packet_columns[column].filter == NULL)
    column++;
  for (guint i = column; i < ps_n_packet_columns; i++)
    if (g_str_equal (ps_packet_columns[i].id, "protocol"))
      column = i;
  open_menu (self, NULL, column,
             &(GdkRectangle){ gtk_widget_get_width (GTK_WIDGET (self)) / 2, 96, 1, 1 });
  return TRUE;
}

void
ps_packets_view_bind_menu_keys (GtkWidgetClass *klass)
{
  gtk_widget_class_add_binding (klass, GDK_KEY_Menu, 0, menu_key, NULL);
  gtk_widget_class_add_binding (klass, GDK_KEY_F10, GDK_SHIFT_MASK, menu_key, NULL);
}

void
ps_packets_view_install_menu (PsPacketsView *self)
{
  static const GActionEntry entries[] = {
    { .name = "apply-filter", .activate = apply_filter_action },
    { .name = "exclude-filter", .activate = exclude_filter_action },
    { .name = "follow-socket", .activate = follow_socket_action },
    { .name = "show-journey", .activate = show_journey_action },
    { .name = "copy-row", .activate = copy_row_action },
  };
  GtkGesture *click;

  self->actions = g_simple_action_group_new ();
  g_action_map_add_action_entries (G_ACTION_MAP (self->actions), entries, G_N_ELEMENTS (entries),
                                   self);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "packets", G_ACTION_GROUP (self->actions));

  self->menu = gtk_popover_menu_new_from_model (self->row_menu);
  gtk_popover_set_has_arrow (GTK_POPOVER (self->menu), FALSE);
  gtk_widget_set_parent (self->menu, GTK_WIDGET (self));

  click = gtk_gesture_click_new ();
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), GDK_BUTTON_SECONDARY);
  g_signal_connect (click, "pressed", G_CALLBACK (right_clicked), self);
  gtk_widget_add_controller (GTK_WIDGET (self->table), GTK_EVENT_CONTROLLER (click));
}
