/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The latency between two stages over time: how many samples fell into which
 * bucket as shades, the median, 95th and 99th percentile as lines. The scale
 * is logarithmic.
 */
#pragma once

#include <gtk/gtk.h>

#include "record/record.h"

G_BEGIN_DECLS

#define PS_TYPE_LATENCY_CHART (ps_latency_chart_get_type ())
G_DECLARE_FINAL_TYPE (PsLatencyChart, ps_latency_chart, PS, LATENCY_CHART, GtkWidget)

/* One stretch of time. Percentiles in ns; -1 without samples. */
typedef struct {
  gint64 time_ns;
  gint64 p50_ns;
  gint64 p95_ns;
  gint64 p99_ns;
  guint32 buckets[PS_LATENCY_BUCKETS]; /* samples */
} PsLatencyColumn;

/* Copies. No columns: `why` stands in their place. */
void ps_latency_chart_set_columns (PsLatencyChart *self,
                                   const PsLatencyColumn *columns,
                                   guint n_columns,
                                   double span_seconds,
                                   guint layer,
                                   const char *why);

G_END_DECLS
