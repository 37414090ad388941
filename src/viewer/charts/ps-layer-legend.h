/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which colour is which layer: a line that wraps. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define PS_TYPE_LAYER_LEGEND (ps_layer_legend_get_type ())
G_DECLARE_FINAL_TYPE (PsLayerLegend, ps_layer_legend, PS, LAYER_LEGEND, AdwBin)

GtkWidget *ps_layer_legend_new (void);
/* Only the layers whose bit is set are named. */
void ps_layer_legend_set_layers (PsLayerLegend *self, guint bits);
/* Says what fainter colours stand for; NULL: there are none. */
void ps_layer_legend_set_faint (PsLayerLegend *self, const char *meaning, const char *explanation);

G_END_DECLS
