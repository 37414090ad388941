/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "session/ps-capture-codec.h"
#include "session/ps-capture-source.h"

#define BUFFER_SIZE (256u * 1024)

/* The consumed part goes; the rest moves to the front, so that it is aligned. */
static void
make_room (PsCaptureSource *self, gsize size)
{
  gsize kept = self->end - self->start;

  if (kept > 0 && self->start > 0)
    memmove (self->buffer, self->buffer + self->start, kept);
  self->start = 0;
  self->end = kept;
  if (self->allocated < size)
    {
      self->allocated = MAX (size, BUFFER_SIZE);
      self->buffer = g_realloc (self->buffer, self->allocated);
    }
}

static void
fill (PsCaptureSource *self)
{
  ssize_t n;

  if (g_cancellable_set_error_if_cancelled (self->cancellable, &self->error))
    return;

  do
    n = read (self->fd, self->buffer + self->end, self->allocated - self->end);
  while (n < 0 && errno == EINTR);

  if (n > 0)
    self->end += (gsize)n;
  else if (n == 0)
    self->at_end = TRUE;
  else
    self->error = g_error_new (G_IO_ERROR, g_io_error_from_errno (errno),
                               _ ("The file cannot be read: %s."), g_strerror (errno));
}

const guint8 *
ps_capture_source_peek (PsCaptureSource *self, gsize size)
{
  if (self->end - self->start < size)
    {
      make_room (self, size);
      while (self->end < size && !self->at_end && !self->error)
        fill (self);
    }
  return self->end - self->start >= size && !self->error ? self->buffer + self->start : NULL;
}

void
ps_capture_source_skip (PsCaptureSource *self, gsize size)
{
  size = MIN (size, self->end - self->start);
  self->start += size;
  self->position += size;
}

gboolean
ps_capture_source_skip_far (PsCaptureSource *self, guint64 size)
{
  while (size > 0)
    {
      gsize now = (gsize)MIN (size, BUFFER_SIZE);

      if (!ps_capture_source_peek (self, now))
        return FALSE;
      ps_capture_source_skip (self, now);
      size -= now;
    }
  return TRUE;
}

void
ps_capture_source_deliver (PsCaptureSource *self)
{
  const guint8 *data = self->records.data;
  gsize size = self->records.size;
  PsRecord record;

  while (ps_record_next (&data, &size, &record) == 1)
    if (!self->record_func (&record, self->user_data))
      self->n_damaged++;
  ps_record_writer_reset (&self->records);
}

void
ps_capture_source_import (PsCaptureSource *self,
                          guint64 time,
                          guint32 interface,
                          guint16 link_type,
                          guint8 direction,
                          guint32 length,
                          guint32 captured,
                          const guint8 *data)
{
  guint32 kept = MIN (captured, PS_SNAPLEN_MAX);
  PsPacketRecord *packet =
      ps_record_writer_begin (&self->records, PS_RECORD_PACKET, (guint32)sizeof *packet + kept);

  if (!packet)
    return;
  /* Far from the ids a kernel side gives out, should a file hold both. */
  packet->id = (G_GUINT64_CONSTANT (1) << 63) + ++self->n_imported;
  packet->time = time;
  packet->length = length;
  packet->captured = kept;
  packet->interface = interface;
  packet->flags = PS_PACKET_IMPORTED;
  packet->protocol = ps_ethertype_of (link_type, data, captured);
  packet->link_type = link_type;
  packet->direction = direction;
  if (kept > 0)
    memcpy (packet + 1, data, kept);
}

void
ps_capture_source_warn (PsCaptureSource *self, const char *sentence)
{
  if (self->warning_func)
    self->warning_func (sentence, self->user_data);
}

void
ps_capture_source_warn_truncated (PsCaptureSource *self)
{
  g_autofree char *sentence = NULL;

  if (self->error)
    return;
  sentence =
      g_strdup_printf (_ ("The file ends in the middle of a block, at byte %" G_GUINT64_FORMAT
                          ": the end of the recording is missing."),
                       self->position + (self->end - self->start));
  ps_capture_source_warn (self, sentence);
}

void
ps_capture_source_warn_damaged (PsCaptureSource *self)
{
  g_autofree char *sentence = g_strdup_printf (
      _ ("The file is damaged at byte %" G_GUINT64_FORMAT ": what comes after it cannot be read."),
      self->position);

  ps_capture_source_warn (self, sentence);
}
