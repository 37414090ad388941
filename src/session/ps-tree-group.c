/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-tree-group.h"

#include <string.h>

typedef struct {
  gsize offset; /* of its record's header */
  PsTreePosition position;
} Tree;

typedef struct {
  guint64 id;
  guint32 tree;
} Mention;

struct _PsTreeGroup {
  gatomicrefcount references;
  PsRecordWriter records;
  GArray *trees; /* Tree */
  GArray *mentions; /* Mention; once finished by id, then by tree */
};

PsTreeGroup *
ps_tree_group_new (void)
{
  PsTreeGroup *self = g_new0 (PsTreeGroup, 1);

  g_atomic_ref_count_init (&self->references);
  self->trees = g_array_new (FALSE, FALSE, sizeof (Tree));
  self->mentions = g_array_new (FALSE, FALSE, sizeof (Mention));
  return self;
}

PsTreeGroup *
ps_tree_group_ref (PsTreeGroup *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
ps_tree_group_unref (PsTreeGroup *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  ps_record_writer_clear (&self->records);
  g_array_unref (self->trees);
  g_array_unref (self->mentions);
  g_free (self);
}

static void
note (PsTreeGroup *self, guint64 id)
{
  Mention mention = { id, self->trees->len };

  if (id != 0)
    g_array_append_val (self->mentions, mention);
}

void
ps_tree_group_add (PsTreeGroup *self,
                   PsTreePosition position,
                   const PsCallsRecord *fixed,
                   const PsCallRecord *calls)
{
  Tree tree = { self->records.size, position };
  guint64 last = 0;

  ps_record_writer_add_calls (&self->records, fixed, calls);
  if (self->records.failed)
    return;
  for (guint i = 0; i < fixed->n_calls; i++)
    {
      const PsCallRecord *call = &calls[i];

      if (call->packet != last && !(call->flags & PS_CALL_SOCKET))
        note (self, last = call->packet);
      note (self, call->origin);
    }
  g_array_append_val (self->trees, tree);
}

static gint
compare_mentions (gconstpointer one, gconstpointer other)
{
  const Mention *a = one, *b = other;

  if (a->id != b->id)
    return a->id < b->id ? -1 : 1;
  return (a->tree > b->tree) - (a->tree < b->tree);
}

void
ps_tree_group_finish (PsTreeGroup *self)
{
  g_array_sort (self->mentions, compare_mentions);
}

gsize
ps_tree_group_get_size (PsTreeGroup *self)
{
  return sizeof *self + self->records.allocated + self->trees->len * sizeof (Tree) +
         self->mentions->len * sizeof (Mention);
}

/* Records lie 8-aligned, and so do their payloads. */
static const void *
payload_of (PsTreeGroup *self, guint nth)
{
  return self->records.data + g_array_index (self->trees, Tree, nth).offset +
         sizeof (PsRecordHeader);
}

const PsCallsRecord *
ps_tree_group_get (PsTreeGroup *self, guint nth, PsTreePosition *ret_position)
{
  if (nth >= self->trees->len)
    return NULL;
  if (ret_position)
    *ret_position = g_array_index (self->trees, Tree, nth).position;
  return payload_of (self, nth);
}

gboolean
ps_tree_group_view (PsTreeGroup *self, guint nth, PsCallsView *ret_view)
{
  const guint8 *data;
  gsize size;
  PsRecord record;

  if (nth >= self->trees->len)
    return FALSE;
  data = self->records.data + g_array_index (self->trees, Tree, nth).offset;
  size = (gsize)(self->records.data + self->records.size - data);
  return ps_record_next (&data, &size, &record) == 1 && ps_record_view_calls (&record, ret_view);
}

guint
ps_tree_group_find (PsTreeGroup *self, guint64 id, guint nth)
{
  const Mention wanted = { id, nth };
  guint low = 0, high = self->mentions->len;
  const Mention *found;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (compare_mentions (&g_array_index (self->mentions, Mention, middle), &wanted) < 0)
        low = middle + 1;
      else
        high = middle;
    }
  if (low == self->mentions->len)
    return G_MAXUINT;
  found = &g_array_index (self->mentions, Mention, low);
  return found->id == id ? found->tree : G_MAXUINT;
}
