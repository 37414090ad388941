/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread that takes records off a helper's socket. It cuts the stream into
 * batches of whole records and queues them, up to a bound: then it stops
 * reading, the socket fills, and the helper counts what it has to drop. It
 * knows lengths, not meanings. It also reaps the helper.
 */
#pragma once

#include "client/ps-transport.h"

G_BEGIN_DECLS

typedef struct _PsReader PsReader;

/* Called in the reader's thread when there is a batch after there was none, or the state changed.
 */
typedef void (*PsReaderWake) (gpointer user_data);

/* Takes over the descriptors and the child of `transport`. */
PsReader *
ps_reader_new (const PsTransport *transport, gsize limit, PsReaderWake wake, gpointer user_data);

/* No further wake-ups after this returns; the helper sees the end of its socket. */
void ps_reader_close (PsReader *self);

/* Asks the other side for the end of the stream, and lets what is under way arrive. */
gboolean ps_reader_send (PsReader *self, const guint8 *data, gsize size, GError **error);

typedef enum {
  PS_READER_OPEN, /* more may come */
  PS_READER_CLOSED, /* the stream is over; how the process ended is not known yet */
  PS_READER_ENDED, /* that is known too, as far as it can be */
} PsReaderState;

/*
 * Takes the next batch of whole records off the queue, 8-aligned. NULL if
 * there is none (yet); then `ret_state` says whether there will be one.
 */
GBytes *ps_reader_pop (PsReader *self, PsReaderState *ret_state);

void ps_reader_set_limit (PsReader *self, gsize limit);

/* In the state PS_READER_ENDED: how the helper ended, in a sentence, and whether it was refused its
 * rights. */
char *ps_reader_describe_end (PsReader *self, gboolean *ret_refused);

G_END_DECLS
