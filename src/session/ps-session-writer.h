/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing sessions, or parts of them, to a new file: cutting, merging and
 * appending are this. What numbers stand for is kept apart by numbering anew:
 * packets, sockets, symbols, paths, interfaces, namespaces and drop reasons of
 * a second session never fall together with those of the first unless they are
 * the same.
 */
#pragma once

#include <gio/gio.h>

#include "session/ps-capture-file.h"

G_BEGIN_DECLS

typedef gboolean (*PsSessionWanted) (PsSession *session,
                                     const PsPacket *packet,
                                     gpointer user_data);

typedef struct {
  PsSession *session;
  PsSessionWanted wanted; /* NULL: all packets */
  gpointer user_data;
} PsSessionPart;

/*
 * Writes the wanted packets of all parts in the order of their times, with the dictionary entries
 * and sockets they use; does not close the writer. The file has one clock, that of the first part
 * that has one. Readings of counters and losses go along only if all packets are wanted; those of
 * several captures are added up, those of files of one capture follow each other. The end record
 * and what changed while it ran go along only if there is one part.
 * Comments of packets go with them. Errors: those of the writer, G_IO_ERROR_CANCELLED.
 */
gboolean ps_session_write_parts (const PsSessionPart *parts,
                                 guint n_parts,
                                 PsCaptureWriter *writer,
                                 GCancellable *cancellable,
                                 GError **error);

G_END_DECLS
