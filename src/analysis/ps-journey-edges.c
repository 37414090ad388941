/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-journey-edges.h"

#include <glib/gi18n-lib.h>

#include "analysis/ps-function-tree.h"
#include "analysis/ps-tcp-range.h"

/* A packet with more of them, a listener's or a broadcast's, is told by its first ones. */
#define CHILDREN_MAX 256u
/* Packets with the same bytes that are looked at. */
#define TRANSMISSIONS_MAX 32u

typedef struct {
  PsSession *session;
  const PsPacket *packet;
  const PsCallTree *tree;
  GArray *edges;
} Builder;

/* What this packet is to the one it comes from. */
static char *
describe_incoming (guint kind, const char *other)
{
  switch (kind)
    {
    case PS_JOURNEY_EDGE_COPIED:
      return g_strdup_printf (_ ("copied from %s"), other);
    case PS_JOURNEY_EDGE_SEGMENT:
      return g_strdup_printf (_ ("a segment of %s"), other);
    case PS_JOURNEY_EDGE_FRAGMENT:
      return g_strdup_printf (_ ("a fragment of %s"), other);
    case PS_JOURNEY_EDGE_MERGED:
      return g_strdup_printf (_ ("took up the bytes of %s"), other);
    case PS_JOURNEY_EDGE_RETRANSMITTED:
      return g_strdup_printf (_ ("a retransmission of %s"), other);
    case PS_JOURNEY_EDGE_CROSSED:
      return g_strdup_printf (_ ("the same buffer as %s, handed over without a wire"), other);
    case PS_JOURNEY_EDGE_ENCAPSULATED:
      return g_strdup_printf (_ ("carries %s, sent by the device stacked on this one"), other);
    default:
      g_return_val_if_reached (NULL);
    }
}

/* What became of this packet. */
static char *
describe_outgoing (guint kind, const char *other)
{
  switch (kind)
    {
    case PS_JOURNEY_EDGE_COPIED:
      return g_strdup_printf (_ ("copied into %s"), other);
    case PS_JOURNEY_EDGE_SEGMENT:
      return g_strdup_printf (_ ("cut into segments, one of them %s"), other);
    case PS_JOURNEY_EDGE_FRAGMENT:
      return g_strdup_printf (_ ("cut into fragments, one of them %s"), other);
    case PS_JOURNEY_EDGE_MERGED:
      return g_strdup_printf (_ ("merged into %s"), other);
    case PS_JOURNEY_EDGE_RETRANSMITTED:
      return g_strdup_printf (_ ("sent again as %s"), other);
    case PS_JOURNEY_EDGE_CROSSED:
      return g_strdup_printf (_ ("handed over without a wire, received as %s"), other);
    case PS_JOURNEY_EDGE_ENCAPSULATED:
      return g_strdup_printf (_ ("carried on by %s"), other);
    default:
      g_return_val_if_reached (NULL);
    }
}

/*
 * Where this journey begins to work on another packet. The call that does is often one that
 * makes a buffer; what it is made for, its caller says.
 */
static char *
describe_work (Builder *builder, guint32 nth, const char *other)
{
  const GArray *calls = builder->tree->calls;
  guint32 parent = g_array_index (calls, PsCall, nth).parent;

  /* Translators: a kernel function, and "packet 23" */
  return g_strdup_printf (
      _ ("%s works on %s"),
      g_array_index (calls, PsCall, parent < calls->len ? parent : nth).function, other);
}

/* An edge that records and calls both tell is one. */
static PsJourneyEdge *
find_edge (Builder *builder, guint kind, gboolean incoming, guint64 id)
{
  for (guint i = 0; i < builder->edges->len; i++)
    {
      PsJourneyEdge *edge = &g_array_index (builder->edges, PsJourneyEdge, i);

      if (edge->kind == kind && edge->incoming == incoming && edge->packet == id)
        return edge;
    }
  return NULL;
}

static void
add_edge (Builder *builder, guint kind, gboolean incoming, guint64 id, guint32 call, gint64 time_ns)
{
  PsJourneyEdge edge = { .call = call,
                         .kind = (guint8)kind,
                         .incoming = incoming,
                         .packet = id,
                         .number = ps_session_find_packet (builder->session, id),
                         .time_ns = time_ns };
  g_autofree char *name = NULL;

  if (find_edge (builder, kind, incoming, id))
    return;
  name = edge.number ? g_strdup_printf (_ ("packet %" G_GUINT64_FORMAT), edge.number)
                     : g_strdup (_ ("a packet that is not listed"));
  if (kind == PS_JOURNEY_EDGE_WORKS_ON)
    edge.sentence = describe_work (builder, call, name);
  else
    edge.sentence = incoming ? describe_incoming (kind, name) : describe_outgoing (kind, name);
  g_array_append_val (builder->edges, edge);
}

static gboolean
is_in_function (const GArray *calls, guint32 call, const char *pattern)
{
  for (; call < calls->len; call = g_array_index (calls, PsCall, call).parent)
    if (g_pattern_match_simple (pattern, g_array_index (calls, PsCall, call).function))
      return TRUE;
  return FALSE;
}

static guint
kind_of_relation (guint relation)
{
  switch (relation)
    {
    case PS_RELATION_CROSSED:
      return PS_JOURNEY_EDGE_CROSSED;
    case PS_RELATION_ENCAPSULATED:
      return PS_JOURNEY_EDGE_ENCAPSULATED;
    case PS_RELATION_RETRANSMITTED:
      return PS_JOURNEY_EDGE_RETRANSMITTED;
    default:
      return PS_JOURNEY_EDGE_COPIED;
    }
}

static void
add_relations (Builder *builder)
{
  const PsPacket *packet = builder->packet;
  guint64 number = 0;
  PsPacket child;

  if (packet->parent != 0)
    add_edge (builder, kind_of_relation (packet->relation), TRUE, packet->parent, G_MAXUINT32,
              packet->time_ns);
  for (guint i = 0; packet->id != 0 && i < CHILDREN_MAX; i++)
    {
      number = ps_session_find_child (builder->session, packet->id, number);
      if (number == 0 || !ps_session_get_packet (builder->session, number, &child))
        break;
      add_edge (builder, kind_of_relation (child.relation), FALSE, child.id, G_MAXUINT32,
                child.time_ns);
    }
}

static guint
kind_of_edge (guint edge)
{
  switch (edge)
    {
    case PS_EDGE_MERGED:
      return PS_JOURNEY_EDGE_MERGED;
    case PS_EDGE_FRAGMENT:
      return PS_JOURNEY_EDGE_FRAGMENT;
    default:
      return PS_JOURNEY_EDGE_COPIED;
    }
}

/* TCP sends copies of what it keeps: that is no packet, and in no list. */
static void
name_kept_copy (Builder *builder, const PsTreeEdge *tree_edge)
{
  PsJourneyEdge *edge = find_edge (builder, PS_JOURNEY_EDGE_COPIED, TRUE, tree_edge->origin);

  if (!edge || edge->number != 0 ||
      !is_in_function (builder->tree->calls, tree_edge->call, "__tcp_transmit_skb"))
    return;
  g_free (edge->sentence);
  edge->sentence = g_strdup (_ ("a copy of what its socket keeps until it is acknowledged"));
}

static void
add_tree_edges (Builder *builder)
{
  const GArray *edges = builder->tree->edges, *calls = builder->tree->calls;

  for (guint i = 0; edges != NULL && i < edges->len; i++)
    {
      const PsTreeEdge *edge = &g_array_index (edges, PsTreeEdge, i);
      gboolean incoming = edge->packet == builder->packet->id;
      guint kind = kind_of_edge (edge->kind);

      if (kind == PS_JOURNEY_EDGE_COPIED && is_in_function (calls, edge->call, "*segment*"))
        kind = PS_JOURNEY_EDGE_SEGMENT;

      /* Merging runs the other way: what the call works on goes into what it names. */
      if (kind == PS_JOURNEY_EDGE_MERGED)
        incoming = !incoming;
      add_edge (builder, kind, incoming,
                edge->packet == builder->packet->id ? edge->origin : edge->packet, edge->call,
                edge->time_ns);
      name_kept_copy (builder, edge);
    }
}

/* Whether TCP sent it because it took earlier bytes for lost; its tree shows it at either depth. */
static gboolean
is_retransmission (const PsCallTree *tree, const PsPacket *packet)
{
  if (packet->relation == PS_RELATION_RETRANSMITTED)
    return TRUE;
  for (guint i = 0; i < tree->calls->len; i++)
    {
      const PsCall *call = &g_array_index (tree->calls, PsCall, i);

      if (call->packet == packet->id && is_in_function (tree->calls, i, "*tcp_retransmit_skb"))
        return TRUE;
    }
  return FALSE;
}

typedef struct {
  guint64 numbers[TRANSMISSIONS_MAX];
  guint n;
} Transmissions;

static void
take_transmission (const PsPacket *packet, const PsTcpRange *range, gpointer user_data)
{
  Transmissions *found = user_data;

  if (found->n < TRANSMISSIONS_MAX)
    found->numbers[found->n++] = packet->number;
}

static gboolean
is_tied (Builder *builder, guint64 id)
{
  for (guint i = 0; i < builder->edges->len; i++)
    if (g_array_index (builder->edges, PsJourneyEdge, i).packet == id)
      return TRUE;
  return FALSE;
}

static PsCallTree *
tree_of (PsSession *session, const PsPacket *packet)
{
  PsCallTree *tree = ps_function_tree_new (session, packet);

  return tree ? tree : ps_call_tree_new (session, packet);
}

/* Other transmissions of the same bytes: of two the later one has to be a retransmission. */
static void
add_retransmissions (Builder *builder)
{
  Transmissions found = { .n = 0 };
  PsPacket own = *builder->packet, other;
  PsTcpRange range;
  gboolean is_later = is_retransmission (builder->tree, &own);

  if (own.direction != PS_DIRECTION_OUT || !ps_tcp_range_of_packet (&own, &range))
    return;
  ps_tcp_range_for_each (builder->session, &own, &range, take_transmission, &found);
  for (guint i = 0; i < found.n; i++)
    {
      g_autoptr (PsCallTree) tree = NULL;

      if (!ps_session_get_packet (builder->session, found.numbers[i], &other) ||
          other.id == own.id || is_tied (builder, other.id))
        continue;
      if (other.time_ns < own.time_ns)
        {
          if (is_later)
            add_edge (builder, PS_JOURNEY_EDGE_RETRANSMITTED, TRUE, other.id, G_MAXUINT32,
                      own.time_ns);
          continue;
        }
      tree = tree_of (builder->session, &other);
      if (is_retransmission (tree, &other))
        add_edge (builder, PS_JOURNEY_EDGE_RETRANSMITTED, FALSE, other.id, G_MAXUINT32,
                  other.time_ns);
    }
}

/* Whether a call on the packet leads to this one, and not an interrupt on top of it. */
static gboolean
is_called_by_own (Builder *builder, const PsCall *call)
{
  const GArray *calls = builder->tree->calls;

  while (!call->boundary && call->parent < calls->len)
    {
      call = &g_array_index (calls, PsCall, call->parent);
      if (call->packet == builder->packet->id)
        return TRUE;
    }
  return FALSE;
}

/* Calls in the tree that work on another packet, once for each packet, unless it is tied already.
 */
static void
add_calls_on_others (Builder *builder)
{
  const GArray *calls = builder->tree->calls;

  for (guint i = 0; i < calls->len; i++)
    {
      const PsCall *call = &g_array_index (calls, PsCall, i);

      if (call->packet == 0 || call->packet == builder->packet->id ||
          !is_called_by_own (builder, call))
        continue;
      if (!is_tied (builder, call->packet))
        add_edge (builder, PS_JOURNEY_EDGE_WORKS_ON, FALSE, call->packet, i, call->start_ns);
    }
}

static gint
compare_times (gconstpointer one, gconstpointer other)
{
  const PsJourneyEdge *a = one, *b = other;

  return (a->time_ns > b->time_ns) - (a->time_ns < b->time_ns);
}

static void
clear_edge (gpointer data)
{
  g_free (((PsJourneyEdge *)data)->sentence);
}

GArray *
ps_journey_edges_new (PsSession *session, const PsPacket *packet, const PsCallTree *tree)
{
  Builder builder = { session, packet, tree, g_array_new (FALSE, FALSE, sizeof (PsJourneyEdge)) };

  g_array_set_clear_func (builder.edges, clear_edge);
  add_tree_edges (&builder);
  add_relations (&builder);
  add_retransmissions (&builder);
  add_calls_on_others (&builder);
  g_array_sort (builder.edges, compare_times);
  return builder.edges;
}
