/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-metrics.h"

#include <string.h>

static gboolean
newest (PsSession *session, guint back, PsMetricsSample *ret_sample)
{
  guint n = ps_session_get_n_metrics (session);

  return n > back && ps_session_get_nth_metrics (session, n - 1 - back, ret_sample);
}

gboolean
ps_metrics_total (PsSession *session,
                  PsMetricKind kind,
                  int a,
                  guint64 *ret_value,
                  guint64 *ret_value2)
{
  PsMetricsSample sample;
  guint64 value = 0, value2 = 0;

  if (!newest (session, 0, &sample))
    return FALSE;
  for (guint i = 0; i < sample.n_metrics; i++)
    if (sample.metrics[i].kind == kind && (a < 0 || sample.metrics[i].a == a))
      {
        value += sample.metrics[i].value;
        value2 += sample.metrics[i].value2;
      }
  if (ret_value != NULL)
    *ret_value = value;
  if (ret_value2 != NULL)
    *ret_value2 = value2;
  return TRUE;
}

static gboolean
has_kind (const PsMetricsSample *sample, PsMetricKind kind)
{
  for (guint i = 0; i < sample->n_metrics; i++)
    if (sample->metrics[i].kind == kind)
      return TRUE;
  return FALSE;
}

static guint64
sum_of_kind (const PsMetricsSample *sample, PsMetricKind kind)
{
  guint64 sum = 0;

  for (guint i = 0; i < sample->n_metrics; i++)
    if (sample->metrics[i].kind == kind)
      sum += sample->metrics[i].value;
  return sum;
}

double
ps_metrics_tool_cpu_share (PsSession *session)
{
  PsMetricsSample last, before;
  guint64 now, then;

  if (!newest (session, 0, &last) || !newest (session, 1, &before) ||
      !has_kind (&last, PS_METRIC_TOOL_CPU) || last.time_ns <= before.time_ns)
    return -1;
  now = sum_of_kind (&last, PS_METRIC_TOOL_CPU);
  then = sum_of_kind (&before, PS_METRIC_TOOL_CPU);
  return now >= then ? (double)(now - then) / (double)(last.time_ns - before.time_ns) : -1;
}

double
ps_metrics_ring_share (PsSession *session)
{
  guint64 waiting = 0, size = 0;

  if (!ps_metrics_total (session, PS_METRIC_RING, -1, &waiting, &size) || size == 0)
    return -1;
  return MIN ((double)waiting / (double)size, 1);
}

typedef guint64 LayerSums[PS_N_LAYERS][2];

static void
sum_traffic (const PsMetricsSample *sample, gboolean bytes, LayerSums sums)
{
  memset (sums, 0, sizeof (LayerSums));
  for (guint i = 0; i < sample->n_metrics; i++)
    {
      const PsMetric *m = &sample->metrics[i];
      if (m->kind == PS_METRIC_TRAFFIC && m->a < PS_N_LAYERS &&
          (m->b == PS_DIRECTION_IN || m->b == PS_DIRECTION_OUT))
        sums[m->a][m->b == PS_DIRECTION_OUT] += bytes ? m->value2 : m->value;
    }
}

static void
append_rates (PsTrafficRates *rates, const LayerSums now, const LayerSums before, double seconds)
{
  for (guint layer = 0; layer < PS_N_LAYERS; layer++)
    for (guint out = 0; out < 2; out++)
      {
        guint64 more =
            now[layer][out] >= before[layer][out] ? now[layer][out] - before[layer][out] : 0;
        double rate = (double)more / seconds;
        g_array_append_val (rates->rates[layer][out], rate);
      }
}

PsTrafficRates *
ps_metrics_traffic_rates (PsSession *session, double seconds, gboolean bytes)
{
  PsTrafficRates *rates = g_new0 (PsTrafficRates, 1);
  guint n = ps_session_get_n_metrics (session);
  /* One reading a second, and one to take the first difference from. */
  guint first = (double)n > seconds + 2 ? n - (guint)seconds - 2 : 0;
  LayerSums sums[2];
  gint64 before = 0;
  PsMetricsSample sample;

  rates->times = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (guint layer = 0; layer < PS_N_LAYERS; layer++)
    for (guint out = 0; out < 2; out++)
      rates->rates[layer][out] = g_array_new (FALSE, FALSE, sizeof (double));
  for (guint i = first; i < n && ps_session_get_nth_metrics (session, i, &sample); i++)
    {
      sum_traffic (&sample, bytes, sums[i & 1]);
      if (before != 0 && sample.time_ns > before)
        {
          g_array_append_val (rates->times, sample.time_ns);
          append_rates (rates, sums[i & 1], sums[~i & 1], (double)(sample.time_ns - before) / 1e9);
        }
      before = sample.time_ns;
    }
  return rates;
}

void
ps_traffic_rates_free (PsTrafficRates *rates)
{
  g_array_unref (rates->times);
  for (guint layer = 0; layer < PS_N_LAYERS; layer++)
    for (guint out = 0; out < 2; out++)
      g_array_unref (rates->rates[layer][out]);
  g_free (rates);
}
