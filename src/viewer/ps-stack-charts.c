/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-stack-charts.h"

#include <glib/gi18n.h>

#include "analysis/ps-heat-map.h"
#include "analysis/ps-journey.h"
#include "analysis/ps-tracing-cost.h"
#include "viewer/ps-format.h"
#include "viewer/ps-layer-style.h"
#include "viewer/ps-metrics.h"

#define LOSS_ROWS_MAX 40

static void
add_traffic_series (PsTimeChart *chart, const PsTrafficRates *rates, guint layer, guint out)
{
  const GArray *values = rates->rates[layer][out];
  g_autofree char *name =
      g_strdup_printf (out ? _ ("%s, out") : _ ("%s, in"), ps_layer_title (layer));

  ps_time_chart_add_series (chart, name, layer, out, (const gint64 *)rates->times->data,
                            (const double *)values->data, values->len);
}

void
ps_stack_chart_traffic (PsTimeChart *chart,
                        PsSession *session,
                        double span,
                        gboolean bits,
                        const char *why)
{
  g_autoptr (PsTrafficRates) rates = NULL;

  ps_time_chart_clear (chart, why != NULL ? why : _ ("n/a: no counter of traffic"));
  ps_time_chart_set_span (chart, span);
  ps_time_chart_set_format (chart, bits ? ps_format_bit_rate : ps_format_rate);
  ps_time_chart_set_label (chart, bits ? _ ("Traffic by layer, bits per second")
                                       : _ ("Traffic by layer, packets per second"));
  if (why != NULL)
    return;
  rates = ps_metrics_traffic_rates (session, span, bits);
  for (guint layer = 0; layer < PS_N_LAYERS; layer++)
    {
      add_traffic_series (chart, rates, layer, FALSE);
      add_traffic_series (chart, rates, layer, TRUE);
    }
}

/* Samples of one pair in one reading, bucket by bucket. */
static void
read_buckets (const PsMetricsSample *sample, guint from, guint to, guint64 *buckets)
{
  for (guint i = 0; i < PS_LATENCY_BUCKETS; i++)
    buckets[i] = 0;
  for (guint i = 0; i < sample->n_metrics; i++)
    {
      const PsMetric *m = &sample->metrics[i];
      if (m->kind == PS_METRIC_LATENCY && m->a == from && m->b == to && m->c < PS_LATENCY_BUCKETS)
        buckets[m->c] += m->value;
    }
}

static void
fill_column (PsLatencyColumn *column, gint64 time, const guint64 *before, const guint64 *now)
{
  guint64 difference[PS_LATENCY_BUCKETS];

  column->time_ns = time;
  for (guint i = 0; i < PS_LATENCY_BUCKETS; i++)
    {
      difference[i] = now[i] >= before[i] ? now[i] - before[i] : 0;
      column->buckets[i] = (guint32)MIN (difference[i], G_MAXUINT32);
    }
  column->p50_ns = ps_latency_percentile (difference, .5);
  column->p95_ns = ps_latency_percentile (difference, .95);
  column->p99_ns = ps_latency_percentile (difference, .99);
}

void
ps_stack_chart_latency (PsLatencyChart *chart,
                        PsSession *session,
                        guint from,
                        guint to,
                        double span,
                        const char *why)
{
  g_autoptr (GArray) columns = g_array_new (FALSE, TRUE, sizeof (PsLatencyColumn));
  guint n = why == NULL ? ps_session_get_n_metrics (session) : 0;
  guint first = n > (guint)span + 1 ? n - (guint)span - 1 : 0;
  guint64 buckets[2][PS_LATENCY_BUCKETS];
  PsMetricsSample sample;

  for (guint i = first; i < n; i++)
    {
      if (!ps_session_get_nth_metrics (session, i, &sample))
        break;
      read_buckets (&sample, from, to, buckets[i & 1]);
      if (i > first)
        {
          g_array_set_size (columns, columns->len + 1);
          fill_column (&g_array_index (columns, PsLatencyColumn, columns->len - 1), sample.time_ns,
                       buckets[~i & 1], buckets[i & 1]);
        }
    }
  ps_latency_chart_set_columns (chart, (const PsLatencyColumn *)columns->data, columns->len, span,
                                MIN (ps_stage_layer (to & PS_STAGE_MASK), PS_N_LAYERS - 1u),
                                why != NULL ? why
                                            : _ ("No packet passed these stages in this time"));
}

#define SLICES 120u

void
ps_stack_chart_packet_latency (PsLatencyChart *chart,
                               PsSession *session,
                               PsPacketPredicate predicate,
                               gpointer user_data,
                               guint from,
                               guint to)
{
  static const guint64 nothing[PS_LATENCY_BUCKETS];
  g_autoptr (PsHeatMap) map =
      ps_heat_map_new (session, predicate, user_data, (guint8)from, (guint8)to, SLICES);
  g_autofree PsLatencyColumn *columns = g_new0 (PsLatencyColumn, SLICES);
  double span = MAX ((double)(map->to_ns - map->from_ns) / 1e9, 1e-9);

  for (guint i = 0; map->count > 0 && i < map->n_columns; i++)
    {
      guint64 buckets[PS_LATENCY_BUCKETS] = { 0 };
      gint64 time = map->from_ns + (gint64)(span * 1e9 * (i + 1) / map->n_columns);

      for (guint row = 0; row < map->n_rows; row++)
        buckets[MIN (map->first_bucket + row, PS_LATENCY_BUCKETS - 1)] =
            ps_heat_map_get (map, i, row);
      fill_column (&columns[i], time, nothing, buckets);
    }
  ps_latency_chart_set_columns (chart, columns, map->count > 0 ? map->n_columns : 0, span,
                                MIN (ps_stage_layer (to & PS_STAGE_MASK), PS_N_LAYERS - 1u),
                                _ ("No packet passed these stages"));
}

void
ps_stack_chart_matrix (PsMatrix *matrix, const PsStackStatistics *statistics)
{
  double values[PS_N_LAYERS][PS_N_LAYERS] = { 0 };

  for (guint i = 0; statistics != NULL && i < statistics->interactions->len; i++)
    {
      const PsInteraction *x = &g_array_index (statistics->interactions, PsInteraction, i);
      if (x->from < PS_N_LAYERS && x->to < PS_N_LAYERS)
        values[x->from][x->to] += x->per_second;
    }
  ps_matrix_set_values (matrix, values,
                        statistics == NULL || statistics->interactions->len == 0
                            ? _ ("n/a: no packet with known stages is here")
                            : NULL);
}

/* One direction of a layer; a forwarded packet is counted where it leaves. */
static void
format_traffic (PsSession *session,
                const PsStackStatistics *statistics,
                guint layer,
                gboolean send,
                char **ret_packets,
                char **ret_bytes)
{
  guint64 packets = 0, bytes = 0;
  gboolean known = ps_stack_layer_is_counted (session, layer, send);

  for (guint i = 0; i < statistics->traffic->len; i++)
    {
      const PsTraffic *t = &g_array_index (statistics->traffic, PsTraffic, i);

      if (t->layer != layer || (t->direction != PS_DIRECTION_IN) != send)
        continue;
      known = TRUE;
      packets += t->packets;
      bytes += t->bytes;
    }
  *ret_packets = known ? ps_format_count (packets) : g_strdup (_ ("n/a"));
  *ret_bytes = known ? ps_format_bytes ((double)bytes) : g_strdup (_ ("n/a"));
}

/* Both directions of a layer stand in one row. */
void
ps_stack_table_traffic (PsTable *table, PsSession *session, const PsStackStatistics *statistics)
{
  ps_table_begin (table);
  for (guint layer = 0; statistics != NULL && layer < PS_N_LAYERS; layer++)
    {
      g_autofree char *in = NULL;
      g_autofree char *out = NULL;
      g_autofree char *in_bytes = NULL;
      g_autofree char *out_bytes = NULL;

      format_traffic (session, statistics, layer, FALSE, &in, &in_bytes);
      format_traffic (session, statistics, layer, TRUE, &out, &out_bytes);
      ps_table_add_row (table, ps_layer_css_class (layer),
                        (const char *[]){ ps_layer_title (layer), in, in_bytes, out, out_bytes });
    }
  ps_table_end (table, _ ("n/a: no packet with known stages is here"));
}

void
ps_stack_table_latency (PsTable *table, const PsStackStatistics *statistics)
{
  ps_table_begin (table);
  for (guint i = 0; statistics != NULL && i < statistics->latencies->len; i++)
    {
      const PsLatency *l = &g_array_index (statistics->latencies, PsLatency, i);
      g_autofree char *name =
          g_strdup_printf ("%s → %s", ps_stage_title (l->from), ps_stage_title (l->to));
      g_autofree char *count = ps_format_count (l->count);
      g_autofree char *p50 = ps_format_duration (l->p50_ns);
      g_autofree char *p95 = ps_format_duration (l->p95_ns);
      g_autofree char *p99 = ps_format_duration (l->p99_ns);
      g_autofree char *max = ps_format_duration (l->max_ns);

      ps_table_add_row (table, ps_layer_css_class (ps_stage_layer (l->to & PS_STAGE_MASK)),
                        (const char *[]){ name, count, p50, p95, p99, max });
    }
  ps_table_end (table, _ ("n/a: no packet passed two stages in a row"));
}

void
ps_stack_table_loss (PsTable *table, const PsStackStatistics *statistics)
{
  ps_table_begin (table);
  for (guint i = 0; statistics != NULL && i < MIN (statistics->drops->len, LOSS_ROWS_MAX); i++)
    {
      const PsDrops *d = &g_array_index (statistics->drops, PsDrops, i);
      const char *sentence =
          d->reason_name != NULL ? ps_drop_reason_sentence (d->reason_name) : NULL;
      const char *reason = d->reason_name != NULL ? d->reason_name : _ ("n/a");
      g_autofree char *name =
          sentence != NULL ? g_strdup_printf ("%s: %s", reason, sentence) : g_strdup (reason);
      g_autofree char *count = ps_format_count (d->drops);

      ps_table_add_row (table, ps_layer_css_class (d->layer),
                        (const char *[]){ name, ps_layer_title (d->layer),
                                          d->function != NULL ? d->function : _ ("n/a"), count });
    }
  ps_table_end (table, statistics != NULL && statistics->source == PS_STATISTICS_FROM_KERNEL
                           ? _ ("The kernel dropped no packet")
                           : _ ("No packet that is here was dropped"));
}

static void
add_tool_row (PsTable *table, const char *name, char *value /* taken */)
{
  ps_table_add_row (table, NULL, (const char *[]){ name, value });
  g_free (value);
}

static void
add_cost_rows (PsTable *table, PsSession *session)
{
  PsTracingCost cost;
  g_autofree char *why_not = NULL;

  if (!ps_tracing_cost_of (session, 0, &cost))
    {
      why_not = ps_tracing_cost_why_not (session);
      add_tool_row (table, _ ("Added to each packet"), g_strdup_printf (_ ("n/a: %s"), why_not));
      return;
    }
  add_tool_row (table, _ ("Added to each packet by programs, measured"),
                g_strdup_printf (_ ("%.2f µs"), cost.programs_ns / 1000));
  add_tool_row (table, _ ("Added to each packet to get to them, an estimate"),
                g_strdup_printf (_ ("about %.2f µs"), cost.dispatch_ns / 1000));
  add_tool_row (table, _ ("Both together"),
                g_strdup_printf (_ ("%.1f %% of one CPU"), cost.percent));
}

void
ps_stack_table_tool (PsTable *table, PsSession *session)
{
  double cpu = ps_metrics_tool_cpu_share (session);
  double ring = ps_metrics_ring_share (session);
  guint64 value = 0, other = 0;

  ps_table_begin (table);
  if (ps_session_get_depth (session) == NULL)
    {
      ps_table_end (table, _ ("n/a: another program made this capture"));
      return;
    }
  add_cost_rows (table, session);
  add_tool_row (table, _ ("CPU of the helper"),
                cpu >= 0 ? g_strdup_printf (_ ("%.1f %% of one CPU"), cpu * 100)
                         : g_strdup (_ ("n/a: needs two readings")));
  add_tool_row (table, _ ("Fullest ring buffer"),
                ring >= 0 ? g_strdup_printf ("%.0f %%", ring * 100) : g_strdup (_ ("n/a")));
  if (ps_metrics_total (session, PS_METRIC_STACKS, -1, &value, &other))
    {
      add_tool_row (table, _ ("Kernel stacks taken"), ps_format_count (value));
      add_tool_row (table, _ ("Packets without one, to keep the budget"), ps_format_count (other));
    }
  for (guint i = 0; i < PS_N_LOSSES; i++)
    {
      g_autofree char *name =
          g_strdup_printf (i == PS_LOSS_EVICTED ? "%s" : _ ("Lost: %s"), ps_loss_title (i));
      add_tool_row (table, name,
                    ps_format_count (i == PS_LOSS_EVICTED ? ps_session_get_n_evicted (session)
                                                          : ps_session_get_loss (session, i)));
    }
  ps_table_end (table, NULL);
}
