/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening a capture file, whatever its kind, and pouring it into a session.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "session/ps-capture-source.h"
#include "session/ps-session-private.h"

typedef enum {
  KIND_PCAPNG,
  KIND_PCAP,
  KIND_COMPRESSED,
  KIND_EMPTY,
  KIND_FOREIGN,
} Kind;

typedef struct {
  guint8 magic[4];
  Kind kind;
} Signature;

static const Signature signatures[] = {
  { { 0x0a, 0x0d, 0x0d, 0x0a }, KIND_PCAPNG },     { { 0xa1, 0xb2, 0xc3, 0xd4 }, KIND_PCAP },
  { { 0xd4, 0xc3, 0xb2, 0xa1 }, KIND_PCAP },       { { 0xa1, 0xb2, 0x3c, 0x4d }, KIND_PCAP },
  { { 0x4d, 0x3c, 0xb2, 0xa1 }, KIND_PCAP },       { { 0x28, 0xb5, 0x2f, 0xfd }, KIND_COMPRESSED },
  { { 0x04, 0x22, 0x4d, 0x18 }, KIND_COMPRESSED }, { { 0xfd, '7', 'z', 'X' }, KIND_COMPRESSED },
};

/* A file cut within its first four bytes is what it began to be. */
static Kind
recognize (PsCaptureSource *source)
{
  const guint8 *at;
  gsize size;

  ps_capture_source_peek (source, 4);
  at = source->buffer + source->start;
  size = MIN (source->end - source->start, 4);
  if (size == 0)
    return KIND_EMPTY;
  if (size >= 2 && at[0] == 0x1f && at[1] == 0x8b)
    return KIND_COMPRESSED;
  for (guint i = 0; i < G_N_ELEMENTS (signatures); i++)
    if (memcmp (at, signatures[i].magic, size) == 0)
      return signatures[i].kind;
  return KIND_FOREIGN;
}

static gboolean
read_by_kind (PsCaptureSource *source, GError **error)
{
  Kind kind = recognize (source);

  if (source->error || g_cancellable_set_error_if_cancelled (source->cancellable, &source->error))
    return FALSE;

  switch (kind)
    {
    case KIND_PCAPNG:
      return ps_pcapng_read (source, error);
    case KIND_PCAP:
      ps_pcap_read (source);
      return TRUE;
    case KIND_COMPRESSED:
      if (!source->decompress && ps_capture_source_decompress (source))
        return read_by_kind (source, error);
      g_set_error_literal (error, PS_SESSION_ERROR, PS_SESSION_ERROR_FORMAT,
                           _ ("It is compressed in a way that cannot be read here. Decompress it "
                              "first, with unlz4 or unxz, or more than once."));
      return FALSE;
    case KIND_EMPTY:
      if (source->decompress)
        {
          g_set_error_literal (error, PS_SESSION_ERROR, PS_SESSION_ERROR_FORMAT,
                               _ ("It is compressed, and nothing can be got out of it."));
          return FALSE;
        }
      g_set_error_literal (error, PS_SESSION_ERROR, PS_SESSION_ERROR_EMPTY,
                           _ ("It is empty: nothing was ever recorded into it."));
      return FALSE;
    case KIND_FOREIGN:
    default:
      g_set_error_literal (error, PS_SESSION_ERROR, PS_SESSION_ERROR_FORMAT,
                           _ ("It is not a capture file: it begins like neither pcapng nor pcap. "
                              "Choose a .pcapng or .pcap file."));
      return FALSE;
    }
}

static int
open_path (const char *path, GError **error)
{
  int fd = strcmp (path, "-") == 0 ? fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                   : open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

  if (fd < 0)
    {
      int number = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (number),
                   _ ("It cannot be opened: %s."), g_strerror (number));
    }
  return fd;
}

/* Reads an open source to its end. */
static gboolean
read_source (PsCaptureSource *source, GError **error)
{
  gboolean good = read_by_kind (source, error);

  if (source->error)
    {
      g_clear_error (error);
      g_propagate_error (error, g_steal_pointer (&source->error));
      return FALSE;
    }
  if (good && source->n_damaged > 0)
    ps_capture_source_warn (source, _ ("Some of PacketScope’s own records in this file are "
                                       "damaged and were left out."));
  if (good && source->map && ps_file_map_is_torn (source->map))
    ps_capture_source_warn (source, _ ("The file became shorter while it was read; what it lost "
                                       "is missing. Open it again."));
  return good;
}

gboolean
ps_capture_file_read (const char *path,
                      PsCaptureFileFunc record_func,
                      void (*warning_func) (const char *sentence, gpointer user_data),
                      gpointer user_data,
                      GCancellable *cancellable,
                      GError **error)
{
  PsCaptureSource source = {
    .record_func = record_func,
    .warning_func = warning_func,
    .user_data = user_data,
    .cancellable = cancellable,
  };
  gboolean good;

  g_return_val_if_fail (path != NULL && record_func != NULL, FALSE);

  source.fd = open_path (path, error);
  if (source.fd < 0)
    return FALSE;

  good = read_source (&source, error);
  ps_capture_source_clear (&source);
  return good;
}

gboolean
ps_capture_file_read_in_place (const char *path,
                               const PsCaptureTaker *taker,
                               gpointer user_data,
                               GCancellable *cancellable,
                               GError **error)
{
  PsCaptureSource source = {
    .record_func = taker->record_func,
    .packet_func = taker->packet_func,
    .update_func = taker->update_func,
    .warning_func = taker->warning_func,
    .trees_func = taker->trees_func,
    .trees = taker->trees,
    .progress_func = taker->progress_func,
    .user_data = user_data,
    .cancellable = cancellable,
  };
  gboolean good;

  source.fd = open_path (path, error);
  if (source.fd < 0)
    return FALSE;

  ps_capture_source_map (&source);
  if (source.map)
    taker->map_func (source.map, user_data);
  good = read_source (&source, error);
  ps_capture_source_clear (&source);
  return good;
}

static gboolean
feed_session (const PsRecord *record, gpointer session)
{
  return ps_session_feed (session, record, NULL);
}

static void
feed_in_place (PsNewPacket *packet, const guint32 *paths, guint n_paths, gpointer session)
{
  ps_session_feed_in_place (session, packet, paths, n_paths);
}

static void
update_in_place (PsNewPacket *packet, const guint32 *paths, guint n_paths, gpointer session)
{
  ps_session_update_in_place (session, packet, paths, n_paths);
}

static void
hold_map (PsFileMap *map, gpointer session)
{
  ps_session_hold_map (session, map);
}

static void
count_trees (gsize size, gpointer session)
{
  ps_session_add_call_bytes (session, size);
}

static void
begin_trees (const PsTreeBases *bases, gpointer session)
{
  ps_session_begin_trees (session, bases);
}

static void
defer_trees (guint type, const guint8 *at, gsize size, gpointer session)
{
  ps_session_defer_trees (session, type, at, size);
}

static void
defer_group (const PsPayloadGroup *group, gpointer session)
{
  ps_session_defer_group (session, group);
}

static void
warn_session (const char *sentence, gpointer session)
{
  ps_session_add_warning (session, sentence);
}

gboolean
ps_capture_file_load (const char *path,
                      PsSession *session,
                      GCancellable *cancellable,
                      GError **error)
{
  static const PsCaptureTreeTaker tree_taker = { begin_trees, defer_trees, defer_group };
  static const PsCaptureTaker taker = {
    .record_func = feed_session,
    .packet_func = feed_in_place,
    .update_func = update_in_place,
    .map_func = hold_map,
    .warning_func = warn_session,
    .trees_func = count_trees,
    .trees = &tree_taker,
  };
  gboolean good;

  g_return_val_if_fail (PS_IS_SESSION (session), FALSE);

  good = ps_capture_file_read_in_place (path, &taker, session, cancellable, error);
  ps_session_publish (session);
  return good;
}
