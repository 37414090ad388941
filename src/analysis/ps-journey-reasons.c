/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a stage that a packet of its kind passes was not seen on this one. */
#include "config.h"

#include <glib/gi18n-lib.h>

#include "analysis/ps-journey-stages.h"

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
can_be_seen (const PsJourneyFacts *facts, guint8 stage)
{
  g_autofree char *name = stage_key (stage);
  JsonNode *node = facts->hello ? json_object_get_member (facts->hello, "stages") : NULL;
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
hello_reason (const PsJourneyFacts *facts, guint8 stage)
{
  g_autofree char *name = stage_key (stage);
  JsonNode *node;
  JsonArray *missing;

  node = facts->hello ? json_object_get_member (facts->hello, "missing") : NULL;
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
is_icmp (const PsJourneyFacts *facts)
{
  return facts->summary.ip_protocol == 1 || facts->summary.ip_protocol == 58;
}

/* Stages that come after the last one seen: it ended before them. */
static const char *
end_reason (const PsJourneyFacts *facts)
{
  if (facts->packet->n_stages == 0)
    return _ ("The capture saw nothing of it before its end.");
  switch (facts->packet->verdict)
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
passed_function (const PsJourneyFacts *facts, const char *prefix)
{
  const PsPacket *packet = facts->packet;

  for (guint i = 0; i < packet->n_paths; i++)
    {
      PsPath path;

      if (!ps_session_get_path (facts->session, packet->paths[i].path, &path))
        continue;
      for (guint j = 0; j < path.n_frames; j++)
        {
          const PsSymbol *symbol = ps_session_get_symbol (facts->session, path.frames[j].symbol);

          if (symbol != NULL && g_str_has_prefix (symbol->name, prefix))
            return TRUE;
        }
    }
  return FALSE;
}

/* In a softirq, and not merely let go there after it had waited for its neighbour's address. */
static gboolean
made_by_kernel (const PsJourneyFacts *facts)
{
  guint context = facts->packet->context;

  return (context == PS_CONTEXT_SOFTIRQ || context == PS_CONTEXT_HARDIRQ) &&
         !passed_function (facts, "__neigh_update");
}

static const char *
receive_reason (const PsJourneyFacts *facts, guint8 stage)
{
  gboolean tcp = facts->summary.ip_protocol == 6;

  switch (stage)
    {
    case PS_STAGE_DEVICE:
      if (facts->packet->relation == PS_RELATION_CROSSED)
        return _ ("It came from this machine: no driver received it.");
      return NULL;
    case PS_STAGE_NETWORK:
    case PS_STAGE_DELIVER:
      if (passed_function (facts, "br_"))
        return _ ("It was bridged: it did not come up to the network layer.");
      return NULL;
    case PS_STAGE_TRANSPORT:
      if (is_icmp (facts))
        return _ ("ICMP has no transport layer of its own.");
      return NULL;
    case PS_STAGE_SOCKET:
      if (tcp && facts->summary.payload == 0)
        return _ ("It carries no data: TCP took it up without waking the socket's reader.");
      return NULL;
    case PS_STAGE_APPLICATION:
      if (tcp && facts->summary.payload == 0)
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
send_reason (const PsJourneyFacts *facts, guint8 stage)
{
  gboolean tcp = facts->summary.ip_protocol == 6;

  switch (stage & PS_STAGE_MASK)
    {
    case PS_STAGE_APPLICATION:
    case PS_STAGE_SOCKET:
      if (tcp && facts->summary.payload == 0)
        return _ ("It carries no data: TCP made it by itself.");
      if (tcp)
        return _ ("TCP sent it from its own queue; a program's write is not tied to one segment.");
      if (made_by_kernel (facts))
        return _ ("The kernel sent it by itself; no program asked for it.");
      return NULL;
    case PS_STAGE_TRANSPORT:
      if (is_icmp (facts))
        return _ ("ICMP has no transport layer of its own.");
      return NULL;
    case PS_STAGE_QDISC:
      return _ ("It did not wait in a queue: the interface has none, or the queue was empty.");
    default:
      return NULL;
    }
}

const char *
ps_journey_missing_reason (const PsJourneyFacts *facts, guint8 stage, gboolean after_end)
{
  const char *reason = after_end ? end_reason (facts) : NULL;

  if (reason == NULL)
    reason = hello_reason (facts, stage);
  if (reason == NULL && facts->packet->flags & PS_PACKET_STAGES_LOST)
    reason = _ ("It passed more stages than one record holds.");
  if (reason == NULL)
    reason = stage & PS_STAGE_SEND ? send_reason (facts, stage) : receive_reason (facts, stage);
  if (reason == NULL && !can_be_seen (facts, stage))
    reason = _ ("This capture has no probe there.");
  return reason ? reason : _ ("Nothing was seen of it there; it may have gone another way.");
}
