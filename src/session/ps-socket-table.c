/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <netinet/in.h>
#include <string.h>

#include "session/ps-flow.h"
#include "session/ps-hello.h"
#include "session/ps-socket-table.h"

#define RECENT 64u

typedef struct {
  PsSocketRecord record; /* all zero until a socket record came */
  gint64 first_seen_ns;
  gint64 closed_ns;
  guint64 n_packets;
  guint64 claimed; /* its 5-tuple is its own for as long as that is the revision of the claims */
  gboolean listed; /* in the order */
  guint32 owner_pid; /* 0: not known */
  char owner_comm[PS_COMM_LENGTH + 1];
  guint n_processes;
  PsSocketProcess *processes;
} Entry;

/* Whose a 5-tuple is. Several sockets may share one (SO_REUSEPORT): then it says nothing. */
typedef struct {
  PsFlow flow;
  guint64 cookie;
  gboolean shared;
} Claim;

struct _PsSocketTable {
  GHashTable *entries; /* guint64* in Entry.record.cookie → Entry */
  GPtrArray *order; /* listed Entry, first seen first */
  GHashTable *claims; /* PsFlow → Claim */
  guint64 claims_revision; /* counts up when one is taken from a socket */
  Entry *recent[RECENT]; /* by the last bits of their cookies; packets come from few at a time */
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->processes);
  g_free (entry);
}

PsSocketTable *
ps_socket_table_new (void)
{
  PsSocketTable *self = g_new0 (PsSocketTable, 1);

  self->entries = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, entry_free);
  self->order = g_ptr_array_new ();
  self->claims = g_hash_table_new_full (ps_flow_hash, ps_flow_equal, NULL, g_free);
  self->claims_revision = 1;
  return self;
}

void
ps_socket_table_free (PsSocketTable *self)
{
  g_hash_table_unref (self->claims);
  g_ptr_array_unref (self->order);
  g_hash_table_unref (self->entries);
  g_free (self);
}

static Entry *
lookup (PsSocketTable *self, guint64 cookie)
{
  Entry *entry;

  if (cookie == 0)
    return NULL;
  entry = self->recent[cookie % RECENT];
  if (entry && entry->record.cookie == cookie)
    return entry;

  entry = g_hash_table_lookup (self->entries, &cookie);
  if (entry)
    self->recent[cookie % RECENT] = entry;
  return entry;
}

static void
unclaim (PsSocketTable *self, const Entry *entry)
{
  PsFlow flow;
  Claim *claim;

  if (!ps_flow_from_socket (&entry->record, &flow))
    return;
  claim = g_hash_table_lookup (self->claims, &flow);
  /* A shared one goes as well: whoever is left claims it again when it is next listed. */
  if (claim && (claim->shared || claim->cookie == entry->record.cookie))
    {
      g_hash_table_remove (self->claims, &flow);
      self->claims_revision++;
    }
}

static void
claim_flow (PsSocketTable *self, Entry *entry)
{
  PsFlow flow;
  Claim *claim;

  if (entry->claimed == self->claims_revision || !ps_flow_from_socket (&entry->record, &flow))
    return;

  claim = g_hash_table_lookup (self->claims, &flow);
  if (!claim)
    {
      claim = g_new0 (Claim, 1);
      claim->flow = flow;
      g_hash_table_insert (self->claims, &claim->flow, claim);
    }
  else if (claim->cookie != entry->record.cookie)
    {
      Entry *other = lookup (self, claim->cookie);

      /* A connection has one socket at a time: the newer one is it. */
      claim->shared = flow.remote_port == 0 && other && other->closed_ns == 0;
      self->claims_revision++;
    }
  claim->cookie = entry->record.cookie;
  entry->claimed = claim->shared ? 0 : self->claims_revision;
}

static void
entry_remove (PsSocketTable *self, Entry *entry)
{
  unclaim (self, entry);
  if (self->recent[entry->record.cookie % RECENT] == entry)
    self->recent[entry->record.cookie % RECENT] = NULL;
  g_hash_table_remove (self->entries, &entry->record.cookie);
}

/* Forgets the closed and, of those only packets spoke of, all; then the oldest, down to half. */
static void
trim (PsSocketTable *self)
{
  GHashTableIter iter;
  gpointer value;
  guint kept = 0, excess;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (!((Entry *)value)->listed)
      g_hash_table_iter_remove (&iter);
  memset (self->recent, 0, sizeof self->recent);

  excess = self->order->len > PS_SOCKETS_MAX / 2 ? self->order->len - PS_SOCKETS_MAX / 2 : 0;
  for (guint pass = 0; pass < 2; pass++, kept = 0)
    {
      for (guint i = 0; i < self->order->len; i++)
        {
          Entry *entry = g_ptr_array_index (self->order, i);

          if (excess > 0 && (entry->closed_ns != 0 || pass > 0))
            {
              entry_remove (self, entry);
              excess--;
            }
          else
            g_ptr_array_index (self->order, kept++) = entry;
        }
      g_ptr_array_set_size (self->order, (gint)kept);
    }
}

static Entry *
lookup_or_add (PsSocketTable *self, guint64 cookie)
{
  Entry *entry = lookup (self, cookie);

  if (entry)
    return entry;

  if (g_hash_table_size (self->entries) >= PS_SOCKETS_MAX)
    trim (self);
  entry = g_new0 (Entry, 1);
  entry->record.cookie = cookie;
  g_hash_table_insert (self->entries, &entry->record.cookie, entry);
  self->recent[cookie % RECENT] = entry;
  return entry;
}

static gboolean
has_address (const PsSocketRecord *record)
{
  return record->source_port != 0 || record->destination_port != 0;
}

/* Takes from `from` what it knows, and keeps of `to` what it does not. */
static void
merge (PsSocketRecord *to, const PsSocketRecord *from)
{
  const guint16 lasting =
      PS_SOCKET_HAS_TCP | PS_SOCKET_HAS_QUEUES | PS_SOCKET_HAS_COUNTERS | PS_SOCKET_HAS_UID;
  PsSocketRecord merged = *from;

  merged.flags |= to->flags & lasting;
  if (!has_address (from))
    {
      memcpy (merged.source, to->source, sizeof merged.source);
      memcpy (merged.destination, to->destination, sizeof merged.destination);
      merged.source_port = to->source_port;
      merged.destination_port = to->destination_port;
    }
  if (!(from->flags & PS_SOCKET_HAS_UID))
    merged.uid = to->uid;
  if (from->inode == 0)
    merged.inode = to->inode;
  if (!(from->flags & PS_SOCKET_SEEN))
    merged.interface = to->interface;
  if (!(from->flags & PS_SOCKET_HAS_QUEUES))
    {
      merged.receive_queue = to->receive_queue;
      merged.send_queue = to->send_queue;
      merged.flags |= to->flags & PS_SOCKET_LISTENING;
    }
  if (!(from->flags & PS_SOCKET_HAS_TCP))
    {
      merged.rtt = to->rtt;
      merged.rtt_variance = to->rtt_variance;
      merged.congestion_window = to->congestion_window;
      merged.slow_start_threshold = to->slow_start_threshold;
      merged.mss = to->mss;
      merged.retransmits = to->retransmits;
      merged.lost = to->lost;
    }
  if (!(from->flags & PS_SOCKET_HAS_COUNTERS))
    {
      merged.packets_in = to->packets_in;
      merged.bytes_in = to->bytes_in;
      merged.packets_out = to->packets_out;
      merged.bytes_out = to->bytes_out;
      merged.drops = to->drops;
    }
  *to = merged;
}

static void
take_processes (Entry *entry, const PsSocketView *view)
{
  guint n = view->socket->n_processes;

  if (n == 0 || (n == entry->n_processes &&
                 memcmp (entry->processes, view->processes, n * sizeof *view->processes) == 0))
    return;

  g_free (entry->processes);
  entry->processes = g_memdup2 (view->processes, n * sizeof *view->processes);
  entry->n_processes = n;
  entry->owner_pid = view->processes[0].pid;
  memcpy (entry->owner_comm, view->processes[0].comm, PS_COMM_LENGTH);
}

void
ps_socket_table_feed (PsSocketTable *self, const PsSocketView *view, gint64 offset_ns)
{
  const PsSocketRecord *record = view->socket;
  gint64 time_ns = ps_hello_to_epoch (record->time, offset_ns);
  Entry *entry;

  if (record->cookie == 0)
    return;

  entry = lookup_or_add (self, record->cookie);
  if (!entry->listed)
    {
      entry->listed = TRUE;
      entry->first_seen_ns = time_ns;
      g_ptr_array_add (self->order, entry);
    }
  else if (memcmp (entry->record.source, record->source, 32) != 0 ||
           entry->record.source_port != record->source_port ||
           entry->record.destination_port != record->destination_port)
    {
      unclaim (self, entry);
      entry->claimed = 0;
    }

  merge (&entry->record, record);
  take_processes (entry, view);
  entry->closed_ns = record->flags & PS_SOCKET_CLOSED ? time_ns : 0;

  /* What a closed connection still gets (the last ACK, a reset) is its own; a port is free. */
  if (entry->closed_ns == 0 || entry->record.destination_port != 0)
    claim_flow (self, entry);
  else
    unclaim (self, entry);
}

static guint64
claimant (PsSocketTable *self, const PsFlow *flow)
{
  const Claim *claim = g_hash_table_lookup (self->claims, flow);

  return claim && !claim->shared ? claim->cookie : 0;
}

guint64
ps_socket_table_resolve (PsSocketTable *self, const PsPacketView *view)
{
  PsFlow flow;
  guint64 cookie;

  if (g_hash_table_size (self->claims) == 0 || !ps_flow_from_packet (view, &flow))
    return 0;

  cookie = claimant (self, &flow);
  if (cookie == 0)
    {
      ps_flow_widen (&flow, /* any_local */ FALSE);
      cookie = claimant (self, &flow);
    }
  if (cookie == 0)
    {
      ps_flow_widen (&flow, /* any_local */ TRUE);
      cookie = claimant (self, &flow);
    }
  return cookie;
}

void
ps_socket_table_count (PsSocketTable *self, guint64 cookie, gint difference)
{
  Entry *entry;

  if (cookie == 0)
    return;
  entry = difference > 0 ? lookup_or_add (self, cookie) : lookup (self, cookie);
  if (entry && (difference > 0 || entry->n_packets > 0))
    entry->n_packets += (guint64)difference;
}

void
ps_socket_table_learn_owner (PsSocketTable *self, guint64 cookie, guint32 pid, const char *comm)
{
  Entry *entry;

  if (cookie == 0 || pid == 0)
    return;
  entry = lookup_or_add (self, cookie);
  if (entry->n_processes > 0 || entry->owner_pid == pid)
    return;
  entry->owner_pid = pid;
  memcpy (entry->owner_comm, comm, PS_COMM_LENGTH);
}

gboolean
ps_socket_table_get_owner (PsSocketTable *self,
                           guint64 cookie,
                           guint32 *ret_pid,
                           const char **ret_comm)
{
  const Entry *entry = lookup (self, cookie);

  if (!entry || entry->owner_pid == 0)
    return FALSE;
  *ret_pid = entry->owner_pid;
  *ret_comm = entry->owner_comm;
  return TRUE;
}

guint
ps_socket_table_get_n (PsSocketTable *self)
{
  return self->order->len;
}

static void
describe (const Entry *entry, PsSocket *ret_socket)
{
  ret_socket->record = entry->record;
  ret_socket->first_seen_ns = entry->first_seen_ns;
  ret_socket->closed_ns = entry->closed_ns;
  ret_socket->n_processes = entry->n_processes;
  ret_socket->processes = entry->processes;
  ret_socket->n_packets = entry->n_packets;
}

gboolean
ps_socket_table_get_nth (PsSocketTable *self, guint nth, PsSocket *ret_socket)
{
  if (nth >= self->order->len)
    return FALSE;
  describe (g_ptr_array_index (self->order, nth), ret_socket);
  return TRUE;
}

gboolean
ps_socket_table_find (PsSocketTable *self, guint64 cookie, PsSocket *ret_socket)
{
  const Entry *entry = lookup (self, cookie);

  if (!entry || !entry->listed)
    return FALSE;
  describe (entry, ret_socket);
  return TRUE;
}
