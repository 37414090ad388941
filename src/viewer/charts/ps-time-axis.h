/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The axis over a flame chart: the time since the packet's first call, what was
 * folded and how long it took, and the stages where they were passed.
 */
#pragma once

#include <gtk/gtk.h>

#include "viewer/charts/ps-time-fold.h"

G_BEGIN_DECLS

#define PS_TYPE_TIME_AXIS (ps_time_axis_get_type ())
G_DECLARE_FINAL_TYPE (PsTimeAxis, ps_time_axis, PS, TIME_AXIS, GtkWidget)

GtkWidget *ps_time_axis_new (void);

/* `fold` is borrowed: it must live until another (NULL) is set. Takes away all marks. */
void ps_time_axis_set_fold (PsTimeAxis *self, const PsTimeFold *fold);
void ps_time_axis_set_range (PsTimeAxis *self, double from, double to);
/* A moment with a name. */
void ps_time_axis_add_mark (PsTimeAxis *self, gint64 time_ns, const char *label, guint layer);
/* Why the packet waited there, in words; shown where such a time is folded. */
void ps_time_axis_add_wait (PsTimeAxis *self, gint64 from_ns, gint64 to_ns, const char *sentence);

G_END_DECLS
