/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names in a capture filter become numbers on our side: the helper looks none
 * up, for it would do so with its privileges.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * `filter` with the names of services behind “port” as numbers, and with `hosts`
 * those behind “host” as addresses, which may ask the network and wait for it.
 * What is not known stays as it is: the helper says so. Transfer full.
 */
char *ps_filter_look_up_names (const char *filter, gboolean hosts);

G_END_DECLS
