/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/connection.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "helper/answers.h"
#include "helper/capture.h"
#include "helper/control.h"
#include "helper/doctor.h"
#include "helper/error.h"
#include "helper/stream.h"

#define QUEUE_MAX (16u << 20) /* until a capture says otherwise */
#define ANSWER_ROWS_MAX 1000u /* an answer has to fit in a record */
/* A client that was told the end and reads nothing for so long is given up. */
#define GOODBYE_SECONDS 10

struct _PsConnection {
  int input;
  guint watch;
  guint goodbye;
  gsize waiting; /* bytes, when the goodbye was last looked at */
  PsStream *stream;
  PsCapture *capture;
  GByteArray *received;
  gboolean ending;
  GSourceOnceFunc closed;
  gpointer user_data;
};

static void
be_closed (gpointer user_data)
{
  PsConnection *self = user_data;

  g_clear_handle_id (&self->watch, g_source_remove);
  g_clear_handle_id (&self->goodbye, g_source_remove);
  if (self->closed)
    g_steal_pointer (&self->closed) (self->user_data);
}

static gboolean
on_goodbye (gpointer user_data)
{
  PsConnection *self = user_data;
  gsize waiting = ps_stream_get_waiting (self->stream);

  if (waiting < self->waiting)
    {
      self->waiting = waiting;
      return G_SOURCE_CONTINUE;
    }
  self->goodbye = 0;
  be_closed (self);
  return G_SOURCE_REMOVE;
}

static void
end (PsConnection *self)
{
  if (self->ending)
    return;
  self->ending = TRUE;
  self->goodbye = g_timeout_add_seconds (GOODBYE_SECONDS, on_goodbye, self);
  self->waiting = G_MAXSIZE;
  ps_stream_finish (self->stream);
}

void
ps_connection_stop (PsConnection *self, const char *reason)
{
  if (self->capture && !self->ending)
    ps_capture_stop (self->capture, reason);
  end (self);
}

static void
send_error (PsConnection *self, const GError *error)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new (), *inner = json_object_new ();

  json_object_set_string_member (inner, "code", ps_helper_error_code_name (error));
  json_object_set_string_member (inner, "message", error->message);
  json_object_set_object_member (object, "error", inner);
  json_node_take_object (node, object);
  ps_stream_add_json (self->stream, PS_RECORD_CONTROL, node);
}

/* A capture that runs goes on, whatever else its client wants of it. */
static void
refuse (PsConnection *self, const GError *error)
{
  send_error (self, error);
  if (!self->capture)
    ps_connection_stop (self, "a request was refused");
}

static void
send_answer (PsConnection *self, JsonNode *answer /* taken */, gboolean more)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_member (object, "answer", answer);
  if (more)
    json_object_set_boolean_member (object, "more", TRUE);
  json_node_take_object (node, object);
  ps_stream_add_json (self->stream, PS_RECORD_CONTROL, node);
}

/* A long list goes out in several answers; all but the last say that there is more. */
static void
answer (PsConnection *self, JsonNode *node /* taken */)
{
  g_autoptr (JsonNode) whole = node;
  JsonArray *rows = JSON_NODE_HOLDS_ARRAY (whole) ? json_node_get_array (whole) : NULL;
  guint n = rows ? json_array_get_length (rows) : 0;

  for (guint first = 0; n > ANSWER_ROWS_MAX && first < n; first += ANSWER_ROWS_MAX)
    {
      JsonNode *part = json_node_new (JSON_NODE_ARRAY);
      JsonArray *array = json_array_new ();

      for (guint i = first; i < MIN (n, first + ANSWER_ROWS_MAX); i++)
        json_array_add_element (array, json_node_copy (json_array_get_element (rows, i)));
      json_node_take_array (part, array);
      send_answer (self, part, first + ANSWER_ROWS_MAX < n);
    }
  if (n <= ANSWER_ROWS_MAX)
    send_answer (self, g_steal_pointer (&whole), FALSE);
  ps_stream_send (self->stream);
}

static void
refuse_usage (PsConnection *self, const char *sentence)
{
  g_autoptr (GError) error = g_error_new_literal (PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE, sentence);

  refuse (self, error);
}

static void
start (PsConnection *self, const PsCaptureConfig *config)
{
  g_autoptr (GError) error = NULL;

  if (self->capture)
    {
      refuse_usage (self, _ ("A capture is running already on this connection."));
      return;
    }
  self->capture = ps_capture_new (config, self->stream, &error);
  if (!self->capture)
    refuse (self, error);
}

static void
on_changed (JsonNode *state, const GError *error, gpointer user_data)
{
  PsConnection *self = user_data;

  if (error)
    send_error (self, error);
  else
    send_answer (self, json_node_copy (state), FALSE);
}

static void
change (PsConnection *self, const PsChange *wanted)
{
  if (self->capture)
    ps_capture_change (self->capture, wanted, on_changed, self);
  else
    refuse_usage (self, _ ("There is no capture on this connection that could be changed; start "
                           "one."));
}

static void
handle (PsConnection *self, const char *json, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PsRequest) request = ps_request_parse (json, length, &error);

  if (!request)
    {
      refuse (self, error);
      return;
    }
  switch (request->kind)
    {
    case PS_REQUEST_START:
      start (self, &request->config);
      break;
    case PS_REQUEST_STOP:
      ps_connection_stop (self, "stopped");
      break;
    case PS_REQUEST_DOCTOR:
      answer (self, ps_doctor_examine ());
      break;
    case PS_REQUEST_SOCKETS:
      answer (self, ps_answer_sockets (&request->config));
      break;
    case PS_REQUEST_INTERFACES:
      answer (self, ps_answer_interfaces (&request->config));
      break;
    case PS_REQUEST_PROCESSES:
      answer (self, ps_answer_processes (&request->config));
      break;
    case PS_REQUEST_CHANGE:
      change (self, &request->change);
      break;
    case PS_N_REQUESTS:
    default:
      g_assert_not_reached ();
    }
}

/* Every whole request in what was received. FALSE if it can be no request. */
static gboolean
handle_received (PsConnection *self)
{
  const guint8 *data = self->received->data;
  gsize size = self->received->len;
  PsRecord record;
  int found;

  while (!self->ending && (found = ps_record_next (&data, &size, &record)) == 1)
    if (record.type == PS_RECORD_CONTROL)
      handle (self, record.payload, record.length);
  if (self->ending)
    return TRUE;
  g_byte_array_remove_range (self->received, 0, self->received->len - (guint)size);
  return found == 0 && size <= PS_REQUEST_LENGTH_MAX + sizeof (PsRecordHeader);
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer user_data)
{
  PsConnection *self = user_data;
  guint8 buffer[4096];
  gssize n = read (fd, buffer, sizeof buffer);

  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return G_SOURCE_CONTINUE;
  if (n > 0)
    {
      g_byte_array_append (self->received, buffer, (guint)n);
      if (handle_received (self) && !self->ending)
        return G_SOURCE_CONTINUE;
    }
  /* The end of what the client says, or nothing that it could mean: there is no more to come. */
  self->watch = 0;
  ps_connection_stop (self, n > 0 ? "the client sent what is no request" : "the client is gone");
  return G_SOURCE_REMOVE;
}

PsConnection *
ps_connection_new (int input, int output, GSourceOnceFunc closed, gpointer user_data)
{
  PsConnection *self = g_new0 (PsConnection, 1);

  self->input = input;
  self->closed = closed;
  self->user_data = user_data;
  self->received = g_byte_array_new ();
  self->stream = ps_stream_new (output, QUEUE_MAX, be_closed, self);
  self->watch = g_unix_fd_add (input, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, self);
  return self;
}

void
ps_connection_free (PsConnection *self)
{
  if (!self)
    return;
  self->closed = NULL;
  be_closed (self);
  ps_capture_free (self->capture);
  ps_stream_free (self->stream);
  g_byte_array_unref (self->received);
  g_free (self);
}
