/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reading end of the per-CPU ring buffers: takes raw records out, checks
 * their lengths, and hands them over in an order that a reader can rely on. A
 * stack comes before the packets that name it, a packet before its updates,
 * whatever CPU wrote which; beyond that records come by time.
 */
#ifndef PS_HELPER_RINGS_H
#define PS_HELPER_RINGS_H

#include "helper/paths.h"

typedef struct _PsRings PsRings;

/*
 * Makes a ring of `kib` KiB for each of `n_cpus` CPUs and puts them into the
 * array of maps `outer_fd`. NULL with a PS_HELPER_ERROR.
 */
PsRings *ps_rings_new (int outer_fd, int n_cpus, guint kib, GError **error);
void ps_rings_free (PsRings *self);

/*
 * Hands over what the last round read and reads anew; returns how many records
 * were handed over or are held. 0: nothing waits, or what does can wait.
 */
int ps_rings_drain (PsRings *self, PsRawFunc func, gpointer user_data);

/* Nothing more is written: from here on draining goes on until nothing is held. */
void ps_rings_finish (PsRings *self);

/* The fill, in bytes, of the fullest ring when it was last drained, and the size of one. */
void ps_rings_get_fill (PsRings *self, guint64 *ret_fullest, guint64 *ret_size);

/* Records that made no sense; always 0 unless helper and programs disagree. */
guint64 ps_rings_get_refused (PsRings *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsRings, ps_rings_free)

#endif /* PS_HELPER_RINGS_H */
