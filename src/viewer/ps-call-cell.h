/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cells of the call tree. A list makes two hundred rows of them, whatever
 * is in sight, so that a cell is one widget that draws its call when it is seen:
 * being bound to another costs next to nothing.
 */
#pragma once

#include <gtk/gtk.h>

#include "analysis/ps-usual.h"
#include "viewer/ps-call-list.h"

G_BEGIN_DECLS

typedef enum {
  PS_CALL_COLUMN_TOTAL,
  PS_CALL_COLUMN_SELF,
  PS_CALL_COLUMN_SHARE,
  PS_CALL_COLUMN_USUAL,
  PS_CALL_COLUMN_FACTOR,
  PS_CALL_COLUMN_FUNCTION,
  PS_N_CALL_COLUMNS,
} PsCallColumn;

/* What the cells of one tree share; belongs to the tree. */
typedef struct {
  PsCallList *list;
  PsUsual *usual; /* NULL: nothing is compared */
  int indent; /* pixels a level */
} PsCallContext;

/* What of a function's cell was pointed at. */
typedef enum {
  PS_CALL_PART_NONE,
  PS_CALL_PART_ARROW, /* opens and closes */
  PS_CALL_PART_LINK, /* leads to another packet */
} PsCallPart;

#define PS_TYPE_CALL_CELL (ps_call_cell_get_type ())
G_DECLARE_FINAL_TYPE (PsCallCell, ps_call_cell, PS, CALL_CELL, GtkWidget)

/* Transfer full. */
GtkColumnViewColumn *ps_call_column_new (PsCallColumn column, const PsCallContext *context);

/* PS_CALL_NONE while it shows none. */
guint32 ps_call_cell_get_call (PsCallCell *self);
PsCallPart ps_call_cell_get_part (PsCallCell *self, double x);

G_END_DECLS
