/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-stack-statistics.h"

#include <string.h>

#include <json-glib/json-glib.h>

#include "analysis/ps-journey.h"
#include "analysis/ps-stack-builder.h"

PsStackStatistics *
ps_stack_statistics_alloc (PsSession *session, PsStatisticsSource source)
{
  PsStackStatistics *self = g_new0 (PsStackStatistics, 1);

  self->source = source;
  self->from_ns = self->to_ns = -1;
  self->traffic = g_array_new (FALSE, FALSE, sizeof (PsTraffic));
  self->latencies = g_array_new (FALSE, FALSE, sizeof (PsLatency));
  self->interactions = g_array_new (FALSE, FALSE, sizeof (PsInteraction));
  self->drops = g_array_new (FALSE, FALSE, sizeof (PsDrops));
  for (guint i = 0; i < PS_N_LOSSES; i++)
    self->losses[i] = ps_session_get_loss (session, (enum ps_loss)i);
  return self;
}

void
ps_stack_statistics_free (PsStackStatistics *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->traffic);
  g_array_unref (self->latencies);
  g_array_unref (self->interactions);
  g_array_unref (self->drops);
  g_free (self);
}

/* The highest value a bucket holds, for want of the true maximum. */
static gint64
highest (const PsLatency *latency)
{
  for (guint i = PS_LATENCY_BUCKETS; i-- > 0;)
    {
      if (latency->buckets[i] == 0)
        continue;
      return i + 1 < PS_LATENCY_BUCKETS ? (gint64)ps_latency_bucket_floor (i + 1) - 1
                                        : (gint64)ps_latency_bucket_floor (i);
    }
  return -1;
}

void
ps_latency_finish (PsLatency *latency)
{
  if (latency->count == 0)
    latency->max_ns = -1;
  else if (latency->max_ns <= 0)
    latency->max_ns = highest (latency);
  latency->p50_ns = ps_latency_percentile_below (latency->buckets, 0.50, latency->max_ns);
  latency->p95_ns = ps_latency_percentile_below (latency->buckets, 0.95, latency->max_ns);
  latency->p99_ns = ps_latency_percentile_below (latency->buckets, 0.99, latency->max_ns);
  /* Interpolation inside the highest bucket must not pass what was really seen. */
  latency->p50_ns = MIN (latency->p50_ns, latency->max_ns);
  latency->p95_ns = MIN (latency->p95_ns, latency->max_ns);
  latency->p99_ns = MIN (latency->p99_ns, latency->max_ns);
}

/* What tells one metric from another; the function of a drop is part of it. */
typedef struct {
  guint64 symbol;
  guint32 c;
  guint8 kind;
  guint8 a;
  guint8 b;
} MetricKey;

static guint
metric_key_hash (gconstpointer data)
{
  const MetricKey *key = data;

  return (key->kind * 31u + key->a) * 31u + key->b * 7u + key->c * 131u + (guint)key->symbol * 17u;
}

static gboolean
metric_key_equal (gconstpointer a, gconstpointer b)
{
  const MetricKey *x = a, *y = b;

  return x->kind == y->kind && x->a == y->a && x->b == y->b && x->c == y->c &&
         x->symbol == y->symbol;
}

static MetricKey
metric_key (const PsMetric *metric)
{
  MetricKey key = { .kind = metric->kind, .a = metric->a, .b = metric->b, .c = metric->c };

  if (metric->kind == PS_METRIC_DROP)
    key.symbol = metric->value2;
  return key;
}

static GHashTable *
index_metrics (const PsMetricsSample *sample)
{
  GHashTable *index = g_hash_table_new_full (metric_key_hash, metric_key_equal, g_free, NULL);

  for (guint i = 0; sample != NULL && i < sample->n_metrics; i++)
    {
      MetricKey key = metric_key (&sample->metrics[i]);

      g_hash_table_insert (index, g_memdup2 (&key, sizeof key), (gpointer)&sample->metrics[i]);
    }
  return index;
}

typedef struct {
  PsSession *session;
  PsStackStatistics *statistics;
  double seconds;
} Difference;

static PsTraffic *
find_traffic (PsStackStatistics *self, guint8 layer, guint8 direction)
{
  PsTraffic one = { layer, direction };

  for (guint i = 0; i < self->traffic->len; i++)
    {
      PsTraffic *traffic = &g_array_index (self->traffic, PsTraffic, i);

      if (traffic->layer == layer && traffic->direction == direction)
        return traffic;
    }
  g_array_append_val (self->traffic, one);
  return &g_array_index (self->traffic, PsTraffic, self->traffic->len - 1);
}

static PsLatency *
find_latency (PsStackStatistics *self, guint8 from, guint8 to)
{
  PsLatency one = { .from = from, .to = to };

  for (guint i = 0; i < self->latencies->len; i++)
    {
      PsLatency *latency = &g_array_index (self->latencies, PsLatency, i);

      if (latency->from == from && latency->to == to)
        return latency;
    }
  g_array_append_val (self->latencies, one);
  return &g_array_index (self->latencies, PsLatency, self->latencies->len - 1);
}

static void
add_metric (Difference *difference, const PsMetric *metric, guint64 value, guint64 value2)
{
  PsStackStatistics *self = difference->statistics;

  switch ((PsMetricKind)metric->kind)
    {
    case PS_METRIC_TRAFFIC:
      if (metric->a < PS_N_LAYERS && metric->b < PS_N_DIRECTIONS && value > 0)
        {
          PsTraffic *traffic = find_traffic (self, metric->a, metric->b);

          traffic->packets += value;
          traffic->bytes += value2;
        }
      break;
    case PS_METRIC_LATENCY:
      if (metric->c < PS_LATENCY_BUCKETS && value > 0)
        {
          PsLatency *latency = find_latency (self, metric->a, metric->b);

          latency->count += value;
          latency->buckets[metric->c] += value;
        }
      break;
    case PS_METRIC_LATENCY_MAX:
      /* It tells of this interval only if it grew in it. */
      if (value > 0)
        find_latency (self, metric->a, metric->b)->max_ns = (gint64)MIN (metric->value, G_MAXINT64);
      break;
    case PS_METRIC_INTERACTION:
      /* From stage to stage within a layer is no interaction. */
      if (metric->a < PS_N_LAYERS && metric->b < PS_N_LAYERS && metric->a != metric->b && value > 0)
        {
          PsInteraction one = { metric->a, metric->b, value };

          g_array_append_val (self->interactions, one);
        }
      break;
    case PS_METRIC_DROP:
      if (metric->a < PS_N_LAYERS && metric->b < PS_N_DIRECTIONS && value > 0)
        {
          const PsSymbol *symbol =
              metric->value2 <= G_MAXUINT32
                  ? ps_session_get_symbol (difference->session, (guint32)metric->value2)
                  : NULL;
          /* The function tells better than the last stage whose loss it was. */
          guint layer = symbol ? ps_function_layer (symbol->name, symbol->module) : PS_N_LAYERS;
          PsDrops one = {
            .layer = (guint8)(layer < PS_N_LAYERS ? layer : metric->a),
            .direction = metric->b,
            .reason = metric->c,
            .reason_name =
                ps_session_get_name (difference->session, PS_NAME_DROP_REASON, metric->c),
            .function = symbol ? symbol->name : NULL,
            .drops = value,
          };

          g_array_append_val (self->drops, one);
        }
      break;
    case PS_METRIC_RETRANSMIT:
      self->retransmits += value;
      break;
    default:
      break;
    }
}

/* Rates, percentiles, order. */
static void
finish (Difference *difference)
{
  PsStackStatistics *self = difference->statistics;
  double seconds = difference->seconds;

  for (guint i = 0; i < self->traffic->len; i++)
    {
      PsTraffic *traffic = &g_array_index (self->traffic, PsTraffic, i);

      traffic->packets_per_second = seconds > 0 ? (double)traffic->packets / seconds : 0;
      traffic->bytes_per_second = seconds > 0 ? (double)traffic->bytes / seconds : 0;
    }
  for (guint i = 0; i < self->interactions->len; i++)
    {
      PsInteraction *one = &g_array_index (self->interactions, PsInteraction, i);

      one->per_second = seconds > 0 ? (double)one->count / seconds : 0;
    }
  for (guint i = 0; i < self->latencies->len; i++)
    ps_latency_finish (&g_array_index (self->latencies, PsLatency, i));
}

gint64
ps_stack_capture_start (PsSession *session, const PsMetricsSample *sample)
{
  const char *text = ps_session_get_hello (session);
  g_autoptr (JsonNode) hello = text ? json_from_string (text, NULL) : NULL;
  JsonNode *node = NULL;
  PsMetricsSample first;

  if (hello != NULL && JSON_NODE_HOLDS_OBJECT (hello))
    node = json_object_get_member (json_node_get_object (hello), "realtime_ns");
  if (node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
      json_node_get_value_type (node) == G_TYPE_INT64)
    return MIN (json_node_get_int (node), sample->time_ns);
  if (ps_session_get_nth_metrics (session, 0, &first))
    return MIN (first.time_ns, sample->time_ns);
  return sample->time_ns;
}

gboolean
ps_stack_layer_is_counted (PsSession *session, guint layer, gboolean send)
{
  const char *text = ps_session_get_hello (session);
  g_autoptr (JsonNode) hello = text ? json_from_string (text, NULL) : NULL;
  JsonNode *node = NULL;
  JsonArray *stages;

  if (hello != NULL && JSON_NODE_HOLDS_OBJECT (hello))
    node = json_object_get_member (json_node_get_object (hello), "stages");
  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;
  stages = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (stages); i++)
    {
      JsonNode *element = json_array_get_element (stages, i);
      const char *name = JSON_NODE_HOLDS_VALUE (element) ? json_node_get_string (element) : NULL;
      gboolean is_send = name != NULL && g_str_has_prefix (name, "send ");

      if (name == NULL || is_send != send)
        continue;
      for (guint stage = 0; stage < PS_N_STAGES; stage++)
        if (ps_stage_layer (stage) == layer &&
            g_str_equal (ps_stage_name (stage), is_send ? name + strlen ("send ") : name))
          return TRUE;
    }
  return FALSE;
}

PsStackStatistics *
ps_stack_statistics_new_between (PsSession *session,
                                 const PsMetricsSample *from,
                                 const PsMetricsSample *to)
{
  g_autoptr (GHashTable) before = NULL;
  Difference difference = { .session = session };

  g_return_val_if_fail (PS_IS_SESSION (session), NULL);
  g_return_val_if_fail (to != NULL, NULL);

  before = index_metrics (from);
  difference.statistics = ps_stack_statistics_alloc (session, PS_STATISTICS_FROM_KERNEL);
  difference.statistics->from_ns = from ? from->time_ns : ps_stack_capture_start (session, to);
  difference.statistics->to_ns = to->time_ns;
  difference.seconds = (double)(to->time_ns - difference.statistics->from_ns) / 1e9;

  for (guint i = 0; i < to->n_metrics; i++)
    {
      const PsMetric *now = &to->metrics[i];
      MetricKey key = metric_key (now);
      const PsMetric *then = g_hash_table_lookup (before, &key);
      gboolean drop = now->kind == PS_METRIC_DROP;

      /* Lower than before: the counters began anew, and what lies between is not known. */
      if (then != NULL && (now->value < then->value || (!drop && now->value2 < then->value2)))
        continue;
      add_metric (&difference, now, now->value - (then ? then->value : 0),
                  drop ? 0 : now->value2 - (then ? then->value2 : 0));
    }
  finish (&difference);
  return difference.statistics;
}

PsStackStatistics *
ps_stack_statistics_new_from_packets (PsSession *session,
                                      PsPacketPredicate predicate,
                                      gpointer user_data)
{
  PsStackBuilder *builder;
  guint64 first, n;

  g_return_val_if_fail (PS_IS_SESSION (session), NULL);

  builder = ps_stack_builder_new (session);
  first = ps_session_get_first_packet (session);
  n = ps_session_get_n_packets (session);
  for (guint64 i = 0; i < n; i++)
    {
      PsPacket packet;

      if (ps_session_get_packet (session, first + i, &packet) &&
          (predicate == NULL || predicate (session, &packet, user_data)))
        ps_stack_builder_add (builder, &packet);
    }
  return ps_stack_builder_end (builder);
}

PsStackStatistics *
ps_stack_statistics_new (PsSession *session)
{
  PsMetricsSample sample;
  guint n;

  g_return_val_if_fail (PS_IS_SESSION (session), NULL);

  n = ps_session_get_n_metrics (session);
  if (n > 0 && ps_session_get_nth_metrics (session, n - 1, &sample))
    return ps_stack_statistics_new_between (session, NULL, &sample);
  return ps_stack_statistics_new_from_packets (session, NULL, NULL);
}
