/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of a capture file, read forwards through a buffer of bounded size,
 * and the taker of the records that come out of them.
 */
#pragma once

#include "session/ps-capture-file.h"
#include "session/ps-decompress.h"
#include "session/ps-file-map.h"
#include "session/ps-packet-chunk.h"
#include "session/ps-payload-list.h"

G_BEGIN_DECLS

/* The largest block or packet that is looked at; larger ones are damage, or skipped if unknown. */
#define PS_SOURCE_MAX (16u << 20)

/* As ps_session_feed_in_place(). */
typedef void (*PsCapturePacketFunc) (PsNewPacket *packet,
                                     const guint32 *paths,
                                     guint n_paths,
                                     gpointer user_data);

/* Call trees that stay in the file, as the functions of the session take them. */
typedef struct {
  void (*begin) (const PsTreeBases *bases, gpointer user_data);
  void (*take) (guint type, const guint8 *at, gsize size, gpointer user_data); /* to be copied */
  void (*take_group) (const PsPayloadGroup *group, gpointer user_data);
} PsCaptureTreeTaker;

/* Who takes what a file holds. A map is told of before the packets in it. */
typedef struct {
  PsCaptureFileFunc record_func;
  PsCapturePacketFunc packet_func;
  PsCapturePacketFunc update_func; /* what is known better of one that was taken */
  void (*map_func) (PsFileMap *map, gpointer user_data);
  void (*warning_func) (const char *sentence, gpointer user_data);
  void (*trees_func) (gsize size, gpointer user_data); /* nullable; bytes of call trees in it */
  const PsCaptureTreeTaker *trees; /* nullable: they come as records */
  /* Nullable; bytes of the file, now and then. `size` is 0 if it is not known. */
  void (*progress_func) (guint64 position, guint64 size, gpointer user_data);
} PsCaptureTaker;

/* As ps_capture_file_read(), but leaves the bytes of packets in the map where it can be mapped. */
gboolean ps_capture_file_read_in_place (const char *path,
                                        const PsCaptureTaker *taker,
                                        gpointer user_data,
                                        GCancellable *cancellable,
                                        GError **error);

typedef struct {
  int fd;
  PsFileMap *map; /* NULL: it is read */
  PsDecompress *decompress; /* NULL: the file is as it is */
  guint8 *buffer; /* with a map: the map */
  gsize allocated;
  gsize start; /* of what was not consumed yet */
  gsize end;
  guint64 position; /* in the file, of `start` */
  gboolean at_end;
  GCancellable *cancellable;
  GError *error; /* of reading, or that it was cancelled */

  PsCaptureFileFunc record_func;
  PsCapturePacketFunc packet_func; /* nullable; with a map: takes packets, their bytes in it */
  PsCapturePacketFunc update_func; /* goes with packet_func */
  void (*warning_func) (const char *sentence, gpointer user_data);
  const PsCaptureTreeTaker *trees;
  void (*trees_func) (gsize size, gpointer user_data);
  void (*progress_func) (guint64 position, guint64 size, gpointer user_data);
  gpointer user_data;

  PsRecordWriter records; /* on their way to record_func */
  guint64 n_damaged; /* records that nobody could take */
  guint64 n_imported; /* packets without records of ours */
} PsCaptureSource;

/*
 * Maps the file where it can be mapped. To be called before anything is read; afterwards
 * `packet_func` is NULL if packets have to be copied.
 */
void ps_capture_source_map (PsCaptureSource *self);
void ps_capture_source_clear (PsCaptureSource *self);

/* What was peeked is the beginning of a compressed file: from now on what it holds is read. */
gboolean ps_capture_source_decompress (PsCaptureSource *self);

/* `size` bytes from where it stands; NULL if the file ends before, or on an error. */
const guint8 *ps_capture_source_peek (PsCaptureSource *self, gsize size);
void ps_capture_source_skip (PsCaptureSource *self, gsize size); /* at most what was peeked */
/* FALSE if the file ends before. */
gboolean ps_capture_source_skip_far (PsCaptureSource *self, guint64 size);

/* Hands over the records in `records` and empties it. */
void ps_capture_source_deliver (PsCaptureSource *self);

/* Ids of foreign packets: far from those a kernel side gives out, should a file hold both. */
#define PS_IMPORTED_ID_BASE (G_GUINT64_CONSTANT (1) << 63)

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
