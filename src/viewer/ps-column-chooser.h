/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which columns the packet table shows: a check button each, kept in the settings. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define PS_TYPE_COLUMN_CHOOSER (ps_column_chooser_get_type ())
G_DECLARE_FINAL_TYPE (PsColumnChooser, ps_column_chooser, PS, COLUMN_CHOOSER, AdwBin)

/* Puts the columns into `table`; called once. */
void ps_column_chooser_set_table (PsColumnChooser *self, GtkColumnView *table);
/* The table got so many pixels: what does not fit in them is left out, and comes back. */
void ps_column_chooser_set_room (PsColumnChooser *self, int width);

G_END_DECLS
