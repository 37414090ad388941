/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-journey-facts.h"

#include <glib/gi18n.h>

#include "viewer/ps-format.h"
#include "viewer/ps-layer-style.h"

/* Waits named one by one; the rest is in the ruler and in the chart. */
#define WAITS_MAX 3u

char *
ps_journey_facts_title (const PsPacketRow *row)
{
  g_autofree char *source = ps_packet_format_source (row);
  g_autofree char *destination = ps_packet_format_destination (row);

  return g_strdup_printf ("%" G_GUINT64_FORMAT " · %s  %s → %s", row->packet.number,
                          row->summary.protocol, source, destination);
}

static void
append_fact (GString *facts, const char *fact)
{
  if (facts->len > 0)
    g_string_append (facts, " · ");
  g_string_append (facts, fact);
}

static void
append_process (GString *facts, const PsPacketRow *row)
{
  g_autofree char *fact = NULL;

  if (!row->packet.from_kernel)
    return;
  if (!row->has_process)
    fact = g_strdup (_ ("process n/a (handled in an interrupt, no known socket)"));
  else if (row->process_is_owner)
    fact = g_strdup_printf (_ ("for %s %u, owner of its socket"), row->comm, row->pid);
  else
    fact = g_strdup_printf (_ ("by %s %u"), row->comm, row->pid);
  append_fact (facts, fact);
}

char *
ps_journey_facts_describe (PsSession *session, const PsPacketRow *row)
{
  const PsPacket *packet = &row->packet;
  GString *facts = g_string_new (NULL);
  g_autofree char *clock = ps_format_clock (packet->time_ns);
  g_autofree char *size =
      g_strdup_printf (g_dngettext (NULL, "%u byte", "%u bytes", packet->length), packet->length);
  const char *netns = ps_session_get_netns_name (session, packet->netns);

  if (row->summary.info[0] != '\0')
    g_string_append_printf (facts, "%s\n", row->summary.info);
  g_string_append (facts, clock);
  append_fact (facts, ps_direction_title (packet->direction));
  if (row->interface != NULL)
    append_fact (facts, row->interface);
  append_fact (facts, size);
  if (packet->gso_segments > 1)
    {
      g_autofree char *gso =
          g_strdup_printf (_ ("%u segments in one buffer"), packet->gso_segments);
      append_fact (facts, gso);
    }
  append_process (facts, row);
  if (netns != NULL && *netns != '\0')
    {
      g_autofree char *fact = g_strdup_printf (_ ("namespace %s"), netns);
      append_fact (facts, fact);
    }
  if (packet->relation != PS_RELATION_NONE)
    append_fact (facts, ps_relation_title (packet->relation));
  return g_string_free (facts, FALSE);
}

char *
ps_journey_facts_times (PsJourney *journey)
{
  gint64 running_ns = ps_journey_get_running_ns (journey);
  gint64 waiting_ns = ps_journey_get_waiting_ns (journey);
  const char *note = ps_journey_get_times_note (journey);
  g_autofree char *running = ps_format_duration (running_ns);
  g_autofree char *waiting = ps_format_duration (waiting_ns);
  GString *text = g_string_new (NULL);

  if (running_ns < 0 && waiting_ns < 0 && note == NULL)
    return g_string_free (text, TRUE);
  /* One wait tells how long in its own sentence. */
  if (ps_journey_get_n_waits (journey) == 1)
    g_string_append_printf (text, _ ("Running %s"), running);
  else
    g_string_append_printf (text, _ ("Running %s · waiting %s"), running, waiting);
  for (guint i = 0; i < MIN (ps_journey_get_n_waits (journey), WAITS_MAX); i++)
    g_string_append_printf (text, " · %s", ps_journey_get_wait (journey, i)->sentence);
  if (note != NULL)
    g_string_append_printf (text, "\n%s", note);
  return g_string_free (text, FALSE);
}

char *
ps_journey_facts_span (const PsJourneySpan *span)
{
  g_autofree char *bytes = ps_format_count (span->bytes);
  g_autofree char *packets = ps_format_count (span->n_packets);
  g_autofree char *in = g_strdup_printf (
      g_dngettext (NULL, "%s packet", "%s packets", (gulong)span->n_packets), packets);

  /* Translators: a function, the process that called it and its id, bytes, "10 packets" */
  return g_strdup_printf (_ ("Part of %s() of %s (%u), %s bytes in %s:"), span->function,
                          span->comm, span->pid, bytes, in);
}
