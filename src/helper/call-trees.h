/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the raw call trees of a PsFunctions to records: functions become symbols, marks are kept. */
#pragma once

#include <glib.h>

#include "helper/functions.h"
#include "helper/symbols.h"

G_BEGIN_DECLS

typedef struct _PsCallTrees PsCallTrees;

/* Both are borrowed. */
PsCallTrees *ps_call_trees_new (PsFunctions *functions, PsSymbols *symbols);
void ps_call_trees_free (PsCallTrees *self);

/*
 * Writes the record of a tree and, before it, the symbols it names. FALSE if it
 * says nothing of a packet, nor of a program that sends or receives: such a
 * tree is not written.
 */
gboolean
ps_call_trees_write (PsCallTrees *self, const struct ps_raw_calls *raw, PsRecordWriter *writer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsCallTrees, ps_call_trees_free)

G_END_DECLS
