/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The selected packet's journey in small, under the packet table: its end in a
 * sentence, the stage ruler, the call tree.
 */
#pragma once

#include "viewer/ps-call-list.h"
#include "viewer/ps-view.h"

G_BEGIN_DECLS

#define PS_TYPE_PATH_PANE (ps_path_pane_get_type ())
G_DECLARE_FINAL_TYPE (PsPathPane, ps_path_pane, PS, PATH_PANE, PsView)

/* Rows of the call tree. Borrowed. */
PsCallList *ps_path_pane_get_calls (PsPathPane *self);

G_END_DECLS
