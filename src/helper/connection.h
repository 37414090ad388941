/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One client on a pair of descriptors: takes its requests, answers them, and
 * runs the one capture it may have. A way in by the system bus will be another
 * file like this one, on the same control.h and capture.h.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _PsConnection PsConnection;

/* `closed` is called once, from the main loop, when nothing more is to be done for the client. */
PsConnection *ps_connection_new (int input, int output, GSourceOnceFunc closed, gpointer user_data);

/* Ends the capture, if one runs; `closed` follows when the client has everything, or soon. */
void ps_connection_stop (PsConnection *self, const char *reason);

void ps_connection_free (PsConnection *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsConnection, ps_connection_free)

G_END_DECLS
