/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The call trees of a session: those of a file, which stay in it until they are
 * asked for, and behind them those that were fed, which are kept.
 */
#include "config.h"

#include "session/ps-session-data.h"

/* Bytes of trees that are indexed at once: some milliseconds. */
#define AT_ONCE (2u << 20)
/* Bytes of trees between two turns of letting go of a file's pages. */
#define RELEASE_INTERVAL (16u << 20)
/* For as long the worker lets go of the trees when somebody else wants them. */
#define STEP_ASIDE_US 50

/* The trees of the packet that was asked for last. */
struct _PsSessionTrees {
  guint64 id;
  guint64 revision;
  GArray *places; /* PsTreePlace; `group` KEPT: the nth of the kept ones */
};

#define KEPT G_MAXUINT32

static void
lock (PsSession *self)
{
  g_atomic_int_inc (&self->trees_wanted);
  g_mutex_lock (&self->trees_lock);
  g_atomic_int_add (&self->trees_wanted, -1);
}

static void
unlock (PsSession *self)
{
  gboolean damaged = self->deferred && ps_deferred_trees_is_damaged (self->deferred);

  /* Once told it is not told again. */
  if (damaged)
    g_atomic_int_compare_and_exchange (&self->trees_damaged, 0, 1);
  g_mutex_unlock (&self->trees_lock);
}

PsSessionTrees *
ps_session_trees_new (void)
{
  PsSessionTrees *self = g_new0 (PsSessionTrees, 1);

  self->places = g_array_new (FALSE, FALSE, sizeof (PsTreePlace));
  return self;
}

void
ps_session_trees_free (PsSessionTrees *self)
{
  g_array_unref (self->places);
  g_free (self);
}

/* With the lock. */
static PsDeferredTrees *
begin_change (PsSession *self)
{
  if (!self->deferred)
    self->deferred = ps_deferred_trees_new ();
  self->trees_revision++;
  self->dirty = TRUE;
  return self->deferred;
}

void
ps_session_begin_trees (PsSession *self, const PsTreeBases *bases)
{
  lock (self);
  ps_deferred_trees_begin (begin_change (self), bases);
  unlock (self);
}

void
ps_session_defer_trees (PsSession *self, guint type, const guint8 *at, gsize size)
{
  lock (self);
  ps_deferred_trees_add (begin_change (self), type, at, size, /* stays= */ FALSE);
  unlock (self);
}

void
ps_session_defer_group (PsSession *self, const PsPayloadGroup *group)
{
  lock (self);
  ps_deferred_trees_add_group (begin_change (self), group);
  unlock (self);
}

void
ps_session_shift_trees (PsSession *self, gint64 difference)
{
  lock (self);
  if (self->deferred)
    ps_deferred_trees_shift (self->deferred, difference);
  ps_call_store_shift (self->calls, difference);
  self->trees_revision++;
  unlock (self);
}

gsize
ps_session_get_deferred_size (PsSession *self)
{
  gsize size;

  lock (self);
  size = self->deferred ? ps_deferred_trees_get_n_waiting (self->deferred) : 0;
  unlock (self);
  return size;
}

gboolean
ps_session_trees_take_time (PsSession *self)
{
  gboolean many;

  g_return_val_if_fail (PS_IS_SESSION (self), FALSE);
  /* Somebody is at it. */
  if (!g_mutex_trylock (&self->trees_lock))
    return TRUE;
  many = self->deferred && ps_deferred_trees_get_n_waiting (self->deferred) > AT_ONCE;
  g_mutex_unlock (&self->trees_lock);
  return many;
}

/* With the lock. What was read of the files need not stay in this process's memory. */
static void
release_maps (PsSession *self)
{
  for (guint i = 0; i < self->maps->len; i++)
    ps_file_map_release (self->maps->pdata[i], G_MAXSIZE);
}

/* A step of the index; FALSE once all is in it. With the lock. */
static gboolean
step (PsSession *self)
{
  gsize before = self->deferred ? ps_deferred_trees_get_n_waiting (self->deferred) : 0, after;

  if (before == 0)
    return FALSE;
  ps_deferred_trees_step (self->deferred);
  after = ps_deferred_trees_get_n_waiting (self->deferred);
  if (after == 0 || before / RELEASE_INTERVAL != after / RELEASE_INTERVAL)
    release_maps (self);
  return after > 0;
}

gboolean
ps_session_prepare_trees (PsSession *self, GCancellable *cancellable)
{
  gboolean more = TRUE;

  g_return_val_if_fail (PS_IS_SESSION (self), FALSE);
  while (more && !g_cancellable_is_cancelled (cancellable))
    {
      if (g_atomic_int_get (&self->trees_wanted) > 0)
        g_usleep (STEP_ASIDE_US);
      g_mutex_lock (&self->trees_lock);
      more = step (self);
      unlock (self);
    }
  return !more;
}

gboolean
ps_session_prepare_trees_for (PsSession *self, gint64 budget_us)
{
  gint64 until = g_get_monotonic_time () + budget_us;
  gboolean more = TRUE;

  g_return_val_if_fail (PS_IS_SESSION (self), FALSE);
  lock (self);
  do
    more = step (self);
  while (more && g_get_monotonic_time () < until);
  unlock (self);
  return !more;
}

/* The lock, and all trees in the index. */
static void
lock_prepared (PsSession *self)
{
  lock (self);
  while (step (self))
    ;
}

static gint
compare_places (const PsTreePlace *a, const PsTreePlace *b)
{
  if (a->time != b->time)
    return a->time < b->time ? -1 : 1;
  return (gint)a->part - (gint)b->part;
}

/* They come nearly in order, and of the same time the earlier one stays before. */
static void
sort (GArray *places)
{
  for (guint i = 1; i < places->len; i++)
    {
      PsTreePlace place = g_array_index (places, PsTreePlace, i);
      guint at = i;

      for (; at > 0 && compare_places (&g_array_index (places, PsTreePlace, at - 1), &place) > 0;
           at--)
        g_array_index (places, PsTreePlace, at) = g_array_index (places, PsTreePlace, at - 1);
      g_array_index (places, PsTreePlace, at) = place;
    }
}

static void
drop_replaced (PsSession *self, GArray *places)
{
  PsCallsView view;

  for (guint i = places->len; i-- > 0;)
    {
      const PsTreePlace *place = &g_array_index (places, PsTreePlace, i);

      if (ps_call_store_get_part (self->calls, place->tree, place->part, &view))
        g_array_remove_index (places, i);
    }
}

/* With the lock. */
static GArray *
find (PsSession *self, guint64 id)
{
  PsSessionTrees *asked = self->asked;
  guint n = ps_call_store_count (self->calls, id);
  PsCallsView view;

  if (asked->id == id && asked->revision == self->trees_revision)
    return asked->places;
  asked->id = id;
  asked->revision = self->trees_revision;
  g_array_set_size (asked->places, 0);
  if (id == 0)
    return asked->places;
  if (self->deferred)
    ps_deferred_trees_find (self->deferred, id, asked->places);
  if (ps_call_store_get_n_calls (self->calls) > 0)
    drop_replaced (self, asked->places);
  for (guint i = 0; i < n && ps_call_store_get (self->calls, id, i, &view); i++)
    {
      PsTreePlace place = { .tree = view.calls->tree,
                            .part = view.calls->part,
                            .time = view.calls->time,
                            .group = KEPT,
                            .nth = i };

      g_array_append_val (asked->places, place);
    }
  sort (asked->places);
  return asked->places;
}

guint
ps_session_get_n_trees (PsSession *self, guint64 id)
{
  guint n;

  g_return_val_if_fail (PS_IS_SESSION (self), 0);
  lock_prepared (self);
  n = find (self, id)->len;
  unlock (self);
  return n;
}

static gboolean
take_view (PsSession *self, gboolean found, const PsCallsView *view, gint64 *ret_time_ns)
{
  if (found)
    *ret_time_ns = ps_hello_to_epoch (view->calls->time, ps_session_offset_of (self, 0));
  return found;
}

gboolean
ps_session_get_tree (PsSession *self,
                     guint64 id,
                     guint nth,
                     PsCallsView *ret_view,
                     gint64 *ret_time_ns)
{
  GArray *places;
  gboolean found = FALSE;

  g_return_val_if_fail (PS_IS_SESSION (self), FALSE);

  lock_prepared (self);
  places = find (self, id);
  if (nth < places->len)
    {
      const PsTreePlace *place = &g_array_index (places, PsTreePlace, nth);

      found = place->group == KEPT ? ps_call_store_get (self->calls, id, place->nth, ret_view)
                                   : ps_deferred_trees_view (self->deferred, place, ret_view);
    }
  unlock (self);
  return take_view (self, found, ret_view, ret_time_ns);
}

gboolean
ps_session_get_tree_part (PsSession *self,
                          guint64 tree,
                          guint part,
                          PsCallsView *ret_view,
                          gint64 *ret_time_ns)
{
  PsTreePlace place;
  gboolean found;

  g_return_val_if_fail (PS_IS_SESSION (self), FALSE);

  lock_prepared (self);
  found = ps_call_store_get_part (self->calls, tree, part, ret_view) ||
          (self->deferred && ps_deferred_trees_find_part (self->deferred, tree, part, &place) &&
           ps_deferred_trees_view (self->deferred, &place, ret_view));
  unlock (self);
  return take_view (self, found, ret_view, ret_time_ns);
}

gboolean
ps_session_has_calls (PsSession *self)
{
  gboolean waiting;

  g_return_val_if_fail (PS_IS_SESSION (self), FALSE);
  if (ps_call_store_get_n_calls (self->calls) > 0)
    return TRUE;
  lock (self);
  waiting = self->deferred && ps_deferred_trees_get_n_waiting (self->deferred) > 0;
  unlock (self);
  return waiting || ps_session_get_n_calls (self) > 0;
}

guint64
ps_session_get_n_calls (PsSession *self)
{
  guint64 n;

  g_return_val_if_fail (PS_IS_SESSION (self), 0);
  lock_prepared (self);
  n = self->deferred ? ps_deferred_trees_get_n_calls (self->deferred) : 0;
  unlock (self);
  return n + ps_call_store_get_n_calls (self->calls);
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

void
ps_session_find_spans (PsSession *self,
                       guint64 socket,
                       guint32 first_seq,
                       guint32 end_seq,
                       GArray *spans)
{
  g_return_if_fail (PS_IS_SESSION (self));

  if (socket == 0)
    return;
  lock_prepared (self);
  if (self->deferred)
    ps_deferred_trees_find_spans (self->deferred, socket, first_seq, end_seq, spans);
  unlock (self);
  ps_call_store_find_spans (self->calls, socket, first_seq, end_seq, spans);
}
