/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sockets, searchable; the selected ones set what every other view shows. */
#pragma once

#include "viewer/ps-view.h"

G_BEGIN_DECLS

#define PS_TYPE_SOCKETS_SIDEBAR (ps_sockets_sidebar_get_type ())
G_DECLARE_FINAL_TYPE (PsSocketsSidebar, ps_sockets_sidebar, PS, SOCKETS_SIDEBAR, PsView)

void ps_sockets_sidebar_focus_search (PsSocketsSidebar *self);

/* The rows as filtered and ordered, PsSocketItem; selectable. Borrowed. */
GtkSelectionModel *ps_sockets_sidebar_get_rows (PsSocketsSidebar *self);

G_END_DECLS
