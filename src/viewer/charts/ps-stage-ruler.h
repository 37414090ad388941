/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stages one packet passed, from left to right, with the time between
 * them. A stage whose time is not known is hollow and says why.
 */
#pragma once

#include <gtk/gtk.h>

#include "analysis/ps-journey.h"

G_BEGIN_DECLS

#define PS_TYPE_STAGE_RULER (ps_stage_ruler_get_type ())
G_DECLARE_FINAL_TYPE (PsStageRuler, ps_stage_ruler, PS, STAGE_RULER, GtkWidget)

GtkWidget *ps_stage_ruler_new (void);
void ps_stage_ruler_set_journey (PsStageRuler *self, PsJourney *journey /* nullable */);

G_END_DECLS
