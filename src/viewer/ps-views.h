/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The views of the window, one table row each: add one there and nowhere else. */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

typedef struct {
  const char *name; /* what win.show-view takes */
  const char *title;
  const char *icon;
  GType (*get_type) (void); /* a PsView */
} PsViewKind;

extern const PsViewKind ps_views[];
extern const guint ps_n_views;

G_END_DECLS
