/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Session files: a valid .pcapng whose packet blocks carry our records in
 * binary custom options. The writer takes the record stream as it comes off
 * the wire and is append-only; the reader gives the same stream back, so that
 * a session cannot tell a file from a live capture. Foreign pcap and pcapng
 * files come back as packet records without stages.
 */
#pragma once

#include <gio/gio.h>

#include "session/ps-session.h"

G_BEGIN_DECLS

/* IANA's enterprise number for documentation, until one is registered. */
#define PS_ENTERPRISE_NUMBER 32473u

#define PS_TYPE_CAPTURE_WRITER (ps_capture_writer_get_type ())
G_DECLARE_FINAL_TYPE (PsCaptureWriter, ps_capture_writer, PS, CAPTURE_WRITER, GObject)

/* Creates or truncates `path`; "-" is standard output. The section header is written at once. */
PsCaptureWriter *ps_capture_writer_new (const char *path, GError **error);

/*
 * Appends one record of the stream. A packet becomes a packet block, all else
 * travels in its options or in those of the next interface statistics block.
 */
gboolean ps_capture_writer_write (PsCaptureWriter *self, const PsRecord *record, GError **error);

/* Hands everything so far to the kernel; call it at least once a second. */
gboolean ps_capture_writer_flush (PsCaptureWriter *self, GError **error);

/* Writes the closing statistics. The file is valid without it. */
gboolean ps_capture_writer_close (PsCaptureWriter *self, GError **error);

guint64 ps_capture_writer_get_n_packets (PsCaptureWriter *self);
guint64 ps_capture_writer_get_size (PsCaptureWriter *self); /* bytes */

/*
 * Reads `path` to its end into `session` and publishes it. Damage at the end
 * (a truncated block) is a warning on the session, not an error; what comes
 * before it is there. Safe to call in a worker thread that owns `session`.
 */
gboolean ps_capture_file_load (const char *path,
                               PsSession *session,
                               GCancellable *cancellable,
                               GError **error);

G_END_DECLS
