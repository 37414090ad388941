/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

/* The whole of a capture file. What is wrong with its end is said on standard error. */
PsSession *ps_command_load (const char *path, GError **error);

/* The word as a whole number from 1 up; `what` names it in the error: "PACKET". */
gboolean
ps_command_read_number (const char *what, const char *word, guint64 *ret_number, GError **error);

G_END_DECLS
