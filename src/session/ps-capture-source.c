/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "session/ps-capture-codec.h"
#include "session/ps-capture-source.h"
#include "session/ps-hello.h"

#define BUFFER_SIZE (256u * 1024)

/* Bytes of a map between two looks at whether somebody cancelled. */
#define CANCEL_INTERVAL (1u << 20)
/* The same between two turns of letting go of what was read: a large file need not be resident. */
#define RELEASE_INTERVAL (16u << 20)

void
ps_capture_source_map (PsCaptureSource *self)
{
  self->map = ps_file_map_new (self->fd);
  if (!self->map)
    {
      self->packet_func = NULL;
      return;
    }
  self->buffer = (guint8 *)ps_file_map_get_data (self->map);
  self->end = self->allocated = ps_file_map_get_size (self->map);
  self->at_end = TRUE;
}

void
ps_capture_source_clear (PsCaptureSource *self)
{
  if (self->map)
    ps_file_map_unref (self->map);
  else
    g_free (self->buffer);
  self->map = NULL;
  self->buffer = NULL;
  g_clear_pointer (&self->decompress, ps_decompress_free);
  ps_record_writer_clear (&self->records);
  close (self->fd);
}

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

/* Bytes of the file, 0 at its end, -1 with an error. */
static gssize
read_file (PsCaptureSource *self, guint8 *to, gsize size)
{
  ssize_t n;

  do
    n = read (self->fd, to, size);
  while (n < 0 && errno == EINTR);

  if (n < 0)
    self->error = g_error_new (G_IO_ERROR, g_io_error_from_errno (errno),
                               _ ("The file cannot be read: %s."), g_strerror (errno));
  return n;
}

/* What was compressed may end at any byte: what came until there is good. */
static gssize
read_compressed (PsCaptureSource *self, guint8 *to, gsize size)
{
  guint8 input[65536];
  gssize n = 0;
  GError *error = NULL;

  while ((n = ps_decompress_get (self->decompress, to, size, &error)) == 0)
    {
      gssize got = read_file (self, input, sizeof input);

      if (got < 0)
        return -1;
      if (got == 0)
        {
          if (!ps_decompress_is_complete (self->decompress))
            ps_capture_source_warn (self, _ ("The compressed file ends too early: the end of the "
                                             "recording is missing."));
          return 0;
        }
      ps_decompress_put (self->decompress, input, (gsize)got);
    }
  if (n < 0 && g_error_matches (error, PS_SESSION_ERROR, PS_SESSION_ERROR_MALFORMED) &&
      self->position + self->end > 0)
    {
      ps_capture_source_warn (self, error->message);
      g_error_free (error);
      return 0;
    }
  if (n < 0)
    {
      error->code = PS_SESSION_ERROR_FORMAT;
      self->error = error;
    }
  return n;
}

static void
fill (PsCaptureSource *self)
{
  guint8 *to = self->buffer + self->end;
  gsize size = self->allocated - self->end;
  gssize n;

  if (g_cancellable_set_error_if_cancelled (self->cancellable, &self->error))
    return;

  n = self->decompress ? read_compressed (self, to, size) : read_file (self, to, size);
  if (n > 0)
    self->end += (gsize)n;
  else if (n == 0)
    self->at_end = TRUE;
}

gboolean
ps_capture_source_decompress (PsCaptureSource *self)
{
  gsize size = self->end - self->start;

  self->decompress = ps_decompress_new (self->buffer + self->start, size);
  if (!self->decompress)
    return FALSE;

  if (self->map)
    {
      /* Nobody has been given a packet in it yet; the descriptor still stands at the beginning. */
      ps_file_map_unref (self->map);
      self->map = NULL;
      self->packet_func = NULL;
      self->buffer = NULL;
      self->allocated = 0;
    }
  else
    ps_decompress_put (self->decompress, self->buffer + self->start, size);
  self->start = self->end = 0;
  self->at_end = FALSE;
  return TRUE;
}

const guint8 *
ps_capture_source_peek (PsCaptureSource *self, gsize size)
{
  if (self->end - self->start < size && !self->map)
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
  if (self->map && !self->error &&
      self->start / CANCEL_INTERVAL != (self->start + size) / CANCEL_INTERVAL)
    {
      g_cancellable_set_error_if_cancelled (self->cancellable, &self->error);
      if (self->start / RELEASE_INTERVAL != (self->start + size) / RELEASE_INTERVAL)
        ps_file_map_release (self->map, self->start);
      if (self->progress_func)
        self->progress_func (self->start, self->end, self->user_data);
    }
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
  PsPacketRecord in_place;
  PsPacketRecord *packet = &in_place;

  if (self->packet_func)
    memset (&in_place, 0, sizeof in_place);
  else
    packet =
        ps_record_writer_begin (&self->records, PS_RECORD_PACKET, (guint32)sizeof *packet + kept);
  if (!packet)
    return;
  packet->id = PS_IMPORTED_ID_BASE + ++self->n_imported;
  packet->time = time;
  packet->length = length;
  packet->captured = kept;
  packet->interface = interface;
  packet->flags = PS_PACKET_IMPORTED;
  packet->protocol = ps_ethertype_of (link_type, data, captured);
  packet->link_type = link_type;
  packet->direction = direction;
  if (self->packet_func)
    {
      PsNewPacket new = {
        .packet = packet, .time_ns = ps_hello_to_epoch (time, 0), .data = data, .data_stays = TRUE
      };

      ps_new_packet_read_headers (&new);
      self->packet_func (&new, NULL, 0, self->user_data);
    }
  else if (kept > 0)
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
