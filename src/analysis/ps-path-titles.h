/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short titles of call paths that can be told from each other. */
#pragma once

#include "analysis/ps-path-table.h"

G_BEGIN_DECLS

/*
 * Of `n` titles, as ps_path_row_dup_title() makes them, those that are alike get
 * what is different between their paths: the first function that only this one
 * passes, or what it leaves out. `signatures` are as ps_path_row_dup_signature()
 * makes them, and no two of them alike. Titles are replaced, with g_free().
 */
void ps_path_titles_tell_apart (char **titles, const char *const *signatures, guint n);

/* Short titles of `n` rows of a table, each its own. Transfer full, NULL-terminated. */
char **ps_path_titles_dup (PsPathTable *table, const PsPathRow *const *rows, guint n);

G_END_DECLS
