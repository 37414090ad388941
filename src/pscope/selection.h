/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "analysis/ps-filter.h"

G_BEGIN_DECLS

/* The words behind --filter. No text is no filter: TRUE and NULL. A mistake is one of usage. */
gboolean ps_command_read_filter (const char *text, PsFilter **ret_filter, GError **error);

G_END_DECLS
