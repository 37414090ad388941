/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Call trees of a file that lie together, decoded: some fifty, as the records
 * they were, and which packets they name. Private to the session.
 */
#pragma once

#include <glib.h>

#include "record/record.h"

G_BEGIN_DECLS

/* Where a tree lies in the file: the number of its payload, and which of it. */
typedef struct {
  guint32 payload;
  guint32 nth;
} PsTreePosition;

typedef struct _PsTreeGroup PsTreeGroup;

PsTreeGroup *ps_tree_group_new (void);
/* Counted by atomic operations. */
PsTreeGroup *ps_tree_group_ref (PsTreeGroup *self);
void ps_tree_group_unref (PsTreeGroup *self);

/* `fixed` and its calls are read only. */
void ps_tree_group_add (PsTreeGroup *self,
                        PsTreePosition position,
                        const PsCallsRecord *fixed,
                        const PsCallRecord *calls);
/* Nothing is added any more. */
void ps_tree_group_finish (PsTreeGroup *self);

gsize ps_tree_group_get_size (PsTreeGroup *self); /* bytes in memory */

/* What the nth tree is, before its calls; NULL: there are no more. */
const PsCallsRecord *ps_tree_group_get (PsTreeGroup *self, guint nth, PsTreePosition *ret_position);
/* FALSE if there are no more. Valid as long as the group. */
gboolean ps_tree_group_view (PsTreeGroup *self, guint nth, PsCallsView *ret_view);

/* Trees that name packet `id` from the nth on: the first of them, G_MAXUINT if there is none. */
guint ps_tree_group_find (PsTreeGroup *self, guint64 id, guint nth);

G_END_DECLS
