/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A JSON object a line and packet, with the keys of “pscope packets --json” as
 * far as they go. Objects are laid out by hand, because a million of them as
 * trees of nodes would take minutes, and because ids use all 64 bits; strings
 * are json-glib's.
 */
#include "config.h"

#include "analysis/export/ps-export-output.h"

static void
append_string (GString *text, const char *key, const char *value)
{
  g_string_append_printf (text, ",\"%s\":", key);
  ps_export_append_json (text, value != NULL && *value != '\0' ? value : NULL);
}

static void
append_number (GString *text, const char *key, guint64 number, gboolean known)
{
  if (known)
    g_string_append_printf (text, ",\"%s\":%" G_GUINT64_FORMAT, key, number);
  else
    g_string_append_printf (text, ",\"%s\":null", key);
}

static void
append_headers (GString *text, const PsExportFacts *facts)
{
  const PsPacket *packet = facts->packet;
  const PsSummary *summary = &facts->summary;

  g_string_append_printf (text, "{\"number\":%" G_GUINT64_FORMAT, packet->number);
  append_number (text, "id", packet->id, TRUE);
  append_number (text, "parent", packet->parent, packet->parent != 0);
  g_string_append_printf (text, ",\"time_ns\":%" G_GINT64_FORMAT, packet->time_ns);
  append_string (text, "direction", ps_direction_name (packet->direction));
  append_string (text, "interface", facts->interface);
  append_string (text, "out_interface", facts->out_interface);
  append_number (text, "length", packet->length, TRUE);
  append_number (text, "captured", packet->captured, TRUE);
  append_string (text, "protocol", summary->protocol);
  append_string (text, "source", summary->source);
  append_string (text, "destination", summary->destination);
  append_number (text, "source_port", summary->source_port, summary->source_port != 0);
  append_number (text, "destination_port", summary->destination_port,
                 summary->destination_port != 0);
  append_string (text, "info", summary->info);
}

static void
append_way (GString *text, const PsExportFacts *facts)
{
  const PsPacket *packet = facts->packet;

  append_number (text, "socket", packet->socket, packet->socket != 0);
  append_number (text, "pid", facts->pid, facts->process != NULL);
  append_string (text, "process", facts->process);
  append_string (text, "verdict", packet->from_kernel ? ps_verdict_name (packet->verdict) : NULL);
  append_string (text, "drop_reason", facts->drop_reason);
  append_string (text, "drop_function", facts->drop_function);
  append_number (text, "latency_ns", (guint64)facts->latency_ns, facts->latency_ns >= 0);
  g_string_append (text, ",\"path\":[");
  for (guint i = 0; i < packet->n_paths; i++)
    g_string_append_printf (text, "%s%u", i > 0 ? "," : "", packet->paths[i].path);
  g_string_append (text, "],\"stages\":[");
  for (guint i = 0; i < packet->n_stages; i++)
    {
      const PsStageRecord *stage = &packet->stages[i];

      g_string_append_printf (
          text, "%s{\"stage\":\"%s\",\"way\":\"%s\",\"time_ns\":%" G_GINT64_FORMAT "}",
          i > 0 ? "," : "", ps_stage_name (stage->stage & PS_STAGE_MASK),
          stage->stage & PS_STAGE_SEND ? "send" : "receive",
          (gint64)((guint64)packet->time_ns + stage->delta));
    }
  g_string_append (text, "]}\n");
}

gboolean
ps_export_jsonl (const PsExportSource *source, PsExportOutput *output, GError **error)
{
  PsExportCursor cursor = { 0 };
  PsPacket packet;

  while (ps_export_next (source, &cursor, &packet))
    {
      PsExportFacts facts;

      ps_export_facts_init (&facts, source->session, &packet);
      append_headers (output->text, &facts);
      append_way (output->text, &facts);
      if (!ps_export_drain (output, FALSE, error))
        return FALSE;
    }
  return TRUE;
}
