/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cut and merge share: writing sessions to a new file. */
#pragma once

#include "session/ps-session-writer.h"

G_BEGIN_DECLS

/*
 * Writes the parts to `output`, compressed if its name ends in .zst. Refuses a file that is one of
 * `inputs`: it would be emptied before it is read.
 */
gboolean ps_command_write_parts (const PsSessionPart *parts,
                                 guint n_parts,
                                 char **inputs,
                                 const char *output,
                                 GError **error);

G_END_DECLS
