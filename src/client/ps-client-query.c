/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "client/ps-client.h"

#include "client/ps-reader.h"
#include "client/ps-request.h"

#include <glib/gi18n.h>

/* A question blocks its caller, so it waits without a main context. */
typedef struct {
  GMutex lock;
  GCond news;
  gboolean woken;
} Waiter;

static void
wake_waiter (gpointer user_data)
{
  Waiter *waiter = user_data;

  g_mutex_lock (&waiter->lock);
  waiter->woken = TRUE;
  g_cond_signal (&waiter->news);
  g_mutex_unlock (&waiter->lock);
}

static void
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  wake_waiter (user_data);
}

static void
wait_for_news (Waiter *waiter)
{
  g_mutex_lock (&waiter->lock);
  while (!waiter->woken)
    g_cond_wait (&waiter->news, &waiter->lock);
  waiter->woken = FALSE;
  g_mutex_unlock (&waiter->lock);
}

/* A long list comes in parts, which are put together again. */
static JsonNode *
join (JsonNode *whole, JsonNode *part)
{
  JsonArray *rows, *more;

  if (whole == NULL)
    return part;
  if (JSON_NODE_HOLDS_ARRAY (whole) && JSON_NODE_HOLDS_ARRAY (part))
    {
      rows = json_node_get_array (whole);
      more = json_node_get_array (part);
      for (guint i = 0; i < json_array_get_length (more); i++)
        json_array_add_element (rows, json_array_dup_element (more, i));
    }
  json_node_unref (part);
  return whole;
}

/* Adds the answers in a batch to `answer`; FALSE if one is a refusal. */
static gboolean
find_answer (GBytes *bytes, JsonNode **answer, gboolean *ret_whole, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  PsRecord record;

  while (!*ret_whole && ps_record_next (&data, &size, &record) > 0)
    {
      JsonNode *part;
      gboolean more = FALSE;

      if (record.type != PS_RECORD_CONTROL)
        continue;
      part = ps_request_read_answer (&record, &more, error);
      if (part == NULL)
        return FALSE;
      *answer = join (*answer, part);
      *ret_whole = !more;
    }
  return TRUE;
}

static JsonNode *
read_answer (PsReader *reader, Waiter *waiter, GCancellable *cancellable, GError **error)
{
  g_autoptr (JsonNode) answer = NULL;
  gboolean whole = FALSE;

  while (!g_cancellable_set_error_if_cancelled (cancellable, error))
    {
      PsReaderState state;
      g_autoptr (GBytes) bytes = ps_reader_pop (reader, &state);

      if (bytes != NULL)
        {
          if (!find_answer (bytes, &answer, &whole, error))
            return NULL;
          if (whole)
            return g_steal_pointer (&answer);
        }
      else if (state == PS_READER_ENDED)
        {
          gboolean refused;
          g_autofree char *sentence = ps_reader_describe_end (reader, &refused);

          g_set_error_literal (error, PS_CLIENT_ERROR,
                               refused ? PS_CLIENT_ERROR_PERMISSION : PS_CLIENT_ERROR_HELPER,
                               sentence);
          return NULL;
        }
      else
        wait_for_news (waiter);
    }
  return NULL;
}

struct _JsonNode *
ps_client_query (const char *question,
                 const PsCaptureOptions *options,
                 GCancellable *cancellable,
                 GError **error)
{
  g_autoptr (GBytes) request = NULL;
  PsTransport transport;
  PsReader *reader;
  JsonNode *answer;
  Waiter waiter = { 0 };
  gulong cancelled = 0;
  gconstpointer data;
  gsize size;

  g_return_val_if_fail (question != NULL, NULL);

  if (!ps_transport_open (&transport, error))
    return NULL;
  g_mutex_init (&waiter.lock);
  g_cond_init (&waiter.news);
  reader = ps_reader_new (&transport, PS_RECORD_LENGTH_MAX, wake_waiter, &waiter);
  if (cancellable != NULL)
    cancelled = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), &waiter, NULL);

  request = ps_request_new (question, options);
  data = g_bytes_get_data (request, &size);
  /* A helper that is gone is reported at the end of its stream, which knows why. */
  ps_reader_send (reader, data, size, NULL);
  answer = read_answer (reader, &waiter, cancellable, error);

  g_cancellable_disconnect (cancellable, cancelled);
  ps_reader_close (reader);
  g_mutex_clear (&waiter.lock);
  g_cond_clear (&waiter.news);
  return answer;
}
