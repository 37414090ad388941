/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The call trees of a session (depth functions), as they came, and which
 * packets stand in which. Bounded: the oldest leave first. Private to the
 * session.
 */
#pragma once

#include <glib.h>

#include "record/record.h"

G_BEGIN_DECLS

typedef struct _PsCallStore PsCallStore;

/* `limit` in bytes of records; 0: PS_CALL_STORE_DEFAULT. */
PsCallStore *ps_call_store_new (guint64 limit);
void ps_call_store_free (PsCallStore *self);

#define PS_CALL_STORE_DEFAULT (G_GUINT64_CONSTANT (1) << 30)

/* A copy is kept; a record of the same tree and part is replaced. `view` is of `record`. */
void ps_call_store_add (PsCallStore *self, const PsRecord *record, const PsCallsView *view);

/* Parts of trees in which packet `id` stands, in the order of time. */
guint ps_call_store_count (PsCallStore *self, guint64 id);

/* FALSE if there is no such. The view is valid until the next ps_call_store_add(). */
gboolean ps_call_store_get (PsCallStore *self, guint64 id, guint nth, PsCallsView *ret_view);

gboolean
ps_call_store_get_part (PsCallStore *self, guint64 tree, guint part, PsCallsView *ret_view);

/* As ps_session_find_spans(). */
void ps_call_store_find_spans (PsCallStore *self,
                               guint64 socket,
                               guint32 first_seq,
                               guint32 end_seq,
                               GArray *spans);

guint64 ps_call_store_get_n_calls (PsCallStore *self); /* that are kept */
guint64 ps_call_store_get_n_evicted (PsCallStore *self);

/* Adds to the time of every tree that is kept, in ns: the clock they are told by changes. */
void ps_call_store_shift (PsCallStore *self, gint64 difference);

G_END_DECLS
