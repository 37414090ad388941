/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers as people read them. All results are transfer full. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "840 ns", "12.3 µs", "1.20 ms", "3.45 s"; "n/a" if negative. */
char *ps_format_duration (gint64 ns, gboolean utf8);
/* "12,345" with the grouping of the locale. */
char *ps_format_count (guint64 count);
/* "312 B", "4.2 kB", "1.3 MB". */
char *ps_format_bytes (guint64 bytes);
/* "12.3", "840", "1,204" a second. */
char *ps_format_rate (double rate);
/* "2026-11-23 17:20:01.123456789", local time. */
char *ps_format_time (gint64 epoch_ns);
/* "127.0.0.1:80", "[::1]:80", the address alone without a port. */
void ps_format_endpoint (char *buffer, gsize size, const char *address, guint16 port);

G_END_DECLS
