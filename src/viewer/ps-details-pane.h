/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The selected packet's headers and bytes, each showing where the other is. */
#pragma once

#include "viewer/ps-view.h"

G_BEGIN_DECLS

#define PS_TYPE_DETAILS_PANE (ps_details_pane_get_type ())
G_DECLARE_FINAL_TYPE (PsDetailsPane, ps_details_pane, PS, DETAILS_PANE, PsView)

/* Narrow: the bytes stand below the fields, not beside them. */
void ps_details_pane_set_narrow (PsDetailsPane *self, gboolean narrow);

G_END_DECLS
