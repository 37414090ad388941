/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boxes over an axis, as flame charts and flame graphs draw them. It zooms and
 * pans along the axis, is as tall as its rows (put it into a scrolled window),
 * and one box is selected. Everything goes by pointer and by keyboard:
 *
 *   scroll, + and -             zoom, at the pointer or at the selected box
 *   Shift or Ctrl and scroll    pan up and down
 *   drag, Ctrl with arrows      pan
 *   double click, Return        zoom to a box
 *   Escape, 0                   back to the whole
 *   arrows, Home, End           select the caller, its longest call, a neighbour
 *
 * Signals: "selected" (guint) by a person, PS_FLAME_NONE for none; "range-changed"
 * (); "activated" (guint) after a double click or Return.
 *
 * The boxes are one render node, made anew when what is to be seen changes: a
 * box narrower than a pixel is drawn with its neighbours, so that the work is
 * bound by the size on screen and not by the number of calls.
 */
#pragma once

#include <gtk/gtk.h>

#include "viewer/charts/ps-flame-boxes.h"

G_BEGIN_DECLS

#define PS_TYPE_FLAME_VIEW (ps_flame_view_get_type ())
G_DECLARE_FINAL_TYPE (PsFlameView, ps_flame_view, PS, FLAME_VIEW, GtkWidget)

/* What a box is in words, for the tooltip and for those who do not see it: transfer full. */
typedef char *(*PsFlameDescribe) (guint32 box, gpointer data);

GtkWidget *ps_flame_view_new (void);

/* `boxes` (nullable) are kept; the axis goes from `start` to `end`. */
void ps_flame_view_set_boxes (PsFlameView *self, PsFlameBoxes *boxes, double start, double end);
void ps_flame_view_set_describe (PsFlameView *self, PsFlameDescribe describe, gpointer data);
/* Guides: a moment (start is end) is a line over the boxes, a span is shaded behind them. Copied.
 */
typedef struct {
  double start;
  double end;
  guint layer;
} PsFlameGuide;

void ps_flame_view_set_guides (PsFlameView *self, const PsFlameGuide *guides, guint n);
/* The boxes' marks changed. */
void ps_flame_view_redraw (PsFlameView *self);

/* Boxes whose label holds `text` are drawn, the others faded; NULL or "": all. */
void ps_flame_view_set_search (PsFlameView *self, const char *text);

guint32 ps_flame_view_get_selected (PsFlameView *self);
/* Without the signal; brings it into sight. */
void ps_flame_view_select (PsFlameView *self, guint32 box);

/* The part of the axis that is shown. */
void ps_flame_view_get_range (PsFlameView *self, double *ret_from, double *ret_to);
void ps_flame_view_set_range (PsFlameView *self, double from, double to);
void ps_flame_view_zoom (PsFlameView *self, double factor); /* above 1: closer */
void ps_flame_view_zoom_to (PsFlameView *self, guint32 box); /* PS_FLAME_NONE: the whole */

G_END_DECLS
