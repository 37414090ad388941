/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row of the sockets sidebar. */
#pragma once

#include <adwaita.h>

#include "viewer/ps-socket-item.h"

G_BEGIN_DECLS

#define PS_TYPE_SOCKET_ROW (ps_socket_row_get_type ())
G_DECLARE_FINAL_TYPE (PsSocketRow, ps_socket_row, PS, SOCKET_ROW, AdwBin)

GtkWidget *ps_socket_row_new (void);
/* NULL: the row shows nothing and watches nothing. */
PsSocketItem *ps_socket_row_get_item (PsSocketRow *self); /* borrowed, nullable */
void ps_socket_row_set_item (PsSocketRow *self, PsSocketItem *item);

G_END_DECLS
