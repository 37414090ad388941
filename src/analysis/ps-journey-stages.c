/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-journey-stages.h"

#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>

#include "analysis/ps-dissection.h"

#define SEND(stage) ((stage) | PS_STAGE_SEND)

/* What a kind of packet passes, in order. */
static const guint8 received[] = {
  PS_STAGE_DEVICE,    PS_STAGE_LINK,   PS_STAGE_NETWORK,     PS_STAGE_DELIVER,
  PS_STAGE_TRANSPORT, PS_STAGE_SOCKET, PS_STAGE_APPLICATION,
};
static const guint8 received_not_ip[] = { PS_STAGE_DEVICE, PS_STAGE_LINK };
static const guint8 sent[] = {
  SEND (PS_STAGE_APPLICATION), SEND (PS_STAGE_SOCKET), SEND (PS_STAGE_TRANSPORT),
  SEND (PS_STAGE_NETWORK),     SEND (PS_STAGE_LINK),   SEND (PS_STAGE_QDISC),
  SEND (PS_STAGE_DEVICE),
};
static const guint8 sent_not_ip[] = {
  SEND (PS_STAGE_LINK),
  SEND (PS_STAGE_QDISC),
  SEND (PS_STAGE_DEVICE),
};
static const guint8 forwarded[] = {
  PS_STAGE_DEVICE,      PS_STAGE_LINK,         PS_STAGE_NETWORK,
  SEND (PS_STAGE_LINK), SEND (PS_STAGE_QDISC), SEND (PS_STAGE_DEVICE),
};

typedef struct {
  PsJourneyFacts facts;
  gboolean is_ip;
  GArray *stages;
  gint64 last_time; /* -1: none yet */
} Builder;

const char *
ps_journey_stage_title (guint8 stage)
{
  gboolean send = (stage & PS_STAGE_SEND) != 0;

  switch (stage & PS_STAGE_MASK)
    {
    case PS_STAGE_DEVICE:
      return send ? _ ("handed to the device") : _ ("received by the device");
    case PS_STAGE_QDISC:
      return _ ("queueing discipline");
    case PS_STAGE_LINK:
      return send ? _ ("link layer, sending") : _ ("link layer, receiving");
    case PS_STAGE_NETWORK:
      return send ? _ ("network layer, sending") : _ ("network layer, receiving");
    case PS_STAGE_DELIVER:
      return _ ("local delivery");
    case PS_STAGE_TRANSPORT:
      return send ? _ ("transport layer, sending") : _ ("transport layer, receiving");
    case PS_STAGE_SOCKET:
      return _ ("socket");
    case PS_STAGE_APPLICATION:
      return _ ("application");
    default:
      return _ ("unknown stage");
    }
}

/* Protocols whose packets end in a socket; the kernel answers the others itself. */
static gboolean
reaches_socket (const Builder *builder)
{
  guint8 protocol = builder->facts.summary.ip_protocol;

  return protocol == 6 || protocol == 17 || protocol == 132 || protocol == 136 ||
         builder->facts.packet->socket != 0 ||
         (builder->facts.packet->flags & PS_PACKET_QUEUED) != 0;
}

static const guint8 *
expected_stages (const Builder *builder, guint *ret_n)
{
  switch (builder->facts.packet->direction)
    {
    case PS_DIRECTION_IN:
      *ret_n = builder->is_ip ? (guint)G_N_ELEMENTS (received) - (reaches_socket (builder) ? 0 : 2)
                              : (guint)G_N_ELEMENTS (received_not_ip);
      return builder->is_ip ? received : received_not_ip;
    case PS_DIRECTION_OUT:
      *ret_n = builder->is_ip ? G_N_ELEMENTS (sent) : G_N_ELEMENTS (sent_not_ip);
      return builder->is_ip ? sent : sent_not_ip;
    case PS_DIRECTION_FORWARD:
      *ret_n = G_N_ELEMENTS (forwarded);
      return forwarded;
    default:
      *ret_n = 0;
      return NULL;
    }
}

static void
add_missing (Builder *builder, guint8 stage, gboolean after_end)
{
  PsJourneyStage one = {
    .stage = stage & PS_STAGE_MASK,
    .send = (stage & PS_STAGE_SEND) != 0,
    .layer = (guint8)ps_stage_layer (stage),
    .time_ns = -1,
    .since_previous_ns = -1,
    .missing = g_strdup (ps_journey_missing_reason (&builder->facts, stage, after_end)),
  };

  g_array_append_val (builder->stages, one);
}

static void
add_seen (Builder *builder, const PsStageRecord *record)
{
  PsJourneyStage one = {
    .stage = record->stage & PS_STAGE_MASK,
    .send = (record->stage & PS_STAGE_SEND) != 0,
    .layer = (guint8)ps_stage_layer (record->stage),
    .context = record->context,
    .time_ns = builder->facts.packet->time_ns + (gint64)MIN (record->delta, G_MAXINT64 / 4),
    .since_previous_ns = -1,
  };

  if (builder->last_time >= 0 && one.time_ns >= builder->last_time)
    one.since_previous_ns = one.time_ns - builder->last_time;
  builder->last_time = one.time_ns;
  g_array_append_val (builder->stages, one);
}

static gboolean
is_seen (const PsPacket *packet, guint8 stage)
{
  for (guint i = 0; i < packet->n_stages; i++)
    {
      if (packet->stages[i].stage == stage)
        return TRUE;
    }
  return FALSE;
}

/* What was seen, in its order; before each, the stages that should have come and did not. */
static void
merge (Builder *builder)
{
  guint n_expected, cursor = 0;
  const guint8 *expected = expected_stages (builder, &n_expected);
  const PsPacket *packet = builder->facts.packet;

  for (guint i = 0; i < packet->n_stages; i++)
    {
      guint place = cursor;

      while (place < n_expected && expected[place] != packet->stages[i].stage)
        place++;
      for (; place < n_expected && cursor < place; cursor++)
        {
          if (!is_seen (packet, expected[cursor]))
            add_missing (builder, expected[cursor], FALSE);
        }
      if (place < n_expected)
        cursor = place + 1;
      add_seen (builder, &packet->stages[i]);
    }
  for (; cursor < n_expected; cursor++)
    {
      if (!is_seen (packet, expected[cursor]))
        add_missing (builder, expected[cursor], TRUE);
    }
}

static void
clear_stage (gpointer data)
{
  g_free (((PsJourneyStage *)data)->missing);
}

GArray *
ps_journey_stages_new (PsSession *session, const PsPacket *packet)
{
  g_autoptr (JsonNode) hello = NULL;
  Builder builder = { .facts = { session, packet }, .last_time = -1 };
  const char *text = ps_session_get_hello (session);

  builder.stages = g_array_new (FALSE, FALSE, sizeof (PsJourneyStage));
  g_array_set_clear_func (builder.stages, clear_stage);
  if (!packet->from_kernel)
    return builder.stages;

  ps_summarize (packet->data, packet->captured, packet->length, packet->link_type,
                &builder.facts.summary);
  builder.is_ip = packet->protocol == 0x0800 || packet->protocol == 0x86dd ||
                  builder.facts.summary.ip_version != 0;
  if (text != NULL)
    hello = json_from_string (text, NULL);
  if (hello != NULL && JSON_NODE_HOLDS_OBJECT (hello))
    builder.facts.hello = json_node_get_object (hello);
  merge (&builder);
  return builder.stages;
}
