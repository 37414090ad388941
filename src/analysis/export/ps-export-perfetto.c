/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The JSON of Chrome's trace viewer, which Perfetto reads as well. Packets
 * overlap, so each is a nestable asynchronous slice of its own id, with the time
 * between two stages as slices in it; interfaces are the processes. Times are
 * µs since the first packet: since 1970 they would not fit a double.
 */
#include "config.h"

#include "analysis/export/ps-export-output.h"

typedef struct {
  const PsExportSource *source;
  GString *text;
  gint64 origin_ns;
  GHashTable *tracks; /* (netns, interface) → pid of the trace, from 1 */
} Trace;

/* What all events of a packet share, up to the place where arguments go. */
static void
begin_event (Trace *trace,
             const char *phase,
             const char *name,
             const PsPacket *packet,
             guint track,
             gint64 time_ns)
{
  g_string_append_printf (trace->text,
                          ",\n{\"ph\":\"%s\",\"cat\":\"packet\",\"id\":\"0x%" G_GINT64_MODIFIER
                          "x\",\"pid\":%u,\"tid\":1,\"ts\":",
                          phase, packet->id != 0 ? packet->id : packet->number, track);
  ps_export_append_us (trace->text, time_ns - trace->origin_ns);
  g_string_append (trace->text, ",\"name\":");
  ps_export_append_json (trace->text, name);
}

static guint
find_track (Trace *trace, const PsExportFacts *facts)
{
  guint64 key = (guint64)facts->packet->netns << 32 | facts->packet->interface;
  guint track = GPOINTER_TO_UINT (g_hash_table_lookup (trace->tracks, &key));

  if (track != 0)
    return track;
  track = g_hash_table_size (trace->tracks) + 1;
  g_hash_table_insert (trace->tracks, g_memdup2 (&key, sizeof key), GUINT_TO_POINTER (track));
  g_string_append_printf (trace->text,
                          ",\n{\"ph\":\"M\",\"pid\":%u,\"tid\":1,\"name\":\"process_name\","
                          "\"args\":{\"name\":",
                          track);
  ps_export_append_json (trace->text,
                         facts->interface != NULL ? facts->interface : "unknown interface");
  g_string_append (trace->text, "}}");
  return track;
}

static void
append_arguments (Trace *trace, const PsExportFacts *facts)
{
  const PsPacket *packet = facts->packet;

  g_string_append_printf (trace->text,
                          ",\"args\":{\"number\":%" G_GUINT64_FORMAT
                          ",\"length\":%u,\"direction\":\"%s\",\"verdict\":",
                          packet->number, packet->length, ps_direction_name (packet->direction));
  ps_export_append_json (trace->text,
                         packet->from_kernel ? ps_verdict_name (packet->verdict) : NULL);
  g_string_append (trace->text, ",\"process\":");
  ps_export_append_json (trace->text, facts->process);
  g_string_append (trace->text, ",\"info\":");
  ps_export_append_json (trace->text, facts->summary.info);
  g_string_append (trace->text, "}}");
}

/* A file may claim any time: this wraps where it would overflow. */
static gint64
stage_time (const PsPacket *packet, guint nth)
{
  return (gint64)((guint64)packet->time_ns + packet->stages[nth].delta);
}

static void
append_stages (Trace *trace, const PsPacket *packet, guint track)
{
  guint64 last = 0;

  for (guint i = 1; i < packet->n_stages; i++)
    {
      const PsStageRecord *from = &packet->stages[i - 1], *to = &packet->stages[i];
      g_autofree char *name = NULL;

      if (from->delta < last || to->delta < from->delta)
        continue;
      last = to->delta;
      name = g_strdup_printf ("%s → %s", ps_stage_name (from->stage & PS_STAGE_MASK),
                              ps_stage_name (to->stage & PS_STAGE_MASK));
      begin_event (trace, "b", name, packet, track, stage_time (packet, i - 1));
      g_string_append_c (trace->text, '}');
      begin_event (trace, "e", name, packet, track, stage_time (packet, i));
      g_string_append_c (trace->text, '}');
    }
}

static void
append_drop (Trace *trace, const PsExportFacts *facts, guint track, gint64 time_ns)
{
  g_autofree char *name = NULL;

  if (facts->drop_reason == NULL)
    return;
  name = g_strdup_printf ("dropped: %s", facts->drop_reason);
  begin_event (trace, "n", name, facts->packet, track, time_ns);
  g_string_append (trace->text, ",\"args\":{\"function\":");
  ps_export_append_json (trace->text, facts->drop_function);
  g_string_append (trace->text, "}}");
}

static void
append_packet (Trace *trace, const PsExportFacts *facts)
{
  const PsPacket *packet = facts->packet;
  guint track = find_track (trace, facts);
  gint64 end_ns = packet->time_ns;
  g_autofree char *name = NULL;

  for (guint i = 0; i < packet->n_stages; i++)
    end_ns = MAX (end_ns, stage_time (packet, i));
  name = g_strdup_printf ("%s %s → %s", facts->summary.protocol, facts->summary.source,
                          facts->summary.destination);
  begin_event (trace, "b", name, packet, track, packet->time_ns);
  append_arguments (trace, facts);
  append_stages (trace, packet, track);
  append_drop (trace, facts, track, end_ns);
  begin_event (trace, "e", name, packet, track, end_ns);
  g_string_append_c (trace->text, '}');
}

/* Packets are in the order they ended in the kernel, not in that of their times. */
static gint64
find_origin (const PsExportSource *source)
{
  PsExportCursor cursor = { 0 };
  PsPacket packet;
  gint64 origin_ns = G_MAXINT64;

  while (ps_export_next (source, &cursor, &packet))
    origin_ns = MIN (origin_ns, packet.time_ns);
  return origin_ns;
}

gboolean
ps_export_perfetto (const PsExportSource *source, PsExportOutput *output, GError **error)
{
  g_autoptr (GHashTable) tracks = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  Trace trace = { source, output->text, find_origin (source), tracks };
  PsExportCursor cursor = { 0 };
  PsPacket packet;

  /* A first event without a comma before it. */
  g_string_append (output->text,
                   "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n{\"ph\":\"M\",\"pid\":0,"
                   "\"tid\":0,\"name\":\"process_labels\",\"args\":{\"labels\":\"PacketScope\"}}");
  while (ps_export_next (source, &cursor, &packet))
    {
      PsExportFacts facts;

      ps_export_facts_init (&facts, source->session, &packet);
      append_packet (&trace, &facts);
      if (!ps_export_drain (output, FALSE, error))
        return FALSE;
    }
  g_string_append (output->text, "\n]}\n");
  return TRUE;
}
