/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/charts/ps-table.h"

#include <string.h>

#define FIRST_CHARS 10 /* of a row's name are always in sight */

struct _PsTable {
  AdwBin parent_instance;

  GtkGrid *grid;
  GtkLabel *placeholder;
  guint n_columns;
  guint n_rows; /* with widgets */
  guint filled; /* since begin */
};

G_DEFINE_FINAL_TYPE (PsTable, ps_table, ADW_TYPE_BIN)

/* Column 0 of the grid holds the swatches, row 0 the titles. */
static GtkWidget *
new_label (PsTable *self, guint column)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), column == 0 ? 0 : 1);
  gtk_widget_set_hexpand (label, column == 0);
  if (column == 0)
    {
      /* In a narrow window it is cut, not the numbers. */
      gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
      gtk_label_set_width_chars (GTK_LABEL (label), FIRST_CHARS);
    }
  if (column > 0)
    gtk_widget_add_css_class (label, "numeric");
  return label;
}

void
ps_table_set_columns (PsTable *self, const char *const *titles, guint n_columns)
{
  g_return_if_fail (PS_IS_TABLE (self));
  g_return_if_fail (self->n_columns == 0);

  self->n_columns = n_columns;
  for (guint i = 0; i < n_columns; i++)
    {
      GtkWidget *label = new_label (self, i);
      gtk_label_set_label (GTK_LABEL (label), titles[i]);
      gtk_widget_add_css_class (label, "caption-heading");
      gtk_widget_add_css_class (label, "dim-label");
      gtk_grid_attach (self->grid, label, (int)i + 1, 0, 1, 1);
    }
}

static void
add_widgets (PsTable *self)
{
  int row = (int)++self->n_rows;
  GtkWidget *swatch = adw_bin_new ();

  gtk_widget_set_size_request (swatch, 4, 14);
  gtk_widget_set_valign (swatch, GTK_ALIGN_CENTER);
  gtk_grid_attach (self->grid, swatch, 0, row, 1, 1);
  for (guint i = 0; i < self->n_columns; i++)
    gtk_grid_attach (self->grid, new_label (self, i), (int)i + 1, row, 1, 1);
}

void
ps_table_begin (PsTable *self)
{
  g_return_if_fail (PS_IS_TABLE (self));
  self->filled = 0;
}

static void
set_swatch (GtkWidget *widget, const char *name)
{
  const char *classes[] = { "swatch", name, NULL };

  if (name == NULL)
    gtk_widget_set_css_classes (widget, (const char *[]){ NULL });
  else if (!gtk_widget_has_css_class (widget, name))
    gtk_widget_set_css_classes (widget, classes);
}

void
ps_table_add_row (PsTable *self, const char *swatch, const char *const *cells)
{
  int row;

  g_return_if_fail (PS_IS_TABLE (self));
  if (self->filled == self->n_rows)
    add_widgets (self);
  row = (int)++self->filled;
  set_swatch (gtk_grid_get_child_at (self->grid, 0, row), swatch);
  for (guint i = 0; i < self->n_columns; i++)
    gtk_label_set_label (GTK_LABEL (gtk_grid_get_child_at (self->grid, (int)i + 1, row)),
                         cells[i] != NULL ? cells[i] : "");
  gtk_widget_set_tooltip_text (gtk_grid_get_child_at (self->grid, 1, row), cells[0]);
}

void
ps_table_end (PsTable *self, const char *placeholder)
{
  g_return_if_fail (PS_IS_TABLE (self));
  while (self->n_rows > self->filled)
    gtk_grid_remove_row (self->grid, (int)self->n_rows--);
  gtk_label_set_label (self->placeholder, placeholder != NULL ? placeholder : "");
  gtk_widget_set_visible (GTK_WIDGET (self->placeholder), self->filled == 0);
  gtk_widget_set_visible (GTK_WIDGET (self->grid), self->filled > 0);
}

static void
ps_table_class_init (PsTableClass *klass)
{
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (klass), "pstable");
}

static void
ps_table_init (PsTable *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  self->grid = GTK_GRID (gtk_grid_new ());
  gtk_grid_set_column_spacing (self->grid, 12);
  gtk_grid_set_row_spacing (self->grid, 3);
  self->placeholder = GTK_LABEL (gtk_label_new (NULL));
  gtk_label_set_wrap (self->placeholder, TRUE);
  gtk_label_set_xalign (self->placeholder, 0);
  gtk_widget_add_css_class (GTK_WIDGET (self->placeholder), "dim-label");
  /* In a narrow window it scrolls sideways rather than lose a column. */
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_AUTOMATIC,
                                  GTK_POLICY_NEVER);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), GTK_WIDGET (self->grid));
  gtk_box_append (GTK_BOX (box), scrolled);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->placeholder));
  adw_bin_set_child (ADW_BIN (self), box);
}
