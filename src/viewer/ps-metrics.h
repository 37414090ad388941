/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Series out of the kernel's counters of a session, for charts: differences of
 * neighbouring readings. Values are monotonic, readings a second apart.
 */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

/*
 * The sum of a metric in the newest reading over all its keys (`a` -1: any).
 * FALSE if the session has no readings of that kind: then it is not known.
 */
gboolean ps_metrics_total (PsSession *session,
                           PsMetricKind kind,
                           int a,
                           guint64 *ret_value,
                           guint64 *ret_value2);

/* Share of one CPU that the helper and its programs used lately; -1: not known. */
double ps_metrics_tool_cpu_share (PsSession *session);
/* How full the fullest ring is, 0 … 1; -1: not known. */
double ps_metrics_ring_share (PsSession *session);

/*
 * Traffic a second between neighbouring readings of the last `seconds`: for
 * each layer what came in and what went out, packets or (`bytes`) bytes. All
 * in one pass: an hour of readings is a million counters. Empty without two
 * readings.
 */
typedef struct {
  GArray *times; /* gint64, epoch ns */
  GArray *rates[PS_N_LAYERS][2]; /* double; [layer][0: in, 1: out] */
} PsTrafficRates;

PsTrafficRates *ps_metrics_traffic_rates (PsSession *session, double seconds, gboolean bytes);
void ps_traffic_rates_free (PsTrafficRates *rates);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsTrafficRates, ps_traffic_rates_free)

G_END_DECLS
