/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one start found out and the next would find the same: kept below /run,
 * which a boot empties, for root alone. It holds addresses of the kernel.
 *
 * Each entry is tied to everything that could make it wrong: the boot, this very
 * helper, the modules that are loaded (as they are loaded now: one that went and
 * came back is another), the language of the reasons in it, and the options of
 * the caller. In any doubt there is no entry, and the start goes the long way;
 * that nothing could be read or kept is never an error.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define PS_START_CACHE_FOLDER "/run/packetscope"

typedef struct _PsStartCache PsStartCache;

/* The circumstances are those of this moment. `folder` is made when something is kept. */
PsStartCache *ps_start_cache_new (const char *folder);

/* Waits for what is being written. NULL-safe. */
void ps_start_cache_free (PsStartCache *self);

/*
 * What was kept by this name with these options, or NULL; a bad file is as none. The variant is of
 * `type` whatever the file holds. From any thread. NULL-safe.
 */
GVariant *ps_start_cache_read (PsStartCache *self,
                               const char *name,
                               const char *options,
                               const GVariantType *type);

/* To be kept: `value` is sunk. It is written by ps_start_cache_flush(). From any thread. */
void
ps_start_cache_keep (PsStartCache *self, const char *name, const char *options, GVariant *value);

/*
 * Writes what is to be kept, unless the circumstances have changed meanwhile, and which entries
 * were used, in a thread of its own: nobody waits for it.
 */
void ps_start_cache_flush (PsStartCache *self);

/* A sentence about the last start that flushed, newly allocated. */
char *ps_start_cache_describe_last (const char *folder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsStartCache, ps_start_cache_free)

G_END_DECLS
