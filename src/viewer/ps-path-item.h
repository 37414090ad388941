/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One path of the table: what it is called, how many took it, how long it took them. */
#pragma once

#include <gio/gio.h>

#include "analysis/ps-path-table.h"

G_BEGIN_DECLS

#define PS_TYPE_PATH_ITEM (ps_path_item_get_type ())
G_DECLARE_FINAL_TYPE (PsPathItem, ps_path_item, PS, PATH_ITEM, GObject)

/* Of a row of `table`, which need not live longer. */
PsPathItem *ps_path_item_new (PsPathTable *table, const PsPathRow *row);

/* Tells it from others of the same list; before it is shown. */
void ps_path_item_set_title (PsPathItem *self, const char *title);

const PsPathRow *ps_path_item_get_row (PsPathItem *self);
const char *ps_path_item_get_title (PsPathItem *self); /* its innermost functions */
const char *ps_path_item_get_functions (PsPathItem *self); /* all, outermost first */
guint ps_path_item_get_layer (PsPathItem *self);

G_END_DECLS
