/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-heat-map.h"

typedef struct {
  gint64 time_ns;
  guint32 bucket;
} Sample;

gint64
ps_packet_get_stage_latency (const PsPacket *packet, guint8 from, guint8 to)
{
  guint begin = 0;

  while (begin < packet->n_stages && packet->stages[begin].stage != from)
    begin++;
  for (guint i = begin + 1; i < packet->n_stages; i++)
    {
      if (packet->stages[i].stage != to)
        continue;
      if (packet->stages[i].delta < packet->stages[begin].delta)
        return -1;
      return (gint64)MIN (packet->stages[i].delta - packet->stages[begin].delta,
                          (guint64)G_MAXINT64);
    }
  return -1;
}

static GArray *
take_samples (PsSession *session,
              PsPacketPredicate predicate,
              gpointer user_data,
              guint8 from,
              guint8 to)
{
  GArray *samples = g_array_new (FALSE, FALSE, sizeof (Sample));
  guint64 first = ps_session_get_first_packet (session);
  guint64 n = ps_session_get_n_packets (session);
  PsPacket packet;

  for (guint64 i = 0; i < n; i++)
    {
      Sample sample;
      gint64 latency;

      if (!ps_session_get_packet (session, first + i, &packet))
        continue;
      latency = ps_packet_get_stage_latency (&packet, from, to);
      if (latency < 0 || (predicate != NULL && !predicate (session, &packet, user_data)))
        continue;
      sample.time_ns = packet.time_ns;
      sample.bucket = MIN (ps_latency_bucket ((guint64)latency), PS_LATENCY_BUCKETS - 1);
      g_array_append_val (samples, sample);
    }
  return samples;
}

PsHeatMap *
ps_heat_map_new (PsSession *session,
                 PsPacketPredicate predicate,
                 gpointer user_data,
                 guint8 from,
                 guint8 to,
                 guint n_columns)
{
  g_autoptr (GArray) samples = NULL;
  PsHeatMap *self = g_new0 (PsHeatMap, 1);
  guint last_bucket = 0;
  double width;

  samples = take_samples (session, predicate, user_data, from, to);
  self->from = from;
  self->to = to;
  self->n_columns = CLAMP (n_columns, 1, PS_HEAT_MAP_COLUMNS_MAX);
  self->count = samples->len;
  if (samples->len == 0)
    return self;

  self->from_ns = self->to_ns = g_array_index (samples, Sample, 0).time_ns;
  self->first_bucket = PS_LATENCY_BUCKETS;
  for (guint i = 0; i < samples->len; i++)
    {
      const Sample *sample = &g_array_index (samples, Sample, i);

      self->from_ns = MIN (self->from_ns, sample->time_ns);
      self->to_ns = MAX (self->to_ns, sample->time_ns);
      self->first_bucket = MIN (self->first_bucket, sample->bucket);
      last_bucket = MAX (last_bucket, sample->bucket);
    }
  self->n_rows = last_bucket - self->first_bucket + 1;
  self->cells = g_new0 (guint32, (gsize)self->n_columns * self->n_rows);
  width = ((double)self->to_ns - (double)self->from_ns + 1) / self->n_columns;
  for (guint i = 0; i < samples->len; i++)
    {
      const Sample *sample = &g_array_index (samples, Sample, i);
      guint column = (guint)(((double)sample->time_ns - (double)self->from_ns) / width);
      guint32 *cell = &self->cells[MIN (column, self->n_columns - 1) * self->n_rows +
                                   (sample->bucket - self->first_bucket)];

      ++*cell;
      self->highest = MAX (self->highest, *cell);
    }
  return self;
}

void
ps_heat_map_free (PsHeatMap *self)
{
  g_free (self->cells);
  g_free (self);
}
