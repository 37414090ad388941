/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * At depth functions the time a packet is worked on is exact: that of its
 * outermost calls. What lies between two of them is waiting if the last thing
 * that happened before was putting it somewhere. At depth paths two stages
 * enclose a queue, and the wait is at most what lies between them.
 */
#include "config.h"

#include "analysis/ps-journey-waits.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "analysis/ps-duration.h"
#include "analysis/ps-journey-spans.h"

#define SEND(stage) ((stage) | PS_STAGE_SEND)

/* A stretch of time in which the packet was worked on without a break. */
typedef struct {
  gint64 start_ns, end_ns;
  guint32 first_call, last_call; /* of it */
} Stretch;

typedef struct {
  PsSession *session;
  const PsPacket *packet;
  const GArray *calls; /* PsCall */
  PsJourneyTimes *times;
} Builder;

/* Functions that put a packet somewhere, from where something else will take it. */
static const struct {
  const char *pattern;
  guint8 kind;
} places[] = {
  { "enqueue_to_backlog", PS_JOURNEY_WAIT_BACKLOG },
  { "tcp_add_backlog", PS_JOURNEY_WAIT_SOCKET_BACKLOG },
  { "sk_add_backlog", PS_JOURNEY_WAIT_SOCKET_BACKLOG },
  { "tcp_queue_rcv", PS_JOURNEY_WAIT_SOCKET_QUEUE },
  { "tcp_data_queue", PS_JOURNEY_WAIT_SOCKET_QUEUE },
  { "__udp_enqueue_schedule_skb", PS_JOURNEY_WAIT_SOCKET_QUEUE },
  { "*sock_queue_rcv_skb*", PS_JOURNEY_WAIT_SOCKET_QUEUE },
  { "__neigh_event_send", PS_JOURNEY_WAIT_HELD },
  { "neigh_resolve_output", PS_JOURNEY_WAIT_HELD },
  { "ip_defrag", PS_JOURNEY_WAIT_HELD },
  { "*_enqueue", PS_JOURNEY_WAIT_QDISC },
};

static gboolean
find_place (const char *function, guint *ret_kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    if (g_pattern_match_simple (places[i].pattern, function))
      {
        *ret_kind = places[i].kind;
        return TRUE;
      }
  return FALSE;
}

static char *
describe_qdisc (Builder *builder, const char *duration)
{
  const PsInterface *interface = ps_session_get_interface (
      builder->session, builder->packet->netns,
      builder->packet->out_interface ? builder->packet->out_interface : builder->packet->interface);

  if (interface)
    return g_strdup_printf (_ ("waited %s in the queue of %s"), duration, interface->name);
  return g_strdup_printf (_ ("waited %s in the device's queue"), duration);
}

static char *
describe_wait (Builder *builder, guint kind, gint64 duration_ns, const char *function)
{
  g_autofree char *duration = ps_duration_format (duration_ns);

  switch (kind)
    {
    case PS_JOURNEY_WAIT_QDISC:
      return describe_qdisc (builder, duration);
    case PS_JOURNEY_WAIT_BACKLOG:
      return g_strdup_printf (_ ("waited %s in a CPU's backlog for its softirq"), duration);
    case PS_JOURNEY_WAIT_SOCKET_QUEUE:
      return g_strdup_printf (_ ("waited %s in the socket's queue until a program read it"),
                              duration);
    case PS_JOURNEY_WAIT_SOCKET_BACKLOG:
      return g_strdup_printf (_ ("waited %s in the socket's backlog: a program held its lock"),
                              duration);
    case PS_JOURNEY_WAIT_BLOCKED:
      return g_strdup_printf (_ ("the program slept %s in %s"), duration, function);
    default:
      if (function && strcmp (function, "ip_defrag") == 0)
        return g_strdup_printf (_ ("was held %s until its other fragments came"), duration);
      return g_strdup_printf (_ ("was held %s until the neighbour's address was known"), duration);
    }
}

static void
add_wait (Builder *builder,
          guint kind,
          guint32 call,
          gboolean exact,
          gint64 start_ns,
          gint64 duration_ns)
{
  const char *function =
      call != G_MAXUINT32 ? g_array_index (builder->calls, PsCall, call).function : NULL;
  PsJourneyWait wait = { .kind = (guint8)kind,
                         .exact = exact,
                         .call = call,
                         .start_ns = start_ns,
                         .duration_ns = duration_ns,
                         .sentence = describe_wait (builder, kind, duration_ns, function) };

  g_array_append_val (builder->times->waits, wait);
  builder->times->waiting_ns += duration_ns;
}

static const PsCall *
call_at (Builder *builder, guint i)
{
  return &g_array_index (builder->calls, PsCall, i);
}

static gboolean
is_own (Builder *builder, const PsCall *call)
{
  return call->packet != 0 && call->packet == builder->packet->id && call->start_ns >= 0;
}

static gint64
end_of (const PsCall *call)
{
  return call->duration_ns >= 0 ? call->start_ns + call->duration_ns : call->start_ns;
}

/* Whether a call on the packet encloses this one. */
static gboolean
is_inside_own (Builder *builder, const PsCall *call)
{
  for (guint32 above = call->parent; above < builder->calls->len;
       above = call_at (builder, above)->parent)
    if (is_own (builder, call_at (builder, above)))
      return TRUE;
  return FALSE;
}

/* The outermost calls on the packet, joined where they touch. Trees come in the order of time. */
static GArray *
find_stretches (Builder *builder)
{
  GArray *stretches = g_array_new (FALSE, FALSE, sizeof (Stretch));

  for (guint i = 0; i < builder->calls->len; i++)
    {
      const PsCall *call = call_at (builder, i);
      Stretch one = { .start_ns = call->start_ns, .first_call = i, .last_call = i };
      Stretch *last =
          stretches->len > 0 ? &g_array_index (stretches, Stretch, stretches->len - 1) : NULL;

      if (!is_own (builder, call))
        continue;
      one.end_ns = end_of (call);
      if (last && (is_inside_own (builder, call) || one.start_ns <= last->end_ns))
        {
          last->end_ns = MAX (last->end_ns, one.end_ns);
          last->last_call = i;
        }
      else
        g_array_append_val (stretches, one);
    }
  return stretches;
}

/* The call of a stretch, the last one first, that put the packet where it lies now. */
static gboolean
find_putting_call (Builder *builder, const Stretch *stretch, guint32 *ret_call, guint *ret_kind)
{
  for (guint32 i = stretch->last_call + 1; i-- > stretch->first_call;)
    {
      const PsCall *call = call_at (builder, i);

      if (is_own (builder, call) && find_place (call->function, ret_kind))
        {
          *ret_call = i;
          return TRUE;
        }
    }
  return FALSE;
}

static void
add_gaps (Builder *builder, const GArray *stretches)
{
  for (guint i = 0; i + 1 < stretches->len; i++)
    {
      const Stretch *before = &g_array_index (stretches, Stretch, i);
      const Stretch *after = &g_array_index (stretches, Stretch, i + 1);
      guint32 call;
      guint kind;

      if (after->start_ns <= before->end_ns)
        continue;
      if (find_putting_call (builder, before, &call, &kind))
        add_wait (builder, kind, call, TRUE, before->end_ns, after->start_ns - before->end_ns);
      else
        builder->times->between_ns += after->start_ns - before->end_ns;
    }
}

/* Whether the packet is freed from here on: it was dropped at once, and did not wait. */
static gboolean
is_end (Builder *builder, const PsCall *call)
{
  return builder->packet->verdict == PS_VERDICT_DROPPED &&
         (g_str_has_prefix (call->function, "skb_release_") ||
          strstr (call->function, "kfree_skb") != NULL);
}

/* A queue that the same call puts into and takes out of: __dev_queue_xmit with its qdisc. */
static gint64
add_queue_inside (Builder *builder, const Stretch *stretch)
{
  gint64 inside = 0;

  for (guint32 i = stretch->first_call; i <= stretch->last_call; i++)
    {
      const PsCall *call = call_at (builder, i);
      guint32 next = i + 1;
      guint kind;

      if (!is_own (builder, call) || !find_place (call->function, &kind) ||
          kind != PS_JOURNEY_WAIT_QDISC || call->duration_ns < 0 || call->note)
        continue;
      while (next <= stretch->last_call && (!is_own (builder, call_at (builder, next)) ||
                                            call_at (builder, next)->start_ns < end_of (call)))
        next++;
      if (next > stretch->last_call || is_end (builder, call_at (builder, next)))
        break;
      add_wait (builder, kind, i, TRUE, end_of (call),
                call_at (builder, next)->start_ns - end_of (call));
      inside += call_at (builder, next)->start_ns - end_of (call);
      i = next - 1;
    }
  return inside;
}

/* What interrupts on top did for other packets in the meantime. */
static gint64
time_of_others (Builder *builder)
{
  gint64 sum = 0;

  for (guint i = 0; i < builder->calls->len; i++)
    {
      const PsCall *call = call_at (builder, i);

      if (call->boundary && call->duration_ns > 0 && call->packet != builder->packet->id &&
          is_inside_own (builder, call))
        sum += call->duration_ns;
    }
  return sum;
}

/* A thread that slept in a call around the packet, or below it. */
static gint64
add_blocked (Builder *builder)
{
  gint64 inside = 0;

  for (guint i = 0; i < builder->calls->len; i++)
    {
      const PsCall *call = call_at (builder, i);

      if (call->duration_ns <= 0 || !ps_function_blocks (call->function))
        continue;
      add_wait (builder, PS_JOURNEY_WAIT_BLOCKED, i, TRUE, call->start_ns, call->duration_ns);
      if (is_inside_own (builder, call))
        inside += call->duration_ns;
    }
  return inside;
}

/* When the buffer that lo or veth handed over was put where this packet was taken from. */
static gint64
end_of_crossing (Builder *builder, gboolean *ret_exact)
{
  PsCallsView view;
  PsCallRecord call;
  PsPacket parent;
  gint64 time_ns, end_ns = -1;
  guint64 id = builder->packet->parent;
  guint n = ps_session_get_n_trees (builder->session, id);

  *ret_exact = TRUE;
  for (guint i = 0; i < n && ps_session_get_tree (builder->session, id, i, &view, &time_ns); i++)
    while (ps_calls_view_next (&view, &call))
      {
        const PsSymbol *symbol = ps_session_get_symbol (builder->session, call.symbol);

        if (call.packet == id && !(call.flags & (PS_CALL_SOCKET | PS_CALL_EDGE | PS_CALL_OPEN)) &&
            symbol && strcmp (symbol->name, "enqueue_to_backlog") == 0)
          end_ns = time_ns + (gint64)(call.start + call.duration);
      }
  if (end_ns >= 0)
    return end_ns;
  *ret_exact = FALSE;
  if (!ps_session_get_packet (builder->session, ps_session_find_packet (builder->session, id),
                              &parent) ||
      parent.n_stages == 0 || parent.stages[parent.n_stages - 1].stage != SEND (PS_STAGE_DEVICE))
    return -1;
  return parent.time_ns + (gint64)parent.stages[parent.n_stages - 1].delta;
}

static void
add_crossing (Builder *builder, gint64 begin_ns)
{
  gboolean exact;
  gint64 end_ns;

  if (builder->packet->relation != PS_RELATION_CROSSED)
    return;
  end_ns = end_of_crossing (builder, &exact);
  if (end_ns >= 0 && begin_ns > end_ns)
    add_wait (builder, PS_JOURNEY_WAIT_BACKLOG, G_MAXUINT32, exact, end_ns, begin_ns - end_ns);
}

static gboolean
has_wait (Builder *builder, guint kind)
{
  for (guint i = 0; i < builder->times->waits->len; i++)
    if (g_array_index (builder->times->waits, PsJourneyWait, i).kind == kind)
      return TRUE;
  return FALSE;
}

/* Two milestones between which a packet lies in a queue: it was put in, and taken out. */
static void
add_stage_waits (Builder *builder)
{
  static const struct {
    guint8 in, out, kind;
  } queues[] = {
    { SEND (PS_STAGE_QDISC), SEND (PS_STAGE_DEVICE), PS_JOURNEY_WAIT_QDISC },
    { PS_STAGE_SOCKET, PS_STAGE_APPLICATION, PS_JOURNEY_WAIT_SOCKET_QUEUE },
  };
  const PsPacket *packet = builder->packet;

  for (guint i = 0; i + 1 < packet->n_stages; i++)
    for (guint k = 0; k < G_N_ELEMENTS (queues); k++)
      {
        const PsStageRecord *in = &packet->stages[i], *out = &packet->stages[i + 1];

        if (in->stage == queues[k].in && out->stage == queues[k].out && out->delta >= in->delta &&
            !has_wait (builder, queues[k].kind))
          add_wait (builder, queues[k].kind, G_MAXUINT32, FALSE,
                    packet->time_ns + (gint64)in->delta, (gint64)(out->delta - in->delta));
      }
}

/* From its calls: exact. FALSE if there are none with times. */
static gboolean
measure_calls (Builder *builder)
{
  g_autoptr (GArray) stretches = find_stretches (builder);
  gint64 running = 0;

  if (stretches->len == 0)
    return FALSE;
  add_crossing (builder, g_array_index (stretches, Stretch, 0).start_ns);
  for (guint i = 0; i < stretches->len; i++)
    {
      const Stretch *stretch = &g_array_index (stretches, Stretch, i);

      running += stretch->end_ns - stretch->start_ns - add_queue_inside (builder, stretch);
    }
  add_gaps (builder, stretches);
  /* A queue whose functions were not traced may show in the stages. */
  if (builder->times->waits->len == 0)
    add_stage_waits (builder);
  running -= add_blocked (builder) + time_of_others (builder);
  builder->times->running_ns = MAX (running, 0);
  return TRUE;
}

static void
measure_stages (Builder *builder)
{
  const PsPacket *packet = builder->packet;
  gint64 before;

  if (packet->n_stages < 2)
    return;
  builder->times->waiting_ns = 0;
  add_crossing (builder, packet->time_ns);
  before = builder->times->waiting_ns;
  add_stage_waits (builder);
  builder->times->running_ns = MAX ((gint64)packet->stages[packet->n_stages - 1].delta -
                                        (builder->times->waiting_ns - before),
                                    0);
}

static char *
make_note (const PsJourneyTimes *times)
{
  g_autofree char *between = NULL;

  if (times->running_ns < 0)
    return g_strdup (_ ("Fewer than two of its stages were seen."));
  if (times->between_ns <= (times->running_ns + times->waiting_ns) / 100)
    return NULL;
  between = ps_duration_format (times->between_ns);
  return g_strdup_printf (
      _ ("Between its calls lie %s more, of which it is not known what happened."), between);
}

static gint
compare_times (gconstpointer one, gconstpointer other)
{
  const PsJourneyWait *a = one, *b = other;

  return (a->start_ns > b->start_ns) - (a->start_ns < b->start_ns);
}

static void
clear_wait (gpointer data)
{
  g_free (((PsJourneyWait *)data)->sentence);
}

void
ps_journey_times_init (PsJourneyTimes *self,
                       PsSession *session,
                       const PsPacket *packet,
                       const PsCallTree *tree)
{
  Builder builder = { session, packet, tree->calls, self };

  *self = (PsJourneyTimes){ .waits = g_array_new (FALSE, FALSE, sizeof (PsJourneyWait)),
                            .running_ns = -1 };
  g_array_set_clear_func (self->waits, clear_wait);
  if (!measure_calls (&builder))
    measure_stages (&builder);
  self->note = make_note (self);
  if (self->running_ns < 0)
    self->waiting_ns = -1;
  g_array_sort (self->waits, compare_times);
}

void
ps_journey_times_clear (PsJourneyTimes *self)
{
  g_clear_pointer (&self->waits, g_array_unref);
  g_clear_pointer (&self->note, g_free);
}
