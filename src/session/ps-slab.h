/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for pieces that come by the thousand and stay: from large blocks that
 * the kernel may back with huge pages. A large file opens with one page fault
 * where there would be five hundred. A block goes when all its pieces are freed.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a piece may take at most, in bytes. */
#define PS_SLAB_PIECE_MAX (1u << 18)

typedef struct _PsSlab PsSlab;

/* A piece; `current` is NULL at first, and the caller's until ps_slab_leave(). */
gpointer ps_slab_take (PsSlab **current, gsize size);
void ps_slab_free (gpointer piece);

/* No more is taken from it. */
void ps_slab_leave (PsSlab **current);

G_END_DECLS
