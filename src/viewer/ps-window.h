/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A window on one document. What it does with captures and files is in
 * ps-window-capture.c and ps-window-file.c, its actions in ps-window-actions.c.
 */
#pragma once

#include <adwaita.h>

#include "client/ps-client.h"
#include "viewer/ps-document.h"
#include "viewer/ps-view.h"

G_BEGIN_DECLS

#define PS_TYPE_WINDOW (ps_window_get_type ())
G_DECLARE_FINAL_TYPE (PsWindow, ps_window, PS, WINDOW, AdwApplicationWindow)

PsWindow *ps_window_new (GtkApplication *application);

PsDocument *ps_window_get_document (PsWindow *self); /* borrowed */
/* The view of that name in ps_views; NULL if there is none. Borrowed. */
PsView *ps_window_get_view (PsWindow *self, const char *name);
void ps_window_show_view (PsWindow *self, const char *name);
PsView *ps_window_get_sidebar (PsWindow *self); /* borrowed */

/* Nothing is open, captured or on the way: a file may be opened here. */
gboolean ps_window_is_empty (PsWindow *self);

void ps_window_open (PsWindow *self, GFile *file);
void ps_window_start_capture (PsWindow *self);
void ps_window_stop_capture (PsWindow *self);

/* The sentence in the bar under the header; NULL if none is shown. For tests. */
const char *ps_window_get_message (PsWindow *self);

G_END_DECLS
