/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-stream-part.h"

/* A kernel side counts packets and trees in the lower 48 bits; no capture gets that far. */
#define MIXED_SHIFT 40u

PsStreamPart *
ps_stream_part_new (guint16 key, const PsStreamNumbers *numbers)
{
  PsStreamPart *self = g_new0 (PsStreamPart, 1);

  self->key = key;
  self->packet_base = numbers->packet;
  self->tree_base = numbers->tree;
  self->symbol_base = numbers->symbol;
  self->path_base = numbers->path;
  self->symbol_plain = self->path_plain = G_MAXUINT32;
  return self;
}

void
ps_stream_part_free (PsStreamPart *self)
{
  g_clear_pointer (&self->symbols, g_hash_table_unref);
  g_clear_pointer (&self->paths, g_hash_table_unref);
  g_clear_pointer (&self->trees, ps_tree_decoder_free);
  g_free (self);
}

static void
make_maps (PsStreamPart *self)
{
  self->symbols = g_hash_table_new (NULL, NULL);
  self->paths = g_hash_table_new (NULL, NULL);
}

void
ps_stream_part_mix (PsStreamPart *self, const PsStreamNumbers *numbers)
{
  if (self->symbols)
    return;
  make_maps (self);
  self->symbol_plain = numbers->symbol - self->symbol_base;
  self->path_plain = numbers->path - self->path_base;
}

PsStreamPart *
ps_stream_part_new_mixed (guint16 key, guint nth, const PsStreamPart *first)
{
  PsStreamPart *self = g_new0 (PsStreamPart, 1);

  self->key = key;
  self->packet_base = first->packet_base + ((guint64)nth << MIXED_SHIFT);
  self->tree_base = first->tree_base + ((guint64)nth << MIXED_SHIFT);
  make_maps (self);
  return self;
}

static guint64
move64 (guint64 id, guint64 base, guint64 *max)
{
  if (id == 0 || id > G_MAXUINT64 - base)
    return id;
  *max = MAX (*max, id + base);
  return id + base;
}

guint64
ps_stream_part_packet (const PsStreamPart *self, PsStreamNumbers *numbers, guint64 id)
{
  return move64 (id, self->packet_base, &numbers->packet);
}

guint64
ps_stream_part_tree (const PsStreamPart *self, PsStreamNumbers *numbers, guint64 id)
{
  return move64 (id, self->tree_base, &numbers->tree);
}

static guint32
look_up (GHashTable *map, guint32 *max, guint32 id, gboolean define)
{
  guint32 number = GPOINTER_TO_UINT (g_hash_table_lookup (map, GUINT_TO_POINTER (id)));

  if (number != 0 || !define || *max == G_MAXUINT32)
    return number;
  number = ++*max;
  g_hash_table_insert (map, GUINT_TO_POINTER (id), GUINT_TO_POINTER (number));
  return number;
}

static guint32
move32 (guint32 id, guint32 base, guint32 *max)
{
  if (id > G_MAXUINT32 - base)
    return id;
  *max = MAX (*max, id + base);
  return id + base;
}

guint32
ps_stream_part_symbol (PsStreamPart *self, PsStreamNumbers *numbers, guint32 id, gboolean define)
{
  if (id == 0)
    return 0;
  return id <= self->symbol_plain ? move32 (id, self->symbol_base, &numbers->symbol)
                                  : look_up (self->symbols, &numbers->symbol, id, define);
}

guint32
ps_stream_part_path (PsStreamPart *self, PsStreamNumbers *numbers, guint32 id, gboolean define)
{
  if (id == 0)
    return 0;
  return id <= self->path_plain ? move32 (id, self->path_base, &numbers->path)
                                : look_up (self->paths, &numbers->path, id, define);
}
