/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two files of PsFlameView share. */
#pragma once

#include "viewer/charts/ps-flame-draw.h"
#include "viewer/charts/ps-flame-view.h"

G_BEGIN_DECLS

struct _PsFlameView {
  GtkWidget parent_instance;

  PsFlameBoxes *boxes;
  double start, end; /* of the whole axis */
  double from, to; /* of what is shown */
  guint32 selected;
  guint32 hovered;
  char *search;
  GArray *guides; /* PsFlameGuide */
  PsFlameDescribe describe;
  gpointer describe_data;
  GskRenderNode *node; /* all boxes as they are shown; NULL: to be made */

  /* While it is dragged. */
  double drag_from, drag_to, drag_scroll;
  gboolean dragged;
  double pointer_x;
};

PsFlamePlace ps_flame_view_get_place (PsFlameView *self);
guint32 ps_flame_view_find (PsFlameView *self, double x, double y);
/* By a person: with the signals. */
void ps_flame_view_choose (PsFlameView *self, guint32 nth);
void ps_flame_view_activate (PsFlameView *self, guint32 nth);
/* `value` stays where it is. */
void ps_flame_view_zoom_at (PsFlameView *self, double factor, double value);

/* ps-flame-view-input.c */
void ps_flame_view_install_input (PsFlameView *self);

G_END_DECLS
