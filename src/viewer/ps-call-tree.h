/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls of a journey as a collapsible tree, with their layers, the stages seen under them, and
 * the function that dropped the packet. */
#pragma once

#include <adwaita.h>

#include "analysis/ps-journey.h"

G_BEGIN_DECLS

#define PS_TYPE_CALL_TREE (ps_call_tree_get_type ())
G_DECLARE_FINAL_TYPE (PsCallTree, ps_call_tree, PS, CALL_TREE, AdwBin)

void ps_call_tree_set_journey (PsCallTree *self, PsJourney *journey /* nullable */);

/* The rows that are unfolded, in order; items are GtkTreeListRow of PsCallItem. Borrowed. */
GListModel *ps_call_tree_get_rows (PsCallTree *self);

G_END_DECLS
