/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The path dictionary: which ways packets took through the kernel, and how many took each. */
#pragma once

#include "viewer/ps-view.h"

G_BEGIN_DECLS

#define PS_TYPE_PATHS_VIEW (ps_paths_view_get_type ())
G_DECLARE_FINAL_TYPE (PsPathsView, ps_paths_view, PS, PATHS_VIEW, PsView)

G_END_DECLS
