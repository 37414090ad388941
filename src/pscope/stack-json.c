/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/stack.h"

#include "pscope/json.h"

typedef struct {
  PsJson json;
  const PsStackStatistics *statistics;
  const char *by;
  const char *group;
} Printer;

/* Every object says what it is and which part of the packets it is about. */
static void
begin (Printer *printer, const char *kind)
{
  ps_json_begin_object (&printer->json, NULL);
  ps_json_string (&printer->json, "kind", kind);
  if (printer->by == NULL)
    return;
  ps_json_string (&printer->json, "by", printer->by);
  ps_json_string (&printer->json, "group", printer->group);
}

static void
end (Printer *printer)
{
  ps_json_end_object (&printer->json);
  ps_json_print (&printer->json);
}

static void
add_stage (PsJson *json, const char *key, guint8 stage)
{
  g_autofree char *name = g_strconcat (stage & PS_STAGE_SEND ? "send " : "",
                                       ps_stage_name (stage & PS_STAGE_MASK), NULL);

  ps_json_string (json, key, name);
}

static void
print_traffic (Printer *printer)
{
  for (guint i = 0; i < printer->statistics->traffic->len; i++)
    {
      const PsTraffic *traffic = &g_array_index (printer->statistics->traffic, PsTraffic, i);

      begin (printer, "traffic");
      ps_json_string (&printer->json, "layer", ps_layer_name (traffic->layer));
      ps_json_string (&printer->json, "direction", ps_direction_name (traffic->direction));
      ps_json_uint (&printer->json, "packets", traffic->packets);
      ps_json_uint (&printer->json, "bytes", traffic->bytes);
      ps_json_double (&printer->json, "packets_per_second", traffic->packets_per_second);
      ps_json_double (&printer->json, "bytes_per_second", traffic->bytes_per_second);
      end (printer);
    }
}

/* Those that are not empty, by the least latency in each. */
static void
add_buckets (PsJson *json, const PsLatency *latency)
{
  ps_json_begin_array (json, "buckets");
  for (guint i = 0; i < PS_LATENCY_BUCKETS; i++)
    {
      if (latency->buckets[i] == 0)
        continue;
      ps_json_begin_object (json, NULL);
      ps_json_uint (json, "from_ns", ps_latency_bucket_floor (i));
      ps_json_uint (json, "count", latency->buckets[i]);
      ps_json_end_object (json);
    }
  ps_json_end_array (json);
}

static void
print_latencies (Printer *printer)
{
  for (guint i = 0; i < printer->statistics->latencies->len; i++)
    {
      const PsLatency *latency = &g_array_index (printer->statistics->latencies, PsLatency, i);

      begin (printer, "latency");
      add_stage (&printer->json, "from", latency->from);
      add_stage (&printer->json, "to", latency->to);
      ps_json_uint (&printer->json, "count", latency->count);
      ps_json_known (&printer->json, "p50_ns", latency->p50_ns);
      ps_json_known (&printer->json, "p95_ns", latency->p95_ns);
      ps_json_known (&printer->json, "p99_ns", latency->p99_ns);
      ps_json_known (&printer->json, "max_ns", latency->max_ns);
      add_buckets (&printer->json, latency);
      end (printer);
    }
}

static void
print_interactions (Printer *printer)
{
  for (guint i = 0; i < printer->statistics->interactions->len; i++)
    {
      const PsInteraction *interaction =
          &g_array_index (printer->statistics->interactions, PsInteraction, i);

      begin (printer, "interaction");
      ps_json_string (&printer->json, "from", ps_layer_name (interaction->from));
      ps_json_string (&printer->json, "to", ps_layer_name (interaction->to));
      ps_json_uint (&printer->json, "count", interaction->count);
      ps_json_double (&printer->json, "per_second", interaction->per_second);
      end (printer);
    }
}

static void
print_drops (Printer *printer)
{
  for (guint i = 0; i < printer->statistics->drops->len; i++)
    {
      const PsDrops *drops = &g_array_index (printer->statistics->drops, PsDrops, i);

      begin (printer, "drops");
      ps_json_string (&printer->json, "layer", ps_layer_name (drops->layer));
      ps_json_string (&printer->json, "direction", ps_direction_name (drops->direction));
      ps_json_uint (&printer->json, "drops", drops->drops);
      ps_json_string (&printer->json, "reason", drops->reason_name);
      ps_json_uint (&printer->json, "reason_number", drops->reason);
      ps_json_string (&printer->json, "function", drops->function);
      end (printer);
    }
}

/* The tool's own losses: each cause, a zero as well, for a zero is an answer here. */
static void
print_losses (Printer *printer)
{
  for (guint cause = 0; cause < PS_N_LOSSES; cause++)
    {
      begin (printer, "tool_loss");
      ps_json_string (&printer->json, "cause", ps_loss_name (cause));
      ps_json_uint (&printer->json, "lost", printer->statistics->losses[cause]);
      end (printer);
    }
}

void
ps_stack_print_json (const PsStackStatistics *statistics, const char *by, const char *group)
{
  Printer printer = { .statistics = statistics, .by = by, .group = group };

  ps_json_init (&printer.json);
  begin (&printer, "stack");
  ps_json_string (&printer.json, "source",
                  statistics->source == PS_STATISTICS_FROM_KERNEL ? "kernel" : "packets");
  ps_json_int (&printer.json, "from_ns", statistics->from_ns);
  ps_json_int (&printer.json, "to_ns", statistics->to_ns);
  ps_json_uint (&printer.json, "retransmits", statistics->retransmits);
  end (&printer);
  print_traffic (&printer);
  print_latencies (&printer);
  print_interactions (&printer);
  print_drops (&printer);
  print_losses (&printer);
  ps_json_clear (&printer.json);
}
