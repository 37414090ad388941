/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One socket of the sidebar: the latest of what is known of it, and how its
 * rate went. Signal "changed" (): what a row shows is different now.
 */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

#define PS_SOCKET_RATES 60 /* readings kept */

#define PS_TYPE_SOCKET_ITEM (ps_socket_item_get_type ())
G_DECLARE_FINAL_TYPE (PsSocketItem, ps_socket_item, PS, SOCKET_ITEM, GObject)

PsSocketItem *ps_socket_item_new (const PsSocket *socket);

/* Takes what is known now; `live`: what it grew by since the last time is a rate. */
void ps_socket_item_update (PsSocketItem *self, const PsSocket *socket, gboolean live);

const PsSocketRecord *ps_socket_item_get_record (PsSocketItem *self);
guint64 ps_socket_item_get_cookie (PsSocketItem *self);
gboolean ps_socket_item_is_closed (PsSocketItem *self);
guint64 ps_socket_item_get_n_packets (PsSocketItem *self);
const double *ps_socket_item_get_rates (PsSocketItem *self); /* PS_SOCKET_RATES, per second */
void ps_socket_item_add_to_rate (PsSocketItem *self, guint nth, double amount);
gboolean ps_socket_item_counts_bytes (PsSocketItem *self); /* else rates are packets */

/* Comm and pid of the first process; NULL: none known. */
const char *ps_socket_item_get_process (PsSocketItem *self, guint32 *ret_pid);
guint ps_socket_item_get_n_processes (PsSocketItem *self);

/* For people; transfer full. */
char *ps_socket_item_get_local (PsSocketItem *self);
char *ps_socket_item_get_remote (PsSocketItem *self); /* NULL if it has no peer */
const char *ps_socket_item_get_protocol (PsSocketItem *self);
const char *ps_socket_item_get_state (PsSocketItem *self);

/* Lower case: addresses, ports, process, state. */
const char *ps_socket_item_get_search_text (PsSocketItem *self);

/* What comes first in the list is lower: what had traffic here, then what is still open. */
guint ps_socket_item_get_rank (PsSocketItem *self);

G_END_DECLS
