/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-distinct.h"

#define FIRST_VALUES 8u

void
ps_distinct_init (PsDistinct *self, guint32 size)
{
  *self = (PsDistinct){ .size = size, .n = 1, .allocated = FIRST_VALUES };
  self->values = g_malloc0 ((gsize)size * FIRST_VALUES);
}

void
ps_distinct_clear (PsDistinct *self)
{
  g_clear_pointer (&self->values, g_free);
  g_clear_pointer (&self->slots, g_free);
}

static inline guint64
word_at (gconstpointer value, guint32 offset)
{
  guint64 word;

  memcpy (&word, (const guint8 *)value + offset, sizeof word);
  return word;
}

static inline gboolean
is_value (const PsDistinct *self, guint32 index, gconstpointer value)
{
  gconstpointer known = ps_distinct_get (self, (guint16)index);

  for (guint32 at = 0; at < self->size; at += 8)
    if (word_at (known, at) != word_at (value, at))
      return FALSE;
  return TRUE;
}

static inline guint32
hash_of (const PsDistinct *self, gconstpointer value)
{
  guint64 hash = 0;

  for (guint32 at = 0; at < self->size; at += 8)
    {
      hash = (hash ^ word_at (value, at)) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
      hash ^= hash >> 32;
    }
  return (guint32)hash;
}

/* The slot of a value, or the free one where it belongs. */
static inline guint32
find_slot (const PsDistinct *self, gconstpointer value)
{
  guint32 at = hash_of (self, value) & self->mask;

  while (self->slots[at] != 0 && !is_value (self, self->slots[at] - 1u, value))
    at = (at + 1) & self->mask;
  return at;
}

/* At least twice as many slots as there is room for values. */
static void
make_slots (PsDistinct *self)
{
  guint32 n = 16;

  while (n < self->allocated * 2)
    n *= 2;
  g_free (self->slots);
  self->mask = n - 1;
  self->slots = g_new0 (guint16, n);
  for (guint32 i = 1; i < self->n; i++)
    self->slots[find_slot (self, ps_distinct_get (self, (guint16)i))] = (guint16)(i + 1);
}

static guint16
add (PsDistinct *self, gconstpointer value)
{
  if (self->n == self->allocated)
    {
      self->allocated *= 2;
      self->values = g_realloc_n (self->values, self->allocated, self->size);
      if (self->slots)
        make_slots (self);
    }
  memcpy (self->values + (gsize)self->n * self->size, value, self->size);
  return (guint16)self->n++;
}

guint16
ps_distinct_look_up (PsDistinct *self, gconstpointer value)
{
  guint32 slot;

  if (!self->slots)
    {
      /* Sealed, or empty: what comes now is rare. */
      for (guint32 i = 1; i < self->n; i++)
        if (is_value (self, i, value))
          return (guint16)i;
      make_slots (self);
    }

  slot = find_slot (self, value);
  if (self->slots[slot] == 0)
    {
      if (self->n >= PS_DISTINCT_MAX)
        return 0;
      self->recent = add (self, value);
      self->slots[find_slot (self, value)] = (guint16)(self->recent + 1);
    }
  else
    self->recent = self->slots[slot] - 1u;
  return (guint16)self->recent;
}

void
ps_distinct_seal (PsDistinct *self, PsDistinct *next)
{
  *next = *self;
  next->n = 1;
  next->recent = 0;
  if (next->slots)
    memset (next->slots, 0, (next->mask + 1) * sizeof *next->slots);
  self->values = g_memdup2 (self->values, (gsize)self->n * self->size);
  self->allocated = self->n;
  self->slots = NULL;
}

gsize
ps_distinct_get_size (const PsDistinct *self)
{
  return (gsize)self->allocated * self->size + (self->slots ? (self->mask + 1) * 2u : 0);
}
