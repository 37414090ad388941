/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of PsWindow share. */
#pragma once

#include "session/ps-capture-loader.h"
#include "viewer/ps-capture-options.h"
#include "viewer/ps-live-capture.h"
#include "viewer/ps-mechanism-chip.h"
#include "viewer/ps-sockets-sidebar.h"
#include "viewer/ps-status-bar.h"
#include "viewer/ps-window.h"

G_BEGIN_DECLS

struct _PsWindow {
  AdwApplicationWindow parent_instance;

  AdwSplitButton *start_button;
  GtkButton *stop_button;
  GtkToggleButton *sidebar_button;
  GtkWidget *search_button;
  PsMechanismChip *chip;
  AdwViewSwitcherTitle *title;
  GtkWidget *message_bar; /* not a GtkInfoBar: that one measures a wrapped sentence wrongly */
  GtkLabel *message;
  GtkWidget *retry_button;
  AdwToastOverlay *toasts;
  GtkStack *pages;
  AdwStatusPage *loading_page;
  GtkWidget *progress_bar; /* while what is shown still grows */
  GtkProgressBar *progress;
  GtkLabel *progress_label;
  AdwFlap *flap;
  PsSocketsSidebar *sidebar;
  AdwViewStack *views;
  PsStatusBar *status_bar;
  PsCaptureOptionsPopover *options;

  PsDocument *document;
  PsLiveCapture *capture; /* also after its end: it owns the spool */
  gboolean saved; /* what was captured is in a file of the user's */
  gboolean closing; /* close when the capture has been saved or given up */
  GFile *file; /* what is open */
  GCancellable *cancellable; /* of what is loading or starting */
  PsSession *loading; /* what a file is read into; shown when it has rows */
  PsCaptureLoader *loader;
  guint progress_timer;

  gboolean narrow;
  guint width_source;

  guint publish_tick;
  guint publish_timeout;
  gint64 published_at;
};

/* Shows a sentence under the header bar; NULL hides it. */
void ps_window_show_message (PsWindow *self, GtkMessageType type, const char *sentence);
void ps_window_show_toast (PsWindow *self, const char *sentence);
void ps_window_update_pages (PsWindow *self);

/* ps-window-trace.c: which functions a running capture traces */
void ps_window_install_trace_actions (GtkWidgetClass *klass);
void ps_window_update_trace_actions (PsWindow *self);
void ps_window_tell_change (PsWindow *self, const char *sentence, gboolean unasked);

/* ps-window-capture.c */
void ps_window_drop_capture (PsWindow *self);
void ps_window_stop_publishing (PsWindow *self);

/* ps-window-load.c */
void ps_window_cancel_loading (PsWindow *self);

/* ps-window-file.c */
void ps_window_choose_file (PsWindow *self);
void ps_window_save (PsWindow *self);
gboolean ps_window_can_save (PsWindow *self);
/* TRUE if closing must wait for an answer. */
gboolean ps_window_ask_to_save (PsWindow *self);

/* ps-window-actions.c */
void ps_window_install_actions (GtkWidgetClass *klass);
void ps_window_update_actions (PsWindow *self);

G_END_DECLS
