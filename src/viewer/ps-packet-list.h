/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of the packet table: a lazy GListModel over a session, with the
 * display filter, the selected sockets and the sort order applied. Objects
 * exist only for rows in sight.
 *
 * Frame budget: filtering runs in slices of 2 ms at idle priority and sorting
 * in a worker, so a million packets never hold a frame. What is announced is
 * what get_item() answers: the session may be ahead, never behind.
 *
 * Property "scanning": a filter or a sort is not through yet.
 */
#pragma once

#include "analysis/ps-filter.h"
#include "viewer/ps-document.h"
#include "viewer/ps-packet-item.h"

G_BEGIN_DECLS

#define PS_TYPE_PACKET_LIST (ps_packet_list_get_type ())
G_DECLARE_FINAL_TYPE (PsPacketList, ps_packet_list, PS, PACKET_LIST, GObject)

PsPacketList *ps_packet_list_new (PsDocument *document);

/* NULL: every packet. */
void ps_packet_list_set_filter (PsPacketList *self, PsFilter *filter);

/* By the column of ps_packet_columns; -1: in the order they came. */
void ps_packet_list_set_sort (PsPacketList *self, int column, gboolean descending);

/* While nobody sees the table what comes is not announced; it is when that ends. */
void ps_packet_list_set_frozen (PsPacketList *self, gboolean frozen);

/* TRUE if every packet is a row: no filter and no socket selected. */
gboolean ps_packet_list_shows_all (PsPacketList *self);
gboolean ps_packet_list_is_sorted (PsPacketList *self);
gboolean ps_packet_list_is_scanning (PsPacketList *self);

/* The row that shows packet `number`; FALSE if none does. */
gboolean ps_packet_list_find (PsPacketList *self, guint64 number, guint *ret_position);

G_END_DECLS
