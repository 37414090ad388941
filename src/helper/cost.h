/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tracing costs the traffic. The kernel times our programs (BPF run-time
 * statistics), which itself costs two clock readings a run; so it does for a
 * tenth of a second every two seconds only, or until the first packet comes. What it takes to get
 * to a program is not in that time and is estimated.
 */
#pragma once

#include "helper/functions.h"

G_BEGIN_DECLS

typedef struct _PsCost PsCost;

PsCost *ps_cost_new (void);
void ps_cost_free (PsCost *self);

/*
 * Every 100 ms; `functions` is nullable. TRUE if a reading was completed: then
 * ps_cost_get_percent() is new.
 */
gboolean ps_cost_tick (PsCost *self, PsPaths *paths, PsFunctions *functions);

/* % of one processor that programs and getting to them took in the last reading. */
double ps_cost_get_percent (PsCost *self);

/* All readings together, for ps_paths_write_metrics(). */
const PsCostTotals *ps_cost_get_totals (PsCost *self);

/* Why it cannot be measured, a sentence; NULL if it can. */
const char *ps_cost_get_why_not (PsCost *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsCost, ps_cost_free)

G_END_DECLS
