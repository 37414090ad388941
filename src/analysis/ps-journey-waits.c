/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-journey-waits.h"

#include <glib/gi18n-lib.h>

#include "analysis/ps-duration.h"

#define SEND(stage) ((stage) | PS_STAGE_SEND)

typedef struct {
  PsSession *session;
  const PsPacket *packet;
  PsJourneyTimes *times;
} Builder;

static char *
describe_wait (Builder *builder, guint kind, gint64 duration_ns)
{
  const PsInterface *interface = ps_session_get_interface (
      builder->session, builder->packet->netns,
      builder->packet->out_interface ? builder->packet->out_interface : builder->packet->interface);
  g_autofree char *duration = ps_duration_format (duration_ns);

  switch (kind)
    {
    case PS_JOURNEY_WAIT_QDISC:
      if (interface)
        return g_strdup_printf (_ ("waited %s in the queue of %s"), duration, interface->name);
      return g_strdup_printf (_ ("waited %s in the device's queue"), duration);
    default:
      return g_strdup_printf (_ ("waited %s in the socket's queue until a program read it"),
                              duration);
    }
}

static void
add_wait (Builder *builder, guint kind, gint64 start_ns, gint64 duration_ns)
{
  PsJourneyWait wait = { .kind = (guint8)kind,
                         .call = G_MAXUINT32,
                         .start_ns = start_ns,
                         .duration_ns = duration_ns,
                         .sentence = describe_wait (builder, kind, duration_ns) };

  g_array_append_val (builder->times->waits, wait);
  builder->times->waiting_ns += duration_ns;
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

        if (in->stage == queues[k].in && out->stage == queues[k].out && out->delta >= in->delta)
          add_wait (builder, queues[k].kind, packet->time_ns + (gint64)in->delta,
                    (gint64)(out->delta - in->delta));
      }
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
  Builder builder = { session, packet, self };
  guint64 whole;

  *self = (PsJourneyTimes){ .waits = g_array_new (FALSE, FALSE, sizeof (PsJourneyWait)),
                            .running_ns = -1,
                            .waiting_ns = -1 };
  g_array_set_clear_func (self->waits, clear_wait);
  if (packet->n_stages < 2)
    {
      self->note = g_strdup (_ ("Fewer than two of its stages were seen."));
      return;
    }
  self->waiting_ns = 0;
  add_stage_waits (&builder);
  whole = packet->stages[packet->n_stages - 1].delta;
  self->running_ns = MAX ((gint64)whole - self->waiting_ns, 0);
}

void
ps_journey_times_clear (PsJourneyTimes *self)
{
  g_clear_pointer (&self->waits, g_array_unref);
  g_clear_pointer (&self->note, g_free);
}
