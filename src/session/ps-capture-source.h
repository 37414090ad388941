/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of a capture file, read forwards through a buffer of bounded size,
 * and the taker of the records that come out of them.
 */
#pragma once

#include "session/ps-capture-file.h"

G_BEGIN_DECLS

/* The largest block or packet that is looked at; larger ones are damage, or skipped if unknown. */
#define PS_SOURCE_MAX (16u << 20)

typedef struct {
  int fd;
  guint8 *buffer;
  gsize allocated;
  gsize start; /* of what was not consumed yet */
  gsize end;
  guint64 position; /* in the file, of `start` */
  gboolean at_end;
  GCancellable *cancellable;
  GError *error; /* of reading, or that it was cancelled */

  PsCaptureFileFunc record_func;
  void (*warning_func) (const char *sentence, gpointer user_data);
  gpointer user_data;

  PsRecordWriter records; /* on their way to record_func */
  guint64 n_damaged; /* records that nobody could take */
  guint64 n_imported; /* packets without records of ours */
} PsCaptureSource;

/* `size` bytes from where it stands, 8-aligned; NULL if the file ends before, or on an error. */
const guint8 *ps_capture_source_peek (PsCaptureSource *self, gsize size);
void ps_capture_source_skip (PsCaptureSource *self, gsize size); /* at most what was peeked */
/* FALSE if the file ends before. */
gboolean ps_capture_source_skip_far (PsCaptureSource *self, guint64 size);

/* Hands over the records in `records` and empties it. */
void ps_capture_source_deliver (PsCaptureSource *self);

/* A packet of a foreign capture; `time` in ns of the epoch. */
void ps_capture_source_import (PsCaptureSource *self,
                               guint64 time,
                               guint32 interface,
                               guint16 link_type,
                               guint8 direction,
                               guint32 length,
                               guint32 captured,
                               const guint8 *data);

void ps_capture_source_warn (PsCaptureSource *self, const char *sentence);
void ps_capture_source_warn_truncated (PsCaptureSource *self);
void ps_capture_source_warn_damaged (PsCaptureSource *self);

/* Each reads to the end of the file; what stands in the way is a warning. */
void ps_pcap_read (PsCaptureSource *source);
gboolean ps_pcapng_read (PsCaptureSource *source, GError **error);

G_END_DECLS
