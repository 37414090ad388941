/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tracing costs the traffic it looks at, from PS_METRIC_COST: what the
 * kernel measured of our programs now and then, and what it takes to get to them,
 * which nobody can measure and which is an estimate.
 */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

/* What a hello calls it in its list of what is missing. */
#define PS_TRACING_COST_NAME "cost of tracing"

typedef struct {
  guint64 packets; /* received and sent */
  guint64 readings; /* how often it was measured; 0: before that time */
  double programs_ns; /* a packet, as it was measured last */
  double dispatch_ns; /* a packet, estimated */
  double percent; /* of one processor, both together, for so many packets */
} PsTracingCost;

/*
 * From the first to the last of two readings of the metrics; `first` is NULL to
 * begin with the capture. FALSE if nothing was measured in between, or no packet came.
 */
gboolean ps_tracing_cost_between (const PsMetricsSample *first,
                                  const PsMetricsSample *last,
                                  PsTracingCost *ret_cost);

/* Of the last `seconds` of a session, 0: of all of it. */
gboolean ps_tracing_cost_of (PsSession *session, guint seconds, PsTracingCost *ret_cost);

/* Why a session has none to tell, a sentence. Transfer full. */
char *ps_tracing_cost_why_not (PsSession *session);

/* "0.8 µs a packet (0.5 µs measured …, 0.3 µs estimated …), for so many 3.1 % of a processor".
 * Transfer full. */
char *ps_tracing_cost_describe (const PsTracingCost *cost);

G_END_DECLS
