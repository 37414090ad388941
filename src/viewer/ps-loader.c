/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-loader.h"

#include <glib/gstdio.h>

#include "session/ps-capture-file.h"

/* Resources and remote files have no path; the reader wants one. */
static char *
copy_to_temporary (GFile *file, GCancellable *cancellable, GError **error)
{
  g_autoptr (GFileIOStream) stream = NULL;
  g_autoptr (GFile) temporary = g_file_new_tmp ("packetscope-XXXXXX.pcapng", &stream, error);

  if (temporary == NULL)
    return NULL;
  if (!g_file_copy (file, temporary, G_FILE_COPY_OVERWRITE, cancellable, NULL, NULL, error))
    {
      g_file_delete (temporary, NULL, NULL);
      return NULL;
    }
  return g_file_get_path (temporary);
}

static void
load (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GFile *file = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_file_get_path (file);
  g_autofree char *temporary = NULL;
  g_autoptr (PsSession) session = NULL;
  gboolean loaded;

  if (path == NULL)
    {
      temporary = copy_to_temporary (file, cancellable, &error);
      if (temporary == NULL)
        {
          g_task_return_error (task, g_steal_pointer (&error));
          return;
        }
    }
  /* A file is shown whole: the memory limit is for live captures. */
  session = ps_session_new (0);
  loaded = ps_capture_file_load (path != NULL ? path : temporary, session, cancellable, &error);
  if (temporary != NULL)
    g_unlink (temporary);
  if (!loaded)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, g_steal_pointer (&session), g_object_unref);
}

void
ps_loader_load_async (GFile *file,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, ps_loader_load_async);
  g_task_set_task_data (task, g_object_ref (file), g_object_unref);
  g_task_run_in_thread (task, load);
}

static void
copy (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;
  char *path = copy_to_temporary (data, cancellable, &error);

  if (path == NULL)
    g_task_return_error (task, error);
  else if (!g_task_return_error_if_cancelled (task))
    g_task_return_pointer (task, path, g_free);
  else
    {
      g_unlink (path);
      g_free (path);
    }
}

void
ps_loader_copy_async (GFile *file,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, ps_loader_copy_async);
  g_task_set_task_data (task, g_object_ref (file), g_object_unref);
  g_task_run_in_thread (task, copy);
}

char *
ps_loader_copy_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, ps_loader_copy_async), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

GFile *
ps_loader_get_file (GAsyncResult *result)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, ps_loader_load_async), NULL);
  return g_task_get_task_data (G_TASK (result));
}

PsSession *
ps_loader_load_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, ps_loader_load_async), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
