/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small area chart without axes: how a rate went lately. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define PS_TYPE_SPARKLINE (ps_sparkline_get_type ())
G_DECLARE_FINAL_TYPE (PsSparkline, ps_sparkline, PS, SPARKLINE, GtkWidget)

/* Copies; the newest value is the last. */
void ps_sparkline_set_values (PsSparkline *self, const double *values, guint n_values);

G_END_DECLS
