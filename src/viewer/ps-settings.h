/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program's settings, also when it runs from the build directory. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define PS_APPLICATION_ID "org.packetscope.Viewer"

/* NULL if no schema is installed: then defaults are in force and nothing is kept. Borrowed. */
GSettings *ps_settings_get (void);

/* Bytes of packets a live capture may hold in memory. */
guint64 ps_settings_get_memory_limit (void);

G_END_DECLS
