/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One capture, from hello to end: it owns what watches the kernel, what
 * translates and what is known of the sockets, and pours records into a
 * stream. It knows nothing of who asked for it or how the stream is carried.
 */
#pragma once

#include "helper/control.h"
#include "helper/stream.h"

G_BEGIN_DECLS

typedef struct _PsCapture PsCapture;

/*
 * Starts. When this returns the hello is written and every packet from here on
 * is seen. Runs on the default main context. NULL with a PS_HELPER_ERROR.
 */
PsCapture *ps_capture_new (const PsCaptureConfig *config, PsStream *stream, GError **error);

/* `state`: what the capture sees from now on, a JSON object; NULL with `error`: why not. */
typedef void (*PsChangeFunc) (JsonNode *state, const GError *error, gpointer user_data);

/*
 * Changes what the capture sees while it goes on; a refused change leaves it as
 * it was. `func` is called once: now, or when functions are attached to or were
 * found not to be, which takes up to some seconds; in the order of the calls. A
 * record in the stream tells of every change as well.
 */
void
ps_capture_change (PsCapture *self, const PsChange *change, PsChangeFunc func, gpointer user_data);

/*
 * Ends: writes what is still held, and the end record with `reason`. Nothing is
 * recorded any more; the probes go with ps_capture_free(), when the client has
 * everything.
 */
void ps_capture_stop (PsCapture *self, const char *reason);

/* Takes everything away, which may take seconds; stop it first for an end record. NULL-safe. */
void ps_capture_free (PsCapture *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsCapture, ps_capture_free)

G_END_DECLS
