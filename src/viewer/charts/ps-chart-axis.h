/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the charts share: text, round numbers, grid lines. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define PS_CHART_MARGIN 4.f

/* The next 1, 2 or 5 times a power of ten; 1 for what is not positive. */
double ps_chart_nice_ceiling (double value);

/* Small text; `xalign` 0: begins at x, 1: ends there. Returns its height. */
int ps_chart_text (GtkWidget *widget,
                   GtkSnapshot *snapshot,
                   const char *text,
                   float x,
                   float y,
                   float xalign,
                   const GdkRGBA *color);

int ps_chart_text_height (GtkWidget *widget);
int ps_chart_text_width (GtkWidget *widget, const char *text);

/* A sentence in the middle, wrapped to the widget's width. */
void ps_chart_placeholder (GtkWidget *widget, GtkSnapshot *snapshot, const char *sentence);

G_END_DECLS
