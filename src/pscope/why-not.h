/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a capture that was free to choose how deep to look looked no deeper. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The sentence in a hello, JSON of `length` bytes; NULL if it looked at functions, or has no
 * hello. Free with g_free().
 */
char *ps_why_not_functions (const char *hello, gssize length);

G_END_DECLS
