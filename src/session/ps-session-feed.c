/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Into a session: one record at a time, each checked before anything changes. */
#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "session/ps-session-data.h"

static void
count_paths (PsSession *self, const PsPathReference *paths, guint n_paths, gint difference)
{
  for (guint i = 0; i < n_paths; i++)
    if (!(paths[i].flags & PS_PATH_REFERENCE_INFERRED))
      ps_dictionary_count_path (self->dictionary, paths[i].path, difference);
}

static void
learn_owner (PsSession *self, const PsPacketRecord *packet, guint64 socket)
{
  if (packet->flags & PS_PACKET_HAS_PROCESS)
    ps_socket_table_learn_owner (self->sockets, socket, packet->pid, packet->comm);
}

static void
add_packet (PsSession *self, PsNewPacket *new)
{
  const PsPacketRecord *packet = new->packet;
  PsPacketView view = { .packet = packet, .data = new->data };

  new->socket = packet->socket ? packet->socket : ps_socket_table_resolve (self->sockets, &view);
  ps_packet_store_append (self->packets, new);
  ps_socket_table_count (self->sockets, new->socket, 1);
  learn_owner (self, packet, new->socket);

  /* Published rows leave at the next publish; only a flood between two of them is cut here. */
  if (self->memory_limit > 0)
    ps_session_evict_to (self, self->memory_limit + self->memory_limit / 8);
}

static gboolean
feed_packet (PsSession *self, const PsRecord *record)
{
  PsPacketView view;
  PsNewPacket packet;

  if (!ps_record_view_packet (record, &view))
    return FALSE;
  ps_packet_store_compact (self->packets, &view, &packet);
  packet.time_ns =
      ps_hello_to_epoch (view.packet->time, ps_session_offset_of (self, view.packet->flags));
  count_paths (self, view.paths, view.packet->n_paths, 1);
  add_packet (self, &packet);
  return TRUE;
}

void
ps_session_feed_in_place (PsSession *self, PsNewPacket *packet, const guint32 *paths, guint n_paths)
{
  for (guint i = 0; i < n_paths; i++)
    ps_dictionary_count_path (self->dictionary, paths[i], 1);
  add_packet (self, packet);
  self->dirty = TRUE;
}

/* `new` without its time, which is that of its record if that has one. */
static void
update_packet (PsSession *self, PsNewPacket *new, const guint32 *paths, guint n_paths)
{
  const PsPacketRecord *packet = new->packet;
  guint64 number = ps_packet_store_find (self->packets, packet->id);
  PsPacket old;

  if (!ps_packet_store_get_paths (self->packets, number, &old))
    return;

  count_paths (self, old.paths, old.n_paths, -1);
  for (guint i = 0; i < n_paths; i++)
    ps_dictionary_count_path (self->dictionary, paths[i], 1);
  if (packet->socket && packet->socket != old.socket)
    {
      ps_socket_table_count (self->sockets, old.socket, -1);
      ps_socket_table_count (self->sockets, packet->socket, 1);
    }
  new->time_ns = packet->time
                     ? ps_hello_to_epoch (packet->time, ps_session_offset_of (self, packet->flags))
                     : old.time_ns;
  ps_packet_store_update (self->packets, number, new);
  learn_owner (self, packet, packet->socket ? packet->socket : old.socket);
  if (number < self->end_number)
    self->revision++;
}

void
ps_session_update_in_place (PsSession *self,
                            PsNewPacket *packet,
                            const guint32 *paths,
                            guint n_paths)
{
  update_packet (self, packet, paths, n_paths);
  self->dirty = TRUE;
}

/* The ids of those paths that were seen. Returns how many. */
static guint
list_paths (const PsPacketView *view, guint32 *ret_paths)
{
  guint n = 0;

  for (guint i = 0; i < view->packet->n_paths; i++)
    if (!(view->paths[i].flags & PS_PATH_REFERENCE_INFERRED))
      ret_paths[n++] = view->paths[i].path;
  return n;
}

static gboolean
feed_stages (PsSession *self, const PsRecord *record)
{
  PsPacketView view;
  PsNewPacket new;
  guint32 paths[PS_PATHS_MAX];

  if (!ps_record_view_packet (record, &view))
    return FALSE;
  ps_packet_store_compact (self->packets, &view, &new);
  update_packet (self, &new, paths, list_paths (&view, paths));
  return TRUE;
}

static gboolean
feed_loss (PsSession *self, const PsRecord *record)
{
  const PsLossRecord *loss = record->payload;

  if (record->length < sizeof *loss)
    return FALSE;
  if (loss->cause < PS_N_LOSSES)
    self->losses[loss->cause] = self->earlier_losses[loss->cause] + loss->count;
  return TRUE;
}

static gboolean
feed_hello (PsSession *self, const PsRecord *record)
{
  PsHello *hello = ps_hello_parse (record->payload, record->length);

  if (!hello)
    return FALSE;
  if (self->hello && self->hello->offset_ns != hello->offset_ns)
    /* Trees keep the times of their records: from now on these are of another clock. */
    ps_session_shift_trees (self, self->hello->offset_ns - hello->offset_ns);
  g_clear_pointer (&self->hello, ps_hello_free);
  self->hello = hello;
  ps_changes_begin (self->changes, record->payload, record->length);
  g_clear_pointer (&self->end, g_free);
  memcpy (self->earlier_losses, self->losses, sizeof self->losses);
  return TRUE;
}

static gboolean
feed_end (PsSession *self, const PsRecord *record)
{
  char *end = ps_hello_check_json (record->payload, record->length);

  if (!end)
    return FALSE;
  g_free (self->end);
  self->end = end;
  return TRUE;
}

static gboolean
feed_socket (PsSession *self, const PsRecord *record)
{
  PsSocketView view;

  if (!ps_record_view_socket (record, &view))
    return FALSE;
  ps_socket_table_feed (self->sockets, &view, ps_session_offset_of (self, 0));
  return TRUE;
}

static gboolean
feed_calls (PsSession *self, const PsRecord *record)
{
  PsCallsView view;

  if (!ps_record_view_calls (record, &view))
    return FALSE;
  ps_call_store_add (self->calls, record, &view);
  self->trees_revision++;
  return TRUE;
}

static gboolean
feed_metrics (PsSession *self, const PsRecord *record)
{
  PsMetricsView view;

  if (!ps_record_view_metrics (record, &view))
    return FALSE;
  ps_metrics_history_add (self->metrics, &view,
                          ps_hello_to_epoch (view.metrics->time, ps_session_offset_of (self, 0)));
  return TRUE;
}

static gboolean
feed_finding (PsSession *self, const PsRecord *record)
{
  PsFindingView view;

  if (!ps_record_view_finding (record, &view))
    return FALSE;
  if (!ps_findings_add (self->findings, &view,
                        ps_hello_to_epoch (view.finding->time, ps_session_offset_of (self, 0))))
    ps_session_add_warning (self, _ ("This capture holds more findings than can be kept; some are "
                                     "missing."));
  return TRUE;
}

static gboolean
feed_dictionary (PsSession *self, const PsRecord *record)
{
  gboolean was_full = ps_dictionary_is_full (self->dictionary);

  if (!ps_dictionary_feed (self->dictionary, record))
    return FALSE;
  if (!was_full && ps_dictionary_is_full (self->dictionary))
    ps_session_add_warning (self, _ ("This capture names more functions, paths or interfaces than "
                                     "can be kept; some are missing."));
  return TRUE;
}

static gboolean
feed_carried (PsSession *self, const PsRecord *record)
{
  const PsCarriedBlock *block = record->payload;

  if (record->length < sizeof *block || record->length - sizeof *block != block->size ||
      !ps_pcapng_is_carried (block->type))
    return FALSE;
  if (self->carried_size + record->length > PS_CARRIED_MAX)
    {
      ps_session_add_warning (self, _ ("This capture holds more names and secrets than can be "
                                       "kept; some are missing."));
      return TRUE;
    }
  self->carried_size += record->length;
  g_ptr_array_add (self->carried, g_bytes_new (record->payload, record->length));
  return TRUE;
}

static gboolean
feed_comment (PsSession *self, const PsRecord *record)
{
  const PsCarriedComment *comment = record->payload;

  if (record->length < sizeof *comment)
    return FALSE;
  if (!ps_comments_add (self->comments, comment->packet, (const char *)(comment + 1),
                        record->length - sizeof *comment))
    ps_session_add_warning (self, _ ("This capture holds more comments than can be kept; some are "
                                     "missing."));
  return TRUE;
}

static gboolean
dispatch (PsSession *self, const PsRecord *record)
{
  switch (record->type)
    {
    case PS_RECORD_PACKET:
      return feed_packet (self, record);
    case PS_RECORD_STAGES:
      return feed_stages (self, record);
    case PS_RECORD_SOCKET:
      return feed_socket (self, record);
    case PS_RECORD_CALLS:
      return feed_calls (self, record);
    case PS_RECORD_METRICS:
      return feed_metrics (self, record);
    case PS_RECORD_FINDING:
      return feed_finding (self, record);
    case PS_RECORD_LOSS:
      return feed_loss (self, record);
    case PS_RECORD_CHANGE:
      return ps_changes_add (self->changes, record->payload, record->length,
                             self->hello ? self->hello->offset_ns : 0);
    case PS_RECORD_HELLO:
      return feed_hello (self, record);
    case PS_RECORD_END:
      return feed_end (self, record);
    case PS_RECORD_NETNS:
    case PS_RECORD_INTERFACE:
    case PS_RECORD_NAME:
    case PS_RECORD_SYMBOL:
    case PS_RECORD_PATH:
      return feed_dictionary (self, record);
    case PS_RECORD_CARRIED:
      return feed_carried (self, record);
    case PS_RECORD_COMMENT:
      return feed_comment (self, record);
    default:
      return TRUE;
    }
}

/* The records are used in place as structs, so they must lie as structs do. */
static void
align (PsSession *self, PsRecord *record)
{
  if (GPOINTER_TO_SIZE (record->payload) % 8 == 0 || record->length > PS_RECORD_LENGTH_MAX)
    return;
  g_array_set_size (self->aligned, record->length / 8 + 1);
  memcpy (self->aligned->data, record->payload, record->length);
  record->payload = self->aligned->data;
}

gboolean
ps_session_feed (PsSession *self, const PsRecord *record, GError **error)
{
  PsRecord aligned;

  g_return_val_if_fail (PS_IS_SESSION (self), FALSE);
  g_return_val_if_fail (record != NULL, FALSE);

  aligned = *record;
  align (self, &aligned);
  if (!dispatch (self, &aligned))
    {
      g_set_error (error, PS_SESSION_ERROR, PS_SESSION_ERROR_MALFORMED,
                   _ ("A record of type %u is damaged: its %u bytes do not hold what it says."),
                   (guint)record->type, record->length);
      return FALSE;
    }
  self->dirty = TRUE;
  return TRUE;
}

gboolean
ps_session_feed_buffer (PsSession *self,
                        const guint8 *data,
                        gsize size,
                        gsize *ret_used,
                        GError **error)
{
  const guint8 *at = data;
  gboolean good = TRUE;
  PsRecord record;
  int found;

  g_return_val_if_fail (PS_IS_SESSION (self), FALSE);

  while (good && (found = ps_record_next (&at, &size, &record)) != 0)
    {
      if (found > 0)
        {
          good = ps_session_feed (self, &record, error);
          continue;
        }
      g_set_error_literal (error, PS_SESSION_ERROR, PS_SESSION_ERROR_MALFORMED,
                           _ ("The record stream is damaged: a record is longer than any can be."));
      good = FALSE;
    }
  if (ret_used)
    *ret_used = (gsize)(at - data);
  return good;
}
