/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * "840 ns", "12.3 µs", "4.20 ms", "1.5 s": three digits that count, with a
 * decimal point in every locale; "n/a" if negative. Transfer full.
 */
char *ps_duration_format (gint64 ns);

G_END_DECLS
