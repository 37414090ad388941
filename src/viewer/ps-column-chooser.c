/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-column-chooser.h"

#include <glib/gi18n.h>

#include "viewer/ps-compat.h"
#include "viewer/ps-packet-cells.h"
#include "viewer/ps-settings.h"

struct _PsColumnChooser {
  AdwBin parent_instance;

  GtkBox *box;
  GtkColumnView *table; /* borrowed: it stands in the same view */
  GtkColumnViewColumn *columns[PS_PACKET_COLUMNS_MAX]; /* shown or not */
  gboolean wanted[PS_PACKET_COLUMNS_MAX]; /* shown where there is room */
  int room;
};

G_DEFINE_FINAL_TYPE (PsColumnChooser, ps_column_chooser, ADW_TYPE_BIN)

static void
save_columns (PsColumnChooser *self)
{
  GSettings *settings = ps_settings_get ();
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) ids = NULL;

  for (guint i = 0; i < ps_n_packet_columns; i++)
    if (self->wanted[i])
      g_strv_builder_add (builder, ps_packet_columns[i].id);
  ids = g_strv_builder_end (builder);
  if (settings != NULL)
    g_settings_set_strv (settings, "columns", (const char *const *)ids);
}

/* Taken out, not hidden: GTK 4.8 keeps room for the cells of a hidden column of fixed width. */
static void
show_column (PsColumnChooser *self, guint nth, gboolean show)
{
  gboolean shown = gtk_column_view_column_get_column_view (self->columns[nth]) != NULL;
  guint position = 0;

  if (shown == show)
    return;
  for (guint i = 0; i < nth; i++)
    position += gtk_column_view_column_get_column_view (self->columns[i]) != NULL;
  if (show)
    gtk_column_view_insert_column (self->table, position, self->columns[nth]);
  else
    gtk_column_view_remove_column (self->table, self->columns[nth]);
}

/* The title of a number stands over its last digit. */
static void
align_titles (PsColumnChooser *self)
{
  guint position = 0;

  for (guint i = 0; i < ps_n_packet_columns; i++)
    if (gtk_column_view_column_get_column_view (self->columns[i]) != NULL)
      ps_compat_align_title (self->table, position++, ps_packet_columns[i].xalign);
}

static void
show_columns (PsColumnChooser *self)
{
  int scale = ps_packet_cells_scale (GTK_WIDGET (self), 100);

  for (guint i = 0; i < ps_n_packet_columns; i++)
    show_column (self, i, self->wanted[i] && self->room >= ps_packet_columns[i].from * scale / 100);
  align_titles (self);
}

static void
column_toggled (GtkCheckButton *check, PsColumnChooser *self)
{
  guint nth = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (check), "ps-column"));

  self->wanted[nth] = gtk_check_button_get_active (check);
  show_columns (self);
  save_columns (self);
}

static void
add_columns (PsColumnChooser *self)
{
  GSettings *settings = ps_settings_get ();
  g_auto (GStrv) wanted = settings != NULL ? g_settings_get_strv (settings, "columns") : NULL;

  for (guint i = 0; i < ps_n_packet_columns; i++)
    {
      const PsPacketColumn *kind = &ps_packet_columns[i];
      GtkWidget *check = gtk_check_button_new_with_label (_ (kind->title));

      self->wanted[i] = wanted != NULL && *wanted != NULL
                            ? g_strv_contains ((const char *const *)wanted, kind->id)
                            : !kind->hidden;

      self->columns[i] = ps_packet_cells_new_column (i);
      gtk_check_button_set_active (GTK_CHECK_BUTTON (check), self->wanted[i]);
      g_object_set_data (G_OBJECT (check), "ps-column", GUINT_TO_POINTER (i));
      g_signal_connect_object (check, "toggled", G_CALLBACK (column_toggled), self, 0);
      gtk_box_append (self->box, check);
    }
  show_columns (self);
}

void
ps_column_chooser_set_room (PsColumnChooser *self, int width)
{
  g_return_if_fail (PS_IS_COLUMN_CHOOSER (self));
  if (width == self->room)
    return;
  self->room = width;
  show_columns (self);
}

static void
scale_columns (PsColumnChooser *self)
{
  for (guint i = 0; i < ps_n_packet_columns && self->columns[i] != NULL; i++)
    ps_packet_cells_scale_column (self->columns[i], i, GTK_WIDGET (self));
  show_columns (self);
}

void
ps_column_chooser_set_table (PsColumnChooser *self, GtkColumnView *table)
{
  g_return_if_fail (PS_IS_COLUMN_CHOOSER (self));
  g_return_if_fail (self->table == NULL);

  self->table = table;
  add_columns (self);
  scale_columns (self);
  g_signal_connect_object (gtk_widget_get_settings (GTK_WIDGET (self)), "notify::gtk-xft-dpi",
                           G_CALLBACK (scale_columns), self, G_CONNECT_SWAPPED);
}

static void
ps_column_chooser_dispose (GObject *object)
{
  PsColumnChooser *self = PS_COLUMN_CHOOSER (object);

  for (guint i = 0; i < ps_n_packet_columns; i++)
    g_clear_object (&self->columns[i]);
  G_OBJECT_CLASS (ps_column_chooser_parent_class)->dispose (object);
}

static void
ps_column_chooser_class_init (PsColumnChooserClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ps_column_chooser_dispose;
}

static void
ps_column_chooser_init (PsColumnChooser *self)
{
  self->room = G_MAXINT;
  self->box = GTK_BOX (gtk_box_new (GTK_ORIENTATION_VERTICAL, 0));
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->box));
}
