/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcapng (draft-ietf-opsawg-pcapng) as anybody may write it: either byte order,
 * several sections and interfaces, any resolution, the obsolete packet block;
 * blocks that mean nothing to us are skipped.
 */
#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "session/ps-capture-source.h"
#include "session/ps-pcapng-carried.h"
#include "session/ps-pcapng-stream.h"
#include "session/ps-pcapng.h"

#define NANOSECONDS G_GUINT64_CONSTANT (1000000000)

typedef struct {
  guint16 link_type;
  guint32 netns;
  guint32 index;
  guint8 resolution; /* if_tsresol */
  gint64 offset_s;
} Interface;

typedef struct {
  PsCaptureSource *source;
  PsPcapngStream stream;
  gboolean swapped;
  GArray *interfaces; /* Interface, of this section */
  guint32 n_foreign_interfaces; /* of all sections */
  guint64 last_time;
  gboolean untimed; /* a packet without a time was met */
  guint16 unknown_version; /* of a section, which ends the reading; 0: none was met */

  /* Found in the options of the block at hand. */
  GByteArray *pieces;
  const guint8 *records; /* our stream, in place or in `pieces` */
  gsize records_size;
  guint16 key; /* whose they are */
  gboolean continues;
  guint64 packet_id;
  guint32 packet_flags;
  struct {
    const guint8 *at;
    gsize size;
  } comments[PS_COMMENTS_MAX];
  guint n_comments;
  char name[PS_NAME_MAX + 1];
  Interface *interface;
} Reader;

/* A part of a block. */
typedef struct {
  const guint8 *at;
  gsize size;
} Bytes;

static guint16
get16 (const Reader *self, const guint8 *at)
{
  guint16 value;

  memcpy (&value, at, sizeof value);
  return self->swapped ? GUINT16_SWAP_LE_BE (value) : value;
}

static guint32
get32 (const Reader *self, const guint8 *at)
{
  guint32 value;

  memcpy (&value, at, sizeof value);
  return self->swapped ? GUINT32_SWAP_LE_BE (value) : value;
}

static guint64
get64 (const Reader *self, const guint8 *at)
{
  guint64 value;

  memcpy (&value, at, sizeof value);
  return self->swapped ? GUINT64_SWAP_LE_BE (value) : value;
}

/* Units of an interface's resolution to ns of the epoch; what cannot be is 0. */
static guint64
to_nanoseconds (const Interface *interface, guint64 units)
{
  guint exponent = interface->resolution & 0x7f;
  unsigned __int128 time = units;
  gint64 offset = CLAMP (interface->offset_s, -G_MAXINT32, G_MAXINT32);

  if (interface->resolution & 0x80)
    time = exponent < 64 ? time * NANOSECONDS >> exponent : 0;
  else
    {
      for (; exponent < 9; exponent++)
        time *= 10;
      for (; exponent > 9 && time > 0; exponent--)
        time /= 10;
    }
  if (time > G_MAXINT64 / 2)
    return 0;
  return (guint64)MAX ((gint64)time + offset * (gint64)NANOSECONDS, 0);
}

/*
 * How many bytes stand before the piece, and whose it is; 0 if the option is none of ours, or of a
 * version that is newer.
 */
static gsize
read_prefix (Reader *self, const guint8 *value, gsize size, guint16 *ret_key)
{
  guint8 version;

  *ret_key = 0;
  if (size < PS_OPTION_PREFIX_1 || get32 (self, value) != PS_ENTERPRISE_NUMBER)
    return 0;
  if (memcmp (value + 4, PS_OPTION_LETTERS_1, 2) == 0)
    {
      version = value[6] & PS_OPTION_VERSION_MASK;
      self->stream.newer = MAX (self->stream.newer, version > PS_OPTION_VERSION ? version : 0u);
      return version <= PS_OPTION_VERSION ? PS_OPTION_PREFIX_1 : 0;
    }
  if (size < PS_OPTION_PREFIX || value[4] != PS_OPTION_LETTER ||
      (value[7] & PS_OPTION_VERSION_MASK) != PS_OPTION_VERSION)
    return 0;
  *ret_key = (guint16)(value[5] | value[6] << 8);
  return PS_OPTION_PREFIX;
}

static void
take_custom (Reader *self, const guint8 *value, gsize size)
{
  guint16 key;
  gsize prefix = read_prefix (self, value, size, &key);

  /* A block is of one recording. */
  if (prefix == 0 || (self->records && key != self->key))
    return;
  self->key = key;
  value += prefix;
  size -= prefix;

  /* Nearly always there is one: it is read where it lies. */
  if (!self->records)
    {
      self->records = value;
      self->records_size = size;
      return;
    }
  if (self->records != self->pieces->data)
    {
      g_byte_array_set_size (self->pieces, 0);
      g_byte_array_append (self->pieces, self->records, (guint)self->records_size);
    }
  g_byte_array_append (self->pieces, value, (guint)size);
  self->records = self->pieces->data;
  self->records_size = self->pieces->len;
}

static void
take_interface_option (Reader *self, guint16 code, const guint8 *value, guint16 size)
{
  if (code == PS_OPTION_INTERFACE_NAME)
    {
      gsize length = MIN (size, PS_NAME_MAX);

      memcpy (self->name, value, length);
      self->name[length] = 0;
    }
  else if (code == PS_OPTION_INTERFACE_RESOLUTION && size >= 1)
    self->interface->resolution = value[0];
  else if (code == PS_OPTION_INTERFACE_OFFSET && size >= 8)
    self->interface->offset_s = (gint64)get64 (self, value);
}

static void
take_packet_option (Reader *self, guint16 code, const guint8 *value, guint16 size)
{
  if (code == PS_OPTION_PACKET_FLAGS && size >= 4)
    self->packet_flags = get32 (self, value);
  else if (code == PS_OPTION_PACKET_ID && size >= 8)
    self->packet_id = get64 (self, value);
  else if (code == PS_OPTION_COMMENT && self->n_comments < PS_COMMENTS_MAX)
    {
      self->comments[self->n_comments].at = value;
      self->comments[self->n_comments++].size = size;
    }
}

/* Walks the options of a block; what overruns it ends the walk. */
static void
take_options (Reader *self,
              Bytes options,
              void (*take) (Reader *self, guint16 code, const guint8 *value, guint16 size))
{
  self->records = NULL;
  self->records_size = 0;
  self->packet_id = 0;
  self->packet_flags = 0;
  self->n_comments = 0;
  self->name[0] = 0;

  while (options.size >= 4)
    {
      guint16 code = get16 (self, options.at), size = get16 (self, options.at + 2);
      gsize whole = 4 + ((size + 3u) & ~3u);

      if (code == PS_OPTION_END || 4u + size > options.size)
        break;
      if (code == PS_OPTION_CUSTOM)
        take_custom (self, options.at + 4, size);
      else if (take)
        take (self, code, options.at + 4, size);
      if (whole > options.size)
        break;
      options.at += whole;
      options.size -= whole;
    }
}

static gboolean
read_interface (Reader *self, Bytes body)
{
  Interface interface = { .resolution = 6 };

  if (body.size < 8)
    return FALSE;

  interface.link_type = get16 (self, body.at);
  self->interface = &interface;
  take_options (self, (Bytes){ body.at + 8, body.size - 8 }, take_interface_option);
  self->interface = NULL;

  interface.index = 0;
  if (self->records)
    ps_pcapng_stream_take (&self->stream, self->key, self->records, self->records_size, NULL,
                           &interface.netns, &interface.index);
  else
    {
      PsInterfaceRecord record = { .link_type = interface.link_type };

      interface.index = record.index = ++self->n_foreign_interfaces;
      if (self->name[0])
        ps_record_writer_add_named (&self->source->records, PS_RECORD_INTERFACE, &record,
                                    sizeof record, self->name, NULL);
      ps_capture_source_deliver (self->source);
    }
  g_array_append_val (self->interfaces, interface);
  return TRUE;
}

static guint8
direction_of (guint32 packet_flags)
{
  switch (packet_flags & 3)
    {
    case 1:
      return PS_DIRECTION_IN;
    case 2:
      return PS_DIRECTION_OUT;
    default:
      return PS_DIRECTION_UNKNOWN;
    }
}

/* What others wrote about the packet of this id. */
static void
yield_comments (Reader *self, guint64 id, gboolean own)
{
  for (guint i = 0; i < self->n_comments; i++)
    {
      const char *text = (const char *)self->comments[i].at;
      gsize size = self->comments[i].size;
      PsCarriedComment *comment;

      if (own && ps_pcapng_is_own_comment (text, size))
        continue;
      comment = ps_record_writer_begin (&self->source->records, (PsRecordType)PS_RECORD_COMMENT,
                                        (guint32)(sizeof *comment + size));
      if (!comment)
        return;
      comment->packet = id;
      if (size > 0)
        memcpy (comment + 1, text, size);
    }
  ps_capture_source_deliver (self->source);
}

/* A packet whose options have been looked at. */
static void
yield_packet (Reader *self,
              const Interface *interface,
              guint64 time,
              guint32 length,
              guint32 captured,
              const guint8 *data)
{
  PsBlockPacket packet = {
    .id = self->packet_id,
    .time = time,
    .length = length,
    .captured = MIN (captured, PS_SNAPLEN_MAX),
    .netns = interface->netns,
    .interface = interface->index,
    .link_type = interface->link_type,
    .data = data,
  };

  self->last_time = time;
  if (self->records &&
      ps_pcapng_stream_take (&self->stream, self->key, self->records, self->records_size,
                             packet.id ? &packet : NULL, NULL, NULL))
    {
      if (self->n_comments > 0)
        yield_comments (self, ps_pcapng_stream_get_id (&self->stream, packet.id), TRUE);
      return;
    }
  ps_capture_source_import (self->source, time, interface->index, interface->link_type,
                            direction_of (self->packet_flags), length, captured, data);
  ps_capture_source_deliver (self->source);
  if (self->n_comments > 0)
    yield_comments (self, PS_IMPORTED_ID_BASE + self->source->n_imported, FALSE);
}

/* The enhanced packet block and its obsolete forerunner: they differ in the first word. */
static gboolean
read_packet (Reader *self, Bytes body, guint32 number)
{
  const Interface *interface;
  guint32 captured, length;
  gsize padded;
  guint64 units;

  if (body.size < 20 || number >= self->interfaces->len)
    return FALSE;

  units = (guint64)get32 (self, body.at + 4) << 32 | get32 (self, body.at + 8);
  captured = get32 (self, body.at + 12);
  length = get32 (self, body.at + 16);
  if (captured > body.size - 20)
    return FALSE;

  padded = MIN ((captured + 3u) & ~3u, body.size - 20);
  take_options (self, (Bytes){ body.at + 20 + padded, body.size - 20 - padded },
                take_packet_option);
  interface = &g_array_index (self->interfaces, Interface, number);
  yield_packet (self, interface, to_nanoseconds (interface, units), length, captured, body.at + 20);
  return TRUE;
}

static gboolean
read_simple_packet (Reader *self, Bytes body)
{
  guint32 length;

  if (body.size < 4 || self->interfaces->len == 0)
    return FALSE;

  length = get32 (self, body.at);
  take_options (self, (Bytes){ NULL, 0 }, NULL);
  self->untimed = TRUE;
  yield_packet (self, &g_array_index (self->interfaces, Interface, 0), self->last_time, length,
                (guint32)MIN (length, body.size - 4), body.at + 4);
  return TRUE;
}

static gboolean
read_statistics (Reader *self, Bytes body)
{
  if (body.size < 12)
    return FALSE;
  take_options (self, (Bytes){ body.at + 12, body.size - 12 }, NULL);
  if (self->records)
    ps_pcapng_stream_take (&self->stream, self->key, self->records, self->records_size, NULL, NULL,
                           NULL);
  return TRUE;
}

static gboolean
read_section (Reader *self, Bytes body)
{
  if (body.size < 16)
    return FALSE;
  if (get16 (self, body.at + 4) != 1)
    {
      self->unknown_version = get16 (self, body.at + 4);
      return FALSE;
    }
  g_array_set_size (self->interfaces, 0);
  ps_pcapng_stream_begin_section (&self->stream);
  take_options (self, (Bytes){ body.at + 16, body.size - 16 }, NULL);
  if (self->records)
    ps_pcapng_stream_check_format (&self->stream, self->records, self->records_size);
  return TRUE;
}

/* One that cannot be turned is left out: the packets matter more. */
static gboolean
read_carried (Reader *self, guint32 type, Bytes body)
{
  PsCarriedBlock *block;

  if (body.size > PS_RECORD_LENGTH_MAX - sizeof *block)
    {
      ps_capture_source_warn (self->source, _ ("A list of names or secrets in this file is too "
                                               "large to be kept."));
      return TRUE;
    }
  block = ps_record_writer_begin (&self->source->records, (PsRecordType)PS_RECORD_CARRIED,
                                  (guint32)(sizeof *block + body.size));
  if (!block)
    return TRUE;
  block->type = type;
  block->size = (guint32)body.size;
  if (body.size > 0)
    memcpy (block + 1, body.at, body.size);
  if (!self->swapped || ps_pcapng_swap_carried (type, (guint8 *)(block + 1), body.size))
    ps_capture_source_deliver (self->source);
  else
    ps_record_writer_reset (&self->source->records);
  return TRUE;
}

static gboolean
read_block (Reader *self, guint32 type, Bytes body)
{
  switch (type)
    {
    case PS_BLOCK_SECTION:
      return read_section (self, body);
    case PS_BLOCK_INTERFACE:
      return read_interface (self, body);
    case PS_BLOCK_ENHANCED_PACKET:
      return body.size >= 4 && read_packet (self, body, get32 (self, body.at));
    case PS_BLOCK_PACKET:
      return body.size >= 4 && read_packet (self, body, get16 (self, body.at));
    case PS_BLOCK_SIMPLE_PACKET:
      return read_simple_packet (self, body);
    case PS_BLOCK_STATISTICS:
      return read_statistics (self, body);
    default:
      return ps_pcapng_is_carried (type) ? read_carried (self, type, body) : TRUE;
    }
}

/* The header of a section decides the byte order of all that follows, its own length included. */
static gboolean
learn_byte_order (Reader *self, const guint8 *block)
{
  guint32 magic;

  memcpy (&magic, block + 8, sizeof magic);
  self->swapped = magic == GUINT32_SWAP_LE_BE (PS_PCAPNG_MAGIC);
  return self->swapped || magic == PS_PCAPNG_MAGIC;
}

typedef enum { STEP_AGAIN, STEP_END, STEP_TRUNCATED, STEP_DAMAGED } Step;

static Step
read_next (Reader *self)
{
  PsCaptureSource *source = self->source;
  const guint8 *block = ps_capture_source_peek (source, 8);
  guint32 type, length;

  if (!block)
    return source->end == source->start ? STEP_END : STEP_TRUNCATED;

  type = get32 (self, block);
  if (type == PS_BLOCK_SECTION)
    {
      block = ps_capture_source_peek (source, 12);
      if (!block)
        return STEP_TRUNCATED;
      if (!learn_byte_order (self, block))
        return STEP_DAMAGED;
    }
  length = get32 (self, block + 4);
  if (length < 12 || length % 4 != 0)
    return STEP_DAMAGED;
  if (length > PS_SOURCE_MAX)
    {
      if (type == PS_BLOCK_SECTION || (type >= PS_BLOCK_INTERFACE && type <= 6))
        return STEP_DAMAGED;
      return ps_capture_source_skip_far (source, length) ? STEP_AGAIN : STEP_TRUNCATED;
    }

  block = ps_capture_source_peek (source, length);
  if (!block)
    return STEP_TRUNCATED;
  if (get32 (self, block + length - 4) != length ||
      !read_block (self, type, (Bytes){ block + 8, length - 12 }))
    return STEP_DAMAGED;
  ps_capture_source_skip (source, length);
  return STEP_AGAIN;
}

static gboolean
check_version (Reader *self, GError **error)
{
  if (self->stream.newer == 0)
    return TRUE;
  g_set_error (error, PS_SESSION_ERROR, PS_SESSION_ERROR_VERSION,
               _ ("It was recorded by a newer PacketScope (format %u). Update PacketScope to open "
                  "it."),
               self->stream.newer);
  return FALSE;
}

/* What blocks look like in it nobody can know. */
static void
warn_version (Reader *self)
{
  g_autofree char *sentence = g_strdup_printf (
      _ ("From byte %" G_GUINT64_FORMAT " on the file is of pcapng version %u, which cannot be "
         "read; what comes after is missing."),
      self->source->position, self->unknown_version);

  ps_capture_source_warn (self->source, sentence);
}

gboolean
ps_pcapng_read (PsCaptureSource *source, GError **error)
{
  Reader self = { .source = source, .stream = { .source = source } };
  gboolean good = TRUE;
  Step step;

  self.interfaces = g_array_new (FALSE, TRUE, sizeof (Interface));
  self.pieces = g_byte_array_new ();

  do
    {
      step = read_next (&self);
      good = check_version (&self, error);
    }
  while (good && step == STEP_AGAIN);

  if (good && step == STEP_TRUNCATED)
    ps_capture_source_warn_truncated (source);
  else if (good && step == STEP_DAMAGED && self.unknown_version > 0)
    warn_version (&self);
  else if (good && step == STEP_DAMAGED)
    ps_capture_source_warn_damaged (source);
  if (good && self.untimed)
    ps_capture_source_warn (source, _ ("Some packets of this file have no time; each is shown at "
                                       "the time of the one before it."));

  ps_pcapng_stream_clear (&self.stream);
  g_byte_array_unref (self.pieces);
  g_array_unref (self.interfaces);
  return good;
}
