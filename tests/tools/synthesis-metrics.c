/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "synthesis-private.h"

#define N_STAGE_CODES (2 * PS_N_STAGES) /* received, then sent */

typedef struct {
  guint64 buckets[PS_LATENCY_BUCKETS];
  guint64 max;
} Latency;

struct _SynthesisMetrics {
  guint64 packets[PS_N_LAYERS][PS_N_DIRECTIONS][PS_N_FAMILIES];
  guint64 bytes[PS_N_LAYERS][PS_N_DIRECTIONS][PS_N_FAMILIES];
  guint64 interactions[PS_N_LAYERS][PS_N_LAYERS];
  guint64 drops[PS_N_LAYERS][PS_N_DIRECTIONS][16];
  guint32 drop_symbols[PS_N_LAYERS][PS_N_DIRECTIONS][16];
  guint64 resets;
  guint64 stacks, without_stack;
  guint64 last_time, tool_ns;
  Latency latencies[N_STAGE_CODES][N_STAGE_CODES];
};

SynthesisMetrics *
synthesis_metrics_new (void)
{
  return g_new0 (SynthesisMetrics, 1);
}

void
synthesis_metrics_free (SynthesisMetrics *self)
{
  g_free (self);
}

static guint
code_of (guint8 stage)
{
  return (stage & PS_STAGE_MASK) + (stage & PS_STAGE_SEND ? PS_N_STAGES : 0);
}

static guint8
stage_of (guint code)
{
  return (guint8)(code < PS_N_STAGES ? code : (code - PS_N_STAGES) | PS_STAGE_SEND);
}

void
synthesis_metrics_count (SynthesisMetrics *self,
                         const PsPacketRecord *packet,
                         const PsStageRecord *stages)
{
  guint family = packet->protocol == 0x0800   ? PS_FAMILY_IPV4
                 : packet->protocol == 0x86dd ? PS_FAMILY_IPV6
                 : packet->protocol == 0x0806 ? PS_FAMILY_ARP
                                              : PS_FAMILY_OTHER;
  guint layer = PS_N_LAYERS;

  for (guint i = 0; i < packet->n_stages; i++)
    {
      guint here = ps_stage_layer (stages[i].stage);

      if (i > 0)
        {
          guint64 latency = stages[i].delta - stages[i - 1].delta;
          Latency *pair =
              &self->latencies[code_of (stages[i - 1].stage)][code_of (stages[i].stage)];

          pair->buckets[ps_latency_bucket (latency)]++;
          pair->max = MAX (pair->max, latency);
        }
      if (here == layer)
        continue;
      if (layer < PS_N_LAYERS)
        self->interactions[layer][here]++;
      layer = here;
      self->packets[layer][packet->direction][family]++;
      self->bytes[layer][packet->direction][family] += packet->length;
    }
  if (packet->verdict == PS_VERDICT_DROPPED && layer < PS_N_LAYERS)
    {
      self->drops[layer][packet->direction][packet->drop_reason & 15]++;
      self->drop_symbols[layer][packet->direction][packet->drop_reason & 15] = packet->drop_symbol;
    }
  if (packet->flags & PS_PACKET_RESET_SENT)
    self->resets++;
  self->stacks += packet->n_paths;
  self->without_stack += packet->id % 3 == 0;
}

static void
add (GArray *array, PsMetricKind kind, guint a, guint b, guint32 c, guint64 value, guint64 value2)
{
  PsMetric metric = { (guint8)kind, (guint8)a, (guint8)b, 0, c, value, value2 };

  if (value > 0)
    g_array_append_val (array, metric);
}

static void
add_layers (SynthesisMetrics *self, GArray *array)
{
  for (guint a = 0; a < PS_N_LAYERS; a++)
    {
      for (guint b = 0; b < PS_N_LAYERS; b++)
        add (array, PS_METRIC_INTERACTION, a, b, 0, self->interactions[a][b], 0);
      for (guint b = 0; b < PS_N_DIRECTIONS; b++)
        {
          for (guint c = 0; c < PS_N_FAMILIES; c++)
            add (array, PS_METRIC_TRAFFIC, a, b, c, self->packets[a][b][c], self->bytes[a][b][c]);
          for (guint c = 0; c < 16; c++)
            add (array, PS_METRIC_DROP, a, b, c, self->drops[a][b][c], self->drop_symbols[a][b][c]);
        }
    }
}

static void
add_latencies (SynthesisMetrics *self, GArray *array)
{
  for (guint a = 0; a < N_STAGE_CODES; a++)
    for (guint b = 0; b < N_STAGE_CODES; b++)
      {
        const Latency *pair = &self->latencies[a][b];

        for (guint c = 0; c < PS_LATENCY_BUCKETS; c++)
          add (array, PS_METRIC_LATENCY, stage_of (a), stage_of (b), c, pair->buckets[c], 0);
        add (array, PS_METRIC_LATENCY_MAX, stage_of (a), stage_of (b), 0, pair->max, 0);
      }
}

void
synthesis_metrics_write (SynthesisMetrics *self, PsRecordWriter *writer, guint64 time)
{
  g_autoptr (GArray) array = g_array_new (FALSE, FALSE, sizeof (PsMetric));
  PsMetricsRecord *record;

  if (self->last_time)
    self->tool_ns += (time - self->last_time) / 90;
  self->last_time = time;
  add_layers (self, array);
  add_latencies (self, array);
  add (array, PS_METRIC_RESET, 0, 0, 0, self->resets, 0);
  add (array, PS_METRIC_STACKS, 0, 0, 0, self->stacks, self->without_stack);
  add (array, PS_METRIC_TOOL_CPU, 0, 0, 0, self->tool_ns, 0);
  add (array, PS_METRIC_TOOL_CPU, 1, 0, 0, self->tool_ns / 2, 0);
  add (array, PS_METRIC_RING, 0, 0, 0, 4096 + time % 100000, 1 << 20);
  add (array, PS_METRIC_TABLE, 0, 0, 0, 12 + time % 40, 16384);

  record = ps_record_writer_begin (writer, PS_RECORD_METRICS,
                                   (guint32)(sizeof *record + array->len * sizeof (PsMetric)));
  record->time = time;
  record->n_metrics = array->len;
  memcpy (record + 1, array->data, array->len * sizeof (PsMetric));
}
