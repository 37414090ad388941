/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The call trees of a session, and when they are decoded. */
#include "config.h"

#include <glib/gi18n.h>

#include "session/ps-session-data.h"

void
ps_session_defer_trees (PsSession *self, guint type, const guint8 *at, gsize size, gboolean stays)
{
  g_mutex_lock (&self->trees_lock);
  if (!self->deferred)
    self->deferred = ps_deferred_trees_new ();
  ps_deferred_trees_add (self->deferred, type, at, size, stays);
  g_atomic_int_set (&self->has_deferred, 1);
  g_mutex_unlock (&self->trees_lock);
  self->dirty = TRUE;
}

gsize
ps_session_get_deferred_size (PsSession *self)
{
  gsize size;

  g_mutex_lock (&self->trees_lock);
  size = self->deferred ? ps_deferred_trees_get_size (self->deferred) : 0;
  g_mutex_unlock (&self->trees_lock);
  return size;
}

/* Of their bytes: some tenths of a second. */
#define AT_ONCE (8u << 20)

gboolean
ps_session_trees_take_time (PsSession *self)
{
  gboolean many;

  g_return_val_if_fail (PS_IS_SESSION (self), FALSE);
  if (!g_atomic_int_get (&self->has_deferred))
    return FALSE;
  /* Somebody is at it. */
  if (!g_mutex_trylock (&self->trees_lock))
    return TRUE;
  many = self->deferred && ps_deferred_trees_get_size (self->deferred) > AT_ONCE;
  g_mutex_unlock (&self->trees_lock);
  return many;
}

typedef struct {
  PsCallStore *store;
  PsRecordWriter record;
} Settling;

static void
keep_tree (PsCallsRecord *fixed, PsCallRecord *calls, gpointer user_data)
{
  Settling *settling = user_data;
  const guint8 *data;
  gsize size;
  PsRecord record;
  PsCallsView view;

  ps_record_writer_reset (&settling->record);
  ps_record_writer_add_calls (&settling->record, fixed, calls);
  data = settling->record.data;
  size = settling->record.size;
  if (ps_record_next (&data, &size, &record) == 1 && ps_record_view_calls (&record, &view))
    ps_call_store_add (settling->store, &record, &view);
}

void
ps_session_settle_trees (PsSession *self)
{
  Settling settling = { .store = self->calls };

  if (!g_atomic_int_get (&self->has_deferred))
    return;
  g_mutex_lock (&self->trees_lock);
  if (g_atomic_int_get (&self->has_deferred) &&
      !ps_deferred_trees_decode (self->deferred, keep_tree, &settling) &&
      g_atomic_int_get (&self->trees_damaged) == 0)
    g_atomic_int_set (&self->trees_damaged, 1);
  g_atomic_int_set (&self->has_deferred, 0);
  g_mutex_unlock (&self->trees_lock);
  ps_record_writer_clear (&settling.record);
}

guint
ps_session_get_n_trees (PsSession *self, guint64 id)
{
  g_return_val_if_fail (PS_IS_SESSION (self), 0);
  ps_session_settle_trees (self);
  return id ? ps_call_store_count (self->calls, id) : 0;
}

gboolean
ps_session_get_tree (PsSession *self,
                     guint64 id,
                     guint nth,
                     PsCallsView *ret_view,
                     gint64 *ret_time_ns)
{
  g_return_val_if_fail (PS_IS_SESSION (self), FALSE);

  ps_session_settle_trees (self);
  if (!ps_call_store_get (self->calls, id, nth, ret_view))
    return FALSE;
  *ret_time_ns = ps_hello_to_epoch (ret_view->calls->time, ps_session_offset_of (self, 0));
  return TRUE;
}

guint64
ps_session_get_n_calls (PsSession *self)
{
  g_return_val_if_fail (PS_IS_SESSION (self), 0);
  ps_session_settle_trees (self);
  return ps_call_store_get_n_calls (self->calls);
}

guint64
ps_session_count_calls (PsSession *self)
{
  gboolean counted = FALSE;
  guint64 waiting;

  g_return_val_if_fail (PS_IS_SESSION (self), 0);
  g_mutex_lock (&self->trees_lock);
  if (self->deferred)
    counted = ps_deferred_trees_count_calls (self->deferred, &waiting);
  g_mutex_unlock (&self->trees_lock);
  /* What is damaged has to be told of. */
  return counted ? ps_call_store_get_n_calls (self->calls) + waiting
                 : ps_session_get_n_calls (self);
}

guint64
ps_session_get_call_bytes (PsSession *self)
{
  g_return_val_if_fail (PS_IS_SESSION (self), 0);
  return self->call_bytes;
}

void
ps_session_add_call_bytes (PsSession *self, gsize size)
{
  self->call_bytes += size;
}

gboolean
ps_session_get_tree_part (PsSession *self,
                          guint64 tree,
                          guint part,
                          PsCallsView *ret_view,
                          gint64 *ret_time_ns)
{
  g_return_val_if_fail (PS_IS_SESSION (self), FALSE);

  ps_session_settle_trees (self);
  if (!ps_call_store_get_part (self->calls, tree, part, ret_view))
    return FALSE;
  *ret_time_ns = ps_hello_to_epoch (ret_view->calls->time, ps_session_offset_of (self, 0));
  return TRUE;
}

void
ps_session_find_spans (PsSession *self,
                       guint64 socket,
                       guint32 first_seq,
                       guint32 end_seq,
                       GArray *spans)
{
  g_return_if_fail (PS_IS_SESSION (self));

  ps_session_settle_trees (self);
  if (socket != 0)
    ps_call_store_find_spans (self->calls, socket, first_seq, end_seq, spans);
}
