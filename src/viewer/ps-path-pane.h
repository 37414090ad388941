/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The selected packet's journey: its end in a sentence, the stage ruler, the
 * call tree. Stands small under the packet table and large in its own view.
 */
#pragma once

#include "analysis/ps-journey.h"
#include "viewer/ps-view.h"

G_BEGIN_DECLS

#define PS_TYPE_PATH_PANE (ps_path_pane_get_type ())
G_DECLARE_FINAL_TYPE (PsPathPane, ps_path_pane, PS, PATH_PANE, PsView)

/* Borrowed; NULL while no packet is selected. */
PsJourney *ps_path_pane_get_journey (PsPathPane *self);
/* Rows of the call tree. Borrowed, nullable. */
GListModel *ps_path_pane_get_calls (PsPathPane *self);

G_END_DECLS
