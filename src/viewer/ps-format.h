/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers as people read them: bytes, rates, durations, counts. Unknown (a
 * negative duration) is "n/a". All results are translated and to be freed.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *ps_format_count (guint64 count); /* with the locale's grouping */
char *ps_format_bytes (double bytes);
char *ps_format_bit_rate (double bytes_per_second);
char *ps_format_rate (double per_second); /* "12.4 k" */
char *ps_format_duration (gint64 ns); /* "812 ns", "3.4 µs"; "n/a" if negative */
char *ps_format_clock (gint64 epoch_ns); /* local time of day with microseconds */

G_END_DECLS
