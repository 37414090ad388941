/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-socket-list.h"

#include <gio/gio.h>

#define INTERVAL_US G_USEC_PER_SEC
#define SLICE_US 1000
#define PACKETS_BETWEEN_CLOCKS 256

struct _PsSocketList {
  GObject parent_instance;

  PsSession *session;
  GListStore *items;
  GHashTable *by_cookie; /* guint64 → PsSocketItem */
  gint64 read_at;
  guint idle; /* reads the rates of a file off its packets */
  guint64 next; /* 0: not begun */
};

G_DEFINE_FINAL_TYPE (PsSocketList, ps_socket_list, G_TYPE_OBJECT)

enum { RANKS_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static gboolean
update_socket (PsSocketList *self, const PsSocket *socket, double elapsed, GPtrArray *fresh)
{
  PsSocketItem *item = g_hash_table_lookup (self->by_cookie, &socket->record.cookie);
  guint rank;

  if (item == NULL)
    {
      item = ps_socket_item_new (socket);
      g_hash_table_insert (self->by_cookie, g_memdup2 (&socket->record.cookie, sizeof (guint64)),
                           item);
      g_ptr_array_add (fresh, item);
      return FALSE;
    }
  rank = ps_socket_item_get_rank (item);
  ps_socket_item_update (item, socket, elapsed);
  return rank != ps_socket_item_get_rank (item);
}

static void
add_packet_to_rate (PsSocketList *self, guint64 number, gint64 first_ns, gint64 span_ns)
{
  PsSocketItem *item;
  PsPacket packet;
  guint nth;

  if (!ps_session_get_packet (self->session, number, &packet) || packet.socket == 0)
    return;
  item = g_hash_table_lookup (self->by_cookie, &packet.socket);
  if (item == NULL || packet.time_ns < first_ns)
    return;
  nth = (guint)((double)(packet.time_ns - first_ns) / (double)span_ns * PS_SOCKET_RATES);
  ps_socket_item_add_to_rate (item, MIN (nth, PS_SOCKET_RATES - 1), packet.length);
}

/* A slice of the packets of a file, so that even a million do not hold a frame. */
static gboolean
read_rates (gpointer data)
{
  PsSocketList *self = data;
  gint64 deadline = g_get_monotonic_time () + SLICE_US;
  guint64 first = ps_session_get_first_packet (self->session);
  guint64 end = first + ps_session_get_n_packets (self->session);
  PsPacket from, to;

  if (!ps_session_get_packet (self->session, first, &from) ||
      !ps_session_get_packet (self->session, end - 1, &to))
    {
      self->idle = 0;
      return G_SOURCE_REMOVE;
    }
  while (self->next < end && g_get_monotonic_time () < deadline)
    for (guint i = 0; i < PACKETS_BETWEEN_CLOCKS && self->next < end; i++)
      add_packet_to_rate (self, self->next++, from.time_ns, MAX (to.time_ns - from.time_ns, 1));
  if (self->next < end)
    return G_SOURCE_CONTINUE;

  self->idle = 0;
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->items)); i++)
    {
      g_autoptr (PsSocketItem) item = g_list_model_get_item (G_LIST_MODEL (self->items), i);
      g_signal_emit_by_name (item, "changed");
    }
  return G_SOURCE_REMOVE;
}

void
ps_socket_list_update (PsSocketList *self, gboolean live, gboolean force)
{
  g_autoptr (GPtrArray) fresh = g_ptr_array_new ();
  gint64 now = g_get_monotonic_time ();
  double elapsed = live && self->read_at != 0 ? (double)(now - self->read_at) / G_USEC_PER_SEC : 0;
  gboolean ranks = FALSE;
  PsSocket socket;

  g_return_if_fail (PS_IS_SOCKET_LIST (self));
  if (self->session == NULL || (!force && now - self->read_at < INTERVAL_US))
    return;
  self->read_at = now;
  for (guint i = 0; i < ps_session_get_n_sockets (self->session); i++)
    if (ps_session_get_nth_socket (self->session, i, &socket))
      ranks |= update_socket (self, &socket, elapsed, fresh);
  if (fresh->len > 0)
    g_list_store_splice (self->items, g_list_model_get_n_items (G_LIST_MODEL (self->items)), 0,
                         fresh->pdata, fresh->len);
  if (ranks)
    g_signal_emit (self, signals[RANKS_CHANGED], 0);
  if (live)
    self->next = G_MAXUINT64; /* rates were read as they came */
  if (self->next == 0 && ps_session_get_n_packets (self->session) > 0)
    {
      self->next = ps_session_get_first_packet (self->session);
      self->idle = g_idle_add (read_rates, self);
    }
}

void
ps_socket_list_set_session (PsSocketList *self, PsSession *session)
{
  g_return_if_fail (PS_IS_SOCKET_LIST (self));

  g_clear_handle_id (&self->idle, g_source_remove);
  g_list_store_remove_all (self->items);
  g_hash_table_remove_all (self->by_cookie);
  self->read_at = 0;
  self->next = 0;
  g_set_object (&self->session, session);
}

GListModel *
ps_socket_list_get_items (PsSocketList *self)
{
  g_return_val_if_fail (PS_IS_SOCKET_LIST (self), NULL);
  return G_LIST_MODEL (self->items);
}

static void
ps_socket_list_finalize (GObject *object)
{
  PsSocketList *self = PS_SOCKET_LIST (object);

  g_clear_handle_id (&self->idle, g_source_remove);
  g_clear_object (&self->session);
  g_clear_object (&self->items);
  g_hash_table_unref (self->by_cookie);
  G_OBJECT_CLASS (ps_socket_list_parent_class)->finalize (object);
}

static void
ps_socket_list_class_init (PsSocketListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ps_socket_list_finalize;
  signals[RANKS_CHANGED] = g_signal_new ("ranks-changed", PS_TYPE_SOCKET_LIST, G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
ps_socket_list_init (PsSocketList *self)
{
  self->items = g_list_store_new (PS_TYPE_SOCKET_ITEM);
  self->by_cookie = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_object_unref);
}

PsSocketList *
ps_socket_list_new (void)
{
  return g_object_new (PS_TYPE_SOCKET_LIST, NULL);
}
