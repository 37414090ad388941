/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-journey.h"

#include <glib/gi18n-lib.h>

#include "analysis/ps-call-tree.h"
#include "analysis/ps-dissection.h"
#include "analysis/ps-function-tree.h"
#include "analysis/ps-journey-edges.h"
#include "analysis/ps-journey-spans.h"
#include "analysis/ps-journey-stages.h"
#include "analysis/ps-journey-waits.h"

struct _PsJourney {
  GObject parent_instance;

  guint64 number;
  guint64 parent;
  guint64 child;
  GArray *stages; /* PsJourneyStage */
  PsCallTree *tree;
  GArray *edges; /* PsJourneyEdge */
  GArray *spans; /* PsJourneySpan */
  PsJourneyTimes times;
  char *spans_note;
  char *end;
  char *calls_note;
  char *inferred_note;
};

G_DEFINE_FINAL_TYPE (PsJourney, ps_journey, G_TYPE_OBJECT)

static void
ps_journey_finalize (GObject *object)
{
  PsJourney *self = PS_JOURNEY (object);

  g_clear_pointer (&self->stages, g_array_unref);
  g_clear_pointer (&self->tree, ps_call_tree_free);
  g_clear_pointer (&self->edges, g_array_unref);
  g_clear_pointer (&self->spans, g_array_unref);
  ps_journey_times_clear (&self->times);
  g_free (self->spans_note);
  g_free (self->end);
  g_free (self->calls_note);
  g_free (self->inferred_note);
  G_OBJECT_CLASS (ps_journey_parent_class)->finalize (object);
}

static void
ps_journey_class_init (PsJourneyClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ps_journey_finalize;
}

static void
ps_journey_init (PsJourney *self)
{
}

static const char *
interface_name (PsSession *session, const PsPacket *packet, guint32 index)
{
  const PsInterface *interface = ps_session_get_interface (session, packet->netns, index);

  return interface != NULL ? interface->name : NULL;
}

/* "no socket listens on 127.0.0.1 port 81": the general sentence, with the packet's own facts. */
static char *
drop_sentence (PsSession *session, const PsPacket *packet, const char *reason)
{
  const char *sentence = reason ? ps_drop_reason_sentence (reason) : NULL;
  PsSummary summary;

  if (g_strcmp0 (reason, "NO_SOCKET") != 0)
    return g_strdup (sentence);
  ps_summarize (packet->data, packet->captured, packet->length, packet->link_type, &summary);
  if (summary.destination_port == 0)
    return g_strdup (sentence);
  return g_strdup_printf (_ ("no socket listens on %s port %u"), summary.destination,
                          summary.destination_port);
}

static char *
dropped_end (PsSession *session, const PsPacket *packet)
{
  const PsSymbol *symbol = ps_session_get_symbol (session, packet->drop_symbol);
  const char *reason = ps_session_get_name (session, PS_NAME_DROP_REASON, packet->drop_reason);
  g_autofree char *sentence = drop_sentence (session, packet, reason);
  g_autofree char *number = g_strdup_printf (_ ("reason %u"), packet->drop_reason);
  const char *name = reason ? reason : number;
  const char *reset =
      packet->flags & PS_PACKET_RESET_SENT ? _ (" The sender was told with a reset.") : "";

  if (sentence != NULL && symbol != NULL)
    return g_strdup_printf (_ ("Dropped by %s: %s (%s).%s"), symbol->name, sentence, name, reset);
  if (sentence != NULL)
    return g_strdup_printf (_ ("Dropped: %s (%s).%s"), sentence, name, reset);
  if (symbol != NULL)
    return g_strdup_printf (_ ("Dropped by %s (%s).%s"), symbol->name, name, reset);
  return g_strdup_printf (_ ("Dropped (%s).%s"), name, reset);
}

static char *
delivered_end (PsSession *session, const PsPacket *packet)
{
  const char *comm;
  guint32 pid;

  if (packet->flags & PS_PACKET_RESET_SENT)
    return g_strdup (_ ("Answered with a reset."));
  if (packet->socket != 0 && ps_session_get_process (session, packet, &pid, &comm, NULL))
    return g_strdup_printf (_ ("Delivered to a socket of %s (%u)."), comm, pid);
  if (packet->socket != 0 || packet->flags & PS_PACKET_QUEUED)
    return g_strdup (_ ("Delivered to a socket."));
  return g_strdup (_ ("Taken up by the kernel itself."));
}

static char *
sent_end (PsSession *session, const PsPacket *packet, guint64 child)
{
  const char *name = interface_name (session, packet, packet->interface);

  if (child != 0 && name != NULL)
    return g_strdup_printf (_ ("Sent by %s; goes on as packet %" G_GUINT64_FORMAT "."), name,
                            child);
  return name ? g_strdup_printf (_ ("Sent by %s."), name) : g_strdup (_ ("Sent."));
}

static char *
forwarded_end (PsSession *session, const PsPacket *packet)
{
  const char *from = interface_name (session, packet, packet->interface);
  const char *to = interface_name (session, packet, packet->out_interface);

  if (from == NULL || to == NULL)
    return g_strdup (_ ("Forwarded."));
  return g_strdup_printf (_ ("Forwarded from %s to %s."), from, to);
}

static char *
inside_end (const PsPacket *packet)
{
  if (!packet->from_kernel)
    return g_strdup (_ ("What became of it is not known: another program captured it."));
  if (packet->n_stages == 0)
    return g_strdup (_ ("Its end was not seen."));
  return g_strdup_printf (_ ("Its end was not seen; last seen: %s."),
                          ps_journey_stage_title (packet->stages[packet->n_stages - 1].stage));
}

static char *
make_end (PsSession *session, const PsPacket *packet, guint64 child)
{
  switch (packet->verdict)
    {
    case PS_VERDICT_DROPPED:
      return dropped_end (session, packet);
    case PS_VERDICT_DELIVERED:
      return delivered_end (session, packet);
    case PS_VERDICT_SENT:
      return sent_end (session, packet, child);
    case PS_VERDICT_FORWARDED:
      return forwarded_end (session, packet);
    default:
      return inside_end (packet);
    }
}

static char *
make_calls_note (const PsPacket *packet, const PsCallTree *tree)
{
  if (!packet->from_kernel)
    return g_strdup (_ ("Another program captured this packet; it recorded no calls."));
  if (tree->calls->len == 0 && tree->unknown)
    return g_strdup (_ ("The call path of this packet is not in the capture: a record was lost."));
  if (tree->calls->len == 0)
    return g_strdup (_ ("No call path was taken: the capture's budget for stacks was spent, and no "
                        "packet of this kind had one yet."));
  if (tree->gap)
    return g_strdup (_ ("Some calls are missing: the tracer could not follow them."));
  if (tree->truncated)
    return g_strdup (_ ("The call path is deeper than a record holds; its outermost calls are "
                        "left out."));
  if (tree->cut)
    return g_strdup (_ ("What the interrupt interrupted is left out: it has nothing to do with "
                        "this packet."));
  return NULL;
}

PsJourney *
ps_journey_new (PsSession *session, guint64 number)
{
  PsJourney *self;
  PsPacket packet;

  g_return_val_if_fail (PS_IS_SESSION (session), NULL);

  if (!ps_session_get_packet (session, number, &packet))
    return NULL;

  self = g_object_new (PS_TYPE_JOURNEY, NULL);
  self->number = number;
  self->parent = packet.parent != 0 ? ps_session_find_packet (session, packet.parent) : 0;
  self->child = packet.id != 0 ? ps_session_find_child (session, packet.id, 0) : 0;
  self->stages = ps_journey_stages_new (session, &packet);
  self->tree = ps_function_tree_new (session, &packet);
  if (!self->tree)
    self->tree = ps_call_tree_new (session, &packet);
  self->edges = ps_journey_edges_new (session, &packet, self->tree);
  self->spans = ps_journey_spans_new (session, &packet, &self->spans_note);
  ps_journey_times_init (&self->times, session, &packet, self->tree);
  self->end = make_end (session, &packet, self->child);
  self->calls_note = make_calls_note (&packet, self->tree);
  if (self->tree->sampled > 0)
    self->inferred_note = g_strdup_printf (_ ("path of its kind, %u of %u"), self->tree->agreeing,
                                           self->tree->sampled);
  return self;
}

guint64
ps_journey_get_number (PsJourney *self)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), 0);
  return self->number;
}

guint
ps_journey_get_n_stages (PsJourney *self)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), 0);
  return self->stages->len;
}

const PsJourneyStage *
ps_journey_get_stage (PsJourney *self, guint nth)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), NULL);
  return nth < self->stages->len ? &g_array_index (self->stages, PsJourneyStage, nth) : NULL;
}

guint
ps_journey_get_n_calls (PsJourney *self)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), 0);
  return self->tree->calls->len;
}

const PsCall *
ps_journey_get_call (PsJourney *self, guint nth)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), NULL);
  return nth < self->tree->calls->len ? &g_array_index (self->tree->calls, PsCall, nth) : NULL;
}

guint
ps_journey_get_n_edges (PsJourney *self)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), 0);
  return self->edges->len;
}

const PsJourneyEdge *
ps_journey_get_edge (PsJourney *self, guint nth)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), NULL);
  return nth < self->edges->len ? &g_array_index (self->edges, PsJourneyEdge, nth) : NULL;
}

guint
ps_journey_get_n_waits (PsJourney *self)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), 0);
  return self->times.waits->len;
}

const PsJourneyWait *
ps_journey_get_wait (PsJourney *self, guint nth)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), NULL);
  if (nth >= self->times.waits->len)
    return NULL;
  return &g_array_index (self->times.waits, PsJourneyWait, nth);
}

gint64
ps_journey_get_running_ns (PsJourney *self)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), -1);
  return self->times.running_ns;
}

gint64
ps_journey_get_waiting_ns (PsJourney *self)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), -1);
  return self->times.waiting_ns;
}

const char *
ps_journey_get_times_note (PsJourney *self)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), NULL);
  return self->times.note;
}

guint
ps_journey_get_n_spans (PsJourney *self)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), 0);
  return self->spans->len;
}

const PsJourneySpan *
ps_journey_get_span (PsJourney *self, guint nth)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), NULL);
  return nth < self->spans->len ? &g_array_index (self->spans, PsJourneySpan, nth) : NULL;
}

const char *
ps_journey_get_spans_note (PsJourney *self)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), NULL);
  return self->spans_note;
}

const char *
ps_journey_get_end (PsJourney *self)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), NULL);
  return self->end;
}

const char *
ps_journey_get_calls_note (PsJourney *self)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), NULL);
  return self->calls_note;
}

const char *
ps_journey_get_inferred_note (PsJourney *self)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), NULL);
  return self->inferred_note;
}

guint64
ps_journey_get_parent (PsJourney *self)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), 0);
  return self->parent;
}

guint64
ps_journey_get_child (PsJourney *self)
{
  g_return_val_if_fail (PS_IS_JOURNEY (self), 0);
  return self->child;
}
