/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-tracing-cost.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>

typedef struct {
  guint64 value[PS_COST_TIME + 1];
  guint64 value2[PS_COST_TIME + 1];
} Sums;

static void
take (const PsMetricsSample *sample, Sums *sums)
{
  *sums = (Sums){ 0 };
  for (guint i = 0; sample != NULL && i < sample->n_metrics; i++)
    {
      const PsMetric *metric = &sample->metrics[i];

      if (metric->kind != PS_METRIC_COST || metric->a > PS_COST_TIME)
        continue;
      sums->value[metric->a] = metric->value;
      sums->value2[metric->a] = metric->value2;
    }
}

gboolean
ps_tracing_cost_between (const PsMetricsSample *first,
                         const PsMetricsSample *last,
                         PsTracingCost *ret_cost)
{
  Sums before, after;
  double programs, dispatch, time;

  take (first, &before);
  take (last, &after);
  for (guint part = 0; part <= PS_COST_TIME; part++)
    if (after.value[part] < before.value[part] || after.value2[part] < before.value2[part])
      return FALSE; /* another capture */
  programs = (double)(after.value[PS_COST_PROGRAMS] - before.value[PS_COST_PROGRAMS]);
  dispatch = (double)(after.value[PS_COST_DISPATCH] - before.value[PS_COST_DISPATCH]);
  time = (double)(after.value[PS_COST_TIME] - before.value[PS_COST_TIME]);
  ret_cost->packets = after.value2[PS_COST_PROGRAMS] - before.value2[PS_COST_PROGRAMS];
  ret_cost->readings = after.value2[PS_COST_TIME] - before.value2[PS_COST_TIME];
  if (ret_cost->packets == 0 || time <= 0)
    return FALSE;
  ret_cost->programs_ns = programs / (double)ret_cost->packets;
  ret_cost->dispatch_ns = dispatch / (double)ret_cost->packets;
  ret_cost->percent = 100 * (programs + dispatch) / time;
  return TRUE;
}

gboolean
ps_tracing_cost_of (PsSession *session, guint seconds, PsTracingCost *ret_cost)
{
  guint n = ps_session_get_n_metrics (session);
  PsMetricsSample first, last;

  if (n == 0 || !ps_session_get_nth_metrics (session, n - 1, &last))
    return FALSE;
  /* One reading a second. */
  if (seconds == 0 || n <= seconds ||
      !ps_session_get_nth_metrics (session, n - 1 - seconds, &first))
    return ps_tracing_cost_between (NULL, &last, ret_cost);
  return ps_tracing_cost_between (&first, &last, ret_cost);
}

/* What the helper said in its hello, by the name it gives the cost there. */
static char *
find_reason (const char *hello)
{
  g_autoptr (JsonNode) root = json_from_string (hello, NULL);
  JsonArray *missing = NULL;

  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root) &&
      json_object_has_member (json_node_get_object (root), "missing"))
    missing = json_object_get_array_member (json_node_get_object (root), "missing");
  for (guint i = 0; missing != NULL && i < json_array_get_length (missing); i++)
    {
      JsonObject *one = json_array_get_object_element (missing, i);

      if (one != NULL && g_strcmp0 (json_object_get_string_member_with_default (one, "stage", NULL),
                                    PS_TRACING_COST_NAME) == 0)
        return g_strdup (json_object_get_string_member_with_default (one, "why", NULL));
    }
  return NULL;
}

char *
ps_tracing_cost_why_not (PsSession *session)
{
  const char *hello = ps_session_get_hello (session);
  char *reason;

  if (hello == NULL)
    return g_strdup (_ ("it was not recorded by PacketScope"));
  reason = find_reason (hello);
  if (reason != NULL)
    return reason;
  return g_strdup (_ ("no packet came while it was measured"));
}

char *
ps_tracing_cost_describe (const PsTracingCost *cost)
{
  return g_strdup_printf (_ ("%.2f µs a packet (%.2f µs in our programs, measured now and then, "
                             "about %.2f µs to get to them, an estimate), with so many packets "
                             "%.1f %% of a processor"),
                          (cost->programs_ns + cost->dispatch_ns) / 1000, cost->programs_ns / 1000,
                          cost->dispatch_ns / 1000, cost->percent);
}
