/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tracing costs the traffic. The kernel times our programs (BPF run-time
 * statistics). That costs two clock readings a run, and to turn it on and off
 * the kernel's code is changed under all processors; so it is done in a few short
 * stretches: one at the begin, others ever farther apart. In between packets are
 * counted, and each is taken to cost what one did when that was measured last.
 * What it takes to get to a program is not in that time and is estimated.
 */
#pragma once

#include "helper/functions.h"

G_BEGIN_DECLS

typedef struct _PsCost PsCost;

PsCost *ps_cost_new (void);
void ps_cost_free (PsCost *self);

/*
 * Every 100 ms; `functions` is nullable. TRUE every two seconds or so: then
 * ps_cost_get_percent() is new. It is measured oftener if the capture is `limited`
 * to a cost.
 */
gboolean ps_cost_tick (PsCost *self, PsPaths *paths, PsFunctions *functions, gboolean limited);

/* The end: what was begun is taken into the totals, be it short. */
void ps_cost_finish (PsCost *self, PsPaths *paths, PsFunctions *functions);

/* % of one processor that programs and getting to them took lately. */
double ps_cost_get_percent (PsCost *self);

/* All of it, for ps_paths_write_metrics(). */
const PsCostTotals *ps_cost_get_totals (PsCost *self);

/* Why it cannot be measured, a sentence; NULL if it can. */
const char *ps_cost_get_why_not (PsCost *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsCost, ps_cost_free)

G_END_DECLS
