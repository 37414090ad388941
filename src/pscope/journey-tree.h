/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The call path of a packet as a tree of text. A kernel path is forty calls
 * deep and hardly ever forks, so only forks are indented: a function without a
 * branch mark was called by the one above it.
 */
#pragma once

#include "analysis/ps-journey.h"
#include "pscope/journey-selection.h"
#include "pscope/terminal.h"

G_BEGIN_DECLS

/*
 * The calls of the selection. Those with durations have columns for them, total and own, and a bar
 * for its share of the packet's whole. `drop_note` stands behind the call that dropped the packet;
 * nullable.
 */
void ps_journey_tree_append (const PsTerminal *terminal,
                             GString *out,
                             PsJourney *journey,
                             const PsJourneySelection *selection,
                             const char *drop_note);

G_END_DECLS
