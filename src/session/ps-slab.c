/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "session/ps-slab.h"

/* The size of a huge page on most machines; where it is another, this is but a large block. */
#define BLOCK ((gsize)2 << 20)
#define ALIGNMENT 64u

struct _PsSlab {
  gsize used;
  guint n_users; /* pieces, and whoever takes from it */
};

/* Blocks are aligned to their size: a piece's address tells its block. */
static PsSlab *
slab_of (gpointer piece)
{
  return (PsSlab *)((guintptr)piece & ~(guintptr)(BLOCK - 1));
}

static PsSlab *
slab_new (void)
{
  void *block = NULL;
  PsSlab *self;

  if (posix_memalign (&block, BLOCK, BLOCK) != 0)
    g_error ("no memory for %" G_GSIZE_FORMAT " bytes", BLOCK);
  madvise (block, BLOCK, MADV_HUGEPAGE);
  self = block;
  self->used = (sizeof *self + ALIGNMENT - 1) & ~(gsize)(ALIGNMENT - 1);
  self->n_users = 1;
  return self;
}

static void
unuse (PsSlab *self)
{
  if (--self->n_users == 0)
    free (self);
}

void
ps_slab_leave (PsSlab **current)
{
  if (*current)
    unuse (*current);
  *current = NULL;
}

gpointer
ps_slab_take (PsSlab **current, gsize size)
{
  guint8 *piece;

  g_return_val_if_fail (size <= PS_SLAB_PIECE_MAX, NULL);

  size = (size + ALIGNMENT - 1) & ~(gsize)(ALIGNMENT - 1);
  if (*current && BLOCK - (*current)->used < size)
    ps_slab_leave (current);
  if (!*current)
    *current = slab_new ();
  piece = (guint8 *)*current + (*current)->used;
  (*current)->used += size;
  (*current)->n_users++;
  return piece;
}

void
ps_slab_free (gpointer piece)
{
  unuse (slab_of (piece));
}
