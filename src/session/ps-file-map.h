/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file in memory without being read into it. A file that others make shorter
 * while it is mapped does not end the program: what went reads as zeroes, and
 * the map says so. That takes a handler of SIGBUS, which passes on every fault
 * outside of these maps.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _PsFileMap PsFileMap;

/*
 * Maps all of a regular file, as long as it is now. NULL if it is none, is empty
 * or cannot be mapped: read it then. `fd` may be closed afterwards.
 */
PsFileMap *ps_file_map_new (int fd);

/* Counted by atomic operations: a session and a worker may each hold one. */
PsFileMap *ps_file_map_ref (PsFileMap *self);
void ps_file_map_unref (PsFileMap *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsFileMap, ps_file_map_unref)

const guint8 *ps_file_map_get_data (PsFileMap *self);
gsize ps_file_map_get_size (PsFileMap *self); /* when it was mapped */

/*
 * Takes what lies before `end` out of this process's memory, not out of the map: it comes back,
 * from the page cache, when it is looked at.
 */
void ps_file_map_release (PsFileMap *self, gsize end);

/* Whether something that was looked at had gone from the file. */
gboolean ps_file_map_is_torn (PsFileMap *self);

G_END_DECLS
