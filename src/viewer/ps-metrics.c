/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-metrics.h"

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

guint64
ps_metrics_sum (const PsMetricsSample *sample, const PsMetricKey *key)
{
  guint64 sum = 0;

  for (guint i = 0; i < sample->n_metrics; i++)
    {
      const PsMetric *m = &sample->metrics[i];
      if (m->kind == key->kind && (key->a < 0 || m->a == key->a) && (key->b < 0 || m->b == key->b))
        sum += key->second ? m->value2 : m->value;
    }
  return sum;
}

double
ps_metrics_tool_cpu_share (PsSession *session)
{
  static const PsMetricKey key = { PS_METRIC_TOOL_CPU, -1, -1, FALSE };
  PsMetricsSample last, before;
  guint64 now, then;

  if (!newest (session, 0, &last) || !newest (session, 1, &before) ||
      !has_kind (&last, PS_METRIC_TOOL_CPU) || last.time_ns <= before.time_ns)
    return -1;
  now = ps_metrics_sum (&last, &key);
  then = ps_metrics_sum (&before, &key);
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

gboolean
ps_metrics_rates (PsSession *session, const PsMetricKey *key, GArray *ret_times, GArray *ret_rates)
{
  guint n = ps_session_get_n_metrics (session);
  PsMetricsSample sample;
  guint64 before = 0;
  gint64 time_before = 0;

  g_array_set_size (ret_times, 0);
  g_array_set_size (ret_rates, 0);
  for (guint i = 0; i < n; i++)
    {
      guint64 now;
      if (!ps_session_get_nth_metrics (session, i, &sample))
        continue;
      now = ps_metrics_sum (&sample, key);
      if (time_before != 0 && sample.time_ns > time_before)
        {
          double seconds = (double)(sample.time_ns - time_before) / 1e9;
          double rate = now >= before ? (double)(now - before) / seconds : 0;
          g_array_append_val (ret_times, sample.time_ns);
          g_array_append_val (ret_rates, rate);
        }
      before = now;
      time_before = sample.time_ns;
    }
  return ret_rates->len > 0;
}
