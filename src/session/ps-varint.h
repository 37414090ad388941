/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Variable-length integers (LEB128: seven bits a byte, lowest first), as the
 * compact records of session files use them.
 */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

#define PS_VARINT_MAX 10 /* bytes of one */

/* Writes one at `at`, where there must be room for PS_VARINT_MAX, and returns where it ends. */
static inline guint8 *
ps_varint_write (guint8 *at, guint64 value)
{
  for (; value >= 0x80; value >>= 7)
    *at++ = (guint8)(value | 0x80);
  *at++ = (guint8)value;
  return at;
}

/* Small magnitudes of either sign become small numbers. */
static inline guint8 *
ps_varint_write_signed (guint8 *at, gint64 value)
{
  return ps_varint_write (at, ((guint64)value << 1) ^ (guint64)(value >> 63));
}

static inline void
ps_varint_put (GByteArray *to, guint64 value)
{
  guint8 bytes[PS_VARINT_MAX];

  g_byte_array_append (to, bytes, (guint)(ps_varint_write (bytes, value) - bytes));
}

static inline void
ps_varint_put_signed (GByteArray *to, gint64 value)
{
  guint8 bytes[PS_VARINT_MAX];

  g_byte_array_append (to, bytes, (guint)(ps_varint_write_signed (bytes, value) - bytes));
}

/* Where a reader stands. `bad` stays set once something was missing; values read then are 0. */
typedef struct {
  const guint8 *at;
  const guint8 *end;
  gboolean bad;
} PsCursor;

static inline gsize
ps_cursor_left (const PsCursor *cursor)
{
  return (gsize)(cursor->end - cursor->at);
}

/* `size` bytes and moves past them; NULL if there are not as many. */
static inline const guint8 *
ps_cursor_take (PsCursor *cursor, guint64 size)
{
  const guint8 *at = cursor->at;

  if (cursor->bad || size > ps_cursor_left (cursor))
    {
      cursor->bad = TRUE;
      return NULL;
    }
  cursor->at += size;
  return at;
}

static inline guint8
ps_cursor_byte (PsCursor *cursor)
{
  if (cursor->at < cursor->end && !cursor->bad)
    return *cursor->at++;
  cursor->bad = TRUE;
  return 0;
}

static inline guint64
ps_varint_get (PsCursor *cursor)
{
  const guint8 *at = cursor->at;
  guint64 value = 0;

  for (guint shift = 0; shift < 64 && at < cursor->end && !cursor->bad; shift += 7)
    {
      guint8 byte = *at++;

      value |= (guint64)(byte & 0x7f) << shift;
      if (!(byte & 0x80))
        {
          cursor->at = at;
          return value;
        }
    }
  cursor->bad = TRUE;
  return 0;
}

/* Moves past `n` of them, eight bytes at a time: the last byte of each has its highest bit clear.
 */
static inline void
ps_varint_skip (PsCursor *cursor, guint n)
{
  const guint8 *at = cursor->at;

  while (n > 8 && cursor->end - at >= 8)
    {
      guint64 last;

      memcpy (&last, at, sizeof last);
      last = (~last & G_GUINT64_CONSTANT (0x8080808080808080)) >> 7;
      n -= (guint)(last * G_GUINT64_CONSTANT (0x0101010101010101) >> 56);
      at += 8;
    }
  for (; n > 0 && at < cursor->end; at++)
    n -= !(*at & 0x80);
  if (n > 0)
    cursor->bad = TRUE;
  else
    cursor->at = at;
}

static inline guint32
ps_varint_get32 (PsCursor *cursor)
{
  guint64 value = ps_varint_get (cursor);

  if (value > G_MAXUINT32)
    cursor->bad = TRUE;
  return (guint32)value;
}

static inline gint64
ps_varint_get_signed (PsCursor *cursor)
{
  guint64 value = ps_varint_get (cursor);

  return (gint64)(value >> 1) ^ -(gint64)(value & 1);
}

G_END_DECLS
