/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <glib/gi18n.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "session/ps-decompress.h"
#include "session/ps-session.h"

struct _PsDecompress {
  gboolean is_zstd;
  z_stream zlib;
  ZSTD_DStream *zstd;
  guint8 *input;
  gsize start, end, allocated;
  guint64 taken, given;
  gboolean complete;
  gboolean more; /* output waits inside */
};

PsDecompress *
ps_decompress_new (const guint8 *magic, gsize size)
{
  static const guint8 zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
  PsDecompress *self;
  gboolean is_zstd = size >= 4 && memcmp (magic, zstd, 4) == 0;
  gboolean is_gzip = size >= 2 && magic[0] == 0x1f && magic[1] == 0x8b;

  if (!is_zstd && !is_gzip)
    return NULL;

  self = g_new0 (PsDecompress, 1);
  self->is_zstd = is_zstd;
  if (is_zstd)
    self->zstd = ZSTD_createDStream ();
  /* 15 bits of window, and a gzip header around it. */
  else if (inflateInit2 (&self->zlib, 15 + 16) != Z_OK)
    g_error ("zlib cannot be initialized");
  return self;
}

void
ps_decompress_free (PsDecompress *self)
{
  if (self->is_zstd)
    ZSTD_freeDStream (self->zstd);
  else
    inflateEnd (&self->zlib);
  g_free (self->input);
  g_free (self);
}

gboolean
ps_decompress_wants_input (PsDecompress *self)
{
  return self->start == self->end && !self->more;
}

void
ps_decompress_put (PsDecompress *self, const guint8 *data, gsize size)
{
  if (self->allocated < size)
    {
      self->allocated = size;
      self->input = g_realloc (self->input, size);
    }
  memcpy (self->input, data, size);
  self->start = 0;
  self->end = size;
  self->taken += size;
}

static gboolean
get_zstd (PsDecompress *self, guint8 *to, gsize size, gsize *ret_done)
{
  ZSTD_inBuffer in = { self->input, self->end, self->start };
  ZSTD_outBuffer out = { to, size, 0 };
  gsize result = ZSTD_decompressStream (self->zstd, &out, &in);

  self->start = in.pos;
  *ret_done = out.pos;
  if (ZSTD_isError (result))
    return FALSE;
  self->complete = result == 0;
  self->more = out.pos == size && result != 0;
  return TRUE;
}

static gboolean
get_gzip (PsDecompress *self, guint8 *to, gsize size, gsize *ret_done)
{
  int result;

  /* A file may hold several members, one after the other (RFC 1952, 2.2). */
  if (self->complete && self->start < self->end)
    {
      inflateReset (&self->zlib);
      self->complete = FALSE;
    }
  self->zlib.next_in = self->input + self->start;
  self->zlib.avail_in = (guint)(self->end - self->start);
  self->zlib.next_out = to;
  self->zlib.avail_out = (guint)size;
  result = inflate (&self->zlib, Z_NO_FLUSH);

  self->start = self->end - self->zlib.avail_in;
  *ret_done = size - self->zlib.avail_out;
  self->complete = result == Z_STREAM_END;
  self->more = self->zlib.avail_out == 0 && !self->complete;
  return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
}

static gboolean
check_limits (PsDecompress *self, GError **error)
{
  if (self->given > PS_DECOMPRESS_SIZE_MAX)
    g_set_error (error, PS_SESSION_ERROR, PS_SESSION_ERROR_FORMAT,
                 _ ("It holds more than %u GiB when decompressed. Decompress it to a disk first."),
                 (guint)(PS_DECOMPRESS_SIZE_MAX >> 30));
  else if (self->given > PS_DECOMPRESS_RATIO_FROM &&
           self->given / PS_DECOMPRESS_RATIO_MAX > self->taken)
    g_set_error (error, PS_SESSION_ERROR, PS_SESSION_ERROR_FORMAT,
                 _ ("It decompresses to more than %u times its size, as no capture does. If you "
                    "trust it, decompress it first."),
                 PS_DECOMPRESS_RATIO_MAX);
  else
    return TRUE;
  return FALSE;
}

gssize
ps_decompress_get (PsDecompress *self, guint8 *to, gsize size, GError **error)
{
  gsize done = 0;

  while (done == 0 && !ps_decompress_wants_input (self))
    {
      gboolean good =
          self->is_zstd ? get_zstd (self, to, size, &done) : get_gzip (self, to, size, &done);

      self->given += done;
      if (good)
        continue;
      /* What is good of it goes out; the next call says what is wrong. */
      if (done > 0)
        break;
      self->start = self->end;
      self->more = FALSE;
      g_set_error_literal (error, PS_SESSION_ERROR, PS_SESSION_ERROR_MALFORMED,
                           _ ("The compressed file is damaged: what comes after the damage "
                              "cannot be read."));
      return -1;
    }
  return check_limits (self, error) ? (gssize)done : -1;
}

gboolean
ps_decompress_is_complete (PsDecompress *self)
{
  return self->complete;
}
