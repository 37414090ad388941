/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How layers, stages, verdicts and losses look and are called on screen. The
 * colours are never the only carrier of a meaning: a name stands beside them.
 */
#pragma once

#include <gtk/gtk.h>

#include "record/record.h"

G_BEGIN_DECLS

/* The layer's colour on the widget's background, light or dark. */
void ps_layer_color (GtkWidget *widget, guint layer, GdkRGBA *ret_color);

/* What was dropped or went wrong. */
void ps_error_color (GtkWidget *widget, GdkRGBA *ret_color);

/* What leads somewhere. */
void ps_link_color (GtkWidget *widget, GdkRGBA *ret_color);

/* The text's colour at `alpha`. */
void ps_text_color (GtkWidget *widget, float alpha, GdkRGBA *ret_color);

const char *ps_layer_title (guint layer);
/* "Network" or "Send network"; PS_STAGE_SEND counts. */
const char *ps_stage_title (guint stage);
const char *ps_direction_title (guint direction);
const char *ps_verdict_title (guint verdict);
const char *ps_loss_title (guint cause);
const char *ps_relation_title (guint relation);

/* The class that gives a swatch the layer's colour: "layer-network". Static. */
const char *ps_layer_css_class (guint layer);

G_END_DECLS
