/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A way to a helper. Today there is one: our child, on a socket pair that is
 * its standard input (pkexec closes every other descriptor). What is said over
 * it belongs to ps-client.c; who reads it, to ps-reader.c.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  int socket; /* ours, both ways; owned */
  int messages; /* what the helper prints on its standard error; owned */
  GPid pid; /* of the child, which its reader reaps; 0: none */
  gboolean through_pkexec;
} PsTransport;

/*
 * Starts a helper. Errors are PS_CLIENT_ERROR with a sentence for people; a
 * helper that starts and then refuses says so in its first record.
 */
gboolean ps_transport_open (PsTransport *ret_transport, GError **error);

/* The helper to start, an absolute path; NULL with a sentence if there is none. */
char *ps_transport_find_helper (GError **error);

/* Sends all of a small request; a helper that is gone is an error. */
gboolean ps_transport_send (int socket, const guint8 *data, gsize size, GError **error);

G_END_DECLS
