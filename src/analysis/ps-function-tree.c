/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-function-tree.h"

#include "analysis/ps-call-notes.h"

/* Parts in which the end of a call is looked for. */
#define PARTS_MAX 1024u

/* How a call of the tree relates to the packet. */
typedef enum {
  UNRELATED,
  ABOVE, /* calls, somewhere inside, what works on the packet */
  OWN, /* works on it, or on nothing that is known and is called by what does */
  EDGE, /* called by what works on it, and works on another packet */
} Relation;

typedef struct {
  PsCallRecord call;
  guint32 parent; /* in the same tree; G_MAXUINT32: none */
  Relation relation;
  guint32 place; /* in the result */
  gint64 self_ns; /* -1: its duration, or that of a call in it, is not known */
} Node;

/* Of the tree at hand. */
typedef struct {
  PsCallRecord record;
  guint32 node; /* in which it happened; G_MAXUINT32: none */
} Edge;

/* Of a packet that was cut up in the tree at hand. */
typedef struct {
  guint64 packet;
  guint64 whole;
} Fragment;

typedef struct {
  PsSession *session;
  const PsPacket *packet;
  PsCallTree *tree;
  GArray *nodes; /* of Node: one tree, its parts joined */
  GArray *edges; /* of Edge */
  GArray *fragments; /* of Fragment */
  guint64 crossed; /* id of the packet this one was received as; 0: none */
  gint64 time_ns; /* of its outermost call */
  GArray *open; /* of guint32: indices of the nodes that enclose the next one */
} Builder;

static Node *
node_at (Builder *builder, guint i)
{
  return &g_array_index (builder->nodes, Node, i);
}

/*
 * A call that stood open in the part before: here it is again, and may have ended. FALSE if it
 * began in a part that does not tell of this packet and is not here.
 */
static gboolean
continue_call (Builder *builder, const PsCallRecord *call)
{
  Node *node;

  if (call->depth >= builder->open->len)
    return FALSE;
  node = node_at (builder, g_array_index (builder->open, guint32, call->depth));
  if (node->call.symbol != call->symbol || node->call.start != call->start)
    return FALSE;
  node->call.duration = call->duration;
  node->call.value = call->value;
  node->call.flags = (guint16)(call->flags & ~PS_CALL_CONTINUED);
  return TRUE;
}

/* The kernel makes a fragment's header from the one before it: it is a fragment of what that is. */
static guint64
whole_of (Builder *builder, const PsCallRecord *record)
{
  Fragment fragment = { record->packet, record->origin };

  for (guint i = builder->fragments->len; i-- > 0;)
    {
      const Fragment *before = &g_array_index (builder->fragments, Fragment, i);

      if (before->packet != record->origin)
        continue;
      fragment.whole = before->whole;
      break;
    }
  g_array_append_val (builder->fragments, fragment);
  return fragment.whole;
}

static void
note_edge (Builder *builder, PsCallRecord *record)
{
  guint depth = MIN (record->depth, builder->open->len);
  Edge edge = { .node =
                    depth > 0 ? g_array_index (builder->open, guint32, depth - 1) : G_MAXUINT32 };

  if (record->value == PS_EDGE_FRAGMENT)
    record->origin = whole_of (builder, record);
  edge.record = *record;
  if (record->packet != record->origin &&
      (record->packet == builder->packet->id || record->origin == builder->packet->id))
    g_array_append_val (builder->edges, edge);
}

/*
 * A buffer that lo or veth hands over becomes another packet in the middle of
 * these functions: as a whole they belong to the received one.
 */
static void
settle_crossing (Builder *builder, PsCallRecord *call)
{
  const PsPacket *packet = builder->packet;
  const PsSymbol *symbol;
  gboolean is_sender = call->packet == packet->id && builder->crossed != 0;
  gboolean is_receiver = call->packet == packet->parent && packet->relation == PS_RELATION_CROSSED;

  if (call->packet == 0 || call->flags & (PS_CALL_SOCKET | PS_CALL_EDGE) ||
      (!is_sender && !is_receiver))
    return;
  symbol = ps_session_get_symbol (builder->session, call->symbol);
  if (symbol && g_str_has_prefix (symbol->name, "__netif_receive_skb"))
    call->packet = is_sender ? builder->crossed : packet->id;
}

static void
add_node (Builder *builder, PsCallRecord *call)
{
  Node node = { .parent = G_MAXUINT32, .place = G_MAXUINT32 };
  guint32 index = builder->nodes->len;
  guint depth = MIN (call->depth, builder->open->len);

  if (call->flags & PS_CALL_EDGE)
    {
      note_edge (builder, call);
      return;
    }
  if (call->flags & PS_CALL_CONTINUED && continue_call (builder, call))
    return;
  settle_crossing (builder, call);
  node.call = *call;
  g_array_set_size (builder->open, depth);
  if (depth > 0)
    node.parent = g_array_index (builder->open, guint32, depth - 1);
  g_array_append_val (builder->nodes, node);
  g_array_append_val (builder->open, index);
}

static gboolean
is_on_packet (const PsCallRecord *call, guint64 id)
{
  return !(call->flags & PS_CALL_SOCKET) && call->packet == id;
}

static gboolean
is_on_another (const PsCallRecord *call, guint64 id)
{
  return !(call->flags & PS_CALL_SOCKET) && call->packet != 0 && call->packet != id;
}

static void
relate (Builder *builder)
{
  guint64 id = builder->packet->id;

  for (guint i = 0; i < builder->nodes->len; i++)
    {
      Node *node = node_at (builder, i);
      Relation above =
          node->parent != G_MAXUINT32 ? node_at (builder, node->parent)->relation : UNRELATED;

      if (is_on_packet (&node->call, id))
        node->relation = OWN;
      else if (above == OWN && is_on_another (&node->call, id))
        node->relation = EDGE;
      /* An interrupt on top does not work for the packet it interrupts. */
      else if (above == OWN && !(node->call.flags & PS_CALL_BOUNDARY))
        node->relation = OWN;
    }
  /* Where something happened to the packet while another one was worked on. */
  for (guint i = 0; i < builder->edges->len; i++)
    {
      const Edge *edge = &g_array_index (builder->edges, Edge, i);

      if (edge->node != G_MAXUINT32 && node_at (builder, edge->node)->relation == UNRELATED)
        node_at (builder, edge->node)->relation = EDGE;
    }
  /* Children stand behind their parents: backwards, what lies inside is known already. */
  for (guint i = builder->nodes->len; i-- > 0;)
    {
      Node *node = node_at (builder, i);

      if (node->relation == UNRELATED || node->parent == G_MAXUINT32)
        continue;
      if (node_at (builder, node->parent)->relation == UNRELATED)
        node_at (builder, node->parent)->relation = ABOVE;
    }
}

static gboolean
has_duration (const PsCallRecord *call)
{
  return !(call->flags & (PS_CALL_OPEN | PS_CALL_UNMATCHED));
}

/* Of every call of the tree, whether it is shown or not. Clocks may disagree by a little. */
static void
measure_self (Builder *builder)
{
  for (guint i = 0; i < builder->nodes->len; i++)
    {
      Node *node = node_at (builder, i);
      Node *parent = node->parent != G_MAXUINT32 ? node_at (builder, node->parent) : NULL;
      gboolean known = has_duration (&node->call);

      node->self_ns = known ? (gint64)MIN (node->call.duration, (guint64)G_MAXINT64) : -1;
      if (parent && parent->self_ns >= 0)
        parent->self_ns = known ? MAX (parent->self_ns - node->self_ns, 0) : -1;
    }
}

static guint8
marks_of (const PsCallRecord *call)
{
  return (guint8)((call->flags & PS_CALL_OPEN ? PS_CALL_MARK_OPEN : 0) |
                  (call->flags & PS_CALL_UNMATCHED ? PS_CALL_MARK_UNMATCHED : 0));
}

static guint
layer_of (const PsSymbol *symbol, guint otherwise)
{
  guint layer = symbol ? ps_function_layer (symbol->name, symbol->module) : PS_N_LAYERS;

  return layer < PS_N_LAYERS ? layer : otherwise;
}

/* What it returned, in words where the kernel has some. */
static void
explain_value (Builder *builder, PsCall *call)
{
  const char *name = ps_call_value_name (builder->session, call->function, call->value);

  if (name)
    call->value_name = g_string_chunk_insert_const (builder->tree->names, name);
  call->note = ps_call_note (builder->session, call->function, call->value);
}

static void
append_call (Builder *builder, Node *node)
{
  const PsCallRecord *call = &node->call;
  const PsSymbol *symbol = ps_session_get_symbol (builder->session, call->symbol);
  GArray *calls = builder->tree->calls;
  guint32 parent =
      node->parent != G_MAXUINT32 ? node_at (builder, node->parent)->place : G_MAXUINT32;
  const PsCall *above = parent != G_MAXUINT32 ? &g_array_index (calls, PsCall, parent) : NULL;
  PsCall result = {
    .function = g_string_chunk_insert_const (builder->tree->names, symbol ? symbol->name : "?"),
    .module = g_string_chunk_insert_const (builder->tree->names, symbol ? symbol->module : ""),
    .layer = (guint8)layer_of (symbol, above ? above->layer : (guint)PS_LAYER_SOCKET),
    .depth = (guint16)(above ? above->depth + 1 : 0),
    .parent = parent,
    .start_ns = builder->time_ns + (gint64)call->start,
    .duration_ns = has_duration (call) ? (gint64)call->duration : -1,
    .self_ns = node->self_ns,
    .marks = marks_of (call),
    .has_value = (call->flags & PS_CALL_VALUE) != 0,
    .value = (gint32)call->value,
    .packet = call->flags & PS_CALL_SOCKET ? 0 : call->packet,
    .context = call->context,
    .boundary = (call->flags & PS_CALL_BOUNDARY) != 0,
    .stage = -1,
    .seen_ns = -1,
  };

  if (result.has_value)
    explain_value (builder, &result);
  node->place = calls->len;
  g_array_append_val (calls, result);
}

static void
append_edge (Builder *builder, const Edge *edge)
{
  PsTreeEdge result = {
    .call = edge->node != G_MAXUINT32 ? node_at (builder, edge->node)->place : G_MAXUINT32,
    .kind = (guint8)edge->record.value,
    .packet = edge->record.packet,
    .origin = edge->record.origin,
    .time_ns = builder->time_ns + (gint64)edge->record.start,
  };

  g_array_append_val (builder->tree->edges, result);
}

/* The tree that was gathered goes into the result, as far as it is about the packet. */
static void
finish_tree (Builder *builder)
{
  relate (builder);
  measure_self (builder);
  for (guint i = 0; i < builder->nodes->len; i++)
    if (node_at (builder, i)->relation != UNRELATED)
      append_call (builder, node_at (builder, i));
  for (guint i = 0; i < builder->edges->len; i++)
    append_edge (builder, &g_array_index (builder->edges, Edge, i));
  g_array_set_size (builder->nodes, 0);
  g_array_set_size (builder->edges, 0);
  g_array_set_size (builder->fragments, 0);
  g_array_set_size (builder->open, 0);
}

/* Part of freeing a packet, whoever does it. */
static gboolean
is_freeing (const char *function)
{
  return g_str_has_prefix (function, "skb_release_") || g_str_equal (function, "kfree_skbmem") ||
         g_str_equal (function, "__kfree_skb");
}

/*
 * The call that dropped the packet: the innermost one, on this packet, of the function that did,
 * or, if that is not known because what dropped it was jumped to, the one that began to free it.
 */
static PsCall *
find_drop (PsCallTree *tree, guint64 packet, const PsSymbol *symbol)
{
  PsCall *calls = (PsCall *)(void *)tree->calls->data;

  for (guint i = tree->calls->len; i-- > 0;)
    {
      guint32 parent = calls[i].parent;

      if (calls[i].packet != packet)
        continue;
      if (symbol && g_str_equal (calls[i].function, symbol->name))
        return &calls[i];
      if (!symbol && is_freeing (calls[i].function) && parent != G_MAXUINT32 &&
          calls[parent].packet == packet && !is_freeing (calls[parent].function))
        return &calls[parent];
    }
  return NULL;
}

static void
mark_drop (PsSession *session, const PsPacket *packet, PsCallTree *tree)
{
  const PsSymbol *symbol = ps_session_get_symbol (session, packet->drop_symbol);
  PsCall *call = NULL;

  if (packet->verdict == PS_VERDICT_DROPPED)
    call = find_drop (tree, packet->id, symbol);
  if (call)
    call->dropped_here = TRUE;
}

/* What was open at the end of the last part may have ended in one that is about other packets. */
static void
take_endings (Builder *builder, guint64 tree, guint part)
{
  PsCallsView view;
  PsCallRecord call;
  gint64 time_ns;

  for (guint i = 0; i < PARTS_MAX; i++, part++)
    {
      if (!ps_session_get_tree_part (builder->session, tree, part, &view, &time_ns))
        return;
      while (ps_calls_view_next (&view, &call) && call.flags & PS_CALL_CONTINUED)
        continue_call (builder, &call);
      if (!(view.calls->flags & PS_CALLS_PARTIAL))
        return;
    }
}

static guint64
find_crossed (PsSession *session, const PsPacket *packet)
{
  PsPacket child;
  guint64 number =
      packet->direction == PS_DIRECTION_OUT ? ps_session_find_child (session, packet->id, 0) : 0;

  if (number == 0 || !ps_session_get_packet (session, number, &child) ||
      child.relation != PS_RELATION_CROSSED)
    return 0;
  return child.id;
}

PsCallTree *
ps_function_tree_new (PsSession *session, const PsPacket *packet)
{
  g_autoptr (GArray) nodes = g_array_new (FALSE, FALSE, sizeof (Node));
  g_autoptr (GArray) open = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GArray) edges = g_array_new (FALSE, FALSE, sizeof (Edge));
  g_autoptr (GArray) fragments = g_array_new (FALSE, FALSE, sizeof (Fragment));
  guint n = ps_session_get_n_trees (session, packet->id);
  Builder builder = { .session = session,
                      .packet = packet,
                      .nodes = nodes,
                      .open = open,
                      .edges = edges,
                      .fragments = fragments,
                      .crossed = find_crossed (session, packet) };
  guint64 last = 0;
  guint next = 0; /* part of that tree */
  PsCallsView view;
  PsCallRecord call;
  gint64 time_ns;

  if (n == 0)
    return NULL;
  builder.tree = g_new0 (PsCallTree, 1);
  builder.tree->calls = g_array_new (FALSE, FALSE, sizeof (PsCall));
  builder.tree->edges = g_array_new (FALSE, FALSE, sizeof (PsTreeEdge));
  builder.tree->names = g_string_chunk_new (1024);
  for (guint i = 0; i < n && ps_session_get_tree (session, packet->id, i, &view, &time_ns); i++)
    {
      if (view.calls->tree != last)
        {
          take_endings (&builder, last, next);
          finish_tree (&builder);
          /* The endings took its place. */
          ps_session_get_tree (session, packet->id, i, &view, &time_ns);
        }
      last = view.calls->tree;
      next = view.calls->part + 1u;
      builder.time_ns = time_ns;
      builder.tree->gap |= (view.calls->flags & PS_CALLS_GAP) != 0;
      while (ps_calls_view_next (&view, &call))
        add_node (&builder, &call);
    }
  take_endings (&builder, last, next);
  finish_tree (&builder);
  mark_drop (session, packet, builder.tree);
  return builder.tree;
}
