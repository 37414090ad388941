/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All journeys together: as a flame graph, as a table of paths, and as the
 * difference between two selections. A filter of its own says which.
 */
#pragma once

#include "viewer/ps-diff-page.h"
#include "viewer/ps-flame-page.h"
#include "viewer/ps-path-page.h"
#include "viewer/ps-view.h"

G_BEGIN_DECLS

#define PS_TYPE_PATHS_VIEW (ps_paths_view_get_type ())
G_DECLARE_FINAL_TYPE (PsPathsView, ps_paths_view, PS, PATHS_VIEW, PsView)

/* "graph", "table" or "difference" */
void ps_paths_view_show_page (PsPathsView *self, const char *name);
void ps_paths_view_set_filter (PsPathsView *self, const char *text);

/* For tests. */
PsFlamePage *ps_paths_view_get_graph (PsPathsView *self);
PsPathPage *ps_paths_view_get_table (PsPathsView *self);
PsDiffPage *ps_paths_view_get_difference (PsPathsView *self);

G_END_DECLS
