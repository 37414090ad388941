/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table that fits its terminal: columns as wide as their cells, and where
 * that is too wide, flexible columns are cut and the least important dropped.
 * Widths are found on the first rows; later ones stream through, so that a
 * million rows cost no memory.
 */
#pragma once

#include "pscope/terminal.h"

G_BEGIN_DECLS

#define PS_TABLE_COLUMNS_MAX 16

typedef struct {
  const char *title; /* translated by the caller */
  gboolean right; /* aligned on the right */
  int minimum; /* columns; wider if the cells are */
  int flexible; /* may be cut down to so many columns; 0: never cut */
  int drop; /* 0: never; else the highest goes first when room is short */
  const char *before; /* stands between it and the column before; NULL: blanks */
  gboolean keeps_end; /* what is cut is cut out of the middle: an address keeps its port */
  gboolean optional; /* not shown if no row has it; "-" where only some have */
} PsColumn;

typedef struct {
  const char *text; /* NULL: empty, or not known */
  PsStyle style;
} PsCell;

typedef struct _PsTable PsTable;

/* `columns` are copied, their texts are not. `lookahead`: rows that decide the widths. */
PsTable *ps_table_new (const PsTerminal *terminal,
                       const PsColumn *columns,
                       guint n_columns,
                       guint lookahead);

/* One cell a column; the texts are copied where needed. */
void ps_table_add (PsTable *table, const PsCell *cells);

/* Prints what still waits and frees the table. */
void ps_table_finish (PsTable *table);

G_END_DECLS
