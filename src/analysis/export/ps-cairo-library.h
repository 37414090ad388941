/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions of cairo that a PNG takes. The library is loaded when the first
 * picture is drawn: it brings all of X11 and of fonts along, which takes longer
 * to load than most of what pscope does takes to run.
 */
#pragma once

#include <cairo.h>

/* clang-format off */
#define PS_CAIRO_FUNCTIONS(X) \
  X (create) \
  X (destroy) \
  X (fill) \
  X (image_surface_create) \
  X (move_to) \
  X (paint) \
  X (rectangle) \
  X (scale) \
  X (select_font_face) \
  X (set_font_size) \
  X (set_source_rgb) \
  X (show_text) \
  X (status) \
  X (status_to_string) \
  X (surface_destroy) \
  X (surface_write_to_png_stream) \
  X (text_extents)
/* clang-format on */

#define PS_CAIRO_MEMBER(name) __typeof__ (cairo_##name) *name;

typedef struct {
  PS_CAIRO_FUNCTIONS (PS_CAIRO_MEMBER)
} PsCairoLibrary;

/* NULL if it cannot be loaded. From any thread. */
const PsCairoLibrary *ps_cairo_library_get (void);
