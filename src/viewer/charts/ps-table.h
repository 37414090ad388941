/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small table of text that is rewritten in place: labels are kept, so that a
 * refresh a second costs no layout where nothing changed. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define PS_TYPE_TABLE (ps_table_get_type ())
G_DECLARE_FINAL_TYPE (PsTable, ps_table, PS, TABLE, AdwBin)

/* Titles of the columns, translated; the first column is text, the others numbers. */
void ps_table_set_columns (PsTable *self, const char *const *titles, guint n_columns);

void ps_table_begin (PsTable *self);
/* One row; `cells` as many as columns, NULL for none. `css_class` nullable, of a swatch. */
void ps_table_add_row (PsTable *self, const char *swatch, const char *const *cells);
/* Rows left over from before go; without any, `placeholder` stands there. */
void ps_table_end (PsTable *self, const char *placeholder);

G_END_DECLS
