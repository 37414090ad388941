/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <bpf/bpf.h>
#include <string.h>
#include <time.h>

#include "bpf/state.h"
#include "helper/metrics.h"

G_STATIC_ASSERT (PS_BUCKETS == PS_LATENCY_BUCKETS);

#define DROPS_MAX 4096 /* kinds of drops looked at in one record */

/* The stages of each row of the histograms; row 0 holds what is in no other. */
static const guint8 pairs[PS_N_PAIRS + 1][2] = { { 0, 0 },
#define PAIR(from, to) { from, to },
                                                 PS_LATENCY_PAIRS (PAIR)
#undef PAIR
};

static const struct ps_cpu *
cpu_at (const PsMetricsSource *source, int i)
{
  return (const struct ps_cpu *)((const char *)source->cpus + source->stride * i);
}

static void
append (GArray *metrics, guint8 kind, guint a, guint b, guint32 c, guint64 value, guint64 value2)
{
  PsMetric metric = { .kind = kind, .a = (guint8)a, .b = (guint8)b, .c = c };

  metric.value = value;
  metric.value2 = value2;
  g_array_append_val (metrics, metric);
}

static void
append_traffic (const PsMetricsSource *source, GArray *metrics)
{
  for (guint layer = 0; layer < PS_N_LAYERS; layer++)
    for (guint direction = 0; direction < PS_N_DIRECTIONS; direction++)
      for (guint family = 0; family < PS_N_FAMILIES; family++)
        {
          guint64 packets = 0, bytes = 0;

          for (int i = 0; i < source->n_cpus; i++)
            {
              packets += cpu_at (source, i)->traffic[layer][direction][family].packets;
              bytes += cpu_at (source, i)->traffic[layer][direction][family].bytes;
            }
          if (packets)
            append (metrics, PS_METRIC_TRAFFIC, layer, direction, family, packets, bytes);
        }
}

/* Histograms, and the steps between layers, which are the histograms' sums. */
static void
append_latencies (const PsMetricsSource *source, GArray *metrics)
{
  guint64 steps[PS_N_LAYERS][PS_N_LAYERS] = { 0 };

  for (guint row = 1; row <= PS_N_PAIRS; row++)
    {
      guint from = pairs[row][0], to = pairs[row][1];
      guint64 maximum = 0;

      for (guint32 bucket = 0; bucket < PS_BUCKETS; bucket++)
        {
          guint64 samples = 0;

          for (int i = 0; i < source->n_cpus; i++)
            samples += cpu_at (source, i)->latency[row][bucket];
          if (samples)
            append (metrics, PS_METRIC_LATENCY, from, to, bucket, samples, 0);
          steps[ps_stage_layer (from)][ps_stage_layer (to)] += samples;
        }
      for (int i = 0; i < source->n_cpus; i++)
        maximum = MAX (maximum, cpu_at (source, i)->latency_max[row]);
      if (maximum)
        append (metrics, PS_METRIC_LATENCY_MAX, from, to, 0, maximum, 0);
    }

  for (guint from = 0; from < PS_N_LAYERS; from++)
    for (guint to = 0; to < PS_N_LAYERS; to++)
      if (steps[from][to])
        append (metrics, PS_METRIC_INTERACTION, from, to, 0, steps[from][to] * source->sample, 0);
}

static void
append_drops (const PsMetricsSource *source,
              GArray *metrics,
              PsDropFunc tell_drop,
              gpointer user_data)
{
  struct ps_drop_key key, *previous = NULL;

  for (guint n = 0; n < DROPS_MAX && !bpf_map_get_next_key (source->drops_fd, previous, &key); n++)
    {
      guint64 packets;
      guint32 symbol;

      previous = &key;
      if (!bpf_map_lookup_elem (source->drops_fd, &key, &packets) &&
          tell_drop (key.location, key.direction, &symbol, user_data))
        append (metrics, PS_METRIC_DROP, key.layer, key.direction, key.reason, packets, symbol);
    }
}

static guint64
sum (const PsMetricsSource *source, gsize offset)
{
  guint64 total = 0;

  for (int i = 0; i < source->n_cpus; i++)
    total += *(const guint64 *)((const char *)cpu_at (source, i) + offset);
  return total;
}

#define SUM(member) sum (source, G_STRUCT_OFFSET (struct ps_cpu, member))

static void
append_cost (const PsCostTotals *cost, GArray *metrics)
{
  append (metrics, PS_METRIC_COST, PS_COST_PROGRAMS, 0, 0, cost->programs_ns, cost->packets);
  append (metrics, PS_METRIC_COST, PS_COST_DISPATCH, 0, 0, cost->dispatch_ns, cost->runs);
  append (metrics, PS_METRIC_COST, PS_COST_TIME, 0, 0, cost->time_ns, cost->readings);
}

static void
append_counts (const PsMetricsSource *source, GArray *metrics)
{
  append (metrics, PS_METRIC_RETRANSMIT, 0, 0, 0, SUM (retransmits), SUM (synack_retransmits));
  append (metrics, PS_METRIC_RESET, 0, 0, 0, SUM (resets_sent), 0);
  append (metrics, PS_METRIC_RESET, 1, 0, 0, SUM (resets_received), 0);
  append (metrics, PS_METRIC_STACKS, 0, 0, 0, SUM (stacks_taken), SUM (stacks_denied));
  append (metrics, PS_METRIC_TOOL_CPU, 0, 0, 0, source->helper_ns, 0);
  if (source->cost && source->cost->readings)
    append_cost (source->cost, metrics);
  append (metrics, PS_METRIC_RING, 0, 0, 0, source->ring_waiting, source->ring_size);
  append (metrics, PS_METRIC_TABLE, 0, 0, 0, source->table_followed, source->table_places);
}

static void
write_losses (const PsMetricsSource *source, PsRecordWriter *writer, guint64 now)
{
  for (guint cause = 0; cause < PS_N_LOSSES; cause++)
    {
      PsLossRecord loss = { .time = now, .cause = cause };

      loss.count = sum (source, G_STRUCT_OFFSET (struct ps_cpu, losses) + cause * sizeof (guint64));
      if (cause == PS_LOSS_RECURSION)
        loss.count += source->skipped;
      if (source->other_losses)
        loss.count += source->other_losses[cause];
      if (loss.count)
        ps_record_writer_add (writer, PS_RECORD_LOSS, &loss, sizeof loss);
    }
}

void
ps_metrics_write (const PsMetricsSource *source,
                  PsRecordWriter *writer,
                  PsDropFunc tell_drop,
                  gpointer user_data)
{
  g_autoptr (GArray) metrics = g_array_new (FALSE, FALSE, sizeof (PsMetric));
  struct timespec now;
  PsMetricsRecord *record;
  guint64 time;

  clock_gettime (CLOCK_MONOTONIC, &now);
  time = (guint64)now.tv_sec * G_GUINT64_CONSTANT (1000000000) + (guint64)now.tv_nsec;
  append_traffic (source, metrics);
  append_latencies (source, metrics);
  append_drops (source, metrics, tell_drop, user_data);
  append_counts (source, metrics);

  record = ps_record_writer_begin (writer, PS_RECORD_METRICS,
                                   (guint32)(sizeof *record + metrics->len * sizeof (PsMetric)));
  if (record)
    {
      record->time = time;
      record->n_metrics = metrics->len;
      memcpy (record + 1, metrics->data, metrics->len * sizeof (PsMetric));
    }
  write_losses (source, writer, time);
}
