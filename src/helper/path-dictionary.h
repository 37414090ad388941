/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stacks become paths. A stack is what the kernel gave: addresses, innermost
 * first, with the tracer's own frames at the inner end and, under an
 * interrupt, the stack of a bystander. A path is what the packet did: the
 * functions, outermost first, beginning where its own work began. Stacks that
 * differ only in call sites are one path; its offsets are those of the first.
 */
#pragma once

#include <glib.h>

#include "helper/symbols.h"

G_BEGIN_DECLS

/* Past these nothing is added, and counted. */
#define PS_PATH_DICTIONARY_MAX 65536u

typedef struct _PsPathDictionary PsPathDictionary;

/* `symbols` is borrowed. */
PsPathDictionary *ps_path_dictionary_new (PsSymbols *symbols);
void ps_path_dictionary_free (PsPathDictionary *self);

/* Learns that the stack of `hash` has these frames, innermost first. */
void ps_path_dictionary_add (PsPathDictionary *self,
                             guint64 hash,
                             const guint64 *frames,
                             guint n_frames);

/* Whether a stack is known; its path's id may still be 0: it had no frame of the kernel's own. */
gboolean ps_path_dictionary_lookup (PsPathDictionary *self, guint64 hash, guint32 *ret_id);

/* Writes the record of a path and of its symbols, unless they were written before. */
void ps_path_dictionary_write (PsPathDictionary *self, guint32 id, PsRecordWriter *writer);

/* Stacks that came when the dictionary was full. */
guint64 ps_path_dictionary_get_overflow (PsPathDictionary *self);

/* For the tests: a path's frames and PS_PATH_* flags. */
const PsFrame *
ps_path_dictionary_get (PsPathDictionary *self, guint32 id, guint *ret_n_frames, guint *ret_flags);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsPathDictionary, ps_path_dictionary_free)

G_END_DECLS
