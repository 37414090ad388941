/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of the viewer share: windows without an application around
 * them, waiting, finding widgets, pictures of windows.
 */
#pragma once

#include "viewer/ps-window.h"

/* Registers types, resources and settings. FALSE (said) without a display. */
gboolean ui_init (void);

/* A window as the program makes it, of that size, on the screen. */
PsWindow *ui_window_new (int width, int height);

/* Closes it and waits until it is finalised; FALSE if something keeps it. */
gboolean ui_window_close (PsWindow *window);

typedef gboolean (*UiCondition) (gpointer data);
/* Runs the main loop until the condition holds; FALSE after `seconds`. */
gboolean ui_wait (UiCondition condition, gpointer data, guint seconds);
void ui_wait_ms (guint ms);
/* Until frames are drawn and nothing is pending. */
void ui_settle (PsWindow *window);

/* Opens a file and waits until it is shown, or until it was refused. */
gboolean ui_open (PsWindow *window, const char *path);

/* The first descendant of that type; NULL if there is none. */
GtkWidget *ui_find (GtkWidget *root, GType type);

/* A PNG of what the window shows. */
gboolean ui_picture (GtkWidget *native, const char *path);

/* A key as if it were pressed on that widget: what its own controllers make of
 * it. */
gboolean ui_press (GtkWidget *widget, guint key, GdkModifierType state);
