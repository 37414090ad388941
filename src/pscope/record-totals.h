/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What went by while recording, for the last words. */
#pragma once

#include "analysis/ps-tracing-cost.h"

G_BEGIN_DECLS

typedef struct {
  guint64 packets;
  guint64 bytes; /* on the wire */
  guint64 losses[PS_N_LOSSES];
  char *depth; /* from the hello; NULL: not said */
  char *mechanism;
  char *why_not_functions; /* why no functions are traced, if the depth was not named */
  guint n_changes; /* of what the capture sees */
  gint64 n_functions; /* traced from the start; 0: none */
  guint n_left_out; /* functions that take a packet and are not traced */
  GArray *metrics; /* of PsMetric: the last reading */
  GArray *told; /* the one ps_record_totals_get_cost_since_told() began with last */
} PsRecordTotals;

void ps_record_totals_init (PsRecordTotals *totals);
void ps_record_totals_add (PsRecordTotals *totals, const PsRecord *record);
void ps_record_totals_clear (PsRecordTotals *totals);

/* What tracing cost; FALSE if it was not measured. */
gboolean ps_record_totals_get_cost (const PsRecordTotals *totals, PsTracingCost *ret_cost);

/* The same since it was asked for last; also FALSE if nothing is known of that time. */
gboolean ps_record_totals_get_cost_since_told (PsRecordTotals *totals, PsTracingCost *ret_cost);

/* "paths, by raw tracepoints". Transfer full. */
char *ps_record_totals_describe_mechanism (const PsRecordTotals *totals);

/* "120 records: the reader was too slow; …", NULL if nothing was lost. Transfer full. */
char *ps_record_totals_describe_losses (const PsRecordTotals *totals);

/* One cause in words, with the count: "120 records, because …". Transfer full. */
char *ps_loss_describe (unsigned cause, guint64 count);

G_END_DECLS
