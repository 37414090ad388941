/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The paths of all matching packets, the most used first; rare ones are marked. */
#pragma once

#include "analysis/ps-filter.h"
#include "viewer/ps-view.h"

G_BEGIN_DECLS

#define PS_TYPE_PATH_PAGE (ps_path_page_get_type ())
G_DECLARE_FINAL_TYPE (PsPathPage, ps_path_page, PS, PATH_PAGE, PsView)

/* NULL: all packets. */
void ps_path_page_set_filter (PsPathPage *self, PsFilter *filter);
void ps_path_page_focus_search (PsPathPage *self);
/* PsPathItem; borrowed. */
GListModel *ps_path_page_get_paths (PsPathPage *self);

G_END_DECLS
