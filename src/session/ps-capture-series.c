/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "session/ps-capture-series.h"
#include "session/ps-socket-table.h"

/* Of repeated dictionary entries. A series that has more goes on without repeating the rest. */
#define REPEATED_MAX (256u << 20)

/* Files that stay open for what is still to be said of their packets, and such packets of one. */
#define EARLIER_MAX 3u
#define AWAITED_MAX 65536u

typedef struct {
  PsCaptureWriter *writer;
  GHashTable *awaited; /* guint64*: ids of packets whose end is not known yet */
} File;

struct _PsCaptureSeries {
  GObject parent_instance;

  char *path; /* as it was asked for */
  PsCaptureSeriesOptions options;
  File *file; /* NULL after an error of beginning one */
  GQueue earlier; /* File, the newest last */
  GQueue kept; /* paths, the one at hand last */
  guint n_files;
  guint64 earlier_size;
  gint64 began_us;

  GBytes *hello;
  GBytes *change; /* the last one */
  PsRecordWriter dictionary;
  GHashTable *sockets; /* cookie → GBytes: those that are open */
  PsLossRecord losses[PS_N_LOSSES];
};

G_DEFINE_FINAL_TYPE (PsCaptureSeries, ps_capture_series, G_TYPE_OBJECT)

static File *
file_new (PsCaptureWriter *writer)
{
  File *file = g_new0 (File, 1);

  file->writer = writer;
  file->awaited = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return file;
}

static void
file_free (File *file)
{
  g_object_unref (file->writer);
  g_hash_table_unref (file->awaited);
  g_free (file);
}

static void
ps_capture_series_finalize (GObject *object)
{
  PsCaptureSeries *self = PS_CAPTURE_SERIES (object);

  g_clear_pointer (&self->file, file_free);
  g_queue_clear_full (&self->earlier, (GDestroyNotify)file_free);
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->hello, g_bytes_unref);
  g_clear_pointer (&self->change, g_bytes_unref);
  g_clear_pointer (&self->sockets, g_hash_table_unref);
  g_queue_clear_full (&self->kept, g_free);
  ps_record_writer_clear (&self->dictionary);
  G_OBJECT_CLASS (ps_capture_series_parent_class)->finalize (object);
}

static void
ps_capture_series_class_init (PsCaptureSeriesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ps_capture_series_finalize;
}

static void
ps_capture_series_init (PsCaptureSeries *self)
{
  self->sockets =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)g_bytes_unref);
  g_queue_init (&self->kept);
  g_queue_init (&self->earlier);
}

static gboolean
rotates (const PsCaptureSeries *self)
{
  return self->options.size > 0 || self->options.seconds > 0;
}

static char *
make_name (PsCaptureSeries *self)
{
  const char *slash = strrchr (self->path, '/');
  const char *dot = strchr (slash ? slash : self->path, '.');
  gsize stem = dot ? (gsize)(dot - self->path) : strlen (self->path);

  if (!rotates (self))
    return g_strdup (self->path);
  return g_strdup_printf ("%.*s-%05u%s", (int)stem, self->path, self->n_files + 1, dot ? dot : "");
}

static gboolean
begin_file (PsCaptureSeries *self, GError **error)
{
  g_autofree char *name = make_name (self);
  PsCaptureWriter *writer = self->options.compress ? ps_capture_writer_new_compressed (name, error)
                                                   : ps_capture_writer_new (name, error);

  if (!writer)
    return FALSE;
  self->file = file_new (writer);
  self->n_files++;
  self->began_us = g_get_monotonic_time ();
  g_queue_push_tail (&self->kept, g_steal_pointer (&name));
  while (rotates (self) && self->options.keep > 0 && self->kept.length > self->options.keep)
    {
      g_autofree char *oldest = g_queue_pop_head (&self->kept);

      if (g_unlink (oldest) < 0)
        g_debug ("%s stays, ignoring", oldest);
    }
  return TRUE;
}

PsCaptureSeries *
ps_capture_series_new (const char *path, const PsCaptureSeriesOptions *options, GError **error)
{
  g_autoptr (PsCaptureSeries) self = g_object_new (PS_TYPE_CAPTURE_SERIES, NULL);

  self->path = g_strdup (path);
  self->options = *options;
  if (!begin_file (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

static gboolean
is_dictionary (const PsRecord *record)
{
  return record->type == PS_RECORD_NETNS || record->type == PS_RECORD_INTERFACE ||
         record->type == PS_RECORD_NAME || record->type == PS_RECORD_SYMBOL ||
         record->type == PS_RECORD_PATH;
}

/* Sockets that are gone need not be told of again. */
static void
keep_socket (PsCaptureSeries *self, const PsRecord *record)
{
  PsSocketView view;

  if (!ps_record_view_socket (record, &view))
    return;
  if (view.socket->flags & PS_SOCKET_CLOSED)
    g_hash_table_remove (self->sockets, &view.socket->cookie);
  else if (g_hash_table_size (self->sockets) < PS_SOCKETS_MAX)
    g_hash_table_replace (self->sockets,
                          g_memdup2 (&view.socket->cookie, sizeof view.socket->cookie),
                          g_bytes_new (record->payload, record->length));
}

static void
keep (PsCaptureSeries *self, const PsRecord *record)
{
  const PsLossRecord *loss = record->payload;

  if (is_dictionary (record) && self->dictionary.size < REPEATED_MAX)
    ps_record_writer_add (&self->dictionary, (PsRecordType)record->type, record->payload,
                          record->length);
  switch (record->type)
    {
    case PS_RECORD_HELLO:
      g_clear_pointer (&self->hello, g_bytes_unref);
      self->hello = g_bytes_new (record->payload, record->length);
      break;
    case PS_RECORD_CHANGE: /* what the last one tells is how it is */
      g_clear_pointer (&self->change, g_bytes_unref);
      self->change = g_bytes_new (record->payload, record->length);
      break;
    case PS_RECORD_SOCKET:
      keep_socket (self, record);
      break;
    case PS_RECORD_LOSS:
      if (record->length >= sizeof *loss && loss->cause < PS_N_LOSSES)
        self->losses[loss->cause] = *loss;
      break;
    default:
      break;
    }
}

static gboolean
write_bytes (PsCaptureSeries *self, PsRecordType type, GBytes *bytes, GError **error)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  PsRecord record = { .type = (uint16_t)type, .length = (uint32_t)size, .payload = data };

  return ps_capture_writer_write (self->file->writer, &record, error);
}

static gboolean
repeat (PsCaptureSeries *self, GError **error)
{
  const guint8 *data = self->dictionary.data;
  gsize size = self->dictionary.size;
  GHashTableIter iter;
  gpointer socket;
  PsRecord record;

  if (self->hello && !write_bytes (self, PS_RECORD_HELLO, self->hello, error))
    return FALSE;
  if (self->change && !write_bytes (self, PS_RECORD_CHANGE, self->change, error))
    return FALSE;
  while (ps_record_next (&data, &size, &record) == 1)
    if (!ps_capture_writer_write (self->file->writer, &record, error))
      return FALSE;
  g_hash_table_iter_init (&iter, self->sockets);
  while (g_hash_table_iter_next (&iter, NULL, &socket))
    if (!write_bytes (self, PS_RECORD_SOCKET, socket, error))
      return FALSE;
  for (guint cause = 0; cause < PS_N_LOSSES; cause++)
    {
      record = (PsRecord){ .type = PS_RECORD_LOSS,
                           .length = sizeof self->losses[cause],
                           .payload = &self->losses[cause] };
      if (self->losses[cause].count > 0 &&
          !ps_capture_writer_write (self->file->writer, &record, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
is_full (const PsCaptureSeries *self)
{
  return (self->options.size > 0 &&
          ps_capture_writer_get_size (self->file->writer) >= self->options.size) ||
         (self->options.seconds > 0 &&
          g_get_monotonic_time () - self->began_us >= self->options.seconds * G_USEC_PER_SEC);
}

/* Nothing more comes for a file. */
static gboolean
finish (PsCaptureSeries *self, File *file, GError **error)
{
  gboolean good = ps_capture_writer_close (file->writer, error);

  self->earlier_size += ps_capture_writer_get_size (file->writer);
  file_free (file);
  return good;
}

/* The file stays open while the end of a packet in it is not known: its record goes there. */
static gboolean
rotate (PsCaptureSeries *self, GError **error)
{
  File *file = g_steal_pointer (&self->file);

  if (g_hash_table_size (file->awaited) > 0)
    g_queue_push_tail (&self->earlier, g_steal_pointer (&file));
  else if (!finish (self, file, error))
    return FALSE;
  if (self->earlier.length > EARLIER_MAX &&
      !finish (self, g_queue_pop_head (&self->earlier), error))
    return FALSE;
  return begin_file (self, error) && repeat (self, error);
}

/* Notes whether the end of a packet is still to come. */
static void
await (File *file, const PsPacketRecord *packet)
{
  if (!(packet->flags & PS_PACKET_PROVISIONAL))
    g_hash_table_remove (file->awaited, &packet->id);
  else if (g_hash_table_size (file->awaited) < AWAITED_MAX)
    g_hash_table_add (file->awaited, g_memdup2 (&packet->id, sizeof packet->id));
}

/* Whose packet it is; NULL: nobody's, as far as is known. */
static GList *
find_earlier (PsCaptureSeries *self, guint64 id)
{
  for (GList *link = self->earlier.tail; link; link = link->prev)
    if (g_hash_table_contains (((File *)link->data)->awaited, &id))
      return link;
  return NULL;
}

static gboolean
write_to_earlier (PsCaptureSeries *self, GList *link, const PsRecord *record, GError **error)
{
  File *file = link->data;

  if (!ps_capture_writer_write (file->writer, record, error))
    return FALSE;
  await (file, record->payload);
  if (g_hash_table_size (file->awaited) > 0)
    return TRUE;
  g_queue_delete_link (&self->earlier, link);
  return finish (self, file, error);
}

/* A path or a name that comes now may be what a late record of an earlier file speaks of. */
static gboolean
tell_earlier (PsCaptureSeries *self, const PsRecord *record, GError **error)
{
  for (GList *link = self->earlier.head; link; link = link->next)
    if (!ps_capture_writer_write (((File *)link->data)->writer, record, error))
      return FALSE;
  return TRUE;
}

static gboolean
write_rotating (PsCaptureSeries *self, const PsRecord *record, GError **error)
{
  PsPacketView view;
  gboolean is_packet = (record->type == PS_RECORD_PACKET || record->type == PS_RECORD_STAGES) &&
                       ps_record_view_packet (record, &view);
  GList *earlier =
      is_packet && record->type == PS_RECORD_STAGES ? find_earlier (self, view.packet->id) : NULL;

  if (earlier)
    return write_to_earlier (self, earlier, record, error);
  /* A file without a packet would be a file for nothing. */
  if (record->type == PS_RECORD_PACKET && is_full (self) &&
      ps_capture_writer_get_n_packets (self->file->writer) > 0 && !rotate (self, error))
    return FALSE;
  keep (self, record);
  if (is_packet)
    await (self->file, view.packet);
  if (is_dictionary (record) && !tell_earlier (self, record, error))
    return FALSE;
  return ps_capture_writer_write (self->file->writer, record, error);
}

gboolean
ps_capture_series_write (PsCaptureSeries *self, const PsRecord *record, GError **error)
{
  g_return_val_if_fail (PS_IS_CAPTURE_SERIES (self), FALSE);

  if (self->file)
    return rotates (self) ? write_rotating (self, record, error)
                          : ps_capture_writer_write (self->file->writer, record, error);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "no file is open");
  return FALSE;
}

gboolean
ps_capture_series_flush (PsCaptureSeries *self, GError **error)
{
  for (GList *link = self->earlier.head; link; link = link->next)
    if (!ps_capture_writer_flush (((File *)link->data)->writer, error))
      return FALSE;
  return !self->file || ps_capture_writer_flush (self->file->writer, error);
}

gboolean
ps_capture_series_close (PsCaptureSeries *self, GError **error)
{
  while (self->earlier.length > 0)
    if (!finish (self, g_queue_pop_head (&self->earlier), error))
      return FALSE;
  return !self->file || ps_capture_writer_close (self->file->writer, error);
}

guint64
ps_capture_series_get_size (PsCaptureSeries *self)
{
  guint64 size = self->earlier_size;

  for (GList *link = self->earlier.head; link; link = link->next)
    size += ps_capture_writer_get_size (((File *)link->data)->writer);
  return size + (self->file ? ps_capture_writer_get_size (self->file->writer) : 0);
}

guint
ps_capture_series_get_n_files (PsCaptureSeries *self)
{
  return self->n_files;
}

const char *
ps_capture_series_get_path (PsCaptureSeries *self)
{
  return g_queue_peek_tail (&self->kept);
}
