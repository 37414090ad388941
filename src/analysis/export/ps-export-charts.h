/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures of the reports as SVG elements, by themselves or inside of HTML. */
#pragma once

#include "analysis/export/ps-export-output.h"
#include "analysis/ps-heat-map.h"

G_BEGIN_DECLS

/* "#78aeed": a light colour, for dark text on it. PS_N_LAYERS: grey. */
const char *ps_export_layer_color (guint layer);

/* An <svg> element with the flame graph, root at the top; `title` is nullable. */
void ps_export_append_flame (GString *text, const PsFlame *flame, const char *title);

/* Packets over time, dropped ones in red: `n` columns over [from_ns, to_ns]. */
void ps_export_append_columns (GString *text,
                               const guint64 *packets,
                               const guint64 *drops,
                               guint n,
                               gint64 from_ns,
                               gint64 to_ns);

void ps_export_append_heat_map (GString *text, const PsHeatMap *map);

G_END_DECLS
