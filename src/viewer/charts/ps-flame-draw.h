/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How boxes become a render node. */
#pragma once

#include <gtk/gtk.h>

#include "viewer/charts/ps-flame-boxes.h"

G_BEGIN_DECLS

typedef struct {
  double from; /* the part of the axis that is shown */
  double to;
  float width; /* of the widget */
  float row_height;
} PsFlamePlace;

float ps_flame_x (const PsFlamePlace *place, double value);
double ps_flame_value (const PsFlamePlace *place, double x);
/* Where a box is, cut to what is shown; FALSE if it is not. */
gboolean
ps_flame_area (const PsFlamePlace *place, const PsFlameBox *box, graphene_rect_t *ret_area);

/* All that is in `place`; `search` as in ps_flame_view_set_search(). Transfer full, nullable. */
GskRenderNode *ps_flame_draw (GtkWidget *widget,
                              const PsFlameBoxes *boxes,
                              const PsFlamePlace *place,
                              const char *search);

/* Does a label match? Case does not count; an empty search matches nothing. */
gboolean ps_flame_matches (const char *label, const char *search);

G_END_DECLS
