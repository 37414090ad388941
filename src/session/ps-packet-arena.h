/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the bytes of a chunk's packets lie, in 32 bits each: those of a mapped
 * file as how far they are from the first ones that were noted, copies by their
 * block and place. What is kept does not move, and goes with the whole.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _PsArenaBlock PsArenaBlock;

/* Zero to begin. */
typedef struct {
  const guint8 *base; /* in a mapped file; NULL until something was noted */
  PsArenaBlock **blocks;
  guint n_blocks;
  gsize size; /* bytes of memory */
} PsPacketArena;

void ps_packet_arena_clear (PsPacketArena *self);

/* A copy. 0, which stands for nothing, if `size` is 0 or if there is no room: thousands of blocks.
 */
guint32 ps_packet_arena_keep (PsPacketArena *self, const guint8 *bytes, gsize size);

/* Bytes that stay where they are; copies them if that is too far from the others. */
guint32 ps_packet_arena_note (PsPacketArena *self, const guint8 *at, gsize size);

/* NULL: nothing. */
const guint8 *ps_packet_arena_get (const PsPacketArena *self, guint32 place);

G_END_DECLS
