/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The icon of a process, if an application of that name is installed. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Borrowed; NULL if no application is known by that command name. */
GIcon *ps_process_icon (const char *comm);

G_END_DECLS
