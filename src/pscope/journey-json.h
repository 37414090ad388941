/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "pscope/journey-view.h"

G_BEGIN_DECLS

/* The journey as one line of JSON, for scripts. Only the calls that the selection shows. */
void ps_journey_json_print (PsJourneyView *view);

/* Names for scripts, never translated; "unknown" if out of range. */
const char *ps_journey_edge_name (guint kind);
const char *ps_journey_wait_name (guint kind);

G_END_DECLS
