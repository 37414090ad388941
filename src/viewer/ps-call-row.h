/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row of the call tree. */
#pragma once

#include <adwaita.h>

#include "viewer/ps-call-item.h"

G_BEGIN_DECLS

#define PS_TYPE_CALL_ROW (ps_call_row_get_type ())
G_DECLARE_FINAL_TYPE (PsCallRow, ps_call_row, PS, CALL_ROW, AdwBin)

GtkWidget *ps_call_row_new (void);
void ps_call_row_set_item (PsCallRow *self, PsCallItem *item /* nullable */);

G_END_DECLS
