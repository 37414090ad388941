/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "session/ps-block-buffer.h"
#include "session/ps-capture-file.h"
#include "session/ps-pcapng.h"

#define ENOUGH (256u * 1024)

struct _PsBlockBuffer {
  int fd;
  guint8 *bytes; /* whole blocks, and the one being made */
  gsize used;
  gsize allocated;
  gsize block; /* where that one begins */
  guint64 written; /* bytes of whole blocks in the file */
  ZSTD_CStream *zstd; /* NULL: not compressed */
  GByteArray *compressed; /* what the last turn made */
  GError *error; /* the first one: nothing is written after it */
};

PsBlockBuffer *
ps_block_buffer_new (int fd)
{
  PsBlockBuffer *self = g_new0 (PsBlockBuffer, 1);

  self->fd = fd;
  self->allocated = 2 * ENOUGH;
  self->bytes = g_malloc (self->allocated);
  return self;
}

void
ps_block_buffer_free (PsBlockBuffer *self)
{
  close (self->fd);
  g_free (self->bytes);
  ZSTD_freeCStream (self->zstd);
  g_clear_pointer (&self->compressed, g_byte_array_unref);
  g_clear_error (&self->error);
  g_free (self);
}

void
ps_block_buffer_compress (PsBlockBuffer *self)
{
  self->zstd = ZSTD_createCStream ();
  self->compressed = g_byte_array_new ();
  ZSTD_CCtx_setParameter (self->zstd, ZSTD_c_checksumFlag, 1);
}

/* Room for so many bytes more, which the caller fills. */
static guint8 *
extend (PsBlockBuffer *self, gsize size)
{
  gsize at = self->used;

  self->used += size;
  if (self->used > self->allocated)
    {
      self->allocated = MAX (self->used, 2 * self->allocated);
      self->bytes = g_realloc (self->bytes, self->allocated);
    }
  return self->bytes + at;
}

static guint8 *
write32 (guint8 *at, guint32 value)
{
  memcpy (at, &value, sizeof value);
  return at + sizeof value;
}

/* Options and blocks are padded to 32 bits. */
static gsize
padded (gsize size)
{
  return (size + 3) & ~(gsize)3;
}

void
ps_block_buffer_begin (PsBlockBuffer *self, guint32 type)
{
  self->block = self->used;
  write32 (write32 (extend (self, 8), type), 0);
}

/* Copies what is not empty, and zeroes up to the next 32 bits. */
static void
write_padded (guint8 *at, const void *data, gsize size)
{
  if (size > 0)
    memcpy (at, data, size);
  memset (at + size, 0, padded (size) - size);
}

void
ps_block_buffer_add (PsBlockBuffer *self, const void *data, gsize size)
{
  write_padded (extend (self, padded (size)), data, size);
}

static guint8 *
write_option_header (guint8 *at, guint16 code, gsize size)
{
  guint16 header[2] = { code, (guint16)size };

  memcpy (at, header, sizeof header);
  return at + sizeof header;
}

/* A new option of `size` bytes: its head is written, the rest is the caller's. */
static guint8 *
add_option (PsBlockBuffer *self, guint16 code, gsize size)
{
  return write_option_header (extend (self, 4 + padded (size)), code, size);
}

void
ps_block_buffer_option (PsBlockBuffer *self, guint16 code, const void *data, guint16 size)
{
  write_padded (add_option (self, code, size), data, size);
}

void
ps_block_buffer_stream (PsBlockBuffer *self, guint16 key, const GByteArray *stream)
{
  for (guint at = 0; at < stream->len;)
    {
      guint size = MIN (stream->len - at, PS_OPTION_PIECE_MAX);
      guint8 version = PS_OPTION_VERSION;
      guint8 *option = add_option (self, PS_OPTION_CUSTOM, PS_OPTION_PREFIX + size);

      if (at + size < stream->len)
        version |= PS_OPTION_CONTINUES;
      option = write32 (option, PS_ENTERPRISE_NUMBER);
      *option++ = PS_OPTION_LETTER;
      *option++ = (guint8)key;
      *option++ = (guint8)(key >> 8);
      *option++ = version;
      write_padded (option, stream->data + at, size);
      at += size;
    }
}

void
ps_block_buffer_version (PsBlockBuffer *self, const GByteArray *stream)
{
  guint8 *option = add_option (self, PS_OPTION_CUSTOM, PS_OPTION_PREFIX_1 + stream->len);

  option = write32 (option, PS_ENTERPRISE_NUMBER);
  memcpy (option, PS_OPTION_LETTERS_1, 2);
  option[2] = PS_OPTION_VERSION;
  memset (option + 3, 0, padded (PS_OPTION_PREFIX_1 + stream->len) - PS_OPTION_PREFIX_1);
  memcpy (option + 3, stream->data, stream->len);
}

void
ps_block_buffer_end (PsBlockBuffer *self, gboolean has_options)
{
  guint8 *at = extend (self, has_options ? 8 : 4);
  guint32 length;

  if (has_options)
    at = write_option_header (at, PS_OPTION_END, 0);
  length = (guint32)(self->used - self->block);
  write32 (at, length);
  write32 (self->bytes + self->block + 4, length);
  self->block = self->used;
}

static GError *
explain (int number)
{
  const char *sentence = g_strerror (number);

  switch (number)
    {
    case ENOSPC:
    case EDQUOT:
      sentence = _ ("The disk is full; what was recorded so far is in the file. Free some space, "
                    "or record to another disk.");
      break;
    case EFBIG:
      sentence = _ ("The file cannot grow any further; what was recorded so far is in it.");
      break;
    case EIO:
      sentence = _ ("The disk could not be written; what was recorded so far may be in the file. "
                    "Check the disk, and record to another one.");
      break;
    case EPIPE:
      sentence = _ ("Whoever was reading the recording went away.");
      break;
    }
  return g_error_new_literal (G_IO_ERROR, g_io_error_from_errno (number), sentence);
}

/* How many of the first `size` bytes are whole blocks. */
static gsize
whole_blocks (PsBlockBuffer *self, gsize size)
{
  gsize at = 0;

  while (at + 8 <= size)
    {
      guint32 length;

      memcpy (&length, self->bytes + at + 4, sizeof length);
      if (at + length > size)
        break;
      at += length;
    }
  return at;
}

/* A block that got in only in part is taken back, where the file can shrink. */
static void
fail (PsBlockBuffer *self, gsize done, int number)
{
  /* Compressed, what came before is whole, and a reader takes what it can of a partial frame. */
  self->written += self->zstd ? 0 : whole_blocks (self, done);
  if (ftruncate (self->fd, (off_t)self->written) < 0)
    g_debug ("The partial block stays, ignoring: %s", g_strerror (errno));
  self->error = explain (number);
}

static void
write_out (PsBlockBuffer *self, const guint8 *data, gsize size)
{
  gsize done = 0;

  while (!self->error && done < size)
    {
      ssize_t n = write (self->fd, data + done, size - done);

      if (n > 0)
        done += (gsize)n;
      else if (n < 0 && errno != EINTR)
        fail (self, done, errno);
    }
  if (!self->error)
    self->written += done;
}

static void
write_compressed (PsBlockBuffer *self, gsize size, ZSTD_EndDirective how)
{
  ZSTD_inBuffer in = { self->bytes, size, 0 };
  gsize left;

  g_byte_array_set_size (self->compressed, 0);
  do
    {
      guint at = self->compressed->len;
      ZSTD_outBuffer out = { NULL, ENOUGH, 0 };

      g_byte_array_set_size (self->compressed, at + ENOUGH);
      out.dst = self->compressed->data + at;
      left = ZSTD_compressStream2 (self->zstd, &out, &in, how);
      g_byte_array_set_size (self->compressed, at + (guint)out.pos);
    }
  while (!ZSTD_isError (left) && (how == ZSTD_e_continue ? in.pos < in.size : left > 0));

  if (ZSTD_isError (left))
    self->error = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED,
                               _ ("The recording cannot be "
                                  "compressed (%s); record without --compress."),
                               ZSTD_getErrorName (left));
  write_out (self, self->compressed->data, self->compressed->len);
}

static gboolean
write_blocks (PsBlockBuffer *self, gboolean force, gboolean last, GError **error)
{
  gsize size = self->block;

  if (!self->error && (last || size >= (force ? 1 : ENOUGH)))
    {
      if (self->zstd)
        write_compressed (self, size, last ? ZSTD_e_end : force ? ZSTD_e_flush : ZSTD_e_continue);
      else
        write_out (self, self->bytes, size);
      self->used -= self->block;
      memmove (self->bytes, self->bytes + self->block, self->used);
      self->block = 0;
    }

  if (self->error)
    {
      self->used = self->block = 0;
      if (error)
        *error = g_error_copy (self->error);
      return FALSE;
    }
  return TRUE;
}

gboolean
ps_block_buffer_write (PsBlockBuffer *self, gboolean force, GError **error)
{
  return write_blocks (self, force, FALSE, error);
}

gboolean
ps_block_buffer_finish (PsBlockBuffer *self, GError **error)
{
  return write_blocks (self, TRUE, TRUE, error);
}

guint64
ps_block_buffer_get_size (PsBlockBuffer *self)
{
  return self->written + (self->zstd ? 0 : self->block);
}
