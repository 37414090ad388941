/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What went by while recording, for the last words. */
#pragma once

#include "record/record.h"

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  guint64 packets;
  guint64 bytes; /* on the wire */
  guint64 losses[PS_N_LOSSES];
  char *depth; /* from the hello; NULL: not said */
  char *mechanism;
} PsRecordTotals;

void ps_record_totals_add (PsRecordTotals *totals, const PsRecord *record);
void ps_record_totals_clear (PsRecordTotals *totals);

/* "paths, by raw tracepoints". Transfer full. */
char *ps_record_totals_describe_mechanism (const PsRecordTotals *totals);

/* "120 records: the reader was too slow; …", NULL if nothing was lost. Transfer full. */
char *ps_record_totals_describe_losses (const PsRecordTotals *totals);

/* One cause in words, with the count: "120 records, because …". Transfer full. */
char *ps_loss_describe (unsigned cause, guint64 count);

G_END_DECLS
