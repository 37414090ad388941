/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-socket-list.h"

#include <gio/gio.h>

#define INTERVAL_US G_USEC_PER_SEC
#define SLICE_US 1000
#define PACKETS_BETWEEN_CLOCKS 256
#define SOCKETS_BETWEEN_CLOCKS 16
#define SOCKETS_AT_A_TIME 512

struct _PsSocketList {
  GObject parent_instance;

  PsSession *session;
  GListStore *items;
  GHashTable *by_cookie; /* guint64 → PsSocketItem */
  GPtrArray *fresh; /* PsSocketItem, owned by by_cookie: found in this pass */
  gboolean live;
  gboolean growing; /* by capture or by reading a file */
  gboolean again; /* something changed during this pass */
  gint64 pass_began;
  guint pass_next; /* the socket to read next */
  guint pass_idle;
  gboolean ranks; /* of some socket changed in this pass */
  guint rates_idle; /* reads the rates of a file off its packets */
  guint64 rates_next; /* 0: not begun */
};

G_DEFINE_FINAL_TYPE (PsSocketList, ps_socket_list, G_TYPE_OBJECT)

enum { RANKS_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void start_rates (PsSocketList *self);

static void
read_socket (PsSocketList *self, const PsSocket *socket)
{
  PsSocketItem *item = g_hash_table_lookup (self->by_cookie, &socket->record.cookie);
  guint rank;

  if (item == NULL)
    {
      item = ps_socket_item_new (socket);
      g_hash_table_insert (self->by_cookie, g_memdup2 (&socket->record.cookie, sizeof (guint64)),
                           item);
      g_ptr_array_add (self->fresh, item);
      return;
    }
  rank = ps_socket_item_get_rank (item);
  ps_socket_item_update (item, socket, self->live);
  self->ranks |= rank != ps_socket_item_get_rank (item);
}

/* Sockets found in this pass, not too many at a time; TRUE if some are left. */
static gboolean
announce_some (PsSocketList *self)
{
  guint n = MIN (self->fresh->len, SOCKETS_AT_A_TIME);

  if (n > 0)
    {
      g_list_store_splice (self->items, g_list_model_get_n_items (G_LIST_MODEL (self->items)), 0,
                           self->fresh->pdata, n);
      g_ptr_array_remove_range (self->fresh, 0, n);
    }
  return self->fresh->len > 0;
}

/* A slice of the sockets: there may be tens of thousands, and a frame is short. */
static gboolean
read_slice (gpointer data)
{
  PsSocketList *self = data;
  gint64 deadline = g_get_monotonic_time () + SLICE_US;
  guint n = ps_session_get_n_sockets (self->session);
  PsSocket socket;

  while (self->pass_next < n && g_get_monotonic_time () < deadline)
    for (guint i = 0; i < SOCKETS_BETWEEN_CLOCKS && self->pass_next < n; i++)
      if (ps_session_get_nth_socket (self->session, self->pass_next++, &socket))
        read_socket (self, &socket);
  if (self->pass_next < n)
    return G_SOURCE_CONTINUE;

  /* Those that are there are put in order first: a sorted list takes new ones only in between. */
  if (self->ranks)
    g_signal_emit (self, signals[RANKS_CHANGED], 0);
  self->ranks = FALSE;
  if (announce_some (self))
    return G_SOURCE_CONTINUE;
  if (self->again)
    {
      self->again = FALSE;
      self->pass_next = 0;
      return G_SOURCE_CONTINUE;
    }
  self->pass_idle = 0;
  if (!self->growing)
    start_rates (self);
  return G_SOURCE_REMOVE;
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
      self->rates_idle = 0;
      return G_SOURCE_REMOVE;
    }
  while (self->rates_next < end && g_get_monotonic_time () < deadline)
    for (guint i = 0; i < PACKETS_BETWEEN_CLOCKS && self->rates_next < end; i++)
      add_packet_to_rate (self, self->rates_next++, from.time_ns,
                          MAX (to.time_ns - from.time_ns, 1));
  if (self->rates_next < end)
    return G_SOURCE_CONTINUE;

  self->rates_idle = 0;
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->items)); i++)
    {
      g_autoptr (PsSocketItem) item = g_list_model_get_item (G_LIST_MODEL (self->items), i);
      g_signal_emit_by_name (item, "changed");
    }
  return G_SOURCE_REMOVE;
}

static void
start_rates (PsSocketList *self)
{
  if (self->rates_next != 0 || ps_session_get_n_packets (self->session) == 0)
    return;
  self->rates_next = ps_session_get_first_packet (self->session);
  self->rates_idle = g_idle_add (read_rates, self);
}

void
ps_socket_list_update (PsSocketList *self, gboolean live, gboolean growing, gboolean force)
{
  gint64 now = g_get_monotonic_time ();

  g_return_if_fail (PS_IS_SOCKET_LIST (self));
  if (self->session == NULL || (!force && now - self->pass_began < INTERVAL_US))
    return;
  self->live = live;
  self->growing = growing;
  if (self->pass_idle != 0)
    {
      self->again |= force;
      return;
    }
  self->again = FALSE;
  if (live)
    self->rates_next = G_MAXUINT64; /* rates are read as they come */
  self->pass_began = now;
  self->pass_next = 0;
  self->ranks = FALSE;
  if (read_slice (self) == G_SOURCE_CONTINUE)
    self->pass_idle = g_idle_add (read_slice, self);
}

static void
stop_work (PsSocketList *self)
{
  g_clear_handle_id (&self->pass_idle, g_source_remove);
  g_clear_handle_id (&self->rates_idle, g_source_remove);
}

void
ps_socket_list_set_session (PsSocketList *self, PsSession *session)
{
  g_return_if_fail (PS_IS_SOCKET_LIST (self));

  stop_work (self);
  g_ptr_array_set_size (self->fresh, 0);
  g_list_store_remove_all (self->items);
  g_hash_table_remove_all (self->by_cookie);
  self->pass_began = 0;
  self->rates_next = 0;
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

  stop_work (self);
  g_clear_object (&self->session);
  g_clear_object (&self->items);
  g_hash_table_unref (self->by_cookie);
  g_ptr_array_unref (self->fresh);
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
  self->fresh = g_ptr_array_new ();
  self->by_cookie = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_object_unref);
}

PsSocketList *
ps_socket_list_new (void)
{
  return g_object_new (PS_TYPE_SOCKET_LIST, NULL);
}
