/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is different between two selections: two filters over the same session,
 * or over this one and that of another file.
 */
#pragma once

#include "analysis/ps-diff.h"
#include "viewer/ps-view.h"

G_BEGIN_DECLS

#define PS_TYPE_DIFF_PAGE (ps_diff_page_get_type ())
G_DECLARE_FINAL_TYPE (PsDiffPage, ps_diff_page, PS, DIFF_PAGE, PsView)

/* What the two sides are; text of the display filter. */
void ps_diff_page_set_filters (PsDiffPage *self, const char *a, const char *b);
/* NULL: both sides are of the session that is shown. Kept. */
void ps_diff_page_set_other (PsDiffPage *self, PsSession *other, const char *name);
/* NULL while it is counted. */
const PsDiff *ps_diff_page_get_diff (PsDiffPage *self);

G_END_DECLS
