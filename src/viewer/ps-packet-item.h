/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One row of the packet list, made when it comes into sight. It holds a copy
 * of what the row shows, and knows the cells that show it, so that a late
 * verdict reaches them without a signal a cell.
 */
#pragma once

#include <gtk/gtk.h>

#include "analysis/ps-dissection.h"

G_BEGIN_DECLS

#define PS_PACKET_COLUMNS_MAX 16

#define PS_TYPE_PACKET_ITEM (ps_packet_item_get_type ())
G_DECLARE_FINAL_TYPE (PsPacketItem, ps_packet_item, PS, PACKET_ITEM, GObject)

/* What was read of the packet; valid as long as the item. */
typedef struct {
  PsPacket packet; /* without its data */
  PsSummary summary;
  gint64 first_ns; /* time of the session's first packet */
  gint64 previous_ns; /* time of the packet before; -1: none */
  const char *interface; /* NULL: not known */
  const char *out_interface;
  const char *drop_reason;
  gboolean has_process;
  gboolean process_is_owner;
  guint32 pid;
  char comm[PS_COMM_LENGTH + 1];
} PsPacketRow;

/* FALSE if the packet is not (or no longer) in the session. */
gboolean ps_packet_row_read (PsSession *session, guint64 number, PsPacketRow *ret_row);

PsPacketItem *ps_packet_item_new (PsSession *session, guint64 number);
guint64 ps_packet_item_get_number (PsPacketItem *self);
const PsPacketRow *ps_packet_item_get_row (PsPacketItem *self);

/* Reads the packet again; TRUE if what the row shows changed. */
gboolean ps_packet_item_refresh (PsPacketItem *self, PsSession *session);

/* The cell that shows `column` of this item now; NULL when it goes away. */
void ps_packet_item_set_cell (PsPacketItem *self, guint column, GtkWidget *cell);
GtkWidget *ps_packet_item_get_cell (PsPacketItem *self, guint column);

G_END_DECLS
