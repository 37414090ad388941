/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GtkInscription, not GtkLabel: a random jump costs 15 ms where labels take 105 (GTK 4.8). */
#include "config.h"

#include "viewer/ps-packet-cells.h"

#include <glib/gi18n.h>
#include <string.h>

#include "viewer/ps-compat.h"

#define CELL_ITEM "ps-item"
#define CELL_COLUMN "ps-column"
#define INFO_CHARS 12 /* below that the table scrolls sideways */

static void
set_class (GtkWidget *cell, const char *name, gboolean wanted)
{
  if (gtk_widget_has_css_class (cell, name) == wanted)
    return;
  if (wanted)
    gtk_widget_add_css_class (cell, name);
  else
    gtk_widget_remove_css_class (cell, name);
}

static void
write_cell (GtkWidget *cell, PsPacketItem *item, guint column)
{
  const PsPacketRow *row = ps_packet_item_get_row (item);
  GtkInscription *inscription = GTK_INSCRIPTION (cell);
  g_autofree char *text =
      row->packet.number != 0 ? ps_packet_columns[column].format (row) : g_strdup ("");

  if (g_strcmp0 (gtk_inscription_get_text (inscription), text) != 0)
    gtk_inscription_set_text (inscription, text);
  set_class (cell, "dropped", row->packet.verdict == PS_VERDICT_DROPPED);
  if (strcmp (ps_packet_columns[column].id, "process") == 0)
    set_class (cell, "owner", row->has_process && row->process_is_owner);
}

static gboolean
cell_tooltip (GtkWidget *cell, int x, int y, gboolean keyboard, GtkTooltip *tooltip, gpointer data)
{
  PsPacketItem *item = g_object_get_data (G_OBJECT (cell), CELL_ITEM);
  guint column = GPOINTER_TO_UINT (data);
  const PsPacketRow *row;
  g_autofree char *text = NULL;

  if (item == NULL)
    return FALSE;
  row = ps_packet_item_get_row (item);
  text = ps_packet_columns[column].format (row);
  if (strcmp (ps_packet_columns[column].id, "process") == 0)
    {
      g_autofree char *plain = g_steal_pointer (&text);
      if (!row->packet.from_kernel)
        text = g_strdup (_ ("This capture was not made in the kernel: it does not know processes"));
      else if (!row->has_process)
        text = g_strdup (_ ("The kernel handled this packet in an interrupt, and it belongs to no "
                            "known socket"));
      else if (row->process_is_owner)
        text = g_strdup_printf (_ ("%s: owner of the packet’s socket"), plain);
      else
        text = g_strdup_printf (_ ("%s: sent or read the packet itself"), plain);
    }
  if (*text == '\0')
    return FALSE;
  gtk_tooltip_set_text (tooltip, text);
  return TRUE;
}

static void
setup_cell (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  guint column = GPOINTER_TO_UINT (data);
  GtkWidget *cell = gtk_inscription_new (NULL);

  gtk_inscription_set_xalign (GTK_INSCRIPTION (cell), ps_packet_columns[column].xalign);
  gtk_inscription_set_text_overflow (GTK_INSCRIPTION (cell),
                                     GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END);
  gtk_inscription_set_min_chars (GTK_INSCRIPTION (cell),
                                 ps_packet_columns[column].width > 0 ? 2 : INFO_CHARS);
  if (ps_packet_columns[column].numeric)
    gtk_widget_add_css_class (cell, "numeric");
  gtk_widget_set_has_tooltip (cell, TRUE);
  g_signal_connect (cell, "query-tooltip", G_CALLBACK (cell_tooltip), data);
  g_object_set_data (G_OBJECT (cell), CELL_COLUMN, data);
  gtk_list_item_set_child (list_item, cell);
}

static void
bind_cell (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  guint column = GPOINTER_TO_UINT (data);
  PsPacketItem *item = gtk_list_item_get_item (list_item);
  GtkWidget *cell = gtk_list_item_get_child (list_item);

  g_object_set_data (G_OBJECT (cell), CELL_ITEM, item);
  ps_packet_item_set_cell (item, column, cell);
  write_cell (cell, item, column);
}

static void
unbind_cell (GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  PsPacketItem *item = gtk_list_item_get_item (list_item);
  GtkWidget *cell = gtk_list_item_get_child (list_item);
  guint column = GPOINTER_TO_UINT (data);

  g_object_set_data (G_OBJECT (cell), CELL_ITEM, NULL);
  if (item != NULL && ps_packet_item_get_cell (item, column) == cell)
    ps_packet_item_set_cell (item, column, NULL);
}

GtkColumnViewColumn *
ps_packet_cells_new_column (guint column)
{
  const PsPacketColumn *kind = &ps_packet_columns[column];
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkSorter) sorter = ps_compat_column_sorter_new (column);
  GtkColumnViewColumn *added;

  g_signal_connect (factory, "setup", G_CALLBACK (setup_cell), GUINT_TO_POINTER (column));
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cell), GUINT_TO_POINTER (column));
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_cell), GUINT_TO_POINTER (column));

  added = gtk_column_view_column_new (_ (kind->title), factory);
  gtk_column_view_column_set_sorter (added, sorter);
  gtk_column_view_column_set_resizable (added, TRUE);
  gtk_column_view_column_set_expand (added, kind->width == 0);
  return added;
}

int
ps_packet_cells_scale (GtkWidget *widget, int pixels)
{
  int dpi = 0;

  g_object_get (gtk_widget_get_settings (widget), "gtk-xft-dpi", &dpi, NULL);
  return pixels * (dpi > 0 ? dpi / PANGO_SCALE : 96) / 96;
}

void
ps_packet_cells_scale_column (GtkColumnViewColumn *column, guint nth, GtkWidget *widget)
{
  if (ps_packet_columns[nth].width > 0)
    gtk_column_view_column_set_fixed_width (
        column, ps_packet_cells_scale (widget, ps_packet_columns[nth].width));
}

void
ps_packet_cells_update (PsPacketItem *item)
{
  for (guint i = 0; i < ps_n_packet_columns; i++)
    {
      GtkWidget *cell = ps_packet_item_get_cell (item, i);
      if (cell != NULL)
        write_cell (cell, item, i);
    }
}

gboolean
ps_packet_cells_pick (GtkColumnView *view,
                      double x,
                      double y,
                      PsPacketItem **ret_item,
                      guint *ret_column)
{
  GtkWidget *widget = gtk_widget_pick (GTK_WIDGET (view), x, y, GTK_PICK_DEFAULT);

  /* The pointer may be on the padding around the cell. */
  if (widget != NULL && !GTK_IS_INSCRIPTION (widget) &&
      GTK_IS_INSCRIPTION (gtk_widget_get_first_child (widget)))
    widget = gtk_widget_get_first_child (widget);
  if (widget == NULL || g_object_get_data (G_OBJECT (widget), CELL_ITEM) == NULL)
    return FALSE;
  *ret_item = g_object_get_data (G_OBJECT (widget), CELL_ITEM);
  *ret_column = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (widget), CELL_COLUMN));
  return TRUE;
}
