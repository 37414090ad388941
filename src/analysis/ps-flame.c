/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-flame.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "analysis/ps-call-tree.h"
#include "analysis/ps-function-tree.h"

/* Nodes of one graph; what would be deeper counts to its caller. */
#define NODES_MAX (1u << 20)

typedef struct {
  PsFlame *flame;
  GArray *passed; /* guint32: the turn in which a node was passed last */
  guint32 turn;
} Builder;

static const char *const weight_names[] = { "packets", "drops", "total_time", "self_time" };

G_STATIC_ASSERT (G_N_ELEMENTS (weight_names) == PS_N_FLAME_WEIGHTS);

const char *
ps_flame_weight_name (PsFlameWeight weight)
{
  return (guint)weight < PS_N_FLAME_WEIGHTS ? weight_names[weight] : "unknown";
}

gboolean
ps_flame_weight_from_name (const char *name, PsFlameWeight *ret_weight)
{
  for (guint i = 0; i < PS_N_FLAME_WEIGHTS; i++)
    if (g_str_equal (weight_names[i], name))
      {
        *ret_weight = i;
        return TRUE;
      }
  return FALSE;
}

const char *
ps_flame_weight_unit (PsFlameWeight weight)
{
  return weight >= PS_FLAME_TOTAL_TIME ? "ns" : "packets";
}

static PsFlameNode *
node_at (PsFlame *flame, guint32 nth)
{
  return &g_array_index (flame->nodes, PsFlameNode, nth);
}

static void
builder_init (Builder *builder, PsFlameWeight weight)
{
  const guint32 never = 0;
  PsFlame *flame = g_new0 (PsFlame, 1);
  PsFlameNode root = {
    .function = "all", .module = "", .parent = G_MAXUINT32, .layer = PS_N_LAYERS
  };

  flame->weight = weight;
  flame->names = g_string_chunk_new (4096);
  flame->nodes = g_array_new (FALSE, FALSE, sizeof (PsFlameNode));
  g_array_append_val (flame->nodes, root);
  builder->flame = flame;
  builder->passed = g_array_new (FALSE, FALSE, sizeof (guint32));
  builder->turn = 0;
  g_array_append_val (builder->passed, never);
}

static guint32
append_child (Builder *builder, guint32 parent, guint32 before, guint32 after, const PsCall *call)
{
  PsFlame *flame = builder->flame;
  const guint32 never = 0;
  PsFlameNode node = {
    .function = g_string_chunk_insert_const (flame->names, call->function),
    .module = g_string_chunk_insert_const (flame->names, call->module ? call->module : ""),
    .parent = parent,
    .next_sibling = after,
    .depth = node_at (flame, parent)->depth + 1,
    .layer = call->layer,
    .boundary = call->boundary,
    .inferred = call->inferred,
  };
  guint32 nth = flame->nodes->len;

  g_array_append_val (flame->nodes, node);
  g_array_append_val (builder->passed, never);
  if (before != 0)
    node_at (flame, before)->next_sibling = nth;
  else
    node_at (flame, parent)->first_child = nth;
  flame->max_depth = MAX (flame->max_depth, node.depth);
  return nth;
}

/* The node of `call` under `parent`, which a walk over its few siblings finds. */
static guint32
find_child (Builder *builder, guint32 parent, const PsCall *call)
{
  guint32 before = 0, at = node_at (builder->flame, parent)->first_child;

  for (; at != 0; before = at, at = node_at (builder->flame, at)->next_sibling)
    {
      PsFlameNode *node = node_at (builder->flame, at);
      int order = strcmp (node->function, call->function);

      if (order > 0)
        break;
      if (order == 0 && node->boundary == call->boundary)
        {
          node->inferred &= call->inferred;
          return at;
        }
    }
  if (builder->flame->nodes->len >= NODES_MAX)
    return parent;
  return append_child (builder, parent, before, at, call);
}

static void
pass (Builder *builder, guint32 nth, guint64 packets)
{
  guint32 *turn = &g_array_index (builder->passed, guint32, nth);

  if (*turn == builder->turn)
    return;
  *turn = builder->turn;
  node_at (builder->flame, nth)->packets += packets;
}

/* Lays a tree of calls over the graph; returns the node of each call. Transfer full. */
static guint32 *
lay (Builder *builder, const GArray *calls, guint64 packets)
{
  guint32 *nodes = g_new (guint32, calls->len + 1);

  builder->turn++;
  pass (builder, 0, packets);
  for (guint i = 0; i < calls->len; i++)
    {
      const PsCall *call = &g_array_index (calls, PsCall, i);

      nodes[i] = find_child (builder, call->parent < i ? nodes[call->parent] : 0, call);
      pass (builder, nodes[i], packets);
    }
  return nodes;
}

/* Two call paths of one packet that end in the same function are one. */
static void
add_packets (Builder *builder, const GArray *calls, guint64 packets)
{
  g_autofree guint32 *nodes = lay (builder, calls, packets);
  g_autoptr (GHashTable) ended = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < calls->len; i++)
    if (ps_calls_is_leaf (calls, i) && g_hash_table_add (ended, GUINT_TO_POINTER (nodes[i])))
      node_at (builder->flame, nodes[i])->self += packets;
}

/* The path to the function that dropped it; without one, to the last that was seen. */
static void
add_drops (Builder *builder, const GArray *calls, guint64 packets)
{
  g_autoptr (GArray) chain = g_array_new (FALSE, FALSE, sizeof (PsCall));
  g_autofree guint32 *nodes = NULL;
  guint32 at = calls->len - 1;

  for (guint i = 0; i < calls->len; i++)
    if (g_array_index (calls, PsCall, i).dropped_here)
      at = i;
  for (guint32 next = at; next < calls->len; next = g_array_index (calls, PsCall, next).parent)
    g_array_prepend_vals (chain, &g_array_index (calls, PsCall, next), 1);
  for (guint i = 0; i < chain->len; i++)
    g_array_index (chain, PsCall, i).parent = i > 0 ? i - 1 : G_MAXUINT32;
  nodes = lay (builder, chain, packets);
  node_at (builder->flame, nodes[chain->len - 1])->self += packets;
}

/* A drop of which only the function is known. */
static void
add_named_drop (Builder *builder, PsSession *session, guint32 symbol_id, guint64 packets)
{
  g_autoptr (GArray) calls = g_array_new (FALSE, FALSE, sizeof (PsCall));
  const PsSymbol *symbol = ps_session_get_symbol (session, symbol_id);
  PsCall call = { .function = symbol ? symbol->name : "?",
                  .module = symbol ? symbol->module : "",
                  .parent = G_MAXUINT32 };

  call.layer = (guint8)MIN (ps_function_layer (call.function, call.module), PS_N_LAYERS - 1u);
  g_array_append_val (calls, call);
  add_drops (builder, calls, packets);
}

/* Children stand behind their parents: one walk backwards sums up. */
static PsFlame *
builder_end (Builder *builder)
{
  PsFlame *flame = builder->flame;

  for (guint32 i = flame->nodes->len; i-- > 0;)
    {
      PsFlameNode *node = node_at (flame, i);

      node->value += node->self;
      if (i > 0)
        node_at (flame, node->parent)->value += node->value;
    }
  g_array_unref (builder->passed);
  return flame;
}

static void
add_row (Builder *builder, PsPathTable *table, const PsPathRow *row)
{
  g_autoptr (PsCallTree) tree = NULL;
  PsPacket packet;

  if (builder->flame->weight == PS_FLAME_DROPS && !row->shape.dropped)
    return;
  if (!ps_session_get_packet (table->session, row->example, &packet))
    return;
  tree = ps_call_tree_new (table->session, &packet);
  if (row->inferred)
    builder->flame->n_inferred += row->packets;
  if (tree->calls->len == 0)
    {
      builder->flame->n_without_path += row->packets;
      if (builder->flame->weight == PS_FLAME_DROPS)
        add_named_drop (builder, table->session, row->shape.drop_symbol, row->packets);
    }
  else if (builder->flame->weight == PS_FLAME_DROPS)
    add_drops (builder, tree->calls, row->packets);
  else
    add_packets (builder, tree->calls, row->packets);
}

PsFlame *
ps_flame_new_from_table (PsPathTable *table, PsFlameWeight weight)
{
  Builder builder;

  g_return_val_if_fail (weight == PS_FLAME_PACKETS || weight == PS_FLAME_DROPS, NULL);

  builder_init (&builder, weight);
  builder.flame->n_packets = table->n_packets;
  builder.flame->n_without_path = table->n_without_path;
  builder.flame->n_other = table->n_other;
  for (guint i = 0; i < table->rows->len; i++)
    add_row (&builder, table, g_ptr_array_index (table->rows, i));
  return builder_end (&builder);
}

/* What a call took itself, of those that work on the packet or are called by what does: how long
 * their callers were at other things says nothing about it. Transfer full. */
static gint64 *
self_times (const GArray *calls, guint64 packet)
{
  gint64 *self = g_new0 (gint64, calls->len + 1);
  g_autofree gboolean *own = g_new0 (gboolean, calls->len + 1);

  for (guint i = 0; i < calls->len; i++)
    {
      const PsCall *call = &g_array_index (calls, PsCall, i);

      own[i] = call->packet == packet || (call->parent < i && own[call->parent]);
      if (own[i])
        self[i] = MAX (call->self_ns, 0);
    }
  return self;
}

/* From the function that took the time up to its outermost caller. */
static void
add_callers (Builder *builder, const GArray *calls, guint nth, guint64 time)
{
  guint32 node = 0;

  for (guint32 at = nth; at < calls->len; at = g_array_index (calls, PsCall, at).parent)
    {
      node = find_child (builder, node, &g_array_index (calls, PsCall, at));
      pass (builder, node, 1);
    }
  node_at (builder->flame, node)->self += time;
}

/* TRUE if any call of this packet has a duration. */
static gboolean
add_times (Builder *builder, const GArray *calls, guint64 packet)
{
  g_autofree gint64 *self = self_times (calls, packet);
  g_autofree guint32 *nodes = NULL;
  gboolean timed = FALSE;

  for (guint i = 0; i < calls->len; i++)
    timed |= g_array_index (calls, PsCall, i).duration_ns >= 0;
  if (!timed)
    return FALSE;
  if (builder->flame->weight == PS_FLAME_TOTAL_TIME)
    nodes = lay (builder, calls, 1);
  else
    {
      builder->turn++;
      pass (builder, 0, 1);
    }
  for (guint i = 0; i < calls->len; i++)
    {
      if (nodes != NULL)
        node_at (builder->flame, nodes[i])->self += (guint64)self[i];
      else if (self[i] > 0)
        add_callers (builder, calls, i, (guint64)self[i]);
    }
  return TRUE;
}

struct _PsFlameJob {
  PsSession *session;
  PsPacketPredicate predicate;
  gpointer user_data;
  PsFlameWeight weight;
  PsPathTable *table; /* of packets and drops: paths are few */
  Builder builder; /* of times: they differ from packet to packet */
  guint64 next;
};

PsFlameJob *
ps_flame_job_new (PsSession *session,
                  PsPacketPredicate predicate,
                  gpointer user_data,
                  PsFlameWeight weight)
{
  PsFlameJob *self;

  g_return_val_if_fail (PS_IS_SESSION (session), NULL);

  self = g_new0 (PsFlameJob, 1);
  self->session = g_object_ref (session);
  self->predicate = predicate;
  self->user_data = user_data;
  self->weight = weight;
  self->next = ps_session_get_first_packet (session);
  if (weight == PS_FLAME_TOTAL_TIME || weight == PS_FLAME_SELF_TIME)
    builder_init (&self->builder, weight);
  else
    self->table = ps_path_table_begin (session);
  return self;
}

static void
add_packet_times (PsFlameJob *self, const PsPacket *packet)
{
  PsFlame *flame = self->builder.flame;
  g_autoptr (PsCallTree) tree = ps_function_tree_new (self->session, packet);

  flame->n_packets++;
  if (tree == NULL || !add_times (&self->builder, tree->calls, packet->id))
    flame->n_without_path++;
}

gboolean
ps_flame_job_step (PsFlameJob *self, gint64 budget_us)
{
  guint64 end =
      ps_session_get_first_packet (self->session) + ps_session_get_n_packets (self->session);
  gint64 until = g_get_monotonic_time () + budget_us;
  PsPacket packet;

  if (self->table != NULL)
    return ps_path_table_step (self->table, self->predicate, self->user_data, budget_us);
  if (!ps_session_prepare_trees_for (self->session, budget_us))
    return FALSE;
  for (; self->next < end; self->next++)
    {
      if (g_get_monotonic_time () >= until)
        return FALSE;
      if (ps_session_get_packet (self->session, self->next, &packet) &&
          (self->predicate == NULL || self->predicate (self->session, &packet, self->user_data)))
        add_packet_times (self, &packet);
    }
  return TRUE;
}

PsFlame *
ps_flame_job_take (PsFlameJob *self, GError **error)
{
  PsFlame *flame;

  if (self->table != NULL)
    return ps_flame_new_from_table (self->table, self->weight);
  flame = builder_end (&self->builder);
  self->builder.flame = NULL;
  if (flame->n_packets == 0 || flame->n_without_path < flame->n_packets)
    return flame;
  ps_flame_free (flame);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       _ ("How long calls took is not in this capture: it was made at the depth "
                          "“paths”. Count packets or drops instead, or record at the depth "
                          "“functions”."));
  return NULL;
}

void
ps_flame_job_free (PsFlameJob *self)
{
  if (self->builder.flame != NULL)
    ps_flame_free (builder_end (&self->builder));
  g_clear_pointer (&self->table, ps_path_table_free);
  g_object_unref (self->session);
  g_free (self);
}

PsFlame *
ps_flame_new (PsSession *session,
              PsPacketPredicate predicate,
              gpointer user_data,
              PsFlameWeight weight,
              GError **error)
{
  g_autoptr (PsFlameJob) job = NULL;

  g_return_val_if_fail (PS_IS_SESSION (session), NULL);

  job = ps_flame_job_new (session, predicate, user_data, weight);
  while (!ps_flame_job_step (job, G_USEC_PER_SEC))
    ;
  return ps_flame_job_take (job, error);
}

void
ps_flame_free (PsFlame *self)
{
  g_array_unref (self->nodes);
  g_string_chunk_free (self->names);
  g_free (self);
}
