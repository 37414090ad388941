/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes as offsets, hex and text, with a highlighted range. Draws only the
 * lines in sight of the scrolled window it stands in.
 *
 * Signal "byte-activated" (guint offset): a byte was clicked, or the cursor
 * moved to it by an arrow key.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define PS_TYPE_HEX_VIEW (ps_hex_view_get_type ())
G_DECLARE_FINAL_TYPE (PsHexView, ps_hex_view, PS, HEX_VIEW, GtkWidget)

GtkWidget *ps_hex_view_new (void);

/* Copies the bytes. */
void ps_hex_view_set_bytes (PsHexView *self, const guint8 *data, gsize size);

/* `length` 0: nothing is highlighted. Ranges past the end are cut. */
void ps_hex_view_set_highlight (PsHexView *self, gsize offset, gsize length);
void ps_hex_view_get_highlight (PsHexView *self, gsize *ret_offset, gsize *ret_length);

G_END_DECLS
