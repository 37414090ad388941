/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet table with its display filter, and below it the selected packet's headers, bytes and
 * call path. */
#pragma once

#include "viewer/ps-view.h"

G_BEGIN_DECLS

#define PS_TYPE_PACKETS_VIEW (ps_packets_view_get_type ())
G_DECLARE_FINAL_TYPE (PsPacketsView, ps_packets_view, PS, PACKETS_VIEW, PsView)

/* Puts the keyboard into the display filter. */
void ps_packets_view_focus_filter (PsPacketsView *self);
void ps_packets_view_focus_rows (PsPacketsView *self);
void ps_packets_view_set_filter (PsPacketsView *self, const char *text);

/* The sentence about the display filter; NULL if it is right. For tests. */
const char *ps_packets_view_get_filter_error (PsPacketsView *self);
/* What the table shows. Borrowed. */
GListModel *ps_packets_view_get_rows (PsPacketsView *self);

/* In a narrow window the call path is left to the Journey view. */
/* Selects the row `by` further than the selected packet's; where the filter hides that one, the
 * packet. */
void ps_packets_view_step (PsPacketsView *self, int by);

void ps_packets_view_set_narrow (PsPacketsView *self, gboolean narrow);

G_END_DECLS
