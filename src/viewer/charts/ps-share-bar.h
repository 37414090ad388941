/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A share as a bar with its number: what is inside, and of that what is its own. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define PS_TYPE_SHARE_BAR (ps_share_bar_get_type ())
G_DECLARE_FINAL_TYPE (PsShareBar, ps_share_bar, PS, SHARE_BAR, GtkWidget)

GtkWidget *ps_share_bar_new (void);
/* From 0 to 1; a negative `total` is not known. */
void ps_share_bar_set (PsShareBar *self, double total, double own, guint layer);

G_END_DECLS
