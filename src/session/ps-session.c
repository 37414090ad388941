/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "session/ps-call-store.h"
#include "session/ps-changes.h"
#include "session/ps-comments.h"
#include "session/ps-dictionary.h"
#include "session/ps-hello.h"
#include "session/ps-metrics-history.h"
#include "session/ps-packet-store.h"
#include "session/ps-pcapng-carried.h"
#include "session/ps-session-private.h"
#include "session/ps-socket-table.h"

/* A file that is damaged all over must not fill memory with complaints. */
#define WARNINGS_MAX 16u

struct _PsSession {
  GObject parent_instance;

  guint64 memory_limit;
  PsPacketStore *packets;
  PsCallStore *calls;
  guint64 call_bytes; /* in the file */
  PsSocketTable *sockets;
  PsDictionary *dictionary;
  PsMetricsHistory *metrics;
  PsChanges *changes;
  PsHello *hello;
  char *end;
  GPtrArray *warnings; /* NULL-terminated */
  guint64 losses[PS_N_LOSSES];
  guint64 earlier_losses[PS_N_LOSSES]; /* of the captures before the last hello */

  guint64 first; /* published */
  guint64 end_number; /* published; one past the last */
  guint64 revision;
  gboolean dirty;
  GArray *aligned; /* guint64: a payload that came unaligned */
  GPtrArray *carried; /* GBytes: PsCarriedBlock and its body */
  gsize carried_size;
  PsComments *comments;
  GPtrArray *maps; /* PsFileMap: of packets that were not copied */
};

G_DEFINE_FINAL_TYPE (PsSession, ps_session, G_TYPE_OBJECT)
G_DEFINE_QUARK (ps_session_error_quark, ps_session_error)

enum {
  SIGNAL_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void
ps_session_finalize (GObject *object)
{
  PsSession *self = PS_SESSION (object);

  g_clear_pointer (&self->packets, ps_packet_store_free);
  g_clear_pointer (&self->calls, ps_call_store_free);
  g_clear_pointer (&self->sockets, ps_socket_table_free);
  g_clear_pointer (&self->dictionary, ps_dictionary_free);
  g_clear_pointer (&self->metrics, ps_metrics_history_free);
  g_clear_pointer (&self->changes, ps_changes_free);
  g_clear_pointer (&self->hello, ps_hello_free);
  g_clear_pointer (&self->end, g_free);
  g_clear_pointer (&self->warnings, g_ptr_array_unref);
  g_clear_pointer (&self->aligned, g_array_unref);
  g_clear_pointer (&self->maps, g_ptr_array_unref);
  g_clear_pointer (&self->carried, g_ptr_array_unref);
  g_clear_pointer (&self->comments, ps_comments_free);
  G_OBJECT_CLASS (ps_session_parent_class)->finalize (object);
}

static void
ps_session_class_init (PsSessionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ps_session_finalize;

  /* Emitted by ps_session_publish() if anything became visible since the last time. */
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", PS_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 0);
}

static void
ps_session_init (PsSession *self)
{
  self->packets = ps_packet_store_new ();
  self->sockets = ps_socket_table_new ();
  self->dictionary = ps_dictionary_new ();
  self->metrics = ps_metrics_history_new ();
  self->changes = ps_changes_new ();
  self->warnings = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->warnings, NULL);
  self->aligned = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->carried = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  self->comments = ps_comments_new ();
  self->maps = g_ptr_array_new_with_free_func ((GDestroyNotify)ps_file_map_unref);
  self->first = self->end_number = 1;
}

PsSession *
ps_session_new (guint64 memory_limit)
{
  PsSession *self = g_object_new (PS_TYPE_SESSION, NULL);

  self->memory_limit = memory_limit;
  self->calls = ps_call_store_new (memory_limit);
  return self;
}

/* Packets of foreign captures carry epoch times already; so do those before any hello. */
static gint64
offset_of (PsSession *self, guint16 packet_flags)
{
  return self->hello && !(packet_flags & PS_PACKET_IMPORTED) ? self->hello->offset_ns : 0;
}

static void
evict_to (PsSession *self, guint64 limit)
{
  while (ps_packet_store_get_size (self->packets) > limit)
    if (ps_packet_store_evict (self->packets) == 0)
      break;
}

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
    evict_to (self, self->memory_limit + self->memory_limit / 8);
}

static gboolean
feed_packet (PsSession *self, const PsRecord *record)
{
  PsPacketView view;
  PsNewPacket packet;

  if (!ps_record_view_packet (record, &view))
    return FALSE;
  ps_packet_store_compact (self->packets, &view, &packet);
  packet.time_ns = ps_hello_to_epoch (view.packet->time, offset_of (self, view.packet->flags));
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

void
ps_session_hold_map (PsSession *self, PsFileMap *map)
{
  g_ptr_array_add (self->maps, ps_file_map_ref (map));
}

/* `new` without its time, which is that of its record if that has one. */
static void
update_packet (PsSession *self, PsNewPacket *new, const guint32 *paths, guint n_paths)
{
  const PsPacketRecord *packet = new->packet;
  guint64 number = ps_packet_store_find (self->packets, packet->id);
  PsPacket old;

  if (!ps_packet_store_get (self->packets, number, &old))
    return;

  count_paths (self, old.paths, old.n_paths, -1);
  for (guint i = 0; i < n_paths; i++)
    ps_dictionary_count_path (self->dictionary, paths[i], 1);
  if (packet->socket && packet->socket != old.socket)
    {
      ps_socket_table_count (self->sockets, old.socket, -1);
      ps_socket_table_count (self->sockets, packet->socket, 1);
    }
  new->time_ns = packet->time ? ps_hello_to_epoch (packet->time, offset_of (self, packet->flags))
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
  ps_socket_table_feed (self->sockets, &view, offset_of (self, 0));
  return TRUE;
}

static gboolean
feed_calls (PsSession *self, const PsRecord *record)
{
  PsCallsView view;

  if (!ps_record_view_calls (record, &view))
    return FALSE;
  ps_call_store_add (self->calls, record, &view);
  return TRUE;
}

static gboolean
feed_metrics (PsSession *self, const PsRecord *record)
{
  PsMetricsView view;

  if (!ps_record_view_metrics (record, &view))
    return FALSE;
  ps_metrics_history_add (self->metrics, &view,
                          ps_hello_to_epoch (view.metrics->time, offset_of (self, 0)));
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

const char *
ps_session_get_comment (PsSession *self, guint64 id, guint nth)
{
  return ps_comments_get (self->comments, id, nth);
}

guint
ps_session_get_n_carried (PsSession *self)
{
  return self->carried->len;
}

GBytes *
ps_session_get_nth_carried (PsSession *self, guint nth)
{
  return nth < self->carried->len ? g_ptr_array_index (self->carried, nth) : NULL;
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

void
ps_session_publish (PsSession *self)
{
  g_return_if_fail (PS_IS_SESSION (self));

  if (!self->dirty)
    return;
  if (self->memory_limit > 0)
    evict_to (self, self->memory_limit);

  self->dirty = FALSE;
  self->first = ps_packet_store_get_first (self->packets);
  self->end_number = ps_packet_store_get_end (self->packets);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

guint64
ps_session_get_first_packet (PsSession *self)
{
  return self->first;
}

guint64
ps_session_get_n_packets (PsSession *self)
{
  return self->end_number - self->first;
}

guint64
ps_session_get_n_evicted (PsSession *self)
{
  return self->first - 1;
}

guint64
ps_session_get_revision (PsSession *self)
{
  return self->revision;
}

gboolean
ps_session_get_packet (PsSession *self, guint64 number, PsPacket *ret_packet)
{
  return number < self->end_number && ps_packet_store_get (self->packets, number, ret_packet);
}

gboolean
ps_session_get_packet_header (PsSession *self, guint64 number, PsPacket *ret_packet)
{
  guint row;
  const PsPacketChunk *chunk =
      number < self->end_number ? ps_packet_store_get_chunk (self->packets, number, &row) : NULL;

  if (!chunk)
    return FALSE;
  ret_packet->number = number;
  ps_packet_chunk_get_header (chunk, row, ret_packet);
  return TRUE;
}

gboolean
ps_session_get_columns (PsSession *self, guint64 number, PsSessionColumns *ret_columns)
{
  guint row;
  const PsPacketChunk *chunk =
      number < self->end_number ? ps_packet_store_get_chunk (self->packets, number, &row) : NULL;

  if (!chunk)
    return FALSE;
  ps_packet_chunk_get_columns (chunk, row, ret_columns);
  ret_columns->n = (guint)MIN (ret_columns->n, self->end_number - number);
  return TRUE;
}

guint64
ps_session_find_packet (PsSession *self, guint64 id)
{
  guint64 number = ps_packet_store_find (self->packets, id);

  return number < self->end_number ? number : 0;
}

guint64
ps_session_find_child (PsSession *self, guint64 id, guint64 after)
{
  guint64 number = id ? ps_packet_store_find_child (self->packets, id, after) : 0;

  return number < self->end_number ? number : 0;
}

guint
ps_session_get_n_trees (PsSession *self, guint64 id)
{
  g_return_val_if_fail (PS_IS_SESSION (self), 0);
  return id ? ps_call_store_count (self->calls, id) : 0;
}

gboolean
ps_session_get_tree (PsSession *self,
                     guint64 id,
                     guint nth,
                     PsCallsView *ret_view,
                     gint64 *ret_time_ns)
{
  g_return_val_if_fail (PS_IS_SESSION (self), FALSE);

  if (!ps_call_store_get (self->calls, id, nth, ret_view))
    return FALSE;
  *ret_time_ns = ps_hello_to_epoch (ret_view->calls->time, offset_of (self, 0));
  return TRUE;
}

guint64
ps_session_get_n_calls (PsSession *self)
{
  g_return_val_if_fail (PS_IS_SESSION (self), 0);
  return ps_call_store_get_n_calls (self->calls);
}

guint64
ps_session_get_call_bytes (PsSession *self)
{
  g_return_val_if_fail (PS_IS_SESSION (self), 0);
  return self->call_bytes;
}

void
ps_session_add_call_bytes (PsSession *self, gsize size)
{
  self->call_bytes += size;
}

gboolean
ps_session_get_tree_part (PsSession *self,
                          guint64 tree,
                          guint part,
                          PsCallsView *ret_view,
                          gint64 *ret_time_ns)
{
  g_return_val_if_fail (PS_IS_SESSION (self), FALSE);

  if (!ps_call_store_get_part (self->calls, tree, part, ret_view))
    return FALSE;
  *ret_time_ns = ps_hello_to_epoch (ret_view->calls->time, offset_of (self, 0));
  return TRUE;
}

void
ps_session_find_spans (PsSession *self,
                       guint64 socket,
                       guint32 first_seq,
                       guint32 end_seq,
                       GArray *spans)
{
  g_return_if_fail (PS_IS_SESSION (self));

  if (socket != 0)
    ps_call_store_find_spans (self->calls, socket, first_seq, end_seq, spans);
}

const PsInterface *
ps_session_get_interface (PsSession *self, guint32 netns, guint32 index)
{
  return ps_dictionary_get_interface (self->dictionary, netns, index);
}

guint
ps_session_get_n_interfaces (PsSession *self)
{
  return ps_dictionary_get_n_interfaces (self->dictionary);
}

const PsInterface *
ps_session_get_nth_interface (PsSession *self, guint nth)
{
  return ps_dictionary_get_nth_interface (self->dictionary, nth);
}

const char *
ps_session_get_netns_name (PsSession *self, guint32 netns)
{
  return ps_dictionary_get_netns_name (self->dictionary, netns);
}

const char *
ps_session_get_name (PsSession *self, PsNameKind kind, guint32 number)
{
  return ps_dictionary_get_name (self->dictionary, kind, number);
}

const PsSymbol *
ps_session_get_symbol (PsSession *self, guint32 id)
{
  return ps_dictionary_get_symbol (self->dictionary, id);
}

gboolean
ps_session_get_path (PsSession *self, guint32 id, PsPath *ret_path)
{
  return ps_dictionary_get_path (self->dictionary, id, ret_path);
}

guint32
ps_session_get_n_paths (PsSession *self)
{
  return ps_dictionary_get_n_paths (self->dictionary);
}

gboolean
ps_session_get_nth_path (PsSession *self, guint32 nth, PsPath *ret_path)
{
  return ps_dictionary_get_nth_path (self->dictionary, nth, ret_path);
}

guint
ps_session_get_n_sockets (PsSession *self)
{
  return ps_socket_table_get_n (self->sockets);
}

gboolean
ps_session_get_nth_socket (PsSession *self, guint nth, PsSocket *ret_socket)
{
  return ps_socket_table_get_nth (self->sockets, nth, ret_socket);
}

gboolean
ps_session_find_socket (PsSession *self, guint64 cookie, PsSocket *ret_socket)
{
  return ps_socket_table_find (self->sockets, cookie, ret_socket);
}

gboolean
ps_session_get_process (PsSession *self,
                        const PsPacket *packet,
                        guint32 *ret_pid,
                        const char **ret_comm,
                        gboolean *ret_is_owner)
{
  if (packet->flags & PS_PACKET_HAS_PROCESS)
    {
      *ret_pid = packet->pid;
      *ret_comm = packet->comm;
      if (ret_is_owner)
        *ret_is_owner = FALSE;
      return TRUE;
    }
  if (!ps_socket_table_get_owner (self->sockets, packet->socket, ret_pid, ret_comm))
    return FALSE;
  if (ret_is_owner)
    *ret_is_owner = TRUE;
  return TRUE;
}

guint
ps_session_get_n_metrics (PsSession *self)
{
  return ps_metrics_history_get_n (self->metrics);
}

gboolean
ps_session_get_nth_metrics (PsSession *self, guint nth, PsMetricsSample *ret_sample)
{
  return ps_metrics_history_get_nth (self->metrics, nth, ret_sample);
}

guint64
ps_session_get_loss (PsSession *self, enum ps_loss cause)
{
  if (cause >= PS_N_LOSSES)
    return 0;
  return self->losses[cause] + (cause == PS_LOSS_EVICTED ? ps_session_get_n_evicted (self) : 0);
}

guint
ps_session_get_n_changes (PsSession *self)
{
  return ps_changes_get_n (self->changes);
}

const PsSessionChange *
ps_session_get_nth_change (PsSession *self, guint nth)
{
  return ps_changes_get_nth (self->changes, nth);
}

const PsSessionChange *
ps_session_get_state (PsSession *self)
{
  return ps_changes_get_last (self->changes);
}

const char *
ps_session_get_depth (PsSession *self)
{
  return self->hello ? self->hello->depth : NULL;
}

const char *
ps_session_get_mechanism (PsSession *self)
{
  return self->hello ? self->hello->mechanism : NULL;
}

const char *
ps_session_get_host (PsSession *self)
{
  return self->hello ? self->hello->host : NULL;
}

const char *
ps_session_get_kernel (PsSession *self)
{
  return self->hello ? self->hello->kernel : NULL;
}

const char *
ps_session_get_hello (PsSession *self)
{
  return self->hello ? self->hello->text : NULL;
}

const char *
ps_session_get_end (PsSession *self)
{
  return self->end;
}

void
ps_session_add_warning (PsSession *self, const char *sentence)
{
  if (self->warnings->len > WARNINGS_MAX)
    return;
  for (guint i = 0; i + 1 < self->warnings->len; i++)
    if (g_strcmp0 (g_ptr_array_index (self->warnings, i), sentence) == 0)
      return;
  g_ptr_array_index (self->warnings, self->warnings->len - 1) = g_strdup (sentence);
  g_ptr_array_add (self->warnings, NULL);
  self->dirty = TRUE;
}

const char *const *
ps_session_get_warnings (PsSession *self)
{
  return (const char *const *)self->warnings->pdata;
}
