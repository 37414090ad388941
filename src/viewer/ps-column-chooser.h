/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which columns the packet table shows: a check button each, kept in the settings. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define PS_TYPE_COLUMN_CHOOSER (ps_column_chooser_get_type ())
G_DECLARE_FINAL_TYPE (PsColumnChooser, ps_column_chooser, PS, COLUMN_CHOOSER, AdwBin)

/* Puts the columns into `table`; called once. */
void ps_column_chooser_set_table (PsColumnChooser *self, GtkColumnView *table);

G_END_DECLS
