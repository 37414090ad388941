/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-path-table.h"

#include <math.h>
#include <string.h>

#include "analysis/ps-call-tree.h"
#include "analysis/ps-stack-builder.h"

#define PACKETS_BETWEEN_CLOCKS 64u

static guint
shape_hash (gconstpointer data)
{
  const PsPathShape *shape = data;
  guint64 hash = shape->drop_symbol * 31u + shape->drop_reason * 7u + shape->n_steps;

  for (guint i = 0; i < shape->n_steps; i++)
    {
      guint64 step;

      memcpy (&step, &shape->steps[i], sizeof step);
      hash = (hash ^ step) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
    }
  return (guint)(hash >> 32);
}

static gboolean
shape_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (PsPathShape)) == 0;
}

/* How many of its kind agreed with an inferred path does not make another path. */
static void
shape_init (PsPathShape *shape, const PsPacket *packet)
{
  memset (shape, 0, sizeof *shape);
  shape->n_steps = MIN (packet->n_paths, PS_PATHS_MAX);
  for (guint i = 0; i < shape->n_steps; i++)
    {
      shape->steps[i].path = packet->paths[i].path;
      shape->steps[i].stage = packet->paths[i].stage;
      shape->steps[i].event = packet->paths[i].event;
      shape->steps[i].flags = packet->paths[i].flags;
    }
  if (packet->verdict != PS_VERDICT_DROPPED)
    return;
  shape->dropped = TRUE;
  shape->drop_reason = packet->drop_reason;
  shape->drop_symbol = packet->drop_symbol;
}

gint64
ps_packet_get_latency (const PsPacket *packet)
{
  if (packet->n_stages < 2)
    return -1;
  return (gint64)MIN (packet->stages[packet->n_stages - 1].delta, (guint64)G_MAXINT64);
}

gboolean
ps_packet_matches_filter (PsSession *session, const PsPacket *packet, gpointer filter)
{
  return ps_filter_matches (filter, session, packet);
}

static void
row_add (PsPathRow *row, const PsPacket *packet)
{
  gint64 latency = ps_packet_get_latency (packet);

  if (row->packets == 0)
    {
      row->example = packet->number;
      row->first_seen_ns = row->last_seen_ns = packet->time_ns;
    }
  row->packets++;
  row->bytes += packet->length;
  row->first_seen_ns = MIN (row->first_seen_ns, packet->time_ns);
  row->last_seen_ns = MAX (row->last_seen_ns, packet->time_ns);
  if (latency < 0)
    return;
  row->latency.from = packet->stages[0].stage;
  row->latency.to = packet->stages[packet->n_stages - 1].stage;
  row->latency.count++;
  row->latency.max_ns = MAX (row->latency.max_ns, latency);
  row->latency.buckets[MIN (ps_latency_bucket ((guint64)latency), PS_LATENCY_BUCKETS - 1)]++;
}

static PsPathRow *
find_row (PsPathTable *self, const PsPacket *packet)
{
  PsPathShape shape;
  PsPathRow *row;

  shape_init (&shape, packet);
  row = g_hash_table_lookup (self->by_shape, &shape);
  if (row != NULL || self->rows->len >= PS_PATH_ROWS_MAX)
    return row;
  row = g_new0 (PsPathRow, 1);
  row->shape = shape;
  for (guint i = 0; i < shape.n_steps; i++)
    row->inferred |= (shape.steps[i].flags & PS_PATH_REFERENCE_INFERRED) != 0;
  g_ptr_array_add (self->rows, row);
  g_hash_table_insert (self->by_shape, &row->shape, row);
  return row;
}

static void
table_add (PsPathTable *self, const PsPacket *packet)
{
  PsPathRow *row;

  if (self->n_packets++ == 0)
    self->from_ns = self->to_ns = packet->time_ns;
  self->from_ns = MIN (self->from_ns, packet->time_ns);
  self->to_ns = MAX (self->to_ns, packet->time_ns);
  self->n_bytes += packet->length;
  if (packet->verdict == PS_VERDICT_DROPPED)
    self->n_drops++;
  if (packet->n_paths == 0)
    {
      self->n_without_path++;
      return;
    }
  row = find_row (self, packet);
  if (row != NULL)
    row_add (row, packet);
  else
    self->n_other++;
}

static int
compare_rows (gconstpointer a, gconstpointer b)
{
  const PsPathRow *x = *(const PsPathRow *const *)a, *y = *(const PsPathRow *const *)b;

  if (x->packets != y->packets)
    return x->packets < y->packets ? 1 : -1;
  return x->example < y->example ? -1 : x->example > y->example;
}

PsPathTable *
ps_path_table_begin (PsSession *session)
{
  PsPathTable *self;

  g_return_val_if_fail (PS_IS_SESSION (session), NULL);

  self = g_new0 (PsPathTable, 1);
  self->session = g_object_ref (session);
  self->rows = g_ptr_array_new_with_free_func (g_free);
  self->by_shape = g_hash_table_new (shape_hash, shape_equal);
  self->from_ns = self->to_ns = -1;
  self->next = ps_session_get_first_packet (session);
  return self;
}

static void
finish (PsPathTable *self)
{
  for (guint i = 0; i < self->rows->len; i++)
    {
      PsPathRow *row = g_ptr_array_index (self->rows, i);

      row->share = (double)row->packets / (double)(self->n_packets - self->n_without_path);
      row->rarity = -log2 (row->share);
      ps_latency_finish (&row->latency);
    }
  g_ptr_array_sort (self->rows, compare_rows);
}

gboolean
ps_path_table_step (PsPathTable *self,
                    PsPacketPredicate predicate,
                    gpointer user_data,
                    gint64 budget_us)
{
  guint64 end =
      ps_session_get_first_packet (self->session) + ps_session_get_n_packets (self->session);
  gint64 until = g_get_monotonic_time () + budget_us;
  PsPacket packet;

  for (; self->next < end; self->next++)
    {
      if (self->next % PACKETS_BETWEEN_CLOCKS == 0 && g_get_monotonic_time () >= until)
        return FALSE;
      if (ps_session_get_packet (self->session, self->next, &packet) &&
          (predicate == NULL || predicate (self->session, &packet, user_data)))
        table_add (self, &packet);
    }
  finish (self);
  return TRUE;
}

PsPathTable *
ps_path_table_new (PsSession *session, PsPacketPredicate predicate, gpointer user_data)
{
  PsPathTable *self = ps_path_table_begin (session);

  while (!ps_path_table_step (self, predicate, user_data, G_USEC_PER_SEC))
    ;
  return self;
}

void
ps_path_table_free (PsPathTable *self)
{
  g_hash_table_unref (self->by_shape);
  g_ptr_array_unref (self->rows);
  g_object_unref (self->session);
  g_free (self);
}

const PsPathRow *
ps_path_table_find (PsPathTable *self, const PsPacket *packet)
{
  PsPathShape shape;

  shape_init (&shape, packet);
  return g_hash_table_lookup (self->by_shape, &shape);
}

static PsCallTree *
row_tree (PsPathTable *self, const PsPathRow *row)
{
  PsPacket packet;

  if (!ps_session_get_packet (self->session, row->example, &packet))
    return NULL;
  return ps_call_tree_new (self->session, &packet);
}

/* The drop behind a path: "tcp_v4_rcv (NO_SOCKET)". Numbers differ from kernel to kernel. */
static void
append_drop (PsPathTable *self, const PsPathRow *row, GString *text, const char *prefix)
{
  const PsSymbol *symbol = ps_session_get_symbol (self->session, row->shape.drop_symbol);
  const char *reason =
      ps_session_get_name (self->session, PS_NAME_DROP_REASON, row->shape.drop_reason);

  if (row->shape.dropped)
    g_string_append_printf (text, "%s%s (%s)", prefix, symbol ? symbol->name : "?",
                            reason ? reason : "?");
}

char *
ps_path_row_dup_signature (PsPathTable *self, const PsPathRow *row)
{
  g_autoptr (PsCallTree) tree = row_tree (self, row);
  GString *text = g_string_new (row->inferred ? "inferred;" : NULL);

  for (guint i = 0; tree != NULL && i < tree->calls->len; i++)
    {
      const PsCall *call = &g_array_index (tree->calls, PsCall, i);

      g_string_append_printf (text, "%u:%s;", call->depth, call->function);
    }
  append_drop (self, row, text, "dropped:");
  return g_string_free (text, FALSE);
}

/* Where the way begins to differ: a system call's own functions are those of many. */
static void
append_beginning (GString *text, const PsCallTree *tree)
{
  guint leaf = 0, first = 0;

  while (leaf < tree->calls->len && !ps_calls_is_leaf (tree->calls, leaf))
    leaf++;
  while (first < leaf && g_array_index (tree->calls, PsCall, first).layer == PS_LAYER_SOCKET)
    first++;
  if (first + 1 < leaf)
    g_string_append_printf (text, "%s → %s", g_array_index (tree->calls, PsCall, first).function,
                            first + 2 < leaf ? "… → " : "");
}

char *
ps_path_row_dup_title (PsPathTable *self, const PsPathRow *row)
{
  g_autoptr (PsCallTree) tree = row_tree (self, row);
  GString *text = g_string_new (NULL);
  gboolean more = FALSE;

  if (tree != NULL)
    append_beginning (text, tree);

  for (guint i = 0; tree != NULL && i < tree->calls->len; i++)
    {
      const PsCall *call = &g_array_index (tree->calls, PsCall, i);

      if (!ps_calls_is_leaf (tree->calls, i))
        continue;
      if (more)
        g_string_append (text, ", ");
      more = TRUE;
      if (call->parent != G_MAXUINT32)
        g_string_append_printf (text, "%s → ",
                                g_array_index (tree->calls, PsCall, call->parent).function);
      g_string_append (text, call->function);
    }
  if (text->len == 0)
    g_string_append (text, "?");
  append_drop (self, row, text, ", dropped by ");
  return g_string_free (text, FALSE);
}

char *
ps_path_row_dup_functions (PsPathTable *self, const PsPathRow *row, const char *separator)
{
  g_autoptr (PsCallTree) tree = row_tree (self, row);
  GString *text = g_string_new (NULL);

  for (guint i = 0; tree != NULL && i < tree->calls->len; i++)
    {
      if (i > 0)
        g_string_append (text, separator);
      g_string_append (text, g_array_index (tree->calls, PsCall, i).function);
    }
  return g_string_free (text, FALSE);
}
