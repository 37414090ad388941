/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line of links to other packets behind a few words, which scrolls if it must.
 *
 * Signals: "follow" (guint64 number).
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define PS_TYPE_LINK_STRIP (ps_link_strip_get_type ())
G_DECLARE_FINAL_TYPE (PsLinkStrip, ps_link_strip, PS, LINK_STRIP, AdwBin)

GtkWidget *ps_link_strip_new (void);
/* Takes away all links; the strip is hidden until it has words or a link. */
void ps_link_strip_reset (PsLinkStrip *self, const char *words);
/* `number` 0: said, but there is nowhere to go; `tooltip` (nullable) tells why. */
void ps_link_strip_add (PsLinkStrip *self, guint64 number, const char *text, const char *tooltip);

G_END_DECLS
