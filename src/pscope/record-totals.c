/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/record-totals.h"

#include "pscope/format.h"
#include "pscope/why-not.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>
#include <string.h>

static char *
dup_member (JsonObject *hello, const char *key)
{
  JsonNode *node = json_object_get_member (hello, key);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_dup_string (node) : NULL;
}

/* How many functions are traced, and how many are not that could have been. */
static void
read_functions (PsRecordTotals *totals, JsonObject *hello)
{
  JsonNode *left_out = json_object_get_member (hello, "left_out");

  totals->n_functions = json_object_get_int_member_with_default (hello, "functions", 0);
  totals->n_left_out = left_out != NULL && JSON_NODE_HOLDS_ARRAY (left_out)
                           ? json_array_get_length (json_node_get_array (left_out))
                           : 0;
}

static void
read_hello (PsRecordTotals *totals, const PsRecord *record)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *root;

  if (!json_parser_load_from_data (parser, record->payload, record->length, NULL))
    return;
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return;
  g_clear_pointer (&totals->depth, g_free);
  g_clear_pointer (&totals->mechanism, g_free);
  totals->depth = dup_member (json_node_get_object (root), "depth");
  totals->mechanism = dup_member (json_node_get_object (root), "mechanism");
  g_free (totals->why_not_functions);
  totals->why_not_functions = ps_why_not_functions ((const char *)record->payload, record->length);
  read_functions (totals, json_node_get_object (root));
}

/* Metrics count from the beginning, so that the last reading is enough. */
static void
keep_metrics (PsRecordTotals *totals, const PsRecord *record)
{
  PsMetricsView view;

  if (!ps_record_view_metrics (record, &view))
    return;
  g_array_set_size (totals->metrics, 0);
  g_array_append_vals (totals->metrics, view.values, view.metrics->n_metrics);
}

static PsMetricsSample
sample_of (const GArray *metrics)
{
  return (PsMetricsSample){ .n_metrics = metrics->len,
                            .metrics = (const PsMetric *)(gconstpointer)metrics->data };
}

gboolean
ps_record_totals_get_cost (const PsRecordTotals *totals, PsTracingCost *ret_cost)
{
  PsMetricsSample last = sample_of (totals->metrics);

  return ps_tracing_cost_between (NULL, &last, ret_cost);
}

gboolean
ps_record_totals_get_cost_since_told (PsRecordTotals *totals, PsTracingCost *ret_cost)
{
  PsMetricsSample first = sample_of (totals->told), last = sample_of (totals->metrics);

  if (!ps_tracing_cost_between (&first, &last, ret_cost))
    return FALSE;
  g_array_set_size (totals->told, 0);
  g_array_append_vals (totals->told, totals->metrics->data, totals->metrics->len);
  return TRUE;
}

void
ps_record_totals_init (PsRecordTotals *totals)
{
  *totals = (PsRecordTotals){ 0 };
  totals->metrics = g_array_new (FALSE, FALSE, sizeof (PsMetric));
  totals->told = g_array_new (FALSE, FALSE, sizeof (PsMetric));
}

void
ps_record_totals_add (PsRecordTotals *totals, const PsRecord *record)
{
  PsPacketView view;
  PsLossRecord loss;

  switch (record->type)
    {
    case PS_RECORD_HELLO:
      read_hello (totals, record);
      break;
    case PS_RECORD_PACKET:
      if (!ps_record_view_packet (record, &view))
        break;
      totals->packets++;
      totals->bytes += view.packet->length;
      break;
    case PS_RECORD_METRICS:
      keep_metrics (totals, record);
      break;
    case PS_RECORD_CHANGE:
      totals->n_changes++;
      break;
    case PS_RECORD_LOSS:
      if (record->length < sizeof loss)
        break;
      memcpy (&loss, record->payload, sizeof loss);
      if (loss.cause < PS_N_LOSSES)
        totals->losses[loss.cause] = loss.count;
      break;
    default:
      break;
    }
}

void
ps_record_totals_clear (PsRecordTotals *totals)
{
  g_clear_pointer (&totals->depth, g_free);
  g_clear_pointer (&totals->mechanism, g_free);
  g_clear_pointer (&totals->why_not_functions, g_free);
  g_clear_pointer (&totals->metrics, g_array_unref);
  g_clear_pointer (&totals->told, g_array_unref);
}

char *
ps_record_totals_describe_mechanism (const PsRecordTotals *totals)
{
  if (totals->mechanism == NULL)
    return g_strdup (totals->depth != NULL ? totals->depth : _ ("n/a"));
  return g_strdup_printf (_ ("%s, by %s"), totals->depth != NULL ? totals->depth : _ ("n/a"),
                          totals->mechanism);
}

char *
ps_loss_describe (unsigned cause, guint64 count)
{
  static const char *const sentences[PS_N_LOSSES] = {
    [PS_LOSS_RING_FULL] = N_ ("records, because a ring buffer was full"),
    [PS_LOSS_TABLE_FULL] = N_ ("packets, because too many were followed at once"),
    [PS_LOSS_STACK_FAILED] = N_ ("call paths, because the kernel gave none"),
    [PS_LOSS_RECURSION] = N_ ("hits, because a probe does not run on top of itself"),
    [PS_LOSS_READER] = N_ ("records, because the reader was too slow"),
    [PS_LOSS_EVICTED] = N_ ("packets, because of the memory limit"),
    [PS_LOSS_DISK] = N_ ("records, because the file could not be written"),
    [PS_LOSS_CONTEXT_FULL] =
        N_ ("function calls, because too many threads had one open or it was nested too deep"),
    [PS_LOSS_RETURN] = N_ ("durations of calls, because their return was not seen"),
  };
  g_autofree char *number = ps_format_count (count);

  return g_strdup_printf ("%s %s", number,
                          cause < PS_N_LOSSES ? _ (sentences[cause]) : _ ("for an unknown cause"));
}

char *
ps_record_totals_describe_losses (const PsRecordTotals *totals)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) parts = NULL;

  for (unsigned cause = 0; cause < PS_N_LOSSES; cause++)
    if (totals->losses[cause] > 0)
      {
        g_autofree char *part = ps_loss_describe (cause, totals->losses[cause]);

        g_strv_builder_add (builder, part);
      }
  parts = g_strv_builder_end (builder);
  return parts[0] != NULL ? g_strjoinv ("; ", parts) : NULL;
}
