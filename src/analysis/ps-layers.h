/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which layer a kernel function belongs to: the table in data/layers.conf,
 * with the user's own in front of it.
 */
#pragma once

#include <glib.h>

#include "record/record.h"

G_BEGIN_DECLS

typedef struct _PsLayerTable PsLayerTable;

/*
 * Reads a table: a pattern and a layer a line, # begins a comment. A line that
 * cannot be understood is left out; `ret_bad_line` gets the number of the first
 * such, from 1, or 0.
 */
PsLayerTable *ps_layer_table_new (const char *text, guint *ret_bad_line);
void ps_layer_table_free (PsLayerTable *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsLayerTable, ps_layer_table_free)

/*
 * The layer of `function` (nullable) of `module` ("" or NULL: the kernel). FALSE if no pattern
 * fits. PS_N_LAYERS stands for plumbing: the layer is that of the caller.
 */
gboolean ps_layer_table_find (const PsLayerTable *self,
                              const char *function,
                              const char *module,
                              guint *ret_layer);

/*
 * The lines of $XDG_CONFIG_HOME/packetscope/layers.conf that are understood, each "PATTERN LAYER",
 * for a helper, which reads no file of a user. NULL if there are none. Free with g_free().
 */
char *ps_layers_get_own (void);

G_END_DECLS
