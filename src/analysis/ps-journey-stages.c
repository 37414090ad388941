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
  PsSession *session;
  const PsPacket *packet;
  PsSummary summary;
  gboolean is_ip;
  JsonObject *hello; /* nullable */
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
  guint8 protocol = builder->summary.ip_protocol;

  return protocol == 6 || protocol == 17 || protocol == 132 || protocol == 136 ||
         builder->packet->socket != 0 || (builder->packet->flags & PS_PACKET_QUEUED) != 0;
}

static const guint8 *
expected_stages (const Builder *builder, guint *ret_n)
{
  switch (builder->packet->direction)
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

/* As the hello names it: "network", "send network". */
static char *
stage_key (guint8 stage)
{
  return g_strdup_printf ("%s%s", stage & PS_STAGE_SEND ? "send " : "", ps_stage_name (stage));
}

static const char *
string_member (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

/* FALSE if the helper listed what it can see, and this is not among it. */
static gboolean
can_be_seen (const Builder *builder, guint8 stage)
{
  g_autofree char *name = stage_key (stage);
  JsonNode *node = builder->hello ? json_object_get_member (builder->hello, "stages") : NULL;
  JsonArray *stages;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return TRUE;
  stages = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (stages); i++)
    {
      JsonNode *element = json_array_get_element (stages, i);

      if (JSON_NODE_HOLDS_VALUE (element) && json_node_get_value_type (element) == G_TYPE_STRING &&
          g_strcmp0 (json_node_get_string (element), name) == 0)
        return TRUE;
    }
  return json_array_get_length (stages) == 0;
}

/* What the helper said it cannot see: {"missing":[{"stage":"send network","why":"…"}]}. */
static const char *
hello_reason (const Builder *builder, guint8 stage)
{
  g_autofree char *name = stage_key (stage);
  JsonNode *node;
  JsonArray *missing;

  node = builder->hello ? json_object_get_member (builder->hello, "missing") : NULL;
  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return NULL;
  missing = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (missing); i++)
    {
      JsonNode *element = json_array_get_element (missing, i);
      JsonObject *object = JSON_NODE_HOLDS_OBJECT (element) ? json_node_get_object (element) : NULL;
      const char *what, *why;

      if (object == NULL)
        continue;
      what = string_member (object, "stage");
      why = string_member (object, "why");
      if (g_strcmp0 (what, name) == 0 && why != NULL && *why != '\0')
        return why;
    }
  return NULL;
}

static gboolean
is_icmp (const Builder *builder)
{
  return builder->summary.ip_protocol == 1 || builder->summary.ip_protocol == 58;
}

/* Stages that come after the last one seen: it ended before them. */
static const char *
end_reason (const Builder *builder)
{
  switch (builder->packet->verdict)
    {
    case PS_VERDICT_DROPPED:
      return _ ("It was dropped before it got there.");
    case PS_VERDICT_INSIDE:
      return _ ("It had not got there when the capture last saw it.");
    default:
      return NULL;
    }
}

/* Whether a function whose name begins so is in one of its call paths. */
static gboolean
passed_function (const Builder *builder, const char *prefix)
{
  const PsPacket *packet = builder->packet;

  for (guint i = 0; i < packet->n_paths; i++)
    {
      PsPath path;

      if (!ps_session_get_path (builder->session, packet->paths[i].path, &path))
        continue;
      for (guint j = 0; j < path.n_frames; j++)
        {
          const PsSymbol *symbol = ps_session_get_symbol (builder->session, path.frames[j].symbol);

          if (symbol != NULL && g_str_has_prefix (symbol->name, prefix))
            return TRUE;
        }
    }
  return FALSE;
}

/* In a softirq, and not merely let go there after it had waited for its neighbour's address. */
static gboolean
made_by_kernel (const Builder *builder)
{
  guint context = builder->packet->context;

  return (context == PS_CONTEXT_SOFTIRQ || context == PS_CONTEXT_HARDIRQ) &&
         !passed_function (builder, "__neigh_update");
}

static const char *
receive_reason (const Builder *builder, guint8 stage)
{
  gboolean tcp = builder->summary.ip_protocol == 6;

  switch (stage)
    {
    case PS_STAGE_DEVICE:
      if (builder->packet->relation == PS_RELATION_CROSSED)
        return _ ("It came from this machine: no driver received it.");
      return NULL;
    case PS_STAGE_NETWORK:
    case PS_STAGE_DELIVER:
      if (passed_function (builder, "br_"))
        return _ ("It was bridged: it did not come up to the network layer.");
      return NULL;
    case PS_STAGE_TRANSPORT:
      if (is_icmp (builder))
        return _ ("ICMP has no transport layer of its own.");
      return NULL;
    case PS_STAGE_SOCKET:
      if (tcp && builder->summary.payload == 0)
        return _ ("It carries no data: TCP took it up without waking the socket's reader.");
      return NULL;
    case PS_STAGE_APPLICATION:
      if (tcp && builder->summary.payload == 0)
        return _ ("It carries no data for a program to read.");
      if (tcp)
        return _ ("TCP joined its bytes to others before the program read them, or it has not read "
                  "them yet.");
      return _ ("No program had read it when the capture last saw it.");
    default:
      return NULL;
    }
}

static const char *
send_reason (const Builder *builder, guint8 stage)
{
  gboolean tcp = builder->summary.ip_protocol == 6;

  switch (stage & PS_STAGE_MASK)
    {
    case PS_STAGE_APPLICATION:
    case PS_STAGE_SOCKET:
      if (tcp && builder->summary.payload == 0)
        return _ ("It carries no data: TCP made it by itself.");
      if (tcp)
        return _ ("TCP sent it from its own queue; a program's write is not tied to one segment.");
      if (made_by_kernel (builder))
        return _ ("The kernel sent it by itself; no program asked for it.");
      return NULL;
    case PS_STAGE_TRANSPORT:
      if (is_icmp (builder))
        return _ ("ICMP has no transport layer of its own.");
      return NULL;
    case PS_STAGE_QDISC:
      return _ ("It did not wait in a queue: the interface has none, or the queue was empty.");
    default:
      return NULL;
    }
}

static const char *
missing_reason (const Builder *builder, guint8 stage, gboolean after_end)
{
  const char *reason = after_end ? end_reason (builder) : NULL;

  if (reason == NULL)
    reason = hello_reason (builder, stage);
  if (reason == NULL && builder->packet->flags & PS_PACKET_STAGES_LOST)
    reason = _ ("It passed more stages than one record holds.");
  if (reason == NULL)
    reason = stage & PS_STAGE_SEND ? send_reason (builder, stage) : receive_reason (builder, stage);
  if (reason == NULL && !can_be_seen (builder, stage))
    reason = _ ("This capture has no probe there.");
  return reason ? reason : _ ("Nothing was seen of it there; it may have gone another way.");
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
    .missing = g_strdup (missing_reason (builder, stage, after_end)),
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
    .time_ns = builder->packet->time_ns + (gint64)MIN (record->delta, G_MAXINT64 / 4),
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
  const PsPacket *packet = builder->packet;

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
  Builder builder = { session, packet, .last_time = -1 };
  const char *text = ps_session_get_hello (session);

  builder.stages = g_array_new (FALSE, FALSE, sizeof (PsJourneyStage));
  g_array_set_clear_func (builder.stages, clear_stage);
  if (!packet->from_kernel)
    return builder.stages;

  ps_summarize (packet->data, packet->captured, packet->length, packet->link_type,
                &builder.summary);
  builder.is_ip =
      packet->protocol == 0x0800 || packet->protocol == 0x86dd || builder.summary.ip_version != 0;
  if (text != NULL)
    hello = json_from_string (text, NULL);
  if (hello != NULL && JSON_NODE_HOLDS_OBJECT (hello))
    builder.hello = json_node_get_object (hello);
  merge (&builder);
  return builder.stages;
}
