/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the capture costs and loses, in one line. The tool's own losses are
 * named as such and never stand as losses of the network.
 */
#pragma once

#include "viewer/ps-view.h"

G_BEGIN_DECLS

#define PS_TYPE_STATUS_BAR (ps_status_bar_get_type ())
G_DECLARE_FINAL_TYPE (PsStatusBar, ps_status_bar, PS, STATUS_BAR, PsView)

/* Narrow: what it costs is left to the Stack view. */
void ps_status_bar_set_narrow (PsStatusBar *self, gboolean narrow);

G_END_DECLS
