/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-conversations.h"
#include "analysis/ps-path-table.h"
#include "analysis/ps-stack-builder.h"

#include <string.h>

/* A pid may be used again by another program: the name belongs to the key. */
static guint
row_hash (gconstpointer data)
{
  const PsProcessRow *row = data;

  return row->pid * 31u + g_str_hash (row->comm) + (guint)row->known;
}

static gboolean
row_equal (gconstpointer a, gconstpointer b)
{
  const PsProcessRow *x = a, *y = b;

  return x->pid == y->pid && x->known == y->known && g_str_equal (x->comm, y->comm);
}

static int
compare_rows (gconstpointer a, gconstpointer b)
{
  const PsProcessRow *x = *(const PsProcessRow *const *)a, *y = *(const PsProcessRow *const *)b;
  guint64 n = 0, m = 0;

  for (guint i = 0; i < PS_N_DIRECTIONS; i++)
    {
      n += x->packets[i];
      m += y->packets[i];
    }
  if (n != m)
    return n < m ? 1 : -1;
  return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static void
row_add (PsProcessRow *row, const PsPacket *packet)
{
  guint direction = MIN (packet->direction, PS_N_DIRECTIONS - 1u);
  gint64 latency = ps_packet_get_latency (packet);

  row->packets[direction]++;
  row->bytes[direction] += packet->length;
  if (packet->verdict == PS_VERDICT_DROPPED)
    row->drops++;
  if (latency < 0)
    return;
  row->latency.count++;
  row->latency.max_ns = MAX (row->latency.max_ns, latency);
  row->latency.buckets[MIN (ps_latency_bucket ((guint64)latency), PS_LATENCY_BUCKETS - 1)]++;
}

static PsProcessRow *
find_row (PsSession *session, GPtrArray *rows, GHashTable *known, const PsPacket *packet)
{
  PsProcessRow *row;
  PsProcessRow key;
  const char *comm;

  key.pid = 0;
  key.comm[0] = '\0';
  key.known = ps_session_get_process (session, packet, &key.pid, &comm, NULL);
  if (key.known)
    g_strlcpy (key.comm, comm, sizeof key.comm);
  row = g_hash_table_lookup (known, &key);
  if (row != NULL)
    return row;
  row = g_new0 (PsProcessRow, 1);
  row->pid = key.pid;
  row->known = key.known;
  memcpy (row->comm, key.comm, sizeof row->comm);
  g_ptr_array_add (rows, row);
  g_hash_table_add (known, row);
  return row;
}

GPtrArray *
ps_process_table_new (PsSession *session, PsPacketPredicate predicate, gpointer user_data)
{
  g_autoptr (GHashTable) known = g_hash_table_new (row_hash, row_equal);
  GPtrArray *rows = g_ptr_array_new_with_free_func (g_free);
  guint64 first = ps_session_get_first_packet (session);
  guint64 n = ps_session_get_n_packets (session);
  PsPacket packet;

  for (guint64 i = 0; i < n; i++)
    if (ps_session_get_packet (session, first + i, &packet) &&
        (predicate == NULL || predicate (session, &packet, user_data)))
      row_add (find_row (session, rows, known, &packet), &packet);
  for (guint i = 0; i < rows->len; i++)
    ps_latency_finish (&((PsProcessRow *)g_ptr_array_index (rows, i))->latency);
  g_ptr_array_sort (rows, compare_rows);
  return rows;
}
