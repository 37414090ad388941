/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many packets this machine takes in a second, by the kernel's own count: whether every
 * function of each of them can be traced without being asked for.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  guint64 packets; /* taken in since the machine began */
  gint64 time; /* µs, monotonic */
} PsTrafficCount;

/* Adds the first column, in hexadecimal, of the lines of /proc/net/softnet_stat. */
guint64 ps_traffic_sum (const char *text);

/* FALSE: the kernel does not tell. */
gboolean ps_traffic_count (PsTrafficCount *ret_count);

/* Packets a second between two counts; 0 if no time lies between them. */
guint64 ps_traffic_rate (const PsTrafficCount *before, const PsTrafficCount *after);

G_END_DECLS
