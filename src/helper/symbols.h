/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel addresses become functions: the sorted table of /proc/kallsyms. An
 * address goes no further than here; what leaves the helper is a symbol's id
 * and an offset in it. A symbol's record is written once, before its first use.
 */
#pragma once

#include <glib.h>

#include "record/record.h"

G_BEGIN_DECLS

typedef struct _PsSymbols PsSymbols;

#define PS_SYMBOLS_FILE "/proc/kallsyms"

/* Looks at `file`. Never NULL: without addresses it knows no symbol and says why. */
PsSymbols *ps_symbols_new (const char *file);
void ps_symbols_free (PsSymbols *self);

/*
 * Begins to read the whole table, in a thread: it has some 10 MB. The first
 * look-up waits for it, and reads it if this was not called.
 */
void ps_symbols_load (PsSymbols *self);

/* Why no symbol can be known here, a sentence; NULL if they are. */
const char *ps_symbols_get_why_not (PsSymbols *self);

/*
 * The function an address lies in: its id (from 1) and the offset in it; 0 if
 * it lies in none. Modules and BPF programs that came later are found: the
 * table is read again for an unknown address, after five seconds and ever rarer.
 */
guint32 ps_symbols_lookup (PsSymbols *self, guint64 address, guint32 *ret_offset);

/* The id of a function known by its name; `module` is "" for the kernel itself. */
guint32 ps_symbols_get_id (PsSymbols *self, const char *name, const char *module);

/* Name and module ("" for the kernel itself, "bpf" for a BPF program) of an id. */
const char *ps_symbols_get_name (PsSymbols *self, guint32 id);
const char *ps_symbols_get_module (PsSymbols *self, guint32 id);

/* Writes the record of an id, unless it was written before. */
void ps_symbols_write (PsSymbols *self, guint32 id, PsRecordWriter *writer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsSymbols, ps_symbols_free)

G_END_DECLS
