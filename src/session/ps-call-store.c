/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-call-store.h"

#include <string.h>

#include "session/ps-span-index.h"

/* What a kept record costs beside its bytes: its place here and in the lists of its packets. */
#define OVERHEAD 160u

/* A part of a tree. Its key is what it is found by if it comes again. */
typedef struct {
  struct {
    guint64 tree;
    guint64 part;
  } key;
  guint32 length;
  guint64 payload[]; /* 8-aligned */
} Kept;

struct _PsCallStore {
  guint64 limit;
  guint64 size;
  guint64 n_calls;
  guint64 n_evicted;
  GQueue kept; /* of Kept, oldest first */
  GHashTable *by_key; /* key → its link in `kept` */
  GHashTable *by_packet; /* id → GPtrArray of Kept */
  PsSpanIndex *spans;
  GArray *packets; /* guint64, while those of one are looked at */
};

static guint
key_hash (gconstpointer key)
{
  const guint64 *words = key;

  return (guint)(words[0] * 31 + words[1]) ^ (guint)(words[0] >> 32);
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, 2 * sizeof (guint64)) == 0;
}

static void
list_free (gpointer list)
{
  g_ptr_array_unref (list);
}

PsCallStore *
ps_call_store_new (guint64 limit)
{
  PsCallStore *self = g_new0 (PsCallStore, 1);

  self->limit = limit ? limit : PS_CALL_STORE_DEFAULT;
  g_queue_init (&self->kept);
  self->by_key = g_hash_table_new (key_hash, key_equal);
  self->spans = ps_span_index_new ();
  self->packets = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->by_packet = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, list_free);
  return self;
}

void
ps_call_store_free (PsCallStore *self)
{
  if (!self)
    return;
  ps_span_index_free (self->spans);
  g_hash_table_unref (self->by_packet);
  g_hash_table_unref (self->by_key);
  g_array_unref (self->packets);
  g_queue_clear_full (&self->kept, g_free);
  g_free (self);
}

static gboolean
view_kept (const Kept *kept, PsCallsView *ret_view)
{
  const PsRecord record = { .type = PS_RECORD_CALLS,
                            .length = kept->length,
                            .payload = kept->payload };

  return ps_record_view_calls (&record, ret_view);
}

static void
note_packet (GArray *packets, guint64 id)
{
  for (guint i = packets->len; i-- > 0;)
    if (g_array_index (packets, guint64, i) == id)
      return;
  if (id != 0)
    g_array_append_val (packets, id);
}

/* The ids of the packets it names, each once. Sockets have numbers of their own. */
static void
list_packets (const Kept *kept, GArray *packets)
{
  PsCallsView view;
  PsCallRecord call;

  g_array_set_size (packets, 0);
  if (!view_kept (kept, &view))
    return;
  while (ps_calls_view_next (&view, &call))
    {
      if (!(call.flags & PS_CALL_SOCKET))
        note_packet (packets, call.packet);
      note_packet (packets, call.origin);
    }
}

static gboolean
has_spans (const PsCallsRecord *calls)
{
  return (calls->flags & PS_CALLS_SPANS) != 0;
}

static void
forget (PsCallStore *self, GList *link)
{
  Kept *kept = link->data;
  PsCallsView view;

  list_packets (kept, self->packets);
  for (guint i = 0; i < self->packets->len; i++)
    {
      const guint64 *id = &g_array_index (self->packets, guint64, i);
      GPtrArray *list = g_hash_table_lookup (self->by_packet, id);

      if (list && g_ptr_array_remove (list, kept) && list->len == 0)
        g_hash_table_remove (self->by_packet, id);
    }
  if (has_spans ((gconstpointer)kept->payload) && view_kept (kept, &view))
    ps_span_index_remove (self->spans, &view);
  g_hash_table_remove (self->by_key, &kept->key);
  self->n_calls -= ((const PsCallsRecord *)(gconstpointer)kept->payload)->n_calls;
  self->size -= kept->length + OVERHEAD;
  g_queue_delete_link (&self->kept, link);
  g_free (kept);
}

static gint
compare_times (const Kept *one, const Kept *other)
{
  const PsCallsRecord *a = (gconstpointer)one->payload, *b = (gconstpointer)other->payload;

  if (a->time != b->time)
    return a->time < b->time ? -1 : 1;
  return (gint)a->part - (gint)b->part;
}

/* Lists are short and come nearly in order. */
static void
enlist (PsCallStore *self, guint64 id, Kept *kept)
{
  GPtrArray *list = g_hash_table_lookup (self->by_packet, &id);
  guint at;

  if (!list)
    {
      list = g_ptr_array_new ();
      g_hash_table_insert (self->by_packet, g_memdup2 (&id, sizeof id), list);
    }
  for (at = list->len; at > 0 && compare_times (list->pdata[at - 1], kept) > 0; at--)
    ;
  g_ptr_array_insert (list, (gint)at, kept);
}

void
ps_call_store_add (PsCallStore *self, const PsRecord *record, const PsCallsView *view)
{
  Kept *kept = g_malloc0 (sizeof *kept + record->length);
  GList *before;

  kept->key.tree = view->calls->tree;
  kept->key.part = view->calls->part;
  kept->length = record->length;
  memcpy (kept->payload, record->payload, record->length);

  before = g_hash_table_lookup (self->by_key, &kept->key);
  if (before)
    forget (self, before);
  g_queue_push_tail (&self->kept, kept);
  g_hash_table_insert (self->by_key, &kept->key, self->kept.tail);
  list_packets (kept, self->packets);
  for (guint i = 0; i < self->packets->len; i++)
    enlist (self, g_array_index (self->packets, guint64, i), kept);
  self->n_calls += view->calls->n_calls;
  self->size += kept->length + OVERHEAD;
  if (has_spans (view->calls))
    ps_span_index_add (self->spans, view);

  while (self->size > self->limit && self->kept.length > 1)
    {
      forget (self, self->kept.head);
      self->n_evicted++;
    }
}

guint
ps_call_store_count (PsCallStore *self, guint64 id)
{
  GPtrArray *list = g_hash_table_lookup (self->by_packet, &id);

  return list ? list->len : 0;
}

gboolean
ps_call_store_get (PsCallStore *self, guint64 id, guint nth, PsCallsView *ret_view)
{
  GPtrArray *list = g_hash_table_lookup (self->by_packet, &id);

  return list && nth < list->len && view_kept (list->pdata[nth], ret_view);
}

gboolean
ps_call_store_get_part (PsCallStore *self, guint64 tree, guint part, PsCallsView *ret_view)
{
  const guint64 key[2] = { tree, part };
  GList *link = g_hash_table_lookup (self->by_key, key);

  return link && view_kept (link->data, ret_view);
}

void
ps_call_store_find_spans (PsCallStore *self,
                          guint64 socket,
                          guint32 first_seq,
                          guint32 end_seq,
                          GArray *spans)
{
  ps_span_index_find (self->spans, socket, first_seq, end_seq, spans);
}

guint64
ps_call_store_get_n_calls (PsCallStore *self)
{
  return self->n_calls;
}

guint64
ps_call_store_get_n_evicted (PsCallStore *self)
{
  return self->n_evicted;
}

void
ps_call_store_shift (PsCallStore *self, gint64 difference)
{
  for (GList *link = self->kept.head; link; link = link->next)
    {
      PsCallsRecord *calls = (PsCallsRecord *)((Kept *)link->data)->payload;

      calls->time += (guint64)difference;
    }
}
