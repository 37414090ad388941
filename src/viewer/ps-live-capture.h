/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A running capture: pours a helper's stream into a session bounded by the
 * memory limit, and into a spool file, so that what leaves memory is not lost.
 *
 * Signals: "dirty" (): records came; publish the session soon.
 * "warning" (char *sentence): the capture goes on, but something does not.
 * "changed" (char *sentence, gboolean unasked): it sees something else from here on.
 * "ended" (GError *): the stream is over; NULL if as asked.
 */
#pragma once

#include "client/ps-client.h"
#include "session/ps-session.h"

G_BEGIN_DECLS

#define PS_TYPE_LIVE_CAPTURE (ps_live_capture_get_type ())
G_DECLARE_FINAL_TYPE (PsLiveCapture, ps_live_capture, PS, LIVE_CAPTURE, GObject)

PsLiveCapture *ps_live_capture_new (void);

void ps_live_capture_start_async (PsLiveCapture *self,
                                  const PsCaptureOptions *options,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean ps_live_capture_start_finish (PsLiveCapture *self, GAsyncResult *result, GError **error);
/* See ps_client_change_async(). */
void ps_live_capture_change_async (PsLiveCapture *self,
                                   const PsCaptureChange *change,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
gboolean ps_live_capture_change_finish (PsLiveCapture *self, GAsyncResult *result, GError **error);

void ps_live_capture_stop (PsLiveCapture *self);

PsSession *ps_live_capture_get_session (PsLiveCapture *self); /* borrowed */

/*
 * Hands everything so far to the spool and returns its path (borrowed); NULL
 * with an error if there is no whole spool. It is removed with the object.
 */
const char *ps_live_capture_flush_spool (PsLiveCapture *self, GError **error);

/*
 * Paths of spools whose program ended without saving or discarding them, the
 * newest first. Transfer full, NULL-terminated.
 */
char **ps_live_capture_find_orphans (void);

G_END_DECLS
