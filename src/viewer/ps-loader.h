/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work on capture files that a worker thread does. What is shown is loaded by PsCaptureLoader. */
#pragma once

#include <gio/gio.h>

#include "session/ps-session.h"

G_BEGIN_DECLS

/* A copy on this machine of a file that has no path (a resource, a remote one): its path, to be
 * deleted by the caller. */
void ps_loader_copy_async (GFile *file,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
char *ps_loader_copy_finish (GAsyncResult *result, GError **error);

/* All of it in a worker, for a session that is not shown. */
void ps_loader_load_async (GFile *file,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
/* What is or was loaded; borrowed. */
GFile *ps_loader_get_file (GAsyncResult *result);
/* Transfer full. */
PsSession *ps_loader_load_finish (GAsyncResult *result, GError **error);

G_END_DECLS
