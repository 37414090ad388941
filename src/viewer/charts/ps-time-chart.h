/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rates over time, one line a series; what goes out may hang below the axis.
 * Drawn as colour rectangles from at most one min/max bucket a pixel: a
 * long Cairo stroke costs hundreds of milliseconds where these take 2.5.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define PS_TYPE_TIME_CHART (ps_time_chart_get_type ())
G_DECLARE_FINAL_TYPE (PsTimeChart, ps_time_chart, PS, TIME_CHART, GtkWidget)

typedef char *(*PsChartFormat) (double value); /* transfer full */

/* Empties the chart. `why` stands in its place until it has data. */
void ps_time_chart_clear (PsTimeChart *self, const char *why);

/* Seconds the width stands for; the right edge is the newest point. */
void ps_time_chart_set_span (PsTimeChart *self, double seconds);
void ps_time_chart_set_format (PsTimeChart *self, PsChartFormat format);
/* What a screen reader calls it. */
void ps_time_chart_set_label (PsTimeChart *self, const char *label);

/*
 * Adds a line. Copies the arrays; times (epoch ns) ascend. `layer` gives the
 * colour; `below`: downwards from the axis.
 */
void ps_time_chart_add_series (PsTimeChart *self,
                               const char *name,
                               guint layer,
                               gboolean below,
                               const gint64 *times,
                               const double *values,
                               guint n_values);

G_END_DECLS
