/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names in a capture filter. libpcap would ask the resolver for hosts, nets,
 * ports and protocols it has no word for: whatever the machine has configured
 * for that would run with the helper's privileges, and hold it up. So only words
 * that are known and numbers reach libpcap; who wants names looks them up first.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The first thing that may be a name, and how long it is in bytes; NULL: there is none. */
const char *ps_filter_find_name (const char *expression, gsize *ret_length);

G_END_DECLS
