/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What charts are drawn on: rectangles and words, which become SVG or pixels.
 * Units are pixels, y grows downwards. Private to the exporters.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  PS_ANCHOR_START,
  PS_ANCHOR_MIDDLE,
  PS_ANCHOR_END,
} PsExportAnchor;

typedef struct _PsExportCanvas PsExportCanvas;

struct _PsExportCanvas {
  /* `color` is 0xrrggbb; `title` (nullable) is shown under a pointer, where there are pointers. */
  void (*rect) (PsExportCanvas *self,
                double x,
                double y,
                double width,
                double height,
                guint32 color,
                const char *title);
  /* `y` is that of the base line; `size` in pixels. */
  void (*label) (PsExportCanvas *self,
                 double x,
                 double y,
                 PsExportAnchor anchor,
                 double size,
                 const char *words);
  /* Nullable. Around cells whose colours tell more or less, from pale to dark. */
  void (*cells) (PsExportCanvas *self, gboolean begin);
};

/* Appends SVG elements to `text`; to be put on the stack. */
typedef struct {
  PsExportCanvas parent;
  GString *text;
} PsExportSvgCanvas;

void ps_export_svg_canvas_init (PsExportSvgCanvas *self, GString *text);

G_END_DECLS
