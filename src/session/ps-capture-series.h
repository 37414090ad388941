/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recording in one file, or in a series of files that follow each other by
 * size or time. Each file of a series is complete by itself: what came before
 * and is needed (clocks, dictionaries, open sockets, losses) is repeated at its
 * beginning. Only what becomes known of a packet after its file was closed is
 * lost.
 */
#pragma once

#include "session/ps-capture-file.h"

G_BEGIN_DECLS

typedef struct {
  gboolean compress;
  guint64 size; /* bytes after which a new file begins; 0: none */
  guint seconds; /* the same by time */
  guint keep; /* how many files are kept, the oldest are deleted; 0: all */
} PsCaptureSeriesOptions;

#define PS_TYPE_CAPTURE_SERIES (ps_capture_series_get_type ())
G_DECLARE_FINAL_TYPE (PsCaptureSeries, ps_capture_series, PS, CAPTURE_SERIES, GObject)

/*
 * Without size and seconds, it is one file at `path`; else the files are called NAME-00001.EXT and
 * so on. This and those below: errors as of PsCaptureWriter.
 */
PsCaptureSeries *
ps_capture_series_new (const char *path, const PsCaptureSeriesOptions *options, GError **error);
gboolean ps_capture_series_write (PsCaptureSeries *self, const PsRecord *record, GError **error);
gboolean ps_capture_series_flush (PsCaptureSeries *self, GError **error);
gboolean ps_capture_series_close (PsCaptureSeries *self, GError **error);

guint64
ps_capture_series_get_size (PsCaptureSeries *self); /* bytes of all files, deleted ones too */
guint ps_capture_series_get_n_files (PsCaptureSeries *self); /* begun so far */
const char *ps_capture_series_get_path (PsCaptureSeries *self); /* of the file at hand */

G_END_DECLS
