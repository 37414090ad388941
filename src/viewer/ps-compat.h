/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What newer GTK can do and 4.8, our floor, cannot: the only file where that
 * difference is spelled out.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Brings row `position` of a column view or list view into sight. */
void ps_compat_scroll_to (GtkWidget *list, guint position);

/* How the title of the column at `position`, of those that are shown, stands in its header. */
void ps_compat_align_title (GtkColumnView *view, guint position, float xalign);

/* A sorter for one column that only says who it is; see ps_compat_get_sort(). */
GtkSorter *ps_compat_column_sorter_new (guint column);

/*
 * Which column a column view is sorted by: FALSE if by none. GTK 4.8 does not
 * tell (gtk_column_view_sorter_get_primary_sort_column() is 4.10), so the
 * view's sorter compares two probes, and the first column asked answers with
 * its number. All columns must have sorters of the kind above.
 */
gboolean ps_compat_get_sort (GtkColumnView *view, guint *ret_column, gboolean *ret_descending);

G_END_DECLS
