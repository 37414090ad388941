/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cells of the packet table: builds a column of the view from a row of ps_packet_columns. */
#pragma once

#include "viewer/ps-packet-columns.h"

G_BEGIN_DECLS

/* Transfer full. */
GtkColumnViewColumn *ps_packet_cells_new_column (guint column);

/* So many pixels of usual text, in the text of `widget`. */
int ps_packet_cells_scale (GtkWidget *widget, int pixels);

/* As wide as the size of the text in `widget` wants; what the user dragged is forgotten. */
void ps_packet_cells_scale_column (GtkColumnViewColumn *column, guint nth, GtkWidget *widget);

/* Writes the cells of `item` that are in sight again. */
void ps_packet_cells_update (PsPacketItem *item);

/* Which cell is at that point of `view`; FALSE if none is. */
gboolean ps_packet_cells_pick (GtkColumnView *view,
                               double x,
                               double y,
                               PsPacketItem **ret_item,
                               guint *ret_column);

G_END_DECLS
