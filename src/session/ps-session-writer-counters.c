/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters only ever grow, and each file of a capture goes on counting. So the
 * sum of several captures at any moment is the sum of the latest reading of
 * each, and a reading of one of them makes a reading of the sum.
 */
#include "config.h"

#include <string.h>

#include "session/ps-session-private.h"
#include "session/ps-session-writer-private.h"

typedef struct {
  const char *hello; /* which capture it is; NULL: not known, a capture of its own */
  GHashTable *latest; /* PsMetric → itself: what was read last */
} Capture;

typedef struct {
  PsWriterOutput *output;
  GArray *captures; /* Capture */
  guint *capture_of; /* by part */
  guint *next; /* reading, by part */
  GArray *sums; /* PsMetric, in the order they were first seen */
  GHashTable *places; /* PsMetric → index + 1 in `sums` */
} Merge;

/* What is counted; a drop counter names the function that drops as its second value. */
static guint
metric_hash (gconstpointer key)
{
  const PsMetric *metric = key;

  return (guint)metric->kind << 24 ^ (guint)metric->a << 16 ^ (guint)metric->b << 8 ^
         metric->c * 0x9e3779b9u;
}

static gboolean
metric_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, offsetof (PsMetric, value)) == 0;
}

static guint
find_capture (Merge *self, const PsWriterInput *input)
{
  const char *hello = ps_session_get_hello (input->part->session);
  Capture capture = { .hello = hello };

  for (guint i = 0; hello && i < self->captures->len; i++)
    if (g_strcmp0 (g_array_index (self->captures, Capture, i).hello, hello) == 0)
      return i;
  capture.latest = g_hash_table_new_full (metric_hash, metric_equal, g_free, NULL);
  g_array_append_val (self->captures, capture);
  return self->captures->len - 1;
}

static void
merge_init (Merge *self, PsWriterOutput *output)
{
  *self = (Merge){ .output = output };
  self->captures = g_array_new (FALSE, FALSE, sizeof (Capture));
  self->capture_of = g_new (guint, output->n_inputs);
  self->next = g_new0 (guint, output->n_inputs);
  self->sums = g_array_new (FALSE, FALSE, sizeof (PsMetric));
  self->places = g_hash_table_new_full (metric_hash, metric_equal, g_free, NULL);
  for (guint i = 0; i < output->n_inputs; i++)
    self->capture_of[i] = find_capture (self, &output->inputs[i]);
}

static void
merge_clear (Merge *self)
{
  for (guint i = 0; i < self->captures->len; i++)
    g_hash_table_unref (g_array_index (self->captures, Capture, i).latest);
  g_array_unref (self->captures);
  g_array_unref (self->sums);
  g_hash_table_unref (self->places);
  g_free (self->capture_of);
  g_free (self->next);
}

static PsMetric *
sum_of (Merge *self, const PsMetric *metric)
{
  guint place = GPOINTER_TO_UINT (g_hash_table_lookup (self->places, metric));

  if (place == 0)
    {
      PsMetric sum = *metric;

      sum.value = sum.value2 = 0;
      g_array_append_val (self->sums, sum);
      place = self->sums->len;
      g_hash_table_insert (self->places, g_memdup2 (metric, sizeof *metric),
                           GUINT_TO_POINTER (place));
    }
  return &g_array_index (self->sums, PsMetric, place - 1);
}

/* A capture's counter stands at `now`, and stood at `before`. */
static void
count (PsMetric *sum, const PsMetric *now, const PsMetric *before)
{
  switch ((PsMetricKind)now->kind)
    {
    case PS_METRIC_LATENCY_MAX:
      sum->value = MAX (sum->value, now->value);
      break;
    case PS_METRIC_RING:
      /* No counter: how full the fullest is. */
      sum->value = now->value;
      sum->value2 = now->value2;
      break;
    case PS_METRIC_DROP:
      sum->value += now->value - before->value;
      sum->value2 = now->value2;
      break;
    default:
      sum->value += now->value - before->value;
      sum->value2 += now->value2 - before->value2;
      break;
    }
}

static void
take_metric (Merge *self, PsWriterInput *input, guint capture, const PsMetric *read)
{
  GHashTable *latest = g_array_index (self->captures, Capture, capture).latest;
  PsMetric metric = *read, none = { 0 };
  PsMetric *before;

  metric.reserved = 0;
  if (metric.kind == PS_METRIC_DROP)
    {
      metric.c = ps_writer_map_reason (self->output, input, metric.c);
      metric.value2 = ps_writer_map_symbol (self->output, input, (guint32)metric.value2);
    }
  before = g_hash_table_lookup (latest, &metric);
  count (sum_of (self, &metric), &metric, before ? before : &none);
  if (before)
    *before = metric;
  else
    {
      before = g_memdup2 (&metric, sizeof metric);
      g_hash_table_insert (latest, before, before);
    }
}

static void
write_sums (Merge *self, gint64 time_ns)
{
  gsize size = self->sums->len * sizeof (PsMetric);
  PsMetricsRecord *record;

  if (sizeof *record + size > PS_RECORD_LENGTH_MAX)
    return;
  record = ps_record_writer_begin (&self->output->records, PS_RECORD_METRICS,
                                   (guint32)(sizeof *record + size));
  if (!record)
    return;
  record->time = (guint64)(time_ns - self->output->offset_ns);
  record->n_metrics = self->sums->len;
  if (size > 0)
    memcpy (record + 1, self->sums->data, size);
}

/* The part whose next reading is the earliest, or n_inputs. */
static guint
earliest_reading (Merge *self, PsMetricsSample *ret_sample)
{
  guint found = self->output->n_inputs;

  *ret_sample = (PsMetricsSample){ .time_ns = G_MAXINT64 };
  for (guint i = 0; i < self->output->n_inputs; i++)
    {
      PsSession *session = self->output->inputs[i].part->session;
      PsMetricsSample sample;

      if (ps_session_get_nth_metrics (session, self->next[i], &sample) &&
          sample.time_ns < ret_sample->time_ns)
        {
          found = i;
          *ret_sample = sample;
        }
    }
  return found;
}

static void
put_metrics (PsWriterOutput *self)
{
  PsMetricsSample sample;
  Merge merge;
  guint part;

  merge_init (&merge, self);
  while ((part = earliest_reading (&merge, &sample)) < self->n_inputs)
    {
      merge.next[part]++;
      for (guint i = 0; i < sample.n_metrics; i++)
        take_metric (&merge, &self->inputs[part], merge.capture_of[part], &sample.metrics[i]);
      write_sums (&merge, sample.time_ns);
    }
  merge_clear (&merge);
}

/* Of the files of one capture the latest has all. */
static guint64
sum_loss (PsWriterOutput *self, enum ps_loss cause)
{
  guint64 sum = 0;

  for (guint i = 0; i < self->n_inputs; i++)
    {
      const char *hello = ps_session_get_hello (self->inputs[i].part->session);
      guint64 most = ps_session_get_loss (self->inputs[i].part->session, cause);
      gboolean told = FALSE;

      for (guint j = 0; hello && j < self->n_inputs; j++)
        {
          PsSession *other = self->inputs[j].part->session;

          if (j == i || g_strcmp0 (hello, ps_session_get_hello (other)) != 0)
            continue;
          told |= j < i;
          most = MAX (most, ps_session_get_loss (other, cause));
        }
      sum += told ? 0 : most;
    }
  return sum;
}

static void
put_losses (PsWriterOutput *self)
{
  for (guint cause = 0; cause < PS_N_LOSSES; cause++)
    {
      PsLossRecord record = { .cause = cause, .count = sum_loss (self, (enum ps_loss)cause) };

      if (record.count > 0)
        ps_record_writer_add (&self->records, PS_RECORD_LOSS, &record, sizeof record);
    }
}

void
ps_writer_put_counters (PsWriterOutput *self)
{
  put_losses (self);
  put_metrics (self);
}
