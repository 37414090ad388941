/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls of one journey as a tree with times: searched, opened, closed and
 * copied by buttons and by keys (gtk/help-overlay.ui tells which). Compact, it has
 * no buttons and fewer columns.
 *
 * Signals: "call-selected" (guint) by a person, PS_CALL_NONE for none; "search"
 * (char *) what is searched for changed; "follow" (guint64) to another packet.
 */
#pragma once

#include <adwaita.h>

#include "analysis/ps-usual.h"
#include "viewer/ps-call-list.h"

G_BEGIN_DECLS

#define PS_TYPE_CALL_TREE (ps_call_tree_get_type ())
G_DECLARE_FINAL_TYPE (PsCallTree, ps_call_tree, PS, CALL_TREE, AdwBin)

/* `packet` is the id of the journey's packet; NULL empties it. */
void ps_call_tree_set_journey (PsCallTree *self, PsJourney *journey, guint64 packet);
PsCallList *ps_call_tree_get_list (PsCallTree *self); /* borrowed */

guint32 ps_call_tree_get_selected (PsCallTree *self);
/* Without the signal; opens what encloses it and brings it into sight. */
void ps_call_tree_select (PsCallTree *self, guint32 call);

void ps_call_tree_focus_search (PsCallTree *self);
/* FALSE if there are none. */
gboolean ps_call_tree_focus_rows (PsCallTree *self);
/* By 1 or -1 to another match. */
void ps_call_tree_step_search (PsCallTree *self, int by);
void ps_call_tree_expand_to_slowest (PsCallTree *self);

/* Columns with what is usual, borrowed until another is set; NULL: without. */
void ps_call_tree_set_usual (PsCallTree *self, PsUsual *usual);

G_END_DECLS
