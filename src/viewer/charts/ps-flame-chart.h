/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flame chart of one packet: when each call ran (to the right) and who
 * called it (above). Waits are folded, stages are marked. Without durations it
 * says why there is nothing to draw, and offers what would give some.
 *
 * Signals: "call-selected" (guint) by a person.
 */
#pragma once

#include <adwaita.h>

#include "viewer/charts/ps-flame-view.h"
#include "viewer/ps-call-list.h"

G_BEGIN_DECLS

#define PS_TYPE_FLAME_CHART (ps_flame_chart_get_type ())
G_DECLARE_FINAL_TYPE (PsFlameChart, ps_flame_chart, PS, FLAME_CHART, AdwBin)

/* The journey that `calls` has now; to be called again when it has another. Kept. */
void ps_flame_chart_set_calls (PsFlameChart *self, PsCallList *calls);
/* PS_FLAME_NONE: none. */
void ps_flame_chart_select (PsFlameChart *self, guint32 call);
void ps_flame_chart_set_search (PsFlameChart *self, const char *text);
/* Calls to mark as slower than usual; NULL: none. */
void ps_flame_chart_set_guilty (PsFlameChart *self, const guint32 *calls, guint n);

/* For tests. */
PsFlameView *ps_flame_chart_get_view (PsFlameChart *self);
gboolean ps_flame_chart_is_empty (PsFlameChart *self);

G_END_DECLS
