/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The function of one call in the tree: indented, with an arrow that opens and
 * closes it, and badges for what is special about it.
 *
 * Signals: "follow" (guint64 number) a person wants to go to another packet.
 */
#pragma once

#include <adwaita.h>

#include "viewer/ps-call-list.h"

G_BEGIN_DECLS

#define PS_TYPE_CALL_ROW (ps_call_row_get_type ())
G_DECLARE_FINAL_TYPE (PsCallRow, ps_call_row, PS, CALL_ROW, AdwBin)

GtkWidget *ps_call_row_new (void);
/* NULL: it shows none any more. `indent`: pixels a level. */
void ps_call_row_set_item (PsCallRow *self, PsCallItem *item, int indent);

G_END_DECLS
