/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The readings of the metrics, oldest first: an hour of one a second, less if
 * they are so large that an hour would pass the memory limit below.
 */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

#define PS_METRICS_SAMPLES_MAX 3600u
#define PS_METRICS_BYTES_MAX (64u << 20)

typedef struct _PsMetricsHistory PsMetricsHistory;

PsMetricsHistory *ps_metrics_history_new (void);
void ps_metrics_history_free (PsMetricsHistory *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsMetricsHistory, ps_metrics_history_free)

void ps_metrics_history_add (PsMetricsHistory *self, const PsMetricsView *view, gint64 time_ns);

guint ps_metrics_history_get_n (PsMetricsHistory *self);
gboolean
ps_metrics_history_get_nth (PsMetricsHistory *self, guint nth, PsMetricsSample *ret_sample);

G_END_DECLS
