/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way out: records go to the reader in batches, and a reader that is slow
 * or stops never holds the capture up. Its queue has a limit; past it the
 * caller drops whole records before it makes them, so that a dictionary entry
 * is never lost, and says how many here.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "record/record.h"

G_BEGIN_DECLS

typedef struct _PsStream PsStream;

/* Called once, when the queue has run empty after ps_stream_finish(), or the reader is gone. */
typedef void (*PsStreamFunc) (gpointer user_data);

/*
 * Writes to `fd`, which is not taken over. At most `limit` bytes wait for the
 * reader. `closed` is called from the main loop.
 */
PsStream *ps_stream_new (int fd, gsize limit, PsStreamFunc closed, gpointer user_data);
void ps_stream_free (PsStream *self);
void ps_stream_set_limit (PsStream *self, gsize limit);

/* Where to put the next records. Valid until the next ps_stream_send(). */
PsRecordWriter *ps_stream_get_writer (PsStream *self);

/* One JSON record. */
void ps_stream_add_json (PsStream *self, PsRecordType type, JsonNode *node);

/* Whether a packet has to be dropped. What is small and rare may still be written. */
gboolean ps_stream_is_full (PsStream *self);
void ps_stream_count_dropped (PsStream *self);
guint64 ps_stream_get_dropped (PsStream *self);

/* Bytes that wait for the reader. */
gsize ps_stream_get_waiting (PsStream *self);

/* Hands what was written to the reader, as far as it takes it without waiting. */
void ps_stream_send (PsStream *self);

/* Nothing follows: calls `closed` as soon as the reader has everything. */
void ps_stream_finish (PsStream *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsStream, ps_stream_free)

G_END_DECLS
