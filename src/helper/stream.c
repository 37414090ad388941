/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What was sent is written into again, if it is no larger: fresh memory is zeroed by the kernel. */
#define SPARE_MAX (1u << 20)

typedef struct {
  guint8 *data;
  gsize allocated;
  gsize size;
  gsize sent;
} Batch;

struct _PsStream {
  int fd;
  gboolean is_socket;
  gsize limit;
  PsRecordWriter writer;
  GQueue batches; /* of Batch */
  gsize queued; /* bytes in them that wait */
  Batch *spare; /* NULL: none */
  guint64 dropped;
  guint watch;
  gboolean finishing;
  gboolean broken;
  PsStreamFunc closed;
  gpointer user_data;
};

static void
batch_free (gpointer data)
{
  Batch *batch = data;

  free (batch->data);
  g_free (batch);
}

PsStream *
ps_stream_new (int fd, gsize limit, PsStreamFunc closed, gpointer user_data)
{
  PsStream *self = g_new0 (PsStream, 1);
  int type;
  socklen_t length = sizeof type;

  self->fd = fd;
  self->limit = limit;
  self->closed = closed;
  self->user_data = user_data;
  self->is_socket = getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0;
  /* A socket is asked not to wait per call: its description may be shared with the client. */
  if (!self->is_socket)
    fcntl (fd, F_SETFL, fcntl (fd, F_GETFL) | O_NONBLOCK);
  g_queue_init (&self->batches);
  return self;
}

void
ps_stream_free (PsStream *self)
{
  if (!self)
    return;
  g_clear_handle_id (&self->watch, g_source_remove);
  g_queue_clear_full (&self->batches, batch_free);
  g_clear_pointer (&self->spare, batch_free);
  ps_record_writer_clear (&self->writer);
  g_free (self);
}

void
ps_stream_set_limit (PsStream *self, gsize limit)
{
  self->limit = limit;
}

PsRecordWriter *
ps_stream_get_writer (PsStream *self)
{
  return &self->writer;
}

void
ps_stream_add_json (PsStream *self, PsRecordType type, JsonNode *node)
{
  g_autofree char *text = json_to_string (node, FALSE);

  ps_record_writer_add (&self->writer, type, text, (guint32)strlen (text));
}

gboolean
ps_stream_is_full (PsStream *self)
{
  return self->broken || self->queued + self->writer.size >= self->limit;
}

void
ps_stream_count_dropped (PsStream *self)
{
  self->dropped++;
}

guint64
ps_stream_get_dropped (PsStream *self)
{
  return self->dropped;
}

gsize
ps_stream_get_waiting (PsStream *self)
{
  return self->queued;
}

static void
maybe_closed (PsStream *self)
{
  if (!self->broken && !(self->finishing && self->queued == 0))
    return;
  g_clear_handle_id (&self->watch, g_source_remove);
  if (self->closed)
    g_steal_pointer (&self->closed) (self->user_data);
}

/* The writer's buffer becomes a batch of the queue, without a copy. */
static void
queue_written (PsStream *self)
{
  Batch *batch;

  if (self->writer.failed)
    {
      /* No memory: the reader cannot be told less than a whole record, so the stream ends here. */
      self->broken = TRUE;
      return;
    }
  if (self->writer.size == 0)
    return;
  batch = g_new0 (Batch, 1);
  *batch = (Batch){ self->writer.data, self->writer.allocated, self->writer.size, 0 };
  /* The writer doubles what it holds; the limit is on what is used, so the rest of what waits goes
   * back. */
  if (self->queued > 0 && (batch->data = realloc (self->writer.data, batch->size)))
    batch->allocated = batch->size;
  else
    batch->data = self->writer.data;
  self->queued += batch->size;
  memset (&self->writer, 0, sizeof self->writer);
  g_queue_push_tail (&self->batches, batch);
  if (!self->spare)
    return;
  self->writer.data = self->spare->data;
  self->writer.allocated = self->spare->allocated;
  g_clear_pointer (&self->spare, g_free);
}

static void
batch_done (PsStream *self, Batch *batch)
{
  if (self->spare || batch->allocated > SPARE_MAX)
    batch_free (batch);
  else
    self->spare = batch;
}

/* Returns FALSE when the reader takes no more for now. */
static gboolean
write_some (PsStream *self)
{
  Batch *batch = g_queue_peek_head (&self->batches);
  const guint8 *data = batch->data + batch->sent;
  gsize size = batch->size - batch->sent;
  gssize n = self->is_socket ? send (self->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL)
                             : write (self->fd, data, size);

  if (n < 0 && errno == EINTR)
    return TRUE;
  if (n < 0)
    {
      self->broken = errno != EAGAIN;
      return FALSE;
    }
  batch->sent += (gsize)n;
  self->queued -= (gsize)n;
  if (batch->sent == batch->size)
    batch_done (self, g_queue_pop_head (&self->batches));
  return TRUE;
}

static gboolean
on_writable (int fd, GIOCondition condition, gpointer user_data)
{
  PsStream *self = user_data;

  self->watch = 0;
  ps_stream_send (self);
  return G_SOURCE_REMOVE;
}

void
ps_stream_send (PsStream *self)
{
  queue_written (self);
  while (!self->broken && self->queued > 0)
    if (!write_some (self))
      break;
  if (!self->broken && self->queued > 0 && !self->watch)
    self->watch = g_unix_fd_add (self->fd, G_IO_OUT | G_IO_ERR | G_IO_HUP, on_writable, self);
  maybe_closed (self);
}

void
ps_stream_finish (PsStream *self)
{
  self->finishing = TRUE;
  ps_stream_send (self);
}
