/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/packet-facts.h"

#include "analysis/ps-packet-fields.h"

static const char *
find_interface (PsSession *session, const PsPacket *packet, guint32 index)
{
  const PsInterface *interface;

  if (index == 0 && packet->from_kernel)
    return NULL;
  interface = ps_session_get_interface (session, packet->netns, index);
  return interface != NULL ? interface->name : NULL;
}

static void
find_drop (PsPacketFacts *facts, PsSession *session)
{
  const PsSymbol *symbol;

  facts->drop_reason =
      ps_session_get_name (session, PS_NAME_DROP_REASON, facts->packet->drop_reason);
  if (facts->drop_reason == NULL)
    {
      g_snprintf (facts->reason_number, sizeof facts->reason_number, "%u",
                  facts->packet->drop_reason);
      facts->drop_reason = facts->reason_number;
    }
  symbol = ps_session_get_symbol (session, facts->packet->drop_symbol);
  if (facts->packet->drop_symbol != 0 && symbol != NULL)
    facts->drop_function = symbol->name;
}

void
ps_packet_facts_init (PsPacketFacts *facts, PsSession *session, const PsPacket *packet)
{
  *facts = (PsPacketFacts){ .packet = packet };
  ps_packet_summarize (session, packet, &facts->summary);
  facts->interface = find_interface (session, packet, packet->interface);
  if (packet->out_interface != 0)
    facts->out_interface = find_interface (session, packet, packet->out_interface);
  facts->netns = ps_session_get_netns_name (session, packet->netns);
  facts->has_process = ps_session_get_process (session, packet, &facts->pid, &facts->process,
                                               &facts->process_is_owner);
  if (packet->verdict == PS_VERDICT_DROPPED)
    find_drop (facts, session);
}

const char *
ps_packet_facts_why_no_process (const PsPacketFacts *facts)
{
  if (facts->has_process)
    return NULL;
  if (!facts->packet->from_kernel)
    return "a foreign capture knows no processes";
  if (facts->packet->socket != 0)
    return "handled outside of a process, and the owner of its socket is not known";
  return "handled outside of a process, and it belongs to no socket";
}
