/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes off many probes at a time. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Closes `links` (of int) and `single_links` (of struct bpf_link), and empties
 * both. Where each function has links of its own that takes seconds all the same.
 */
void ps_links_close (GArray *links, GPtrArray *single_links);

G_END_DECLS
