/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens a capture file in a worker thread, which owns the session until it is whole. */
#pragma once

#include <gio/gio.h>

#include "session/ps-session.h"

G_BEGIN_DECLS

void ps_loader_load_async (GFile *file,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
/* What is or was loaded; borrowed. */
GFile *ps_loader_get_file (GAsyncResult *result);
/* Transfer full. */
PsSession *ps_loader_load_finish (GAsyncResult *result, GError **error);

G_END_DECLS
