/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-live-capture.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "session/ps-capture-file.h"
#include "viewer/ps-settings.h"

#define FLUSH_SECONDS 1

struct _PsLiveCapture {
  GObject parent_instance;

  PsClient *client;
  PsSession *session;
  PsCaptureWriter *spool;
  char *spool_path;
  GError *spool_error; /* why there is no whole spool */
  guint flush_source;
  gboolean bad_record; /* said once, not once a record */
};

G_DEFINE_FINAL_TYPE (PsLiveCapture, ps_live_capture, G_TYPE_OBJECT)

enum { DIRTY, WARNING, CHANGED, ENDED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
warn (PsLiveCapture *self, const char *sentence)
{
  g_signal_emit (self, signals[WARNING], 0, sentence);
}

/* The capture goes on in memory; saving it will say why it cannot be whole. */
static void
give_up_spool (PsLiveCapture *self, GError *error)
{
  g_autofree char *sentence =
      g_strdup_printf (_ ("The capture goes on in memory only, and can no longer be saved "
                          "whole: %s"),
                       error->message);

  g_clear_object (&self->spool);
  g_clear_error (&self->spool_error);
  self->spool_error = error;
  warn (self, sentence);
}

static void
tell_change (PsLiveCapture *self, const PsSessionChange *change)
{
  /* The kernel's refusal is the answer to who asked; what nobody asked for has to be said. */
  gboolean unasked =
      g_strcmp0 (change->cause, "cost") == 0 || g_strcmp0 (change->cause, "losses") == 0;

  if (change->message != NULL && g_strcmp0 (change->cause, "kernel") != 0)
    g_signal_emit (self, signals[CHANGED], 0, change->message, unasked);
}

static void
feed_session (const PsRecord *record, gpointer data)
{
  PsLiveCapture *self = data;
  g_autoptr (GError) error = NULL;

  if (!ps_session_feed (self->session, record, &error) && !self->bad_record)
    {
      self->bad_record = TRUE;
      warn (self, error->message);
    }
  else if (error == NULL && record->type == PS_RECORD_CHANGE)
    tell_change (self, ps_session_get_state (self->session));
}

static void
feed_spool (const PsRecord *record, gpointer data)
{
  PsLiveCapture *self = data;
  GError *error = NULL;

  if (self->spool != NULL && !ps_capture_writer_write (self->spool, record, &error))
    give_up_spool (self, error);
}

static gboolean
flush_spool (gpointer data)
{
  PsLiveCapture *self = data;
  GError *error = NULL;

  if (self->spool != NULL && !ps_capture_writer_flush (self->spool, &error))
    give_up_spool (self, error);
  return G_SOURCE_CONTINUE;
}

static void
batch (PsLiveCapture *self)
{
  g_signal_emit (self, signals[DIRTY], 0);
}

static void
close_spool (PsLiveCapture *self)
{
  g_autoptr (GError) error = NULL;

  g_clear_handle_id (&self->flush_source, g_source_remove);
  if (self->spool != NULL && !ps_capture_writer_close (self->spool, &error))
    give_up_spool (self, g_steal_pointer (&error));
  g_clear_object (&self->spool);
}

static void
ended (PsLiveCapture *self, GError *error)
{
  close_spool (self);
  g_signal_emit (self, signals[ENDED], 0, error);
}

static char *
spool_directory (void)
{
  return g_build_filename (g_get_user_cache_dir (), "packetscope", NULL);
}

static void
open_spool (PsLiveCapture *self)
{
  g_autofree char *directory = spool_directory ();
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *stamp = g_date_time_format (now, "%Y%m%d-%H%M%S");
  g_autofree char *name = g_strdup_printf ("capture-%s-%d.pcapng", stamp, (int)getpid ());
  GError *error = NULL;

  /* What others send and receive is nobody else's business. */
  g_mkdir_with_parents (directory, 0700);
  self->spool_path = g_build_filename (directory, name, NULL);
  self->spool = ps_capture_writer_new (self->spool_path, &error);
  if (self->spool == NULL)
    give_up_spool (self, error);
  else
    g_chmod (self->spool_path, 0600);
  self->flush_source = g_timeout_add_seconds (FLUSH_SECONDS, flush_spool, self);
}

static void
client_started (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  g_autoptr (GError) error = NULL;

  if (ps_client_start_finish (PS_CLIENT (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

void
ps_live_capture_start_async (PsLiveCapture *self,
                             const PsCaptureOptions *options,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_return_if_fail (PS_IS_LIVE_CAPTURE (self));
  open_spool (self);
  ps_client_start_async (self->client, options, cancellable, client_started, task);
}

gboolean
ps_live_capture_start_finish (PsLiveCapture *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
client_changed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  g_autoptr (GError) error = NULL;

  if (ps_client_change_finish (PS_CLIENT (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

void
ps_live_capture_change_async (PsLiveCapture *self,
                              const PsCaptureChange *change,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_return_if_fail (PS_IS_LIVE_CAPTURE (self));
  ps_client_change_async (self->client, change, NULL, client_changed,
                          g_task_new (self, NULL, callback, user_data));
}

gboolean
ps_live_capture_change_finish (PsLiveCapture *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ps_live_capture_stop (PsLiveCapture *self)
{
  g_return_if_fail (PS_IS_LIVE_CAPTURE (self));
  ps_client_stop (self->client);
}

PsSession *
ps_live_capture_get_session (PsLiveCapture *self)
{
  g_return_val_if_fail (PS_IS_LIVE_CAPTURE (self), NULL);
  return self->session;
}

const char *
ps_live_capture_flush_spool (PsLiveCapture *self, GError **error)
{
  g_return_val_if_fail (PS_IS_LIVE_CAPTURE (self), NULL);

  if (self->spool_error == NULL)
    flush_spool (self);
  if (self->spool_error != NULL)
    {
      g_propagate_error (error, g_error_copy (self->spool_error));
      return NULL;
    }
  return self->spool_path;
}

/* "capture-DATE-TIME-PID.pcapng" of a process that is no more. */
static gboolean
is_orphan (const char *name)
{
  const char *dash = strrchr (name, '-');
  char *end = NULL;
  gint64 pid;

  if (!g_str_has_prefix (name, "capture-") || dash == NULL)
    return FALSE;
  pid = g_ascii_strtoll (dash + 1, &end, 10);
  return pid > 0 && pid <= G_MAXINT32 && strcmp (end, ".pcapng") == 0 &&
         kill ((pid_t)pid, 0) != 0 && errno == ESRCH;
}

static int
newest_first (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)b, *(const char *const *)a);
}

char **
ps_live_capture_find_orphans (void)
{
  g_autofree char *directory = spool_directory ();
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  g_autoptr (GPtrArray) paths = g_ptr_array_new ();
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (is_orphan (name))
      g_ptr_array_add (paths, g_build_filename (directory, name, NULL));
  g_ptr_array_sort (paths, newest_first);
  g_ptr_array_add (paths, NULL);
  return (char **)g_ptr_array_steal (paths, NULL);
}

static void
ps_live_capture_dispose (GObject *object)
{
  PsLiveCapture *self = PS_LIVE_CAPTURE (object);

  g_clear_handle_id (&self->flush_source, g_source_remove);
  if (self->client != NULL)
    g_signal_handlers_disconnect_by_data (self->client, self);
  g_clear_object (&self->client);
  g_clear_object (&self->spool);
  g_clear_object (&self->session);
  G_OBJECT_CLASS (ps_live_capture_parent_class)->dispose (object);
}

static void
ps_live_capture_finalize (GObject *object)
{
  PsLiveCapture *self = PS_LIVE_CAPTURE (object);

  if (self->spool_path != NULL)
    g_unlink (self->spool_path);
  g_free (self->spool_path);
  g_clear_error (&self->spool_error);
  G_OBJECT_CLASS (ps_live_capture_parent_class)->finalize (object);
}

static void
ps_live_capture_class_init (PsLiveCaptureClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = ps_live_capture_dispose;
  object_class->finalize = ps_live_capture_finalize;
  signals[DIRTY] = g_signal_new ("dirty", PS_TYPE_LIVE_CAPTURE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 0);
  signals[WARNING] = g_signal_new ("warning", PS_TYPE_LIVE_CAPTURE, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[CHANGED] = g_signal_new ("changed", PS_TYPE_LIVE_CAPTURE, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_BOOLEAN);
  signals[ENDED] = g_signal_new ("ended", PS_TYPE_LIVE_CAPTURE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
ps_live_capture_init (PsLiveCapture *self)
{
  self->client = ps_client_new ();
  self->session = ps_session_new (ps_settings_get_memory_limit ());
  ps_client_add_sink (self->client, feed_spool, self, NULL);
  ps_client_add_sink (self->client, feed_session, self, NULL);
  g_signal_connect_object (self->client, "batch", G_CALLBACK (batch), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->client, "ended", G_CALLBACK (ended), self, G_CONNECT_SWAPPED);
}

PsLiveCapture *
ps_live_capture_new (void)
{
  return g_object_new (PS_TYPE_LIVE_CAPTURE, NULL);
}
