/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statistics out of packets, one at a time. Private to the statistics.
 */
#pragma once

#include "analysis/ps-stack-statistics.h"

G_BEGIN_DECLS

typedef struct _PsStackBuilder PsStackBuilder;

PsStackBuilder *ps_stack_builder_new (PsSession *session);
void ps_stack_builder_add (PsStackBuilder *self, const PsPacket *packet);
/* Ends and frees the builder. */
PsStackStatistics *ps_stack_builder_end (PsStackBuilder *self);

/* When the counters began to count: by the hello, else the first reading; epoch, ns. */
gint64 ps_stack_capture_start (PsSession *session, const PsMetricsSample *sample);

/* An empty result. */
PsStackStatistics *ps_stack_statistics_alloc (PsSession *session, PsStatisticsSource source);
/* Sets percentiles from the buckets, and `max_ns` unless it is known. */
void ps_latency_finish (PsLatency *latency);

G_END_DECLS
