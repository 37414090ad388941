/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gzip and Zstandard, read forwards. What comes out is bounded: a small file
 * that claims to hold terabytes is refused, not followed.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a capture compresses to in earnest: below 1:200. The ratio counts from some size on only. */
#define PS_DECOMPRESS_RATIO_MAX 500u
#define PS_DECOMPRESS_RATIO_FROM (G_GUINT64_CONSTANT (256) << 20)
#define PS_DECOMPRESS_SIZE_MAX (G_GUINT64_CONSTANT (16) << 30)

typedef struct _PsDecompress PsDecompress;

/* NULL if `magic` (`size` bytes, the first of the file) is of neither format. */
PsDecompress *ps_decompress_new (const guint8 *magic, gsize size);
void ps_decompress_free (PsDecompress *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsDecompress, ps_decompress_free)

/* Gives it more of the file. Only when it wants some; the bytes are copied. */
gboolean ps_decompress_wants_input (PsDecompress *self);
void ps_decompress_put (PsDecompress *self, const guint8 *data, gsize size);

/*
 * Writes up to `size` bytes. 0: it wants input, or, if there is none, that was all. -1: over a
 * limit (PS_SESSION_ERROR_FORMAT), or damaged (_MALFORMED); what came out before is good.
 */
gssize ps_decompress_get (PsDecompress *self, guint8 *to, gsize size, GError **error);

/* Whether what came ended where a compressed stream may end. */
gboolean ps_decompress_is_complete (PsDecompress *self);

G_END_DECLS
