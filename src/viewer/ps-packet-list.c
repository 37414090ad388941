/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-packet-list.h"

#include "session/ps-session-columns.h"
#include "viewer/ps-packet-columns.h"

#define SLICE_US 2000 /* of main loop work at a time */
#define PACKETS_BETWEEN_CLOCKS 512u
#define SORT_INTERVAL_US G_USEC_PER_SEC /* of a live list: rows that jump cannot be read */

/* A row that is not simply the n-th packet. `key` counts only while sorted. */
typedef struct {
  PsSortKey key;
  guint64 number;
} Row;

struct _PsPacketList {
  GObject parent_instance;

  PsDocument *document;
  PsSession *session;
  PsFilter *filter;
  int column; /* -1: not sorted */
  gboolean descending;
  gboolean frozen;

  guint64 first; /* packet of row 0 while `rows` is NULL */
  guint n_rows; /* announced */
  GArray *rows; /* Row; NULL: every packet in order */

  guint64 next; /* the next packet to look at */
  GArray *unsorted; /* Row: found, to be sorted in */
  guint idle;
  guint sort_timer;
  gint64 sorted_at;
  GCancellable *sorting;

  GHashTable *items; /* number → PsPacketItem, not owned: those alive */
  guint64 revision;
};

static void list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PsPacketList,
                               ps_packet_list,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

enum { PROP_0, PROP_SCANNING, N_PROPS };
static GParamSpec *properties[N_PROPS];

static gboolean scan_slice (gpointer data);
static void start_sort (PsPacketList *self);

static guint64
row_number (PsPacketList *self, guint position)
{
  if (self->rows == NULL)
    return self->first + position;
  if (self->column >= 0 && self->descending)
    position = self->n_rows - 1 - position;
  return g_array_index (self->rows, Row, position).number;
}

static GType
get_item_type (GListModel *model)
{
  return PS_TYPE_PACKET_ITEM;
}

static guint
get_n_items (GListModel *model)
{
  return PS_PACKET_LIST (model)->n_rows;
}

static void
item_gone (gpointer data, GObject *item)
{
  PsPacketList *self = data;
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, self->items);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (value == item)
      {
        g_hash_table_iter_remove (&iter);
        return;
      }
}

/* The same object for the same packet as long as anybody holds it: selections survive. */
static gpointer
get_item (GListModel *model, guint position)
{
  PsPacketList *self = PS_PACKET_LIST (model);
  PsPacketItem *item;
  guint64 number;

  if (position >= self->n_rows || self->session == NULL)
    return NULL;
  number = row_number (self, position);
  item = g_hash_table_lookup (self->items, &number);
  if (item != NULL)
    return g_object_ref (item);

  item = ps_packet_item_new (self->session, number);
  g_hash_table_insert (self->items, g_memdup2 (&number, sizeof number), item);
  g_object_weak_ref (G_OBJECT (item), item_gone, self);
  return item;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

static void
forget_items (PsPacketList *self)
{
  GHashTableIter iter;
  gpointer item;

  g_hash_table_iter_init (&iter, self->items);
  while (g_hash_table_iter_next (&iter, NULL, &item))
    g_object_weak_unref (item, item_gone, self);
  g_hash_table_remove_all (self->items);
}

gboolean
ps_packet_list_shows_all (PsPacketList *self)
{
  g_return_val_if_fail (PS_IS_PACKET_LIST (self), TRUE);
  return self->filter == NULL && !ps_document_has_selected_sockets (self->document);
}

gboolean
ps_packet_list_is_sorted (PsPacketList *self)
{
  g_return_val_if_fail (PS_IS_PACKET_LIST (self), FALSE);
  return self->column >= 0;
}

gboolean
ps_packet_list_is_scanning (PsPacketList *self)
{
  g_return_val_if_fail (PS_IS_PACKET_LIST (self), FALSE);
  return self->idle != 0 || self->sorting != NULL;
}

static void
notify_scanning (PsPacketList *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SCANNING]);
}

static void
announce_rows (PsPacketList *self, guint n)
{
  guint old = self->n_rows;

  if (n == old)
    return;
  self->n_rows = n;
  g_list_model_items_changed (G_LIST_MODEL (self), old, 0, n - old);
}

/* One combined signal costs GTK several times what these two do. */
static void
remove_all_rows (PsPacketList *self)
{
  guint old = self->n_rows;

  self->n_rows = 0;
  if (old > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), 0, old, 0);
}

/* Rows of packets that left the session's memory leave the top of the list. */
static void
remove_evicted (PsPacketList *self)
{
  guint64 first = ps_session_get_first_packet (self->session);
  guint n = 0;

  if (self->rows == NULL)
    {
      n = first > self->first ? (guint)MIN (first - self->first, self->n_rows) : 0;
      self->first = MAX (self->first, first);
    }
  else if (self->column < 0)
    {
      while (n < self->n_rows && g_array_index (self->rows, Row, n).number < first)
        n++;
      if (n > 0)
        g_array_remove_range (self->rows, 0, n);
    }
  if (n > 0)
    {
      self->n_rows -= n;
      g_list_model_items_changed (G_LIST_MODEL (self), 0, n, 0);
    }
}

static guint64
end_of_session (PsPacketList *self)
{
  return ps_session_get_first_packet (self->session) + ps_session_get_n_packets (self->session);
}

static void
scan_packet (PsPacketList *self, guint64 number)
{
  PsPacket packet;
  PsPacketRow shown;
  Row row = { .number = number };

  if (!ps_session_get_packet_header (self->session, number, &packet) ||
      !ps_document_shows_socket (self->document, packet.socket))
    return;
  if (self->column < 0)
    {
      g_array_append_val (self->rows, row);
      return;
    }
  if (ps_packet_row_read (self->session, number, &shown))
    {
      row.key = ps_packet_columns[self->column].key (&shown);
      g_array_append_val (self->unsorted, row);
    }
}

/* The filter is asked of all of them at once. */
static void
scan_packets (PsPacketList *self, guint n)
{
  guint64 passed[(PACKETS_BETWEEN_CLOCKS + 63) / 64];

  if (self->filter != NULL)
    ps_filter_select (self->filter, self->session, self->next, n, passed);
  for (guint i = 0; i < n; i++)
    if (self->filter == NULL || passed[i / 64] >> i % 64 & 1)
      scan_packet (self, self->next + i);
  self->next += n;
}

static gboolean
scan_slice (gpointer data)
{
  PsPacketList *self = data;
  gint64 deadline = g_get_monotonic_time () + SLICE_US;
  guint64 end = end_of_session (self);

  if (self->filter != NULL && ps_filter_needs_calls (self->filter) &&
      !ps_session_prepare_trees_for (self->session, SLICE_US))
    return G_SOURCE_CONTINUE;
  self->next = MAX (self->next, ps_session_get_first_packet (self->session));
  while (self->next < end)
    {
      scan_packets (self, (guint)MIN (PACKETS_BETWEEN_CLOCKS, end - self->next));
      if (g_get_monotonic_time () >= deadline)
        break;
    }
  if (self->column < 0)
    announce_rows (self, self->rows->len);
  if (self->next < end)
    return G_SOURCE_CONTINUE;

  self->idle = 0;
  if (self->column >= 0)
    start_sort (self);
  notify_scanning (self);
  return G_SOURCE_REMOVE;
}

static void
start_scan (PsPacketList *self)
{
  if (self->idle != 0 || self->next >= end_of_session (self))
    return;
  /* In turn with redrawing: a spinner that is drawn in software would keep idle sources out. */
  self->idle = g_idle_add_full (GDK_PRIORITY_REDRAW, scan_slice, self, NULL);
  notify_scanning (self);
}

static int
compare_rows (gconstpointer a, gconstpointer b)
{
  const Row *x = a, *y = b;

  if (x->key.high != y->key.high)
    return x->key.high < y->key.high ? -1 : 1;
  if (x->key.low != y->key.low)
    return x->key.low < y->key.low ? -1 : 1;
  return x->number < y->number ? -1 : x->number > y->number;
}

static void
sort_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GArray *rows = data;

  g_array_sort (rows, compare_rows);
  g_task_return_pointer (task, g_array_ref (rows), (GDestroyNotify)g_array_unref);
}

static void
sorted (GObject *source, GAsyncResult *result, gpointer data)
{
  PsPacketList *self = PS_PACKET_LIST (source);
  g_autoptr (GArray) rows = g_task_propagate_pointer (G_TASK (result), NULL);

  /* Cancelled: another order or another session is wanted by now. */
  if (rows == NULL)
    return;
  g_clear_object (&self->sorting);
  self->sorted_at = g_get_monotonic_time ();
  remove_all_rows (self);
  g_array_unref (self->rows);
  self->rows = g_steal_pointer (&rows);
  announce_rows (self, self->rows->len);
  notify_scanning (self);
  if (self->unsorted->len > 0)
    start_sort (self);
}

static gboolean
sort_again (gpointer data)
{
  PsPacketList *self = data;

  self->sort_timer = 0;
  start_sort (self);
  return G_SOURCE_REMOVE;
}

static void
start_sort (PsPacketList *self)
{
  gint64 wait = self->sorted_at + SORT_INTERVAL_US - g_get_monotonic_time ();
  guint64 first = ps_session_get_first_packet (self->session);
  g_autoptr (GTask) task = NULL;
  GArray *rows;

  if (self->sorting != NULL || self->sort_timer != 0 || self->unsorted->len == 0)
    return;
  if (wait > 0)
    {
      self->sort_timer = g_timeout_add ((guint)(wait / 1000) + 1, sort_again, self);
      return;
    }

  rows = g_array_sized_new (FALSE, FALSE, sizeof (Row), self->rows->len + self->unsorted->len);
  for (guint i = 0; i < self->rows->len; i++)
    if (g_array_index (self->rows, Row, i).number >= first)
      g_array_append_val (rows, g_array_index (self->rows, Row, i));
  g_array_append_vals (rows, self->unsorted->data, self->unsorted->len);
  g_array_set_size (self->unsorted, 0);

  self->sorting = g_cancellable_new ();
  task = g_task_new (self, self->sorting, sorted, NULL);
  g_task_set_check_cancellable (task, TRUE);
  g_task_set_task_data (task, rows, (GDestroyNotify)g_array_unref);
  g_task_run_in_thread (task, sort_in_worker);
  notify_scanning (self);
}

static void
stop_work (PsPacketList *self)
{
  g_clear_handle_id (&self->idle, g_source_remove);
  g_clear_handle_id (&self->sort_timer, g_source_remove);
  if (self->sorting != NULL)
    g_cancellable_cancel (self->sorting);
  g_clear_object (&self->sorting);
}

/* The question changed: forget the rows and begin again. */
static void
restart (PsPacketList *self)
{
  stop_work (self);
  remove_all_rows (self);
  g_clear_pointer (&self->rows, g_array_unref);
  g_clear_pointer (&self->unsorted, g_array_unref);
  self->sorted_at = 0;
  if (self->session == NULL)
    return;

  self->first = self->next = ps_session_get_first_packet (self->session);
  if (self->column < 0 && ps_packet_list_shows_all (self))
    {
      announce_rows (self, (guint)MIN (ps_session_get_n_packets (self->session), G_MAXINT));
      notify_scanning (self);
      return;
    }
  self->rows = g_array_new (FALSE, FALSE, sizeof (Row));
  self->unsorted = g_array_new (FALSE, FALSE, sizeof (Row));
  start_scan (self);
}

static void
refresh_items (PsPacketList *self)
{
  guint64 revision = ps_session_get_revision (self->session);
  GHashTableIter iter;
  gpointer item;

  if (revision == self->revision)
    return;
  self->revision = revision;
  g_hash_table_iter_init (&iter, self->items);
  while (g_hash_table_iter_next (&iter, NULL, &item))
    if (ps_packet_item_refresh (item, self->session))
      g_signal_emit_by_name (self, "item-changed", item);
}

static void
published (PsPacketList *self)
{
  if (self->session == NULL || self->frozen)
    return;
  remove_evicted (self);
  if (self->rows == NULL)
    announce_rows (self, (guint)MIN (end_of_session (self) - self->first, G_MAXINT));
  else
    start_scan (self);
  refresh_items (self);
}

void
ps_packet_list_set_frozen (PsPacketList *self, gboolean frozen)
{
  g_return_if_fail (PS_IS_PACKET_LIST (self));
  self->frozen = frozen;
  published (self);
}

static void
session_replaced (PsPacketList *self)
{
  stop_work (self);
  remove_all_rows (self);
  forget_items (self);
  g_set_object (&self->session, ps_document_get_session (self->document));
  self->revision = self->session != NULL ? ps_session_get_revision (self->session) : 0;
  restart (self);
}

void
ps_packet_list_set_filter (PsPacketList *self, PsFilter *filter)
{
  g_return_if_fail (PS_IS_PACKET_LIST (self));
  if (filter == self->filter)
    return;
  g_clear_pointer (&self->filter, ps_filter_unref);
  self->filter = filter != NULL ? ps_filter_ref (filter) : NULL;
  restart (self);
}

void
ps_packet_list_set_sort (PsPacketList *self, int column, gboolean descending)
{
  g_return_if_fail (PS_IS_PACKET_LIST (self));
  g_return_if_fail (column < (int)ps_n_packet_columns);
  if (column == self->column && descending == self->descending)
    return;
  self->column = column;
  self->descending = descending;
  restart (self);
}

gboolean
ps_packet_list_find (PsPacketList *self, guint64 number, guint *ret_position)
{
  g_return_val_if_fail (PS_IS_PACKET_LIST (self), FALSE);

  if (self->rows == NULL)
    {
      if (number < self->first || number - self->first >= self->n_rows)
        return FALSE;
      *ret_position = (guint)(number - self->first);
      return TRUE;
    }
  for (guint i = 0; i < self->n_rows; i++)
    if (row_number (self, i) == number)
      {
        *ret_position = i;
        return TRUE;
      }
  return FALSE;
}

static void
ps_packet_list_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_boolean (value, ps_packet_list_is_scanning (PS_PACKET_LIST (object)));
}

static void
ps_packet_list_dispose (GObject *object)
{
  PsPacketList *self = PS_PACKET_LIST (object);

  stop_work (self);
  forget_items (self);
  g_clear_object (&self->session);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (ps_packet_list_parent_class)->dispose (object);
}

static void
ps_packet_list_finalize (GObject *object)
{
  PsPacketList *self = PS_PACKET_LIST (object);

  g_clear_pointer (&self->filter, ps_filter_unref);
  g_clear_pointer (&self->rows, g_array_unref);
  g_clear_pointer (&self->unsorted, g_array_unref);
  g_hash_table_unref (self->items);
  G_OBJECT_CLASS (ps_packet_list_parent_class)->finalize (object);
}

static void
ps_packet_list_class_init (PsPacketListClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = ps_packet_list_get_property;
  object_class->dispose = ps_packet_list_dispose;
  object_class->finalize = ps_packet_list_finalize;

  properties[PROP_SCANNING] = g_param_spec_boolean ("scanning", NULL, NULL, FALSE,
                                                    G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  /* "item-changed" (PsPacketItem): a row in sight says something else now. */
  g_signal_new ("item-changed", PS_TYPE_PACKET_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                G_TYPE_NONE, 1, PS_TYPE_PACKET_ITEM);
}

static void
ps_packet_list_init (PsPacketList *self)
{
  self->column = -1;
  self->items = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

PsPacketList *
ps_packet_list_new (PsDocument *document)
{
  PsPacketList *self = g_object_new (PS_TYPE_PACKET_LIST, NULL);

  self->document = g_object_ref (document);
  g_signal_connect_object (document, "notify::session", G_CALLBACK (session_replaced), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "published", G_CALLBACK (published), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "sockets-selected", G_CALLBACK (restart), self,
                           G_CONNECT_SWAPPED);
  session_replaced (self);
  return self;
}
