/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Putting pcapng blocks together in memory and handing them to a file: whole
 * blocks only, so that an error or a death in between leaves a valid file.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _PsBlockBuffer PsBlockBuffer;

/* Takes `fd` over. */
PsBlockBuffer *ps_block_buffer_new (int fd);
void ps_block_buffer_free (PsBlockBuffer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsBlockBuffer, ps_block_buffer_free)

/* From the first byte on, what goes to the file is one Zstandard frame. */
void ps_block_buffer_compress (PsBlockBuffer *self);

/* Begins a block. */
void ps_block_buffer_begin (PsBlockBuffer *self, guint32 type);
/* Adds to its body, filled up with zeroes to whole 32-bit words. */
void ps_block_buffer_add (PsBlockBuffer *self, const void *data, gsize size);
void ps_block_buffer_option (PsBlockBuffer *self, guint16 code, const void *data, guint16 size);
/* Our own stream of compact records, in as many options as it takes, under the recording's key. */
void ps_block_buffer_stream (PsBlockBuffer *self, guint16 key, const GByteArray *stream);
/* The option of a section, which says of what version the others are. */
void ps_block_buffer_version (PsBlockBuffer *self, const GByteArray *stream);
/* Ends the block; `has_options` puts the end of options. */
void ps_block_buffer_end (PsBlockBuffer *self, gboolean has_options);

/* Writes what is there if it is much, or if `force`. Fails for good once it failed. */
gboolean ps_block_buffer_write (PsBlockBuffer *self, gboolean force, GError **error);

/* Writes everything, and ends a compressed frame: nothing can follow. */
gboolean ps_block_buffer_finish (PsBlockBuffer *self, GError **error);

guint64 ps_block_buffer_get_size (
    PsBlockBuffer *self); /* of the file; not compressed: unwritten blocks included */

G_END_DECLS
