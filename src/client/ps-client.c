/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "client/ps-client.h"

#include "client/ps-reader.h"
#include "client/ps-request.h"

#include <glib/gi18n.h>

#define QUEUE_LIMIT_DEFAULT (32 * 1024 * 1024)
/* A helper that is asked to end gets so long between two batches before it is given up. */
#define STOP_PATIENCE_S 5
/*
 * In turn with GTK's redrawing (GDK_PRIORITY_REDRAW): above it a stream that never pauses would
 * keep the viewer from its frames; below it a spinner, drawn in software, would keep out the
 * stream it waits for. pscope has nothing else to do.
 */
#define BATCH_PRIORITY (G_PRIORITY_HIGH_IDLE + 20)

typedef struct {
  PsRecordFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} Sink;

struct _PsClient {
  GObject parent_instance;
  GMainContext *context;
  GArray *sinks; /* Sink */
  gsize queue_limit;
  PsReader *reader;
  GSource *batches; /* ready when the reader has something */
  GSource *patience;
  GTask *start; /* until the hello */
  gulong start_cancelled;
  GQueue changes; /* GTask: asked for, not answered */
  GError *refusal; /* what the helper said before it hung up */
  gboolean started;
  gboolean stopping;
  gboolean end_seen;
};

enum { SIGNAL_BATCH, SIGNAL_ENDED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (PsClient, ps_client, G_TYPE_OBJECT)
G_DEFINE_QUARK (ps - client - error - quark, ps_client_error)

static void
sink_clear (gpointer data)
{
  Sink *sink = data;

  if (sink->destroy != NULL)
    sink->destroy (sink->user_data);
}

static void
drop_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* Lets go of the helper; safe to call again. */
static void
disconnect (PsClient *self)
{
  drop_source (&self->patience);
  g_clear_pointer (&self->reader, ps_reader_close);
  drop_source (&self->batches);
}

/* Nobody will answer them any more. */
static void
drop_changes (PsClient *self)
{
  GTask *task;

  while ((task = g_queue_pop_head (&self->changes)) != NULL)
    {
      g_task_return_new_error (task, PS_CLIENT_ERROR, PS_CLIENT_ERROR_HELPER,
                               _ ("The capture ended before it could be changed."));
      g_object_unref (task);
    }
}

static void
ps_client_finalize (GObject *object)
{
  PsClient *self = PS_CLIENT (object);

  disconnect (self);
  drop_changes (self);
  g_clear_error (&self->refusal);
  g_array_unref (self->sinks);
  g_main_context_unref (self->context);
  G_OBJECT_CLASS (ps_client_parent_class)->finalize (object);
}

static void
ps_client_class_init (PsClientClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ps_client_finalize;

  signals[SIGNAL_BATCH] = g_signal_new ("batch", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                        NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_ENDED] = g_signal_new ("ended", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                        NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
ps_client_init (PsClient *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->sinks = g_array_new (FALSE, FALSE, sizeof (Sink));
  g_array_set_clear_func (self->sinks, sink_clear);
  g_queue_init (&self->changes);
  self->queue_limit = QUEUE_LIMIT_DEFAULT;
}

PsClient *
ps_client_new (void)
{
  return g_object_new (PS_TYPE_CLIENT, NULL);
}

void
ps_client_add_sink (PsClient *self, PsRecordFunc func, gpointer user_data, GDestroyNotify destroy)
{
  Sink sink = { func, user_data, destroy };

  g_return_if_fail (PS_IS_CLIENT (self));
  g_return_if_fail (func != NULL);

  g_array_append_val (self->sinks, sink);
}

void
ps_client_set_queue_limit (PsClient *self, gsize bytes)
{
  g_return_if_fail (PS_IS_CLIENT (self));
  g_return_if_fail (bytes > 0);

  self->queue_limit = bytes;
  if (self->reader != NULL)
    ps_reader_set_limit (self->reader, bytes);
}

/* Takes the pending start off the client, so that it is answered only once. */
static GTask *
steal_start (PsClient *self)
{
  GTask *task = g_steal_pointer (&self->start);

  if (task != NULL && self->start_cancelled != 0)
    {
      /* Not g_cancellable_disconnect(): we may be inside of its handler. */
      g_signal_handler_disconnect (g_task_get_cancellable (task), self->start_cancelled);
      self->start_cancelled = 0;
    }
  return task;
}

/* The stream is over: whoever waits for the start hears it there, all others by the signal. */
static void
finish (PsClient *self, GError *error)
{
  g_autoptr (GTask) start = steal_start (self);
  g_autoptr (GError) owned = error;

  disconnect (self);
  drop_changes (self);
  if (start != NULL)
    {
      if (owned == NULL)
        g_set_error_literal (&owned, PS_CLIENT_ERROR, PS_CLIENT_ERROR_HELPER,
                             _ ("The capture ended before it began; start it again."));
      g_task_return_error (start, g_steal_pointer (&owned));
    }
  else if (self->started)
    {
      self->started = FALSE;
      g_signal_emit (self, signals[SIGNAL_ENDED], 0, owned);
    }
}

static void
finish_with_reason (PsClient *self)
{
  g_autofree char *sentence = NULL;
  gboolean refused;

  if (self->refusal != NULL)
    {
      finish (self, g_steal_pointer (&self->refusal));
      return;
    }
  sentence = ps_reader_describe_end (self->reader, &refused);
  finish (self, g_error_new_literal (PS_CLIENT_ERROR,
                                     refused ? PS_CLIENT_ERROR_PERMISSION : PS_CLIENT_ERROR_HELPER,
                                     sentence));
}

/*
 * Before the hello a refusal is of interest, and the first one is the cause of
 * the end. After it there are answers to changes, and the capture goes on.
 */
static void
take_answer (PsClient *self, const PsRecord *record)
{
  g_autoptr (GTask) change = self->started ? g_queue_pop_head (&self->changes) : NULL;
  g_autoptr (JsonNode) answer = NULL;
  GError *error = NULL;
  gboolean more;

  answer = ps_request_read_answer (record, &more, &error);
  if (change != NULL && error != NULL)
    g_task_return_error (change, error);
  else if (change != NULL)
    g_task_return_boolean (change, TRUE);
  else if (error != NULL && self->refusal == NULL)
    self->refusal = error;
  else
    g_clear_error (&error);
}

static void
take_record (PsClient *self, const PsRecord *record)
{
  if (record->type == PS_RECORD_CONTROL)
    {
      take_answer (self, record);
      return;
    }
  if (record->type == PS_RECORD_END)
    self->end_seen = TRUE;

  for (guint i = 0; i < self->sinks->len; i++)
    {
      const Sink *sink = &g_array_index (self->sinks, Sink, i);

      sink->func (record, sink->user_data);
    }

  if (record->type == PS_RECORD_HELLO && self->start != NULL)
    {
      g_autoptr (GTask) start = steal_start (self);

      self->started = TRUE;
      g_task_return_boolean (start, TRUE);
    }
}

static void
take_batch (PsClient *self, GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  PsRecord record;

  while (ps_record_next (&data, &size, &record) > 0)
    take_record (self, &record);
  g_signal_emit (self, signals[SIGNAL_BATCH], 0);
}

static void renew_patience (PsClient *self);

/* One batch a turn: what else the main context has to do comes in between. */
static gboolean
dispatch_batch (gpointer user_data)
{
  g_autoptr (PsClient) self = g_object_ref (PS_CLIENT (user_data));
  g_autoptr (GBytes) bytes = NULL;
  PsReaderState state;

  if (self->reader == NULL)
    return G_SOURCE_REMOVE;

  /* Before the look into the queue: a wake-up after it must not be lost. */
  g_source_set_ready_time (self->batches, -1);
  bytes = ps_reader_pop (self->reader, &state);
  if (bytes != NULL)
    {
      g_source_set_ready_time (self->batches, 0);
      if (self->patience != NULL)
        renew_patience (self);
      take_batch (self, bytes);
    }
  else if (state != PS_READER_OPEN && self->end_seen && self->refusal == NULL)
    finish (self, NULL);
  else if (state == PS_READER_ENDED)
    finish_with_reason (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_source (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs batch_source_funcs = { .dispatch = dispatch_source };

static void
wake_batches (gpointer user_data)
{
  g_source_set_ready_time (user_data, 0);
}

static void
on_start_cancelled (GCancellable *cancellable, PsClient *self)
{
  GError *error = NULL;

  g_cancellable_set_error_if_cancelled (cancellable, &error);
  finish (self, error);
}

/* A helper that is gone is reported at the end of its stream, which knows why. */
static void
send_request (PsClient *self, GBytes *request)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (request, &size);

  ps_reader_send (self->reader, data, size, NULL);
}

static gboolean
open_reader (PsClient *self, const PsCaptureOptions *options, GError **error)
{
  g_autoptr (GBytes) request = ps_request_new ("start", options);
  PsTransport transport;

  if (!ps_transport_open (&transport, error))
    return FALSE;

  self->batches = g_source_new (&batch_source_funcs, sizeof (GSource));
  g_source_set_static_name (self->batches, "PsClient batches");
  g_source_set_priority (self->batches, BATCH_PRIORITY);
  g_source_set_callback (self->batches, dispatch_batch, self, NULL);
  g_source_attach (self->batches, self->context);
  self->reader = ps_reader_new (&transport, self->queue_limit, wake_batches, self->batches);

  send_request (self, request);
  return TRUE;
}

void
ps_client_start_async (PsClient *self,
                       const PsCaptureOptions *options,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  static const PsCaptureOptions defaults;
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;

  g_return_if_fail (PS_IS_CLIENT (self));
  g_return_if_fail (self->reader == NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ps_client_start_async);
  if (g_task_return_error_if_cancelled (task))
    return;

  self->end_seen = FALSE;
  self->stopping = FALSE;
  g_clear_error (&self->refusal);
  if (!open_reader (self, options != NULL ? options : &defaults, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  self->start = g_steal_pointer (&task);
  if (cancellable != NULL)
    self->start_cancelled =
        g_signal_connect (cancellable, "cancelled", G_CALLBACK (on_start_cancelled), self);
}

gboolean
ps_client_start_finish (PsClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ps_client_change_async (PsClient *self,
                        const PsCaptureChange *change,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (GBytes) request = NULL;

  g_return_if_fail (PS_IS_CLIENT (self));
  g_return_if_fail (change != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, ps_client_change_async);
  if (self->reader == NULL || !self->started || self->stopping)
    {
      g_task_return_new_error (task, PS_CLIENT_ERROR, PS_CLIENT_ERROR_USAGE,
                               _ ("No capture is running that could be changed; start one."));
      return;
    }
  request = ps_request_new_change (change);
  g_queue_push_tail (&self->changes, g_steal_pointer (&task));
  send_request (self, request);
}

gboolean
ps_client_change_finish (PsClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static gboolean
lose_patience (gpointer user_data)
{
  PsClient *self = PS_CLIENT (user_data);

  finish (self, g_error_new (PS_CLIENT_ERROR, PS_CLIENT_ERROR_HELPER,
                             _ ("The capture helper did not finish within %d seconds and was let "
                                "go; what it had sent until then is kept."),
                             STOP_PATIENCE_S));
  return G_SOURCE_REMOVE;
}

static void
renew_patience (PsClient *self)
{
  drop_source (&self->patience);
  self->patience = g_timeout_source_new_seconds (STOP_PATIENCE_S);
  g_source_set_callback (self->patience, lose_patience, self, NULL);
  g_source_attach (self->patience, self->context);
}

void
ps_client_stop (PsClient *self)
{
  g_autoptr (GBytes) request = NULL;

  g_return_if_fail (PS_IS_CLIENT (self));

  if (self->reader == NULL || self->stopping)
    return;
  self->stopping = TRUE;
  request = ps_request_new ("stop", NULL);
  send_request (self, request);
  renew_patience (self);
}
