/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which groups of call trees know of a key, in some bytes for every sixteen
 * neighbouring packets: keys are those of whole neighbourhoods, and two may share
 * an entry, so a group that is found may turn out to know nothing. None that does
 * is missing. Private to the session.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _PsGroupIndex PsGroupIndex;

PsGroupIndex *ps_group_index_new (void);
void ps_group_index_free (PsGroupIndex *self);

/* `group` is the highest so far. */
void ps_group_index_add (PsGroupIndex *self, guint64 key, guint32 group);
/* Appends the groups (guint32) of a key to `groups`, the highest first. */
void ps_group_index_find (PsGroupIndex *self, guint64 key, GArray *groups);

G_END_DECLS
