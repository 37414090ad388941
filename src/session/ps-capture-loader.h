/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening a file while it is shown: a worker reads and decodes, and the thread
 * that owns the session takes what is ready in portions of a few milliseconds
 * from its main loop. The first portion is small, so that first rows come at once.
 */
#pragma once

#include <gio/gio.h>

#include "session/ps-session.h"

G_BEGIN_DECLS

#define PS_TYPE_CAPTURE_LOADER (ps_capture_loader_get_type ())
G_DECLARE_FINAL_TYPE (PsCaptureLoader, ps_capture_loader, PS, CAPTURE_LOADER, GObject)

/* The loader holds the session, which should be a new one. `path` as in ps_capture_file_load(). */
PsCaptureLoader *ps_capture_loader_new (const char *path, PsSession *session);

/*
 * Begins; to be called once. Portions are fed, and published, in the thread-default main context of
 * this call, below the priority of redrawing; then `callback` is called there. Do not feed the
 * session meanwhile; reading it is free. Cancelling ends it soon; what was fed stays.
 */
void ps_capture_loader_load_async (PsCaptureLoader *self,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);

/* Errors are those of ps_capture_file_load(). */
gboolean
ps_capture_loader_load_finish (PsCaptureLoader *self, GAsyncResult *result, GError **error);

/* From 0 to 1, by bytes of the file; negative while that is not known (all along if compressed, or
 * a pipe). */
double ps_capture_loader_get_progress (PsCaptureLoader *self);

G_END_DECLS
