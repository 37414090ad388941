/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-journey-spans.h"

#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "analysis/ps-tcp-range.h"

/* A stream's packet of many small writes names the first of them. */
#define SPANS_MAX 256u
#define SPAN_PACKETS_MAX 4096u
#define PARTS_MAX 1024u

typedef struct {
  PsSession *session;
  const PsPacket *packet;
  GArray *spans;
  gboolean knows_blocking;
} Builder;

gboolean
ps_function_blocks (const char *name)
{
  static const char *const functions[] = { "sk_stream_wait_memory",       "sk_stream_wait_connect",
                                           "sk_stream_wait_close",        "sk_wait_data",
                                           "__skb_wait_for_more_packets", "sock_wait_for_wmem",
                                           "inet_wait_for_connect" };

  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    if (strcmp (name, functions[i]) == 0)
      return TRUE;
  return FALSE;
}

static const char *
function_name (Builder *builder, guint32 symbol)
{
  const PsSymbol *found = ps_session_get_symbol (builder->session, symbol);

  return found ? found->name : "";
}

/* FALSE if only functions that the user chose were traced: who slept then is not known. */
static gboolean
blocking_is_traced (PsSession *session)
{
  const char *text = ps_session_get_hello (session);
  g_autoptr (JsonNode) hello = text ? json_from_string (text, NULL) : NULL;
  JsonObject *object =
      hello && JSON_NODE_HOLDS_OBJECT (hello) ? json_node_get_object (hello) : NULL;
  JsonNode *options = object ? json_object_get_member (object, "options") : NULL;

  if (!options || !JSON_NODE_HOLDS_OBJECT (options))
    return TRUE;
  object = json_node_get_object (options);
  return !json_object_has_member (object, "functions") &&
         !json_object_has_member (object, "layers");
}

static gboolean
has_ended (const PsCallRecord *call)
{
  return !(call->flags & (PS_CALL_OPEN | PS_CALL_UNMATCHED));
}

/* Follows the call of a span through its tree: how long it took, what it returned, how long it
 * slept. */
typedef struct {
  PsJourneySpan *span;
  guint depth; /* of the call */
  gboolean inside;
  gboolean over;
} Follow;

static void
take_call (Builder *builder, Follow *follow, const PsCallRecord *call)
{
  PsJourneySpan *span = follow->span;

  if (call->flags & PS_CALL_EDGE)
    return;
  if (call->depth < follow->depth ||
      (call->depth == follow->depth && follow->inside && !(call->flags & PS_CALL_CONTINUED)))
    {
      follow->over = TRUE;
      return;
    }
  if (call->depth == follow->depth)
    {
      follow->inside = TRUE;
      span->duration_ns = has_ended (call) ? (gint64)call->duration : -1;
      if (call->flags & PS_CALL_VALUE && (gint32)call->value > 0)
        span->bytes = call->value;
    }
  else if (follow->inside && has_ended (call) &&
           ps_function_blocks (function_name (builder, call->symbol)))
    span->blocked_ns += (gint64)call->duration;
}

/* From the call at `place` of a part to its end, in the parts behind it if need be. */
static gboolean
follow_call (Builder *builder, const PsSessionSpan *place, PsJourneySpan *span)
{
  Follow follow = { .span = span, .depth = place->depth };
  guint part = place->part;
  gboolean more = TRUE;

  for (guint i = 0; more && !follow.over && i < PARTS_MAX; i++, part++)
    {
      PsCallsView view;
      PsCallRecord call;
      gint64 time_ns;

      if (!ps_session_get_tree_part (builder->session, place->tree, part, &view, &time_ns))
        break;
      if (part == place->part)
        {
          span->pid = view.calls->pid;
          span->tid = view.calls->tid;
          memcpy (span->comm, view.calls->comm, PS_COMM_LENGTH);
        }
      more = (view.calls->flags & PS_CALLS_PARTIAL) != 0;
      for (guint nth = 0; !follow.over && ps_calls_view_next (&view, &call); nth++)
        {
          if (part == place->part && nth < place->nth)
            continue;
          if (part == place->part && nth == place->nth)
            span->start_ns = time_ns + (gint64)call.start;
          if (part != place->part && call.depth < place->depth && call.flags & PS_CALL_CONTINUED)
            continue;
          take_call (builder, &follow, &call);
        }
    }
  return follow.inside;
}

static void
add_span (Builder *builder, const PsSessionSpan *place, gboolean send, const PsTcpRange *range)
{
  PsJourneySpan span = {
    .send = send,
    .function = g_strdup (function_name (builder, place->symbol)),
    .duration_ns = -1,
  };

  if (range)
    {
      span.has_sequence = TRUE;
      span.first_seq = range->first_seq;
      span.end_seq = range->end_seq;
    }
  if (!follow_call (builder, place, &span))
    {
      g_free (span.function);
      return;
    }
  if (!builder->knows_blocking)
    span.blocked_ns = -1;
  if (range)
    span.bytes = (guint32)(range->end_seq - range->first_seq);
  g_array_append_val (builder->spans, span);
}

static gboolean
sends (const char *function)
{
  return strstr (function, "sendmsg") || strstr (function, "sendpage");
}

static gboolean
is_outgoing (const PsPacket *packet)
{
  return packet->direction == PS_DIRECTION_OUT;
}

static void
add_stream_spans (Builder *builder, const PsTcpRange *range)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (PsSessionSpan));

  ps_session_find_spans (builder->session, builder->packet->socket, range->first_seq,
                         range->end_seq, found);
  for (guint i = 0; i < found->len && builder->spans->len < SPANS_MAX; i++)
    {
      const PsSessionSpan *place = &g_array_index (found, PsSessionSpan, i);
      const PsTcpRange bytes = { place->first_seq, place->end_seq };
      gboolean send = sends (function_name (builder, place->symbol));

      if (send == is_outgoing (builder->packet))
        add_span (builder, place, send, &bytes);
    }
}

typedef struct {
  GArray *spans;
  GPtrArray *lists; /* of GArray of guint64, for each span */
} Carriers;

static void
take_carrier (const PsPacket *packet, const PsTcpRange *range, gpointer user_data)
{
  Carriers *carriers = user_data;

  for (guint i = 0; i < carriers->spans->len; i++)
    {
      const PsJourneySpan *span = &g_array_index (carriers->spans, PsJourneySpan, i);
      const PsTcpRange bytes = { span->first_seq, span->end_seq };
      GArray *list = carriers->lists->pdata[i];

      if (list->len < SPAN_PACKETS_MAX && ps_tcp_range_overlap (range, &bytes))
        g_array_append_val (list, packet->number);
    }
}

/* The range from the first byte of the spans to the last. */
static PsTcpRange
range_of_spans (const GArray *spans)
{
  const PsJourneySpan *first = &g_array_index (spans, PsJourneySpan, 0);
  PsTcpRange range = { first->first_seq, first->end_seq };

  for (guint i = 1; i < spans->len; i++)
    {
      const PsJourneySpan *span = &g_array_index (spans, PsJourneySpan, i);

      if ((gint32)(span->first_seq - range.first_seq) < 0)
        range.first_seq = span->first_seq;
      if ((gint32)(span->end_seq - range.end_seq) > 0)
        range.end_seq = span->end_seq;
    }
  return range;
}

/* The packets around this one that carry bytes of the spans. */
static void
find_carriers (Builder *builder)
{
  g_autoptr (GPtrArray) lists = g_ptr_array_new_with_free_func ((GDestroyNotify)g_array_unref);
  Carriers carriers = { builder->spans, lists };
  PsTcpRange range = range_of_spans (builder->spans);

  for (guint i = 0; i < builder->spans->len; i++)
    g_ptr_array_add (lists, g_array_new (FALSE, FALSE, sizeof (guint64)));
  ps_tcp_range_for_each (builder->session, builder->packet, &range, take_carrier, &carriers);
  for (guint i = 0; i < builder->spans->len; i++)
    {
      PsJourneySpan *span = &g_array_index (builder->spans, PsJourneySpan, i);
      gsize length;

      span->packets = g_array_steal (lists->pdata[i], &length);
      span->n_packets = (guint)length;
    }
}

/* A datagram's: the outermost call, if it works on the packet outside of any interrupt on top. */
static void
add_datagram_span (Builder *builder, guint nth)
{
  PsCallsView view;
  PsCallRecord call, outer = { 0 };
  guint interrupt = G_MAXUINT; /* depth of the call an interrupt on top began with */
  gint64 time_ns;
  gboolean tied = FALSE;
  const char *function;

  if (!ps_session_get_tree (builder->session, builder->packet->id, nth, &view, &time_ns) ||
      view.calls->context != PS_CONTEXT_TASK || view.calls->part != 0)
    return;
  for (guint i = 0; !tied && ps_calls_view_next (&view, &call); i++)
    {
      if (i == 0)
        outer = call;
      if (call.depth <= interrupt)
        interrupt = call.flags & PS_CALL_BOUNDARY ? call.depth : G_MAXUINT;
      tied = interrupt == G_MAXUINT && !(call.flags & (PS_CALL_SOCKET | PS_CALL_EDGE)) &&
             call.packet == builder->packet->id;
    }
  function = function_name (builder, outer.symbol);
  if (!tied || (!sends (function) && !strstr (function, "recvmsg")) ||
      g_str_has_prefix (function, "tcp_") || sends (function) != is_outgoing (builder->packet))
    return;
  add_span (builder,
            &(const PsSessionSpan){ .tree = view.calls->tree, .symbol = outer.symbol }, /* send= */
            sends (function), /* range= */ NULL);
}

static void
add_datagram_spans (Builder *builder)
{
  guint n = ps_session_get_n_trees (builder->session, builder->packet->id);

  for (guint i = 0; i < n && builder->spans->len < SPANS_MAX; i++)
    add_datagram_span (builder, i);
  for (guint i = 0; i < builder->spans->len; i++)
    {
      PsJourneySpan *span = &g_array_index (builder->spans, PsJourneySpan, i);

      span->n_packets = 1;
      span->packets = g_memdup2 (&builder->packet->number, sizeof builder->packet->number);
    }
}

static void
clear_span (gpointer data)
{
  PsJourneySpan *span = data;

  g_free (span->function);
  g_free (span->packets);
}

static gint
compare_times (gconstpointer one, gconstpointer other)
{
  const PsJourneySpan *a = one, *b = other;

  return (a->start_ns > b->start_ns) - (a->start_ns < b->start_ns);
}

/* Calls, or their ends, that the tracer did not see. */
static gboolean
has_lost_calls (PsSession *session)
{
  static const enum ps_loss causes[] = { PS_LOSS_RING_FULL, PS_LOSS_RECURSION, PS_LOSS_READER,
                                         PS_LOSS_EVICTED,   PS_LOSS_DISK,      PS_LOSS_CONTEXT_FULL,
                                         PS_LOSS_RETURN };

  for (guint i = 0; i < G_N_ELEMENTS (causes); i++)
    if (ps_session_get_loss (session, causes[i]) > 0)
      return TRUE;
  return FALSE;
}

static const char *
why_none (Builder *builder, gboolean is_stream, gboolean has_bytes)
{
  if (g_strcmp0 (ps_session_get_depth (builder->session), "functions") != 0)
    return _ ("The program's calls are recorded at the depth “functions” only.");
  if (builder->packet->direction == PS_DIRECTION_FORWARD)
    return _ ("It was forwarded: no program of this machine sent or read it.");
  if (is_stream && !has_bytes)
    return _ ("It carries no bytes of a program.");
  if (is_stream && builder->packet->socket == 0)
    return _ ("The socket it belongs to is not known.");
  if (has_lost_calls (builder->session))
    return _ (
        "No program's call that sent or read its bytes was seen; the tracer lost some calls.");
  return _ ("No program's call that sent or read its bytes was seen.");
}

GArray *
ps_journey_spans_new (PsSession *session, const PsPacket *packet, char **ret_note)
{
  Builder builder = { session, packet, g_array_new (FALSE, FALSE, sizeof (PsJourneySpan)) };
  PsTcpRange range = { 0 };
  gboolean is_stream = ps_tcp_range_of_packet (packet, &range);
  gboolean has_bytes = range.first_seq != range.end_seq;

  builder.knows_blocking = blocking_is_traced (session);
  g_array_set_clear_func (builder.spans, clear_span);
  if (is_stream && has_bytes)
    {
      add_stream_spans (&builder, &range);
      if (builder.spans->len > 0)
        find_carriers (&builder);
    }
  else if (!is_stream)
    add_datagram_spans (&builder);
  g_array_sort (builder.spans, compare_times);
  if (builder.spans->len == 0)
    *ret_note = g_strdup (why_none (&builder, is_stream, has_bytes));
  return builder.spans;
}
