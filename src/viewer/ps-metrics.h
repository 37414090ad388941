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

/* Which of a metric's keys count; -1: any. `kind` is PsMetricKind. */
typedef struct {
  PsMetricKind kind;
  int a;
  int b;
  gboolean second; /* of value2, not value */
} PsMetricKey;

/*
 * Per-second rates between neighbouring readings, one a reading but the first,
 * and their times (epoch ns). Both arrays are emptied first. FALSE without two
 * readings.
 */
gboolean ps_metrics_rates (PsSession *session,
                           const PsMetricKey *key,
                           GArray *ret_times /* gint64 */,
                           GArray *ret_rates /* double */);

/* Sum of `key` in one reading. */
guint64 ps_metrics_sum (const PsMetricsSample *sample, const PsMetricKey *key);

G_END_DECLS
