/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-metrics-history.h"

struct _PsMetricsHistory {
  PsMetricsSample samples[PS_METRICS_SAMPLES_MAX]; /* a ring */
  guint first;
  guint n;
  gsize bytes;
};

PsMetricsHistory *
ps_metrics_history_new (void)
{
  return g_new0 (PsMetricsHistory, 1);
}

static PsMetricsSample *
nth_sample (PsMetricsHistory *self, guint nth)
{
  return &self->samples[(self->first + nth) % PS_METRICS_SAMPLES_MAX];
}

static void
drop_oldest (PsMetricsHistory *self)
{
  PsMetricsSample *sample = nth_sample (self, 0);

  self->bytes -= sample->n_metrics * sizeof (PsMetric);
  g_free ((gpointer)sample->metrics);
  self->first = (self->first + 1) % PS_METRICS_SAMPLES_MAX;
  self->n--;
}

void
ps_metrics_history_free (PsMetricsHistory *self)
{
  while (self->n > 0)
    drop_oldest (self);
  g_free (self);
}

void
ps_metrics_history_add (PsMetricsHistory *self, const PsMetricsView *view, gint64 time_ns)
{
  guint n_metrics = view->metrics->n_metrics;
  gsize bytes = n_metrics * sizeof (PsMetric);
  PsMetricsSample *sample;

  while (self->n > 0 &&
         (self->n == PS_METRICS_SAMPLES_MAX || self->bytes + bytes > PS_METRICS_BYTES_MAX))
    drop_oldest (self);

  sample = nth_sample (self, self->n++);
  sample->time_ns = time_ns;
  sample->n_metrics = n_metrics;
  sample->metrics = bytes > 0 ? g_memdup2 (view->values, bytes) : NULL;
  self->bytes += bytes;
}

guint
ps_metrics_history_get_n (PsMetricsHistory *self)
{
  return self->n;
}

gboolean
ps_metrics_history_get_nth (PsMetricsHistory *self, guint nth, PsMetricsSample *ret_sample)
{
  if (nth >= self->n)
    return FALSE;
  *ret_sample = *nth_sample (self, nth);
  return TRUE;
}
