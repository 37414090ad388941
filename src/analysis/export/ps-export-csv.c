/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RFC 4180: a header, CRLF, quotes where a cell needs them. A spreadsheet takes
 * a cell that begins with = + - or @ for a formula, and what stands in packets
 * is chosen by strangers: such a cell gets an apostrophe in front. What is not
 * known is an empty cell.
 */
#include "config.h"

#include "analysis/export/ps-export-output.h"

#include <string.h>

static const char header[] =
    "number,time_ns,time,direction,interface,out_interface,length,captured,protocol,source,"
    "source_port,destination,destination_port,info,process,pid,socket,verdict,drop_reason,"
    "drop_function,latency_ns,path\r\n";

static void
append_cell (GString *text, const char *value)
{
  g_autofree char *valid = value != NULL ? g_utf8_make_valid (value, -1) : NULL;
  gboolean quoted;

  g_string_append_c (text, ',');
  if (valid == NULL || *valid == '\0')
    return;
  quoted = strpbrk (valid, ",\"\r\n") != NULL;
  if (quoted)
    g_string_append_c (text, '"');
  if (strchr ("=+-@\t\r\n", *valid) != NULL)
    g_string_append_c (text, '\'');
  for (const char *at = valid; *at != '\0'; at++)
    {
      if (*at == '"')
        g_string_append_c (text, '"');
      g_string_append_c (text, *at);
    }
  if (quoted)
    g_string_append_c (text, '"');
}

/* An empty cell if `known` is FALSE. */
static void
append_number (GString *text, guint64 number, gboolean known)
{
  g_string_append_c (text, ',');
  if (known)
    g_string_append_printf (text, "%" G_GUINT64_FORMAT, number);
}

/* The ids of its call paths, "12 15"; one that is usual for its kind and not seen has a "?". */
static char *
format_path (const PsPacket *packet)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < packet->n_paths; i++)
    g_string_append_printf (text, "%s%u%s", i > 0 ? " " : "", packet->paths[i].path,
                            packet->paths[i].flags & PS_PATH_REFERENCE_INFERRED ? "?" : "");
  return g_string_free (text, FALSE);
}

static void
append_row (GString *text, const PsExportFacts *facts)
{
  const PsPacket *packet = facts->packet;
  const PsSummary *summary = &facts->summary;
  g_autofree char *time = ps_export_format_time (packet->time_ns);
  g_autofree char *path = format_path (packet);

  g_string_append_printf (text, "%" G_GUINT64_FORMAT ",%" G_GINT64_FORMAT, packet->number,
                          packet->time_ns);
  append_cell (text, time);
  append_cell (text, ps_direction_name (packet->direction));
  append_cell (text, facts->interface);
  append_cell (text, facts->out_interface);
  append_number (text, packet->length, TRUE);
  append_number (text, packet->captured, TRUE);
  append_cell (text, summary->protocol);
  append_cell (text, summary->source);
  append_number (text, summary->source_port, summary->source_port != 0);
  append_cell (text, summary->destination);
  append_number (text, summary->destination_port, summary->destination_port != 0);
  append_cell (text, summary->info);
  append_cell (text, facts->process);
  append_number (text, facts->pid, facts->process != NULL);
  append_number (text, packet->socket, packet->socket != 0);
  append_cell (text, packet->from_kernel ? ps_verdict_name (packet->verdict) : NULL);
  append_cell (text, facts->drop_reason);
  append_cell (text, facts->drop_function);
  append_number (text, (guint64)facts->latency_ns, facts->latency_ns >= 0);
  append_cell (text, path);
  g_string_append (text, "\r\n");
}

gboolean
ps_export_csv (const PsExportSource *source, PsExportOutput *output, GError **error)
{
  PsExportCursor cursor = { 0 };
  PsPacket packet;

  g_string_append (output->text, header);
  while (ps_export_next (source, &cursor, &packet))
    {
      PsExportFacts facts;

      ps_export_facts_init (&facts, source->session, &packet);
      append_row (output->text, &facts);
      if (!ps_export_drain (output, FALSE, error))
        return FALSE;
    }
  return TRUE;
}
