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

/*
 * Creates or truncates `path`, readable by its owner only; "-" is standard
 * output. The section header is written at once. Errors are G_IO_ERROR with a
 * sentence that names the file. A program that writes to a pipe must ignore
 * SIGPIPE to hear of a reader that went away.
 */
PsCaptureWriter *ps_capture_writer_new (const char *path, GError **error);

/*
 * The same, compressed with Zstandard: a tenth to a third of the size. The frame is flushed with
 * the writer, so what was flushed can be read after a crash (with a warning). Wireshark opens such
 * files from version 4.0 on, if it was built with zstd.
 */
PsCaptureWriter *ps_capture_writer_new_compressed (const char *path, GError **error);

/* The same as ps_capture_writer_new() on an open file or pipe; takes the descriptor over, error or
 * not. */
PsCaptureWriter *ps_capture_writer_new_for_fd (int fd, GError **error);

/*
 * Appends one record of the stream. A packet becomes a packet block, all else
 * travels in its options or in those of the next interface statistics block.
 * If the disk is full (G_IO_ERROR_NO_SPACE) or broken, what was written stays a
 * valid file, and every later call fails with the same error.
 */
gboolean ps_capture_writer_write (PsCaptureWriter *self, const PsRecord *record, GError **error);

/*
 * Hands everything so far to the kernel; call it at least once a second. What
 * was flushed survives the death of the program at any moment.
 */
gboolean ps_capture_writer_flush (PsCaptureWriter *self, GError **error);

/* Writes the closing statistics. The file is valid without it. */
gboolean ps_capture_writer_close (PsCaptureWriter *self, GError **error);

guint64 ps_capture_writer_get_n_packets (PsCaptureWriter *self);
guint64 ps_capture_writer_get_size (PsCaptureWriter *self); /* bytes */

/*
 * Reads `path` ("-": standard input) to its end into `session` and publishes
 * it. Damage at the end (a truncated block) is a warning on the session, not an
 * error; what comes before it is there. Errors: PS_SESSION_ERROR_EMPTY, _FORMAT
 * and _VERSION with a sentence that does not name the file, G_IO_ERROR as well,
 * G_IO_ERROR_CANCELLED. Memory is bounded by the largest block (16 MiB) and the
 * session's own limit. Safe to call in a worker thread that owns `session`.
 */
gboolean ps_capture_file_load (const char *path,
                               PsSession *session,
                               GCancellable *cancellable,
                               GError **error);

typedef gboolean (*PsCaptureFileFunc) (const PsRecord *record, gpointer user_data);

/*
 * The same for any taker of records. `record_func` returns FALSE for a record it
 * finds damaged; that is counted in a warning. `warning_func` (nullable) gets
 * translated sentences.
 */
gboolean ps_capture_file_read (const char *path,
                               PsCaptureFileFunc record_func,
                               void (*warning_func) (const char *sentence, gpointer user_data),
                               gpointer user_data,
                               GCancellable *cancellable,
                               GError **error);

G_END_DECLS
