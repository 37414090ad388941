/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures of the reports: by themselves, inside of HTML, as SVG or as pixels. */
#pragma once

#include "analysis/export/ps-export-canvas.h"
#include "analysis/export/ps-export-output.h"
#include "analysis/ps-heat-map.h"
#include "analysis/ps-path-table.h"

G_BEGIN_DECLS

#define PS_CHART_WIDTH 1200.0
#define PS_CHART_COLUMNS 120u

/* "#78aeed": a light colour, for dark text on it. PS_N_LAYERS: grey. */
const char *ps_export_layer_color (guint layer);

/* The <style> element of pictures: dark paper where people like that. */
extern const char ps_export_svg_style[];

/* An <svg> element with the flame graph, root at the top; `title` is nullable. */
void ps_export_append_flame (GString *text, const PsFlame *flame, const char *title);

/* Packets over time, dropped ones apart. */
typedef struct {
  guint64 packets[PS_CHART_COLUMNS];
  guint64 drops[PS_CHART_COLUMNS];
  guint64 n_packets;
  gint64 from_ns, to_ns;
} PsTimeline;

void ps_timeline_init (PsTimeline *self, const PsExportSource *source);

/* The stage pair most packets passed, over time. NULL if there is none. */
PsHeatMap *ps_export_make_heat_map (const PsExportSource *source,
                                    const PsStackStatistics *statistics,
                                    char **ret_title);

/*
 * Each draws a chart at `y` and returns how high it is; with a NULL canvas it only tells that. What
 * has nothing to show is 0 high.
 */
double ps_export_draw_timeline (PsExportCanvas *canvas, double y, const PsTimeline *timeline);
double ps_export_draw_heat_map (PsExportCanvas *canvas, double y, const PsHeatMap *map);
double ps_export_draw_latencies (PsExportCanvas *canvas, double y, const GArray *latencies);
double ps_export_draw_drops (PsExportCanvas *canvas, double y, const GArray *drops);

/* The charts of a selection, one below the other. */
typedef struct {
  char *title;
  PsTimeline timeline;
  PsStackStatistics *statistics;
  PsHeatMap *map; /* nullable */
  char *map_title;
} PsChartPage;

void ps_chart_page_init (PsChartPage *self, const PsExportSource *source);
void ps_chart_page_clear (PsChartPage *self);
double ps_chart_page_draw (const PsChartPage *self, PsExportCanvas *canvas /* nullable */);

G_END_DECLS
