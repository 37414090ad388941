/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a record goes: a packet opens a packet block, and what follows it rides
 * in that block's options until the next packet or a flush closes it. What
 * comes when no block is open waits for the next one. A flush that finds
 * something waiting writes it into an interface statistics block, a new interface
 * takes it along, and either repeats it in the next packet block under the same
 * group number: tools that rewrite a file (editcap 4.0) keep the options of
 * packets, and drop statistics; such as merge files (mergecap 4.0) drop an
 * interface that another file has as well.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "session/ps-block-buffer.h"
#include "session/ps-capture-codec.h"
#include "session/ps-capture-file.h"
#include "session/ps-dictionary.h"
#include "session/ps-hello.h"
#include "session/ps-pcapng-carried.h"
#include "session/ps-pcapng.h"
#include "session/ps-tree-codec.h"

/* A stream of compact records over this does not wait for a packet, nor is it repeated in one. */
#define STREAM_MAX (256u * 1024)

#define LINKTYPE_ETHERNET 1

typedef struct {
  guint32 netns;
  guint32 index;
  guint16 link_type;
  guint64 n_packets;
} Interface;

struct _PsCaptureWriter {
  GObject parent_instance;

  PsBlockBuffer *blocks;
  PsDictionary *dictionary; /* for interface names and comments */
  GArray *interfaces; /* Interface, by their number in the section */
  guint16 key; /* of this recording, not 0 */
  GByteArray *waiting; /* compact records that have no block yet */
  GByteArray *repeated; /* groups that are in statistics blocks only */
  guint64 group, interface_group;

  PsTreeEncoder *trees; /* call trees that are about to wait, or to ride */
  GByteArray *riding; /* of the packet block that is still open */
  gboolean open;

  gint64 offset_ns; /* epoch minus the stream's clock */
  guint64 last_time; /* epoch */
  guint64 first_time;
  guint64 losses[PS_N_LOSSES];
  guint64 lost_told; /* of those, what a packet's drop count told of */
  guint64 n_packets;
  gboolean closed;
};

G_DEFINE_FINAL_TYPE (PsCaptureWriter, ps_capture_writer, G_TYPE_OBJECT)

static void
ps_capture_writer_finalize (GObject *object)
{
  PsCaptureWriter *self = PS_CAPTURE_WRITER (object);

  if (self->blocks && !self->closed)
    ps_capture_writer_flush (self, NULL);
  g_clear_pointer (&self->blocks, ps_block_buffer_free);
  g_clear_pointer (&self->dictionary, ps_dictionary_free);
  g_clear_pointer (&self->interfaces, g_array_unref);
  g_clear_pointer (&self->waiting, g_byte_array_unref);
  g_clear_pointer (&self->repeated, g_byte_array_unref);
  g_clear_pointer (&self->riding, g_byte_array_unref);
  g_clear_pointer (&self->trees, ps_tree_encoder_free);
  G_OBJECT_CLASS (ps_capture_writer_parent_class)->finalize (object);
}

static void
ps_capture_writer_class_init (PsCaptureWriterClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ps_capture_writer_finalize;
}

static void
ps_capture_writer_init (PsCaptureWriter *self)
{
  self->dictionary = ps_dictionary_new ();
  self->key = (guint16)g_random_int_range (1, G_MAXUINT16 + 1);
  self->interfaces = g_array_new (FALSE, FALSE, sizeof (Interface));
  self->waiting = g_byte_array_new ();
  self->repeated = g_byte_array_new ();
  self->riding = g_byte_array_new ();
  self->trees = ps_tree_encoder_new ();
}

static void
append (GByteArray *to, const void *data, gsize size)
{
  g_byte_array_append (to, data, (guint)size);
}

static void
write_section (PsCaptureWriter *self)
{
  const struct {
    guint32 magic;
    guint16 major, minor;
    guint64 length; /* not known */
  } header = { PS_PCAPNG_MAGIC, 1, 0, G_MAXUINT64 };
  static const char application[] = "PacketScope " PACKAGE_VERSION;
  g_autoptr (GByteArray) stream = g_byte_array_new ();
  guint8 version = PS_RECORD_VERSION;

  ps_block_buffer_begin (self->blocks, PS_BLOCK_SECTION);
  ps_block_buffer_add (self->blocks, &header, sizeof header);
  ps_block_buffer_option (self->blocks, PS_OPTION_SECTION_APPLICATION, application,
                          sizeof application - 1);
  ps_compact_put (stream, PS_COMPACT_FORMAT, &version, 1);
  ps_block_buffer_version (self->blocks, stream);
  ps_block_buffer_end (self->blocks, TRUE);
}

static PsCaptureWriter *
new_for_fd (int fd, gboolean compress, GError **error)
{
  g_autoptr (PsCaptureWriter) self = g_object_new (PS_TYPE_CAPTURE_WRITER, NULL);

  self->blocks = ps_block_buffer_new (fd);
  if (compress)
    ps_block_buffer_compress (self->blocks);
  write_section (self);
  if (!ps_block_buffer_write (self->blocks, TRUE, error))
    return NULL;
  return g_steal_pointer (&self);
}

PsCaptureWriter *
ps_capture_writer_new_for_fd (int fd, GError **error)
{
  return new_for_fd (fd, FALSE, error);
}

static PsCaptureWriter *
new_for_path (const char *path, gboolean compress, GError **error)
{
  int fd;

  g_return_val_if_fail (path != NULL, NULL);

  if (strcmp (path, "-") == 0)
    fd = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  else
    fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0)
    {
      int number = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (number),
                   _ ("“%s” cannot be written: %s. Choose another place for the recording."), path,
                   g_strerror (number));
      return NULL;
    }
  return new_for_fd (fd, compress, error);
}

PsCaptureWriter *
ps_capture_writer_new (const char *path, GError **error)
{
  return new_for_path (path, FALSE, error);
}

PsCaptureWriter *
ps_capture_writer_new_compressed (const char *path, GError **error)
{
  return new_for_path (path, TRUE, error);
}

/* Where records go that are no packets. */
static GByteArray *
stream_of (PsCaptureWriter *self)
{
  return self->open ? self->riding : self->waiting;
}

/* Trees are gathered, so that one can be told by what it does not share with the one before. */
static gboolean
write_tree (PsCaptureWriter *self, const PsRecord *record)
{
  PsCallsView view;

  if (!ps_record_view_calls (record, &view))
    return FALSE;
  if (ps_tree_encoder_add (self->trees, &view, stream_of (self)))
    return TRUE;
  /* A later record of the same tree replaces this one: they stay in their order. */
  ps_tree_encoder_flush (self->trees, stream_of (self));
  return ps_compact_encode (record, stream_of (self));
}

/* Ends the packet block that is open, with what rides on it. */
static void
seal (PsCaptureWriter *self)
{
  ps_tree_encoder_flush (self->trees, stream_of (self));
  if (!self->open)
    return;
  ps_block_buffer_stream (self->blocks, self->key, self->riding);
  ps_block_buffer_end (self->blocks, TRUE);
  g_byte_array_set_size (self->riding, 0);
  self->open = FALSE;
}

/* What waits goes to `stream`, under a number, and again with the next packet. */
static void
put_group (PsCaptureWriter *self, guint type, GByteArray *stream)
{
  guint64 *group = type == PS_COMPACT_GROUP ? &self->group : &self->interface_group;
  guint begin = stream->len, size;
  g_autoptr (GByteArray) number = g_byte_array_new ();

  ps_varint_put (number, ++*group);
  ps_compact_put (stream, type, number->data, number->len);
  append (stream, self->waiting->data, self->waiting->len);
  g_byte_array_set_size (self->waiting, 0);

  size = stream->len - begin;
  if (self->repeated->len + size > STREAM_MAX)
    g_byte_array_set_size (self->repeated, 0);
  if (size <= STREAM_MAX)
    append (self->repeated, stream->data + begin, size);
}

/* An interface block; it carries what waits. */
static guint
add_interface (PsCaptureWriter *self, guint32 netns, guint32 index, guint16 link_type)
{
  const PsInterface *known = ps_dictionary_get_interface (self->dictionary, netns, index);
  Interface interface = { .netns = netns, .index = index, .link_type = link_type };
  const struct {
    guint16 link_type;
    guint16 reserved;
    guint32 snaplen; /* no limit */
  } header = { link_type, 0, 0 };
  g_autoptr (GByteArray) stream = g_byte_array_new ();
  g_autoptr (GByteArray) place = g_byte_array_new ();
  const guint8 nanoseconds = 9;

  ps_block_buffer_begin (self->blocks, PS_BLOCK_INTERFACE);
  ps_block_buffer_add (self->blocks, &header, sizeof header);
  if (known && *known->name)
    ps_block_buffer_option (self->blocks, PS_OPTION_INTERFACE_NAME, known->name,
                            (guint16)strlen (known->name));
  ps_block_buffer_option (self->blocks, PS_OPTION_INTERFACE_RESOLUTION, &nanoseconds, 1);
  ps_varint_put (place, netns);
  ps_varint_put (place, index);
  ps_compact_put (stream, PS_COMPACT_PLACE, place->data, place->len);
  if (self->waiting->len > 0)
    put_group (self, PS_COMPACT_INTERFACE_GROUP, stream);
  ps_block_buffer_stream (self->blocks, self->key, stream);
  ps_block_buffer_end (self->blocks, TRUE);

  g_array_append_val (self->interfaces, interface);
  return self->interfaces->len - 1;
}

static guint
interface_of (PsCaptureWriter *self, const PsPacketRecord *packet)
{
  for (guint i = 0; i < self->interfaces->len; i++)
    {
      const Interface *interface = &g_array_index (self->interfaces, Interface, i);

      if (interface->index == packet->interface && interface->netns == packet->netns &&
          interface->link_type == packet->link_type)
        return i;
    }
  return add_interface (self, packet->netns, packet->interface, packet->link_type);
}

/* "dropped by tcp_v4_rcv: NO_SOCKET", for readers that know nothing of us. */
static void
put_comment (PsCaptureWriter *self, const PsPacketRecord *packet)
{
  const PsSymbol *symbol = ps_dictionary_get_symbol (self->dictionary, packet->drop_symbol);
  const char *reason =
      ps_dictionary_get_name (self->dictionary, PS_NAME_DROP_REASON, packet->drop_reason);
  g_autofree char *comment = NULL;

  if (packet->verdict != PS_VERDICT_DROPPED || (!symbol && !reason))
    return;
  comment = g_strconcat ("dropped", symbol ? " by " : "", symbol ? symbol->name : "",
                         reason ? ": " : "", reason ? reason : "", NULL);
  ps_block_buffer_option (self->blocks, PS_OPTION_COMMENT, comment, (guint16)strlen (comment));
}

static void
put_direction (PsCaptureWriter *self, const PsPacketRecord *packet)
{
  guint32 flags = packet->direction == PS_DIRECTION_OUT ? 2 : 1;

  if (packet->direction != PS_DIRECTION_UNKNOWN)
    ps_block_buffer_option (self->blocks, PS_OPTION_PACKET_FLAGS, &flags, sizeof flags);
}

static void
put_packet_options (PsCaptureWriter *self, const PsPacketRecord *packet)
{
  guint64 lost = self->losses[PS_LOSS_RING_FULL] + self->losses[PS_LOSS_TABLE_FULL] +
                 self->losses[PS_LOSS_READER];
  guint64 drops = lost - MIN (lost, self->lost_told);

  put_direction (self, packet);
  if (drops > 0)
    ps_block_buffer_option (self->blocks, PS_OPTION_PACKET_DROPS, &drops, sizeof drops);
  self->lost_told = lost;
  ps_block_buffer_option (self->blocks, PS_OPTION_PACKET_ID, &packet->id, sizeof packet->id);
  put_comment (self, packet);
}

/* What waited comes before the packet: groups told once already, then the rest under none. */
static void
take_waiting (PsCaptureWriter *self)
{
  static const guint8 none = 0;

  append (self->riding, self->repeated->data, self->repeated->len);
  if (self->repeated->len > 0)
    ps_compact_put (self->riding, PS_COMPACT_GROUP, &none, 1);
  append (self->riding, self->waiting->data, self->waiting->len);
  g_byte_array_set_size (self->repeated, 0);
  g_byte_array_set_size (self->waiting, 0);
}

static guint64
note_time (PsCaptureWriter *self, guint64 time, guint16 packet_flags)
{
  guint64 epoch = packet_flags & PS_PACKET_IMPORTED ? time : time + (guint64)self->offset_ns;

  if (self->first_time == 0)
    self->first_time = epoch;
  self->last_time = MAX (self->last_time, epoch);
  return epoch;
}

static gboolean
write_packet (PsCaptureWriter *self, const PsRecord *record)
{
  PsPacketView view;
  const PsPacketRecord *packet;
  guint64 time;
  guint interface;

  if (!ps_record_view_packet (record, &view))
    return FALSE;

  packet = view.packet;
  seal (self);
  time = note_time (self, packet->time, packet->flags);
  interface = interface_of (self, packet);

  {
    const guint32 header[5] = { interface, (guint32)(time >> 32), (guint32)time, packet->captured,
                                packet->length };

    ps_block_buffer_begin (self->blocks, PS_BLOCK_ENHANCED_PACKET);
    ps_block_buffer_add (self->blocks, header, sizeof header);
    ps_block_buffer_add (self->blocks, view.data, packet->captured);
  }
  self->open = TRUE;
  self->n_packets++;
  g_array_index (self->interfaces, Interface, interface).n_packets++;
  take_waiting (self);
  if (packet->flags & PS_PACKET_IMPORTED)
    {
      put_direction (self, packet);
      return TRUE;
    }
  put_packet_options (self, packet);
  return ps_compact_encode (record, self->riding);
}

static void
write_statistics (PsCaptureWriter *self, guint interface, const GByteArray *stream, gboolean last)
{
  const guint32 time[2] = { (guint32)(self->last_time >> 32), (guint32)self->last_time };
  const guint32 start[2] = { (guint32)(self->first_time >> 32), (guint32)self->first_time };
  const guint32 header[3] = { interface, time[0], time[1] };

  ps_block_buffer_begin (self->blocks, PS_BLOCK_STATISTICS);
  ps_block_buffer_add (self->blocks, header, sizeof header);
  if (last)
    {
      guint64 n = g_array_index (self->interfaces, Interface, interface).n_packets;

      ps_block_buffer_option (self->blocks, PS_OPTION_STATISTICS_START, start, sizeof start);
      ps_block_buffer_option (self->blocks, PS_OPTION_STATISTICS_END, time, sizeof time);
      ps_block_buffer_option (self->blocks, PS_OPTION_STATISTICS_RECEIVED, &n, sizeof n);
    }
  if (stream)
    ps_block_buffer_stream (self->blocks, self->key, stream);
  ps_block_buffer_end (self->blocks, TRUE);
}

/* Gives what waits a block of its own. */
static void
settle (PsCaptureWriter *self)
{
  g_autoptr (GByteArray) stream = NULL;

  if (!self->open)
    ps_tree_encoder_flush (self->trees, self->waiting);
  if (self->waiting->len == 0)
    return;
  if (self->interfaces->len == 0)
    {
      const PsInterface *first = ps_dictionary_get_nth_interface (self->dictionary, 0);

      /* A statistics block needs an interface, and the interface block itself carries it all. */
      if (first)
        add_interface (self, first->netns, first->index, first->link_type);
      else
        add_interface (self, 0, 0, LINKTYPE_ETHERNET);
      return;
    }

  stream = g_byte_array_new ();
  put_group (self, PS_COMPACT_GROUP, stream);
  write_statistics (self, 0, stream, /* last */ FALSE);
}

/* What the writer itself has to know of a record that it passes on. */
static gboolean
learn (PsCaptureWriter *self, const PsRecord *record)
{
  g_autoptr (PsHello) hello = NULL;
  PsMetricsView metrics;
  const PsLossRecord *loss;

  switch (record->type)
    {
    case PS_RECORD_HELLO:
      hello = ps_hello_parse (record->payload, record->length);
      if (hello)
        self->offset_ns = hello->offset_ns;
      return hello != NULL;
    case PS_RECORD_NETNS:
    case PS_RECORD_INTERFACE:
    case PS_RECORD_NAME:
    case PS_RECORD_SYMBOL:
      return ps_dictionary_feed (self->dictionary, record);
    case PS_RECORD_METRICS:
      if (!ps_record_view_metrics (record, &metrics))
        return FALSE;
      note_time (self, metrics.metrics->time, 0);
      return TRUE;
    case PS_RECORD_LOSS:
      loss = record->payload;
      if (record->length < sizeof *loss)
        return FALSE;
      if (loss->cause < PS_N_LOSSES)
        self->losses[loss->cause] = loss->count;
      return TRUE;
    default:
      return TRUE;
    }
}

/* A block of a foreign capture, as it was. */
static gboolean
write_carried (PsCaptureWriter *self, const PsRecord *record)
{
  const PsCarriedBlock *block = record->payload;

  if (record->length < sizeof *block || record->length - sizeof *block != block->size ||
      !ps_pcapng_is_carried (block->type))
    return FALSE;
  seal (self);
  ps_block_buffer_begin (self->blocks, block->type);
  /* A body is whole 32-bit words, by the format; one that is not is filled up. */
  ps_block_buffer_add (self->blocks, block + 1, block->size);
  ps_block_buffer_end (self->blocks, FALSE);
  return TRUE;
}

/* Goes with the packet that was written last; without one it is about nothing. */
static gboolean
write_comment (PsCaptureWriter *self, const PsRecord *record)
{
  const PsCarriedComment *comment = record->payload;
  gsize length = record->length - sizeof *comment;

  if (record->length < sizeof *comment || length > PS_OPTION_PIECE_MAX)
    return FALSE;
  if (self->open)
    ps_block_buffer_option (self->blocks, PS_OPTION_COMMENT, comment + 1, (guint16)length);
  return TRUE;
}

gboolean
ps_capture_writer_write (PsCaptureWriter *self, const PsRecord *record, GError **error)
{
  gboolean good;

  g_return_val_if_fail (PS_IS_CAPTURE_WRITER (self), FALSE);
  g_return_val_if_fail (!self->closed, FALSE);

  if (record->type == PS_RECORD_CONTROL)
    return TRUE;

  if (record->type == PS_RECORD_PACKET)
    good = write_packet (self, record);
  else if (record->type == PS_RECORD_CARRIED)
    good = write_carried (self, record);
  else if (record->type == PS_RECORD_COMMENT)
    good = write_comment (self, record);
  else if (record->type == PS_RECORD_CALLS)
    good = write_tree (self, record);
  else
    good = learn (self, record) && ps_compact_encode (record, stream_of (self));
  if (!good)
    {
      g_set_error (error, PS_SESSION_ERROR, PS_SESSION_ERROR_MALFORMED,
                   _ ("A record of type %u is damaged: its %u bytes do not hold what it says."),
                   (guint)record->type, record->length);
      return FALSE;
    }

  if (self->riding->len + ps_tree_encoder_get_size (self->trees) > STREAM_MAX)
    seal (self);
  if (self->waiting->len + ps_tree_encoder_get_size (self->trees) > STREAM_MAX)
    settle (self);
  return ps_block_buffer_write (self->blocks, FALSE, error);
}

gboolean
ps_capture_writer_flush (PsCaptureWriter *self, GError **error)
{
  g_return_val_if_fail (PS_IS_CAPTURE_WRITER (self), FALSE);

  seal (self);
  settle (self);
  return ps_block_buffer_write (self->blocks, TRUE, error);
}

gboolean
ps_capture_writer_close (PsCaptureWriter *self, GError **error)
{
  g_return_val_if_fail (PS_IS_CAPTURE_WRITER (self), FALSE);

  if (self->closed)
    return TRUE;
  seal (self);
  settle (self);
  for (guint i = 0; i < self->interfaces->len; i++)
    write_statistics (self, i, NULL, /* last */ TRUE);
  self->closed = TRUE;
  return ps_block_buffer_finish (self->blocks, error);
}

guint64
ps_capture_writer_get_n_packets (PsCaptureWriter *self)
{
  g_return_val_if_fail (PS_IS_CAPTURE_WRITER (self), 0);

  return self->n_packets;
}

guint64
ps_capture_writer_get_size (PsCaptureWriter *self)
{
  g_return_val_if_fail (PS_IS_CAPTURE_WRITER (self), 0);

  return ps_block_buffer_get_size (self->blocks);
}
