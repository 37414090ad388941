/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The distinct values of one column of one chunk of packets: many packets share
 * few of them, so that a packet keeps two bytes and a question about a value is
 * asked once a value, not once a packet. Value 0 is always all zeroes.
 */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

/* So many values at most: past it a value is not known any more, as if it were zeroes. */
#define PS_DISTINCT_MAX 65535u

typedef struct {
  guint8 *values; /* `size` bytes each */
  guint16 *slots; /* of the hash table, index + 1; NULL once sealed */
  guint32 mask;
  guint32 n;
  guint32 allocated;
  guint32 size; /* of a value, in bytes: a multiple of 8 */
  guint32 recent;
} PsDistinct;

void ps_distinct_init (PsDistinct *self, guint32 size);
void ps_distinct_clear (PsDistinct *self);

/* The index of a value that is not the latest, nor zeroes. */
guint16 ps_distinct_look_up (PsDistinct *self, gconstpointer value);

static inline gboolean
ps_distinct_is (const PsDistinct *self, guint32 index, gconstpointer value, guint32 size)
{
  return memcmp (self->values + (gsize)index * size, value, size) == 0;
}

/*
 * The index of a value, which is added if it is new. `size` is that of the values again: as a
 * constant it makes the comparisons, which nearly always end it, a few instructions.
 */
static inline guint16
ps_distinct_take (PsDistinct *self, gconstpointer value, guint32 size)
{
  if (ps_distinct_is (self, self->recent, value, size))
    return (guint16)self->recent;
  if (ps_distinct_is (self, 0, value, size))
    return 0;
  return ps_distinct_look_up (self, value);
}

/*
 * Keeps the values and no more; adding stays possible, but slow. `next`, which gets the memory that
 * is left over, begins with the value 0 alone.
 */
void ps_distinct_seal (PsDistinct *self, PsDistinct *next);

static inline gconstpointer
ps_distinct_get (const PsDistinct *self, guint16 index)
{
  return self->values + (gsize)index * self->size;
}

/* In bytes. */
gsize ps_distinct_get_size (const PsDistinct *self);

G_END_DECLS
