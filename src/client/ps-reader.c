/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "client/ps-reader.h"

#include "record/record.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Small enough that handing one over stays far below a millisecond of main-loop work. */
#define BATCH_SIZE (64 * 1024)
#define MESSAGES_MAX 4096
/* How long the end of the stream may be ahead of the end of the process. */
#define EXIT_WAIT_US (1000 * 1000)
#define EXIT_POLL_US (5 * 1000)

/* Shared by the thread and the client; the last of them frees it. */
struct _PsReader {
  int socket;
  int messages;
  GPid pid;
  gboolean through_pkexec;

  GMutex lock; /* everything below */
  GCond room;
  GQueue batches; /* GBytes */
  gsize queued;
  gsize limit;
  gboolean closed; /* nobody wants more */
  PsReaderState state;
  gboolean malformed;
  gboolean status_known;
  int status;
  GString *text; /* the last of what the helper printed */
  PsReaderWake wake;
  gpointer wake_data;
};

/* A batch in the making: bytes off the socket, of which the first `whole` are whole records. */
typedef struct {
  guint8 *data;
  gsize size;
  gsize allocated;
  gsize whole;
} Batch;

static void
reader_clear (gpointer data)
{
  PsReader *self = data;

  close (self->socket);
  close (self->messages);
  g_queue_clear_full (&self->batches, (GDestroyNotify)g_bytes_unref);
  g_string_free (self->text, TRUE);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->room);
}

static void
reader_unref (PsReader *self)
{
  g_atomic_rc_box_release_full (self, reader_clear);
}

static void
keep_messages (PsReader *self)
{
  char text[512];
  gssize n = read (self->messages, text, sizeof text);

  if (n <= 0)
    return;
  g_mutex_lock (&self->lock);
  g_string_append_len (self->text, text, n);
  if (self->text->len > MESSAGES_MAX)
    g_string_erase (self->text, 0, self->text->len - MESSAGES_MAX);
  g_mutex_unlock (&self->lock);
}

/* Waits until the socket has something; drains what the helper prints meanwhile. */
static gboolean
wait_for_records (PsReader *self)
{
  struct pollfd fds[2] = { { self->socket, POLLIN, 0 }, { self->messages, POLLIN, 0 } };

  for (;;)
    {
      if (poll (fds, 2, -1) < 0 && errno != EINTR)
        return FALSE;
      if (fds[1].revents & POLLIN)
        keep_messages (self);
      else if (fds[1].revents != 0)
        fds[1].fd = -1;
      if (fds[0].revents != 0)
        return TRUE;
    }
}

/* Finds the end of the last whole record. FALSE if what follows cannot be one. */
static gboolean
count_whole (Batch *batch)
{
  const guint8 *data = batch->data + batch->whole;
  gsize size = batch->size - batch->whole;
  PsRecord record;
  int result;

  while ((result = ps_record_next (&data, &size, &record)) > 0)
    batch->whole = data - batch->data;
  return result == 0;
}

/* Hands over the whole records; the rest of the bytes begin the next batch. */
static gboolean
push_batch (PsReader *self, Batch *batch)
{
  GBytes *bytes;
  gsize rest = batch->size - batch->whole;
  guint8 *next;
  gboolean was_empty, closed;

  if (batch->whole == 0)
    return TRUE;

  next = g_malloc (MAX (BATCH_SIZE, rest));
  memcpy (next, batch->data + batch->whole, rest);
  bytes = g_bytes_new_take (batch->data, batch->whole);

  g_mutex_lock (&self->lock);
  while (!self->closed && self->queued > 0 && self->queued + batch->whole > self->limit)
    g_cond_wait (&self->room, &self->lock);
  closed = self->closed;
  was_empty = g_queue_is_empty (&self->batches);
  if (!closed)
    {
      g_queue_push_tail (&self->batches, g_bytes_ref (bytes));
      self->queued += batch->whole;
      /* Under the lock: ps_reader_close() promises that none comes after it. */
      if (was_empty)
        self->wake (self->wake_data);
    }
  g_mutex_unlock (&self->lock);

  g_bytes_unref (bytes);
  *batch = (Batch){ next, rest, MAX (BATCH_SIZE, rest), 0 };
  return !closed;
}

static void
read_stream (PsReader *self)
{
  Batch batch = { g_malloc (BATCH_SIZE), 0, BATCH_SIZE, 0 };
  gboolean well_formed = TRUE;

  while (wait_for_records (self))
    {
      gssize n;

      if (batch.size == batch.allocated)
        {
          /* One record longer than a batch; its length was checked against the limit. */
          batch.allocated *= 2;
          batch.data = g_realloc (batch.data, batch.allocated);
        }
      n = recv (self->socket, batch.data + batch.size, batch.allocated - batch.size, 0);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        break;
      batch.size += n;
      well_formed = count_whole (&batch);
      if (!push_batch (self, &batch) || !well_formed)
        break;
    }

  g_mutex_lock (&self->lock);
  self->malformed = !well_formed;
  g_mutex_unlock (&self->lock);
  g_free (batch.data);
}

/* A helper that died takes a moment to be a dead process: its end is worth the wait. */
static gboolean
reap (PsReader *self, gboolean block)
{
  int status = 0;
  gint64 until = g_get_monotonic_time () + EXIT_WAIT_US;

  for (;;)
    {
      pid_t pid = waitpid (self->pid, &status, block ? 0 : WNOHANG);

      if (pid < 0 && errno == EINTR)
        continue;
      if (pid != 0)
        {
          g_mutex_lock (&self->lock);
          self->status_known = pid > 0;
          self->status = status;
          g_mutex_unlock (&self->lock);
          return TRUE;
        }
      if (g_get_monotonic_time () > until)
        return FALSE;
      g_usleep (EXIT_POLL_US);
    }
}

static void
set_state (PsReader *self, PsReaderState state)
{
  g_mutex_lock (&self->lock);
  self->state = state;
  if (!self->closed)
    self->wake (self->wake_data);
  g_mutex_unlock (&self->lock);
}

static gpointer
reader_thread (gpointer data)
{
  PsReader *self = data;
  struct pollfd messages = { self->messages, POLLIN, 0 };
  gboolean reaped;

  read_stream (self);
  shutdown (self->socket, SHUT_RDWR);
  set_state (self, PS_READER_CLOSED);
  reaped = reap (self, FALSE);
  while (poll (&messages, 1, 0) > 0 && (messages.revents & POLLIN))
    keep_messages (self);

  set_state (self, PS_READER_ENDED);

  if (!reaped)
    reap (self, TRUE);
  reader_unref (self);
  return NULL;
}

PsReader *
ps_reader_new (const PsTransport *transport, gsize limit, PsReaderWake wake, gpointer user_data)
{
  PsReader *self = g_atomic_rc_box_new0 (PsReader);

  self->socket = transport->socket;
  self->messages = transport->messages;
  self->pid = transport->pid;
  self->through_pkexec = transport->through_pkexec;
  self->limit = limit;
  self->text = g_string_new (NULL);
  self->wake = wake;
  self->wake_data = user_data;
  g_mutex_init (&self->lock);
  g_cond_init (&self->room);
  g_queue_init (&self->batches);

  g_thread_unref (g_thread_new ("ps-reader", reader_thread, g_atomic_rc_box_acquire (self)));
  return self;
}

void
ps_reader_close (PsReader *self)
{
  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  g_cond_broadcast (&self->room);
  g_mutex_unlock (&self->lock);
  shutdown (self->socket, SHUT_RDWR);
  reader_unref (self);
}

gboolean
ps_reader_send (PsReader *self, const guint8 *data, gsize size, GError **error)
{
  return ps_transport_send (self->socket, data, size, error);
}

GBytes *
ps_reader_pop (PsReader *self, PsReaderState *ret_state)
{
  GBytes *bytes;

  g_mutex_lock (&self->lock);
  bytes = g_queue_pop_head (&self->batches);
  if (bytes != NULL)
    {
      self->queued -= g_bytes_get_size (bytes);
      g_cond_signal (&self->room);
    }
  *ret_state = bytes == NULL ? self->state : PS_READER_OPEN;
  g_mutex_unlock (&self->lock);
  return bytes;
}

void
ps_reader_set_limit (PsReader *self, gsize limit)
{
  g_mutex_lock (&self->lock);
  self->limit = limit;
  g_cond_signal (&self->room);
  g_mutex_unlock (&self->lock);
}

/* The last line the helper printed, without the name of the program in front. */
static char *
last_line (PsReader *self)
{
  g_autofree char *text = g_utf8_make_valid (self->text->str, -1);
  const char *line;

  g_strchomp (text);
  line = strrchr (text, '\n');
  line = line != NULL ? line + 1 : text;
  return *line != '\0' ? g_strdup (line) : NULL;
}

char *
ps_reader_describe_end (PsReader *self, gboolean *ret_refused)
{
  g_autofree char *said = NULL;
  char *sentence;

  *ret_refused = FALSE;
  g_mutex_lock (&self->lock);
  said = last_line (self);
  /* pkexec: 126 if the person said no, 127 if they may not, or there was nobody to ask. */
  if (self->through_pkexec && self->status_known && WIFEXITED (self->status) &&
      (WEXITSTATUS (self->status) == 126 || WEXITSTATUS (self->status) == 127))
    {
      *ret_refused = TRUE;
      sentence = g_strdup (_ ("pkexec did not let the capture helper start; give the password when "
                              "it asks, or run this as root (sudo)."));
    }
  else if (self->malformed)
    sentence = g_strdup (_ ("The capture helper sent something that is not a record; helper and "
                            "program must be of the same PacketScope version."));
  else if (self->status_known && WIFSIGNALED (self->status))
    sentence = g_strdup_printf (_ ("The capture helper was killed by signal %d (%s); start the "
                                   "capture again."),
                                WTERMSIG (self->status), g_strsignal (WTERMSIG (self->status)));
  else if (said != NULL)
    sentence = g_strdup_printf (_ ("The capture helper ended early; its last words: %s"), said);
  else if (self->status_known && WIFEXITED (self->status))
    sentence = g_strdup_printf (_ ("The capture helper ended early with status %d and without a "
                                   "word; start the capture again."),
                                WEXITSTATUS (self->status));
  else
    sentence = g_strdup (_ ("The capture helper closed its connection early; start the capture "
                            "again."));
  g_mutex_unlock (&self->lock);
  return sentence;
}
