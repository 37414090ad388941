/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sockets of a document as a list of PsSocketItem, read at most once a
 * second and in slices of a millisecond. Of a file the rates are those of its packets over its
 * whole time.
 */
#pragma once

#include <gio/gio.h>

#include "viewer/ps-document.h"
#include "viewer/ps-socket-item.h"

G_BEGIN_DECLS

#define PS_TYPE_SOCKET_LIST (ps_socket_list_get_type ())
G_DECLARE_FINAL_TYPE (PsSocketList, ps_socket_list, PS, SOCKET_LIST, GObject)

/* Signal "ranks-changed" (): what is first in the list may be something else. */
PsSocketList *ps_socket_list_new (void);
GListModel *ps_socket_list_get_items (PsSocketList *self); /* borrowed */

/* Forgets all and begins with `session` (nullable). */
void ps_socket_list_set_session (PsSocketList *self, PsSession *session);
/* Reads the sockets if `force` or if the last time is a second ago. `growing`: more packets come,
 * by capture (`live`) or from a file. */
void ps_socket_list_update (PsSocketList *self, gboolean live, gboolean growing, gboolean force);

G_END_DECLS
