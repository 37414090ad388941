/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "session/ps-session-data.h"

/* A file that is damaged all over must not fill memory with complaints. */
#define WARNINGS_MAX 16u

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
  g_clear_pointer (&self->deferred, ps_deferred_trees_free);
  g_clear_pointer (&self->asked, ps_session_trees_free);
  g_mutex_clear (&self->trees_lock);
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
  g_clear_pointer (&self->findings, ps_findings_free);
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
  self->sockets = ps_socket_table_new ();
  self->dictionary = ps_dictionary_new ();
  self->metrics = ps_metrics_history_new ();
  self->changes = ps_changes_new ();
  self->warnings = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->warnings, NULL);
  self->aligned = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->carried = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  self->comments = ps_comments_new ();
  self->findings = ps_findings_new ();
  g_mutex_init (&self->trees_lock);
  self->asked = ps_session_trees_new ();
  self->maps = g_ptr_array_new_with_free_func ((GDestroyNotify)ps_file_map_unref);
  self->first = self->end_number = 1;
}

PsSession *
ps_session_new (guint64 memory_limit)
{
  PsSession *self = g_object_new (PS_TYPE_SESSION, NULL);

  self->memory_limit = memory_limit;
  self->packets = ps_packet_store_new (/* stays= */ memory_limit == 0);
  self->calls = ps_call_store_new (memory_limit);
  return self;
}

void
ps_session_evict_to (PsSession *self, guint64 limit)
{
  while (ps_packet_store_get_size (self->packets) > limit)
    if (ps_packet_store_evict (self->packets) == 0)
      break;
}

void
ps_session_hold_map (PsSession *self, PsFileMap *map)
{
  g_mutex_lock (&self->trees_lock);
  g_ptr_array_add (self->maps, ps_file_map_ref (map));
  g_mutex_unlock (&self->trees_lock);
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

void
ps_session_publish (PsSession *self)
{
  g_return_if_fail (PS_IS_SESSION (self));

  if (!self->dirty)
    return;
  if (self->memory_limit > 0)
    ps_session_evict_to (self, self->memory_limit);

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
ps_session_get_n_findings (PsSession *self)
{
  return ps_findings_get_n (self->findings);
}

const PsFinding *
ps_session_get_nth_finding (PsSession *self, guint nth)
{
  return ps_findings_get_nth (self->findings, nth);
}

const PsFinding *
ps_session_get_finding_of (PsSession *self, guint64 id, guint nth)
{
  return ps_findings_get_of_packet (self->findings, id, nth);
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
  /* Found out by whoever asked for a tree first, in whatever thread. */
  if (g_atomic_int_compare_and_exchange (&self->trees_damaged, 1, 2))
    ps_session_add_warning (self, _ ("Some of PacketScope’s own records in this file are "
                                     "damaged and were left out."));
  return (const char *const *)self->warnings->pdata;
}
