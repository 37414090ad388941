/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-call-list.h"

#include "viewer/charts/ps-flame-draw.h"

struct _PsCallList {
  GObject parent_instance;

  PsJourney *journey;
  guint64 packet;
  guint n; /* calls */
  guint32 *ends; /* of each call: the index behind the last one in it */
  guint8 *closed; /* of each call, a boolean */
  GArray *rows; /* guint32, ascending */
  guint8 *own; /* of each call, a boolean: it works on the packet */
  gint64 work_ns;
  char *search;
  GArray *matches; /* guint32, ascending */
};

static void list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PsCallList,
                               ps_call_list,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

enum { TOGGLED, REPLACED, N_SIGNALS };
static guint signals[N_SIGNALS];

static GType
get_item_type (GListModel *model)
{
  return G_TYPE_OBJECT;
}

static guint
get_n_items (GListModel *model)
{
  return PS_CALL_LIST (model)->rows->len;
}

/* A row is known by its position: what it shows may change while it stays. */
static gpointer
get_item (GListModel *model, guint position)
{
  return position < PS_CALL_LIST (model)->rows->len ? g_object_new (G_TYPE_OBJECT, NULL) : NULL;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

/* Where each call's inside ends, and what all of them took. */
static void
measure (PsCallList *self)
{
  g_autoptr (GArray) open = g_array_new (FALSE, FALSE, sizeof (guint32));

  self->ends = g_new (guint32, self->n + 1);
  self->closed = g_new0 (guint8, self->n + 1);
  self->own = g_new0 (guint8, self->n + 1);
  self->work_ns = -1;
  for (guint32 i = 0; i < self->n; i++)
    {
      const PsCall *call = ps_journey_get_call (self->journey, i);

      for (; open->len > call->depth; g_array_set_size (open, open->len - 1))
        self->ends[g_array_index (open, guint32, open->len - 1)] = i;
      g_array_append_val (open, i);
      self->own[i] = call->parent != PS_CALL_NONE && self->own[call->parent];
      if (self->own[i] || call->packet != self->packet)
        continue;
      self->own[i] = TRUE;
      if (call->duration_ns >= 0)
        self->work_ns = MAX (self->work_ns, 0) + call->duration_ns;
    }
  for (guint i = 0; i < open->len; i++)
    self->ends[g_array_index (open, guint32, i)] = self->n;
}

/* The rows among the calls from `from` to before `to`. */
static GArray *
collect (PsCallList *self, guint32 from, guint32 to)
{
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint32 i = from; i < to; i = self->closed[i] ? self->ends[i] : i + 1)
    g_array_append_val (rows, i);
  return rows;
}

static void
replace_rows (PsCallList *self, GArray *rows)
{
  guint removed = self->rows->len, kept = MIN (removed, rows->len);

  g_array_unref (self->rows);
  self->rows = rows;
  g_list_model_items_changed (G_LIST_MODEL (self), kept, removed - kept, rows->len - kept);
  g_signal_emit (self, signals[REPLACED], 0);
}

static void
find_matches (PsCallList *self)
{
  g_array_set_size (self->matches, 0);
  for (guint32 i = 0; self->search != NULL && i < self->n; i++)
    if (ps_flame_matches (ps_journey_get_call (self->journey, i)->function, self->search))
      g_array_append_val (self->matches, i);
}

void
ps_call_list_set_search (PsCallList *self, const char *text)
{
  g_return_if_fail (PS_IS_CALL_LIST (self));
  if (g_strcmp0 (self->search, text) == 0)
    return;
  g_free (self->search);
  self->search = g_strdup (text);
  find_matches (self);
  g_signal_emit (self, signals[TOGGLED], 0, PS_CALL_NONE);
}

const char *
ps_call_list_get_search (PsCallList *self)
{
  g_return_val_if_fail (PS_IS_CALL_LIST (self), NULL);
  return self->search;
}

guint32
ps_call_list_find_match (PsCallList *self, guint32 call, int by, guint *ret_nth, guint *ret_n)
{
  guint n = self->matches->len, nth = 0;

  *ret_n = n;
  *ret_nth = 0;
  if (n == 0)
    return PS_CALL_NONE;
  if (by > 0)
    {
      while (call != PS_CALL_NONE && nth < n && g_array_index (self->matches, guint32, nth) <= call)
        nth++;
      nth %= n;
    }
  else
    {
      nth = n;
      while (nth > 0 && g_array_index (self->matches, guint32, nth - 1) >= call)
        nth--;
      nth = nth > 0 ? nth - 1 : n - 1;
    }
  *ret_nth = nth + 1;
  return g_array_index (self->matches, guint32, nth);
}

void
ps_call_list_set_journey (PsCallList *self, PsJourney *journey, guint64 packet)
{
  g_return_if_fail (PS_IS_CALL_LIST (self));

  g_set_object (&self->journey, journey);
  self->packet = packet;
  self->n = journey != NULL ? ps_journey_get_n_calls (journey) : 0;
  g_clear_pointer (&self->ends, g_free);
  g_clear_pointer (&self->closed, g_free);
  g_clear_pointer (&self->own, g_free);
  measure (self);
  find_matches (self);
  replace_rows (self, collect (self, 0, self->n));
}

PsJourney *
ps_call_list_get_journey (PsCallList *self)
{
  g_return_val_if_fail (PS_IS_CALL_LIST (self), NULL);
  return self->journey;
}

guint64
ps_call_list_get_packet (PsCallList *self)
{
  g_return_val_if_fail (PS_IS_CALL_LIST (self), 0);
  return self->packet;
}

guint32
ps_call_list_get_call (PsCallList *self, guint position)
{
  g_return_val_if_fail (PS_IS_CALL_LIST (self), PS_CALL_NONE);
  return position < self->rows->len ? g_array_index (self->rows, guint32, position) : PS_CALL_NONE;
}

guint
ps_call_list_find (PsCallList *self, guint32 call)
{
  guint low = 0, high;

  g_return_val_if_fail (PS_IS_CALL_LIST (self), G_MAXUINT);
  high = self->rows->len;
  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (g_array_index (self->rows, guint32, middle) < call)
        low = middle + 1;
      else
        high = middle;
    }
  return low < self->rows->len && g_array_index (self->rows, guint32, low) == call ? low
                                                                                   : G_MAXUINT;
}

guint
ps_call_list_reveal (PsCallList *self, guint32 call)
{
  g_autoptr (GArray) around = g_array_new (FALSE, FALSE, sizeof (guint32));

  g_return_val_if_fail (PS_IS_CALL_LIST (self), G_MAXUINT);
  if (call >= self->n)
    return G_MAXUINT;
  for (guint32 up = ps_journey_get_call (self->journey, call)->parent; up != PS_CALL_NONE;
       up = ps_journey_get_call (self->journey, up)->parent)
    g_array_append_val (around, up);
  for (guint i = around->len; i-- > 0;)
    ps_call_list_set_open (self, g_array_index (around, guint32, i), TRUE);
  return ps_call_list_find (self, call);
}

gboolean
ps_call_list_has_children (PsCallList *self, guint32 call)
{
  g_return_val_if_fail (PS_IS_CALL_LIST (self), FALSE);
  return call < self->n && self->ends[call] > call + 1;
}

gboolean
ps_call_list_is_open (PsCallList *self, guint32 call)
{
  g_return_val_if_fail (PS_IS_CALL_LIST (self), FALSE);
  return call < self->n && !self->closed[call];
}

guint32
ps_call_list_get_end (PsCallList *self, guint32 call)
{
  g_return_val_if_fail (PS_IS_CALL_LIST (self), 0);
  return call < self->n ? self->ends[call] : self->n;
}

void
ps_call_list_set_open (PsCallList *self, guint32 call, gboolean open)
{
  guint position, removed = 0;
  g_autoptr (GArray) added = NULL;

  g_return_if_fail (PS_IS_CALL_LIST (self));
  if (!ps_call_list_has_children (self, call) || self->closed[call] == !open)
    return;
  self->closed[call] = !open;
  g_signal_emit (self, signals[TOGGLED], 0, call);
  position = ps_call_list_find (self, call);
  if (position == G_MAXUINT)
    return;
  if (open)
    {
      added = collect (self, call + 1, self->ends[call]);
      g_array_insert_vals (self->rows, position + 1, added->data, added->len);
    }
  else
    {
      guint end = position + 1;

      while (end < self->rows->len && g_array_index (self->rows, guint32, end) < self->ends[call])
        end++;
      removed = end - position - 1;
      g_array_remove_range (self->rows, position + 1, removed);
    }
  g_list_model_items_changed (G_LIST_MODEL (self), position + 1, removed,
                              added != NULL ? added->len : 0);
}

void
ps_call_list_set_all_open (PsCallList *self, gboolean open)
{
  g_return_if_fail (PS_IS_CALL_LIST (self));
  for (guint32 i = 0; i < self->n; i++)
    self->closed[i] = !open && self->ends[i] > i + 1;
  replace_rows (self, collect (self, 0, self->n));
}

/* The longest call directly inside `call`; PS_CALL_NONE if no time is known of any. */
static guint32
longest_inside (PsCallList *self, guint32 call)
{
  guint32 best = PS_CALL_NONE, i = call == PS_CALL_NONE ? 0 : call + 1;
  guint32 end = call == PS_CALL_NONE ? self->n : self->ends[call];
  gint64 longest = -1;

  for (; i < end; i = self->ends[i])
    {
      gint64 duration_ns = ps_journey_get_call (self->journey, i)->duration_ns;

      if (duration_ns <= longest)
        continue;
      longest = duration_ns;
      best = i;
    }
  return best;
}

guint32
ps_call_list_find_slowest (PsCallList *self, guint32 call)
{
  g_return_val_if_fail (PS_IS_CALL_LIST (self), PS_CALL_NONE);

  for (;;)
    {
      guint32 inside = longest_inside (self, call);

      if (inside == PS_CALL_NONE)
        return call;
      /* Where a call took more time itself than any that it called, there it went. */
      if (call != PS_CALL_NONE && ps_journey_get_call (self->journey, call)->self_ns >
                                      ps_journey_get_call (self->journey, inside)->duration_ns)
        return call;
      call = inside;
    }
}

gint64
ps_call_list_get_work_ns (PsCallList *self)
{
  g_return_val_if_fail (PS_IS_CALL_LIST (self), -1);
  return self->work_ns;
}

gboolean
ps_call_list_is_on_packet (PsCallList *self, guint32 call)
{
  g_return_val_if_fail (PS_IS_CALL_LIST (self), FALSE);
  return call < self->n && self->own[call];
}

static void
ps_call_list_finalize (GObject *object)
{
  PsCallList *self = PS_CALL_LIST (object);

  g_clear_object (&self->journey);
  g_free (self->ends);
  g_free (self->closed);
  g_free (self->own);
  g_array_unref (self->rows);
  g_array_unref (self->matches);
  g_free (self->search);
  G_OBJECT_CLASS (ps_call_list_parent_class)->finalize (object);
}

static void
ps_call_list_class_init (PsCallListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ps_call_list_finalize;
  signals[TOGGLED] = g_signal_new ("toggled", PS_TYPE_CALL_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[REPLACED] = g_signal_new ("replaced", PS_TYPE_CALL_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                    NULL, G_TYPE_NONE, 0);
}

static void
ps_call_list_init (PsCallList *self)
{
  self->rows = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->matches = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->work_ns = -1;
}

PsCallList *
ps_call_list_new (void)
{
  return g_object_new (PS_TYPE_CALL_LIST, NULL);
}
