/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of the call tree that hold numbers. */
#pragma once

#include <gtk/gtk.h>

#include "analysis/ps-usual.h"

G_BEGIN_DECLS

typedef enum {
  PS_CALL_COLUMN_TOTAL,
  PS_CALL_COLUMN_SELF,
  PS_CALL_COLUMN_SHARE,
  PS_CALL_COLUMN_USUAL,
  PS_CALL_COLUMN_FACTOR,
  PS_N_CALL_COLUMNS,
} PsCallColumn;

/* `usual` (of the caller, *usual nullable) is read when a cell is shown. Transfer full. */
GtkColumnViewColumn *ps_call_column_new (PsCallColumn column, PsUsual **usual);

G_END_DECLS
