/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/packet-table.h"

#include "pscope/format.h"

#include <glib/gi18n.h>

/* Rows that decide how wide the columns are. */
#define LOOKAHEAD 500

enum {
  COLUMN_NUMBER,
  COLUMN_TIME,
  COLUMN_DIRECTION,
  COLUMN_INTERFACE,
  COLUMN_PROCESS,
  COLUMN_SOURCE,
  COLUMN_DESTINATION,
  COLUMN_PROTOCOL,
  COLUMN_LENGTH,
  COLUMN_MARK,
  COLUMN_VERDICT,
  COLUMN_INFO,
  N_COLUMNS
};

const char *
ps_direction_glyph (const PsTerminal *terminal, guint8 direction)
{
  switch (direction)
    {
    case PS_DIRECTION_IN:
      return ps_glyph (terminal, "←", "<");
    case PS_DIRECTION_OUT:
      return ps_glyph (terminal, "→", ">");
    case PS_DIRECTION_FORWARD:
      return ps_glyph (terminal, "↔", "=");
    default:
      return "?";
    }
}

const char *
ps_verdict_glyph (const PsTerminal *terminal, const PsPacket *packet)
{
  if (!packet->from_kernel)
    return " ";
  switch (packet->verdict)
    {
    case PS_VERDICT_DROPPED:
      return ps_glyph (terminal, "✗", "x");
    case PS_VERDICT_INSIDE:
      return ps_glyph (terminal, "…", ".");
    default:
      return ps_glyph (terminal, "✓", "+");
    }
}

PsStyle
ps_verdict_style (const PsPacket *packet)
{
  if (!packet->from_kernel)
    return PS_STYLE_DIM;
  if (packet->verdict == PS_VERDICT_DROPPED)
    return PS_STYLE_BAD;
  return packet->verdict == PS_VERDICT_INSIDE ? PS_STYLE_WARNING : PS_STYLE_GOOD;
}

void
ps_packet_table_init (PsPacketTable *self,
                      const PsTerminal *terminal,
                      PsSession *session,
                      gboolean live)
{
  /* Wide enough for IPv4 with ports; wider cells push the rest of their row. */
  int endpoint = live ? 21 : 0;
  const PsColumn columns[N_COLUMNS] = {
    [COLUMN_NUMBER] = { _ ("No."), TRUE, live ? 5 : 0, 0, 0, NULL },
    [COLUMN_TIME] = { _ ("Time"), TRUE, live ? 10 : 0, 0, 1, NULL },
    [COLUMN_DIRECTION] = { " ", FALSE, 1, 0, 0, NULL },
    [COLUMN_INTERFACE] = { _ ("If"), FALSE, live ? 5 : 0, 6, 3, " " },
    [COLUMN_PROCESS] = { _ ("Process"), FALSE, live ? 10 : 0, 7, 2, NULL },
    [COLUMN_SOURCE] = { _ ("Source"), FALSE, endpoint, 15, 0, NULL, TRUE },
    [COLUMN_DESTINATION] = { _ ("Destination"), FALSE, endpoint, 15, 0,
                             ps_glyph (terminal, " → ", " > "), TRUE },
    [COLUMN_PROTOCOL] = { _ ("Proto"), FALSE, 0, 0, 0, NULL },
    [COLUMN_LENGTH] = { _ ("Len"), TRUE, live ? 5 : 0, 0, 5, NULL },
    [COLUMN_MARK] = { " ", FALSE, 1, 0, 0, NULL },
    [COLUMN_VERDICT] = { _ ("Verdict"), FALSE, live ? 9 : 0, 0, 4, " " },
    [COLUMN_INFO] = { _ ("Info"), FALSE, live ? 60 : 0, 14, 0, NULL },
  };

  *self = (PsPacketTable){ .terminal = *terminal, .session = g_object_ref (session) };
  self->table = ps_table_new (terminal, columns, N_COLUMNS, live ? 0 : LOOKAHEAD);
}

static char *
format_relative_time (PsPacketTable *self, gint64 time_ns)
{
  gint64 us;

  if (!self->has_origin)
    {
      self->origin_ns = time_ns;
      self->has_origin = TRUE;
    }
  us = (time_ns - self->origin_ns) / 1000;
  return g_strdup_printf ("%s%" G_GINT64_FORMAT ".%06d", us < 0 ? "-" : "", ABS (us) / 1000000,
                          (int)(ABS (us) % 1000000));
}

/* Whoever only owns the socket is shown in brackets: it did not do this. */
static char *
format_process (const PsPacketFacts *facts)
{
  g_autofree char *name = NULL;

  if (!facts->has_process)
    return g_strdup (_ ("n/a"));
  name = g_utf8_make_valid (facts->process, -1);
  return facts->process_is_owner ? g_strdup_printf ("(%s)", name) : g_steal_pointer (&name);
}

/* Where a drop is, is what one looks for: it comes before the headers. */
static char *
format_info (const PsPacketFacts *facts)
{
  if (facts->drop_reason == NULL)
    return g_strdup (facts->summary.info);
  if (facts->drop_function == NULL)
    return g_strdup_printf ("%s; %s", facts->drop_reason, facts->summary.info);
  return g_strdup_printf (_ ("%s in %s; %s"), facts->drop_reason, facts->drop_function,
                          facts->summary.info);
}

/* "lo", "eth0>wan0" if it was forwarded, "eth0@blue" in the network namespace blue. */
static char *
format_interface (const PsPacketFacts *facts)
{
  gboolean is_elsewhere = facts->netns != NULL && *facts->netns != '\0';

  if (facts->interface == NULL)
    return NULL;
  return g_strconcat (facts->interface, facts->out_interface != NULL ? ">" : "",
                      facts->out_interface != NULL ? facts->out_interface : "",
                      is_elsewhere ? "@" : "", is_elsewhere ? facts->netns : "", NULL);
}

void
ps_packet_table_add (PsPacketTable *self, const PsPacket *packet)
{
  PsPacketFacts facts;
  char number[24], length[16], source[80], destination[80];
  g_autofree char *time = format_relative_time (self, packet->time_ns);
  g_autofree char *process = NULL;
  g_autofree char *interface = NULL;
  g_autofree char *info = NULL;
  PsStyle verdict = ps_verdict_style (packet);

  ps_packet_facts_init (&facts, self->session, packet);
  process = format_process (&facts);
  interface = format_interface (&facts);
  info = format_info (&facts);
  g_snprintf (number, sizeof number, "%" G_GUINT64_FORMAT, packet->number);
  g_snprintf (length, sizeof length, "%u", packet->length);
  ps_format_endpoint (source, sizeof source, facts.summary.source, facts.summary.source_port);
  ps_format_endpoint (destination, sizeof destination, facts.summary.destination,
                      facts.summary.destination_port);

  const PsCell cells[N_COLUMNS] = {
    [COLUMN_NUMBER] = { number, PS_STYLE_DIM },
    [COLUMN_TIME] = { time, PS_STYLE_PLAIN },
    [COLUMN_DIRECTION] = { ps_direction_glyph (&self->terminal, packet->direction), PS_STYLE_BOLD },
    [COLUMN_INTERFACE] = { interface != NULL ? interface : _ ("n/a"), PS_STYLE_PLAIN },
    [COLUMN_PROCESS] = { process, facts.has_process ? PS_STYLE_PLAIN : PS_STYLE_DIM },
    [COLUMN_SOURCE] = { source, PS_STYLE_PLAIN },
    [COLUMN_DESTINATION] = { destination, PS_STYLE_PLAIN },
    [COLUMN_PROTOCOL] = { facts.summary.protocol, PS_STYLE_LAYER + PS_LAYER_TRANSPORT },
    [COLUMN_LENGTH] = { length, PS_STYLE_PLAIN },
    [COLUMN_MARK] = { ps_verdict_glyph (&self->terminal, packet), verdict },
    [COLUMN_VERDICT] = { packet->from_kernel ? ps_verdict_name (packet->verdict) : _ ("n/a"),
                         verdict },
    [COLUMN_INFO] = { info, facts.drop_reason != NULL ? PS_STYLE_BAD : PS_STYLE_PLAIN },
  };
  ps_table_add (self->table, cells);
}

void
ps_packet_table_finish (PsPacketTable *self)
{
  ps_table_finish (self->table);
  g_object_unref (self->session);
}
