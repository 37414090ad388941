/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the counters the programs keep, one set a CPU, to the metrics and
 * losses of the stream. Everything is monotonic since the capture began; what
 * was never counted is left out, so that a reader does not take it for zero.
 */
#ifndef PS_HELPER_METRICS_H
#define PS_HELPER_METRICS_H

#include "helper/paths.h"

struct ps_cpu;

/* What the numbers are read from and what the programs do not know themselves. */
typedef struct {
  const void *cpus; /* struct ps_cpu, `stride` bytes apart */
  gsize stride;
  int n_cpus;
  int drops_fd; /* map of struct ps_drop_key */
  guint sample; /* one packet in so many was followed: 1 if all were */
  guint64 helper_ns; /* processor time */
  const PsCostTotals *cost; /* nullable */
  guint64 skipped; /* hits lost to recursion */
  const guint64 *other_losses; /* of PS_N_LOSSES: what is not counted in `cpus` */
  guint64 ring_waiting, ring_size; /* bytes */
  guint64 table_followed, table_places;
} PsMetricsSource;

void ps_metrics_write (const PsMetricsSource *source,
                       PsRecordWriter *writer,
                       PsDropFunc tell_drop,
                       gpointer user_data);

#endif /* PS_HELPER_METRICS_H */
