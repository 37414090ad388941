/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a program is started without a copy of ours being made first. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Flags for g_spawn_async_with_pipes_and_fds(), right before it is called. No descriptor gets into
 * the child but those that are passed, with these flags as without them.
 */
GSpawnFlags ps_spawn_flags (void);

G_END_DECLS
