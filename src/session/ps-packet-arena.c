/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "session/ps-packet-arena.h"

/* Of a copy: this bit, the block, the place in it. */
#define COPY (1u << 31)
#define PLACE_BITS 20u
#define BLOCKS_MAX (1u << (31 - PLACE_BITS))
#define BLOCK_MAX (1u << PLACE_BITS)

#define FIRST_BLOCK 8192u
/* So many blocks of one size, then they double: a few packets take little, many fit. */
#define BLOCKS_OF_A_SIZE 64u

struct _PsArenaBlock {
  guint32 used;
  guint32 allocated;
  guint8 bytes[];
};

void
ps_packet_arena_clear (PsPacketArena *self)
{
  for (guint i = 0; i < self->n_blocks; i++)
    g_free (self->blocks[i]);
  g_clear_pointer (&self->blocks, g_free);
  self->n_blocks = 0;
  self->size = 0;
}

/* NULL if there are too many. */
static PsArenaBlock *
add_block (PsPacketArena *self, gsize size)
{
  gsize usual = FIRST_BLOCK << MIN (self->n_blocks / BLOCKS_OF_A_SIZE, 6);
  gsize allocated = MAX (usual - sizeof (PsArenaBlock), size);
  PsArenaBlock *block;

  if (self->n_blocks == BLOCKS_MAX || allocated > BLOCK_MAX)
    return NULL;
  /* As many as a power of two says are there already. */
  if ((self->n_blocks & (self->n_blocks - 1)) == 0)
    self->blocks = g_renew (PsArenaBlock *, self->blocks, MAX (2 * self->n_blocks, 1));
  block = g_malloc (sizeof *block + allocated);
  block->used = 0;
  block->allocated = (guint32)allocated;
  self->blocks[self->n_blocks++] = block;
  self->size += sizeof *block + allocated;
  return block;
}

guint32
ps_packet_arena_keep (PsPacketArena *self, const guint8 *bytes, gsize size)
{
  PsArenaBlock *block = self->n_blocks > 0 ? self->blocks[self->n_blocks - 1] : NULL;
  guint32 place;

  if (size == 0)
    return 0;
  if (!block || block->allocated - block->used < size)
    block = add_block (self, size);
  if (!block)
    return 0;
  place = COPY | (self->n_blocks - 1) << PLACE_BITS | block->used;
  memcpy (block->bytes + block->used, bytes, size);
  block->used += (guint32)size;
  return place;
}

guint32
ps_packet_arena_note (PsPacketArena *self, const guint8 *at, gsize size)
{
  if (!self->base)
    self->base = at;
  if (at < self->base || at - self->base >= COPY - 1)
    return ps_packet_arena_keep (self, at, size);
  return (guint32)(at - self->base) + 1;
}

const guint8 *
ps_packet_arena_get (const PsPacketArena *self, guint32 place)
{
  if (place == 0)
    return NULL;
  if (place & COPY)
    return self->blocks[(place & ~COPY) >> PLACE_BITS]->bytes + (place & (BLOCK_MAX - 1));
  return self->base + (place - 1);
}
