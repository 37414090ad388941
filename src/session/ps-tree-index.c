/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-tree-index.h"

#include "session/ps-group-index.h"

/* Contexts of a kernel side: the lower bits of a tree's number. */
#define CONTEXTS 65536u

/* A tree of the group at hand. */
typedef struct {
  guint64 tree;
  PsTreePosition position;
  guint32 first_socket; /* of its spans, in `sockets` */
  guint32 n_sockets;
  guint16 part;
  guint16 n_calls;
} Recent;

struct _PsTreeIndex {
  PsTreeGroupFunc get_group;
  gpointer user_data;

  PsGroupIndex *packets;
  PsGroupIndex *parts; /* of trees in parts, and of those with spans */
  PsGroupIndex *wholes; /* other trees */
  PsSpanIndex *spans;
  GHashTable *replaced; /* guint64: positions */
  guint64 *latest; /* of each context, generation and part, plus 1 */
  guint64 n_calls;

  guint32 group; /* at hand */
  GArray *recent; /* Recent */
  GArray *sockets; /* guint64 */
  GArray *groups; /* guint32, while they are looked through */
};

PsTreeIndex *
ps_tree_index_new (PsTreeGroupFunc get_group, gpointer user_data)
{
  PsTreeIndex *self = g_new0 (PsTreeIndex, 1);

  self->get_group = get_group;
  self->user_data = user_data;
  self->packets = ps_group_index_new ();
  self->parts = ps_group_index_new ();
  self->wholes = ps_group_index_new ();
  self->spans = ps_span_index_new ();
  self->replaced = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->latest = g_new0 (guint64, CONTEXTS);
  self->recent = g_array_new (FALSE, FALSE, sizeof (Recent));
  self->sockets = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->groups = g_array_new (FALSE, FALSE, sizeof (guint32));
  return self;
}

void
ps_tree_index_free (PsTreeIndex *self)
{
  if (!self)
    return;
  ps_group_index_free (self->packets);
  ps_group_index_free (self->parts);
  ps_group_index_free (self->wholes);
  ps_span_index_free (self->spans);
  g_hash_table_unref (self->replaced);
  g_free (self->latest);
  g_array_unref (self->recent);
  g_array_unref (self->sockets);
  g_array_unref (self->groups);
  g_free (self);
}

/* Sixteen packets that one CPU saw after each other. */
static guint64
packet_key (guint64 id)
{
  return id >> 4;
}

/* Sixteen trees of sixteen contexts. */
static guint64
whole_key (guint64 tree)
{
  guint64 number = tree - 1;

  return number >> 20 << 12 | (number & 0xffff) >> 4;
}

/* Eight parts of sixteen trees of one context. */
static guint64
part_key (guint64 tree, guint part)
{
  guint64 number = tree - 1;

  return (number >> 20 << 16 | (number & 0xffff)) * 8192 + part / 8;
}

static guint64
position_key (PsTreePosition position)
{
  return (guint64)position.payload << 32 | position.nth;
}

static void
note_replaced (PsTreeIndex *self, PsTreePosition position, guint n_calls)
{
  guint64 key = position_key (position);

  g_hash_table_add (self->replaced, g_memdup2 (&key, sizeof key));
  self->n_calls -= n_calls;
}

/* The one it takes the place of, if it is in the same group. */
static gboolean
replace_recent (PsTreeIndex *self, const PsCallsRecord *fixed)
{
  for (guint i = self->recent->len; i-- > 0;)
    {
      const Recent *recent = &g_array_index (self->recent, Recent, i);

      if (recent->tree != fixed->tree || recent->part != fixed->part)
        continue;
      note_replaced (self, recent->position, recent->n_calls);
      for (guint k = 0; k < recent->n_sockets; k++)
        ps_span_index_forget (self->spans,
                              g_array_index (self->sockets, guint64, recent->first_socket + k),
                              fixed->tree, fixed->part);
      return TRUE;
    }
  return FALSE;
}

static gboolean
replace_in (PsTreeIndex *self, PsTreeGroup *group, const PsCallsRecord *fixed)
{
  PsTreePosition position;
  const PsCallsRecord *known;
  PsCallsView view;
  guint found = G_MAXUINT;

  for (guint i = 0; (known = ps_tree_group_get (group, i, NULL)) != NULL; i++)
    if (known->tree == fixed->tree && known->part == fixed->part)
      found = i;
  if (found == G_MAXUINT)
    return FALSE;
  known = ps_tree_group_get (group, found, &position);
  note_replaced (self, position, known->n_calls);
  if (known->flags & PS_CALLS_SPANS && ps_tree_group_view (group, found, &view))
    ps_span_index_remove (self->spans, &view);
  return TRUE;
}

static void
replace_earlier (PsTreeIndex *self, const PsCallsRecord *fixed)
{
  guint64 *latest = &self->latest[(fixed->tree - 1) % CONTEXTS];
  guint64 key = (fixed->tree - 1) / CONTEXTS * CONTEXTS + fixed->part + 1;

  /* A context's trees come one after the other, as a rule: what is later than all was never said.
   */
  if (key > *latest)
    {
      *latest = key;
      return;
    }
  if (replace_recent (self, fixed))
    return;
  g_array_set_size (self->groups, 0);
  ps_tree_index_find_part (self, fixed->tree, fixed->part, self->groups);
  for (guint i = 0; i < self->groups->len; i++)
    {
      guint32 group = g_array_index (self->groups, guint32, i);

      if (group != self->group &&
          replace_in (self, self->get_group (group, self->user_data), fixed))
        return;
    }
}

static void
note_recent (PsTreeIndex *self, PsTreePosition position, const PsTreeSummary *summary)
{
  Recent recent = { .tree = summary->fixed.tree,
                    .part = summary->fixed.part,
                    .position = position,
                    .n_calls = summary->fixed.n_calls,
                    .first_socket = self->sockets->len,
                    .n_sockets = summary->n_spans };

  g_array_append_val (self->recent, recent);
  for (guint i = 0; i < summary->n_spans; i++)
    g_array_append_val (self->sockets, summary->spans[i].call.packet);
}

void
ps_tree_index_begin_group (PsTreeIndex *self, guint32 group)
{
  self->group = group;
  g_array_set_size (self->recent, 0);
  g_array_set_size (self->sockets, 0);
}

void
ps_tree_index_add (PsTreeIndex *self, PsTreePosition position, const PsTreeSummary *summary)
{
  const PsCallsRecord *fixed = &summary->fixed;

  replace_earlier (self, fixed);
  for (guint i = 0; i < summary->n_packets; i++)
    ps_group_index_add (self->packets, packet_key (summary->packets[i]), self->group);
  if (fixed->part > 0 || fixed->flags & PS_CALLS_PARTIAL || summary->n_spans > 0)
    ps_group_index_add (self->parts, part_key (fixed->tree, fixed->part), self->group);
  else
    ps_group_index_add (self->wholes, whole_key (fixed->tree), self->group);
  for (guint i = 0; i < summary->n_spans; i++)
    ps_span_index_add_call (self->spans, fixed, &summary->spans[i].call, summary->spans[i].nth);
  self->n_calls += fixed->n_calls;
  note_recent (self, position, summary);
}

void
ps_tree_index_find_packet (PsTreeIndex *self, guint64 id, GArray *groups)
{
  ps_group_index_find (self->packets, packet_key (id), groups);
}

static gint
compare_highest_first (gconstpointer one, gconstpointer other)
{
  guint32 a = *(const guint32 *)one, b = *(const guint32 *)other;

  return (a < b) - (a > b);
}

void
ps_tree_index_find_part (PsTreeIndex *self, guint64 tree, guint part, GArray *groups)
{
  ps_group_index_find (self->parts, part_key (tree, part), groups);
  if (part > 0)
    return;
  ps_group_index_find (self->wholes, whole_key (tree), groups);
  g_array_sort (groups, compare_highest_first);
}

gboolean
ps_tree_index_is_replaced (PsTreeIndex *self, PsTreePosition position)
{
  guint64 key = position_key (position);

  return g_hash_table_size (self->replaced) > 0 && g_hash_table_contains (self->replaced, &key);
}

PsSpanIndex *
ps_tree_index_get_spans (PsTreeIndex *self)
{
  return self->spans;
}

guint64
ps_tree_index_get_n_calls (PsTreeIndex *self)
{
  return self->n_calls;
}
