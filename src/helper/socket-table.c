/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/socket-table.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define TCP_STATE_CLOSE 7
#define FD_UNKNOWN 0xffffffffu
/* A closed socket is still found for the packets that were on their way. */
#define LINGER_NS (2 * G_GUINT64_CONSTANT (1000000000))

/* Compared as bytes: zeroed first. An address may be all zero as well. */
typedef struct ps_flow Tuple;

typedef struct {
  PsSocketEntry entry;
  Tuple tuple;
  guint64 known_at; /* time of the event or listing that told of it last */
  guint64 closed_at;
  guint64 written; /* hash of what was last written; 0: never */
} Slot;

struct _PsSocketTable {
  GHashTable *slots; /* of Slot, by cookie */
  GHashTable *tuples; /* of Slot, by tuple */
};

static guint
tuple_hash (gconstpointer key)
{
  const guint32 *words = key;
  guint32 hash = 0;

  for (guint i = 0; i < sizeof (Tuple) / sizeof *words; i++)
    hash = (hash ^ words[i]) * 0x9e3779b1u;
  return hash ^ hash >> 15;
}

static gboolean
tuple_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (Tuple)) == 0;
}

PsSocketTable *
ps_socket_table_new (void)
{
  PsSocketTable *self = g_new0 (PsSocketTable, 1);

  self->slots = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  self->tuples = g_hash_table_new (tuple_hash, tuple_equal);
  return self;
}

void
ps_socket_table_free (PsSocketTable *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->tuples);
  g_hash_table_unref (self->slots);
  g_free (self);
}

/* One form for both families: a dual-stack socket takes IPv4 packets as well. */
static void
normalise (guint16 family, const guint8 *address, guint8 *ret_address)
{
  static const guint8 zero[4];

  memset (ret_address, 0, 16);
  if (family == AF_INET6)
    memcpy (ret_address, address, 16);
  else if (memcmp (address, zero, 4) != 0)
    {
      ret_address[10] = ret_address[11] = 0xff;
      memcpy (ret_address + 12, address, 4);
    }
}

static void
index_slot (PsSocketTable *self, Slot *slot)
{
  const PsSocketRecord *record = &slot->entry.record;
  Tuple tuple = { .netns = record->netns,
                  .local_port = record->source_port,
                  .remote_port = record->destination_port,
                  .protocol = record->protocol };

  normalise (record->family, record->source, tuple.local);
  normalise (record->family, record->destination, tuple.remote);
  if (slot->tuple.protocol && tuple_equal (&tuple, &slot->tuple) &&
      g_hash_table_contains (self->tuples, &tuple))
    return;
  if (g_hash_table_lookup (self->tuples, &slot->tuple) == slot)
    g_hash_table_remove (self->tuples, &slot->tuple);
  slot->tuple = tuple;
  /* The key lies in the slot, so a slot that is replaced takes its key along. */
  if (record->source_port)
    g_hash_table_replace (self->tuples, &slot->tuple, slot);
}

static void
unindex_slot (PsSocketTable *self, Slot *slot)
{
  if (g_hash_table_lookup (self->tuples, &slot->tuple) == slot)
    g_hash_table_remove (self->tuples, &slot->tuple);
}

static Slot *
ensure_slot (PsSocketTable *self, guint64 cookie)
{
  Slot *slot = g_hash_table_lookup (self->slots, &cookie);

  if (slot || g_hash_table_size (self->slots) >= PS_SOCKETS_MAX)
    return slot;
  slot = g_new0 (Slot, 1);
  slot->entry.record.cookie = cookie;
  g_hash_table_insert (self->slots, &slot->entry.record.cookie, slot);
  return slot;
}

/* Takes over what a listing tells, and keeps what only events tell. */
static void
merge_entry (PsSocketTable *self, const PsSocketEntry *entry, guint64 time)
{
  Slot *slot = ensure_slot (self, entry->record.cookie);
  PsSocketRecord old;

  if (!slot || slot->known_at > time || slot->closed_at)
    return;
  old = slot->entry.record;
  slot->entry.record = entry->record;
  slot->entry.record.n_processes = old.n_processes;
  slot->entry.record.flags |= old.flags & PS_SOCKET_HAS_COUNTERS;
  slot->entry.record.packets_in = old.packets_in;
  slot->entry.record.bytes_in = old.bytes_in;
  slot->entry.record.packets_out = old.packets_out;
  slot->entry.record.bytes_out = old.bytes_out;
  slot->entry.record.drops = old.drops;
  if (entry->record.n_processes > 0)
    {
      slot->entry.record.n_processes = entry->record.n_processes;
      memcpy (slot->entry.processes, entry->processes, sizeof entry->processes);
    }
  slot->known_at = time;
  index_slot (self, slot);
}

void
ps_socket_table_merge (PsSocketTable *self, GHashTable *entries, guint64 time)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    merge_entry (self, value, time);

  g_hash_table_iter_init (&iter, self->slots);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Slot *slot = value;

      if (slot->known_at < time && !slot->closed_at)
        {
          slot->entry.record.flags |= PS_SOCKET_CLOSED;
          slot->closed_at = time;
        }
    }
}

static guint64
hash_entry (const PsSocketEntry *entry)
{
  gsize size = sizeof entry->record + entry->record.n_processes * sizeof *entry->processes;
  PsSocketEntry copy = *entry;
  const guint64 *words = (gconstpointer)&copy;
  guint64 hash = 0xcbf29ce484222325u;

  copy.record.time = 0;
  for (gsize i = 0; i < size / sizeof *words; i++)
    hash = (hash ^ words[i]) * 0x100000001b3u;
  return hash | 1;
}

static void
write_slot (Slot *slot, guint64 time, PsRecordWriter *writer)
{
  PsSocketEntry *entry = &slot->entry;
  gsize size = sizeof entry->record + entry->record.n_processes * sizeof *entry->processes;

  entry->record.time = time;
  ps_record_writer_add (writer, PS_RECORD_SOCKET, entry, (guint32)size);
  /* It changed once; what is written later of it is no change. */
  entry->record.flags &= (guint16)~PS_SOCKET_CHANGED;
  slot->written = hash_entry (entry);
}

static void
apply_event (PsSocketRecord *record, const struct ps_raw_socket *event)
{
  record->netns = event->netns;
  record->uid = event->uid;
  record->family = event->family;
  record->protocol = event->protocol;
  record->old_state = event->old_state;
  record->state = event->new_state;
  record->source_port = event->source_port;
  record->destination_port = event->destination_port;
  memcpy (record->source, event->source, sizeof record->source);
  memcpy (record->destination, event->destination, sizeof record->destination);
  record->flags |= PS_SOCKET_CHANGED | PS_SOCKET_HAS_UID;
  record->flags &= (guint16) ~(PS_SOCKET_SEEN | PS_SOCKET_CLOSED);
}

void
ps_socket_table_event (PsSocketTable *self,
                       const struct ps_raw_socket *event,
                       PsRecordWriter *writer)
{
  Slot *slot = event->cookie ? ensure_slot (self, event->cookie) : NULL;

  if (!slot)
    return;
  /* On closing the kernel has cleared the ports already; the packet's socket is to be found. */
  if (event->new_state == TCP_STATE_CLOSE && slot->known_at)
    {
      slot->entry.record.old_state = event->old_state;
      slot->entry.record.state = event->new_state;
      slot->entry.record.flags |= PS_SOCKET_CHANGED;
    }
  else
    apply_event (&slot->entry.record, event);
  if (event->new_state == TCP_STATE_CLOSE)
    {
      slot->entry.record.flags |= PS_SOCKET_CLOSED;
      slot->closed_at = event->time;
    }
  else
    slot->closed_at = 0;
  slot->known_at = event->time;
  if (event->pid)
    ps_socket_entry_add_process (&slot->entry, event->pid, FD_UNKNOWN, event->comm);
  index_slot (self, slot);
  write_slot (slot, event->time, writer);
}

/* An IPv4 address goes out in the first four bytes, unless the socket is an IPv6 one. */
static void
denormalise (const guint8 *address, guint16 *ret_family, guint8 *ret_address)
{
  gboolean is_ipv4 = IN6_IS_ADDR_V4MAPPED ((const struct in6_addr *)(gconstpointer)address);

  *ret_family = is_ipv4 ? AF_INET : AF_INET6;
  memcpy (ret_address, is_ipv4 ? address + 12 : address, is_ipv4 ? 4 : 16);
}

/* The ends of a socket, as a packet of it tells them. */
static void
learn_ends (PsSocketRecord *record, const PsHeaders *headers, gboolean is_received)
{
  gboolean is_tcp = headers->protocol == IPPROTO_TCP;

  if (is_tcp || headers->protocol == IPPROTO_UDP)
    record->source_port = is_received ? headers->destination_port : headers->source_port;
  denormalise (is_received ? headers->destination : headers->source, &record->family,
               record->source);
  /* Whether another one is connected to the other end is not known. */
  if (!is_tcp)
    return;
  record->destination_port = is_received ? headers->source_port : headers->destination_port;
  denormalise (is_received ? headers->source : headers->destination, &record->family,
               record->destination);
}

static Slot *
learn_slot (PsSocketTable *self,
            const struct ps_raw_packet *packet,
            const PsHeaders *headers,
            gboolean is_received)
{
  Slot *slot = ensure_slot (self, packet->socket);
  PsSocketRecord *record;

  if (!slot)
    return NULL;
  record = &slot->entry.record;
  record->netns = packet->netns;
  record->protocol = headers->protocol;
  record->state = TCP_STATE_CLOSE;
  learn_ends (record, headers, is_received);
  slot->known_at = packet->time;
  index_slot (self, slot);
  return slot;
}

void
ps_socket_table_learn (PsSocketTable *self,
                       const struct ps_raw_packet *packet,
                       const PsHeaders *headers,
                       gboolean is_received)
{
  Slot *slot = g_hash_table_lookup (self->slots, &packet->socket);

  /* Without a process it may be the kernel's own, which answers for sockets that are not there. */
  if (!(packet->flags & PS_PACKET_HAS_PROCESS))
    return;
  if (!slot && headers->has_ports)
    slot = learn_slot (self, packet, headers, is_received);
  if (!slot)
    return;
  /* It began to connect before it had a port. */
  if (slot->entry.record.source_port == 0 && headers->tcp_class == PS_TCP_SYN)
    {
      learn_ends (&slot->entry.record, headers, is_received);
      index_slot (self, slot);
    }
  ps_socket_entry_add_process (&slot->entry, packet->pid, FD_UNKNOWN, packet->comm);
}

void
ps_socket_table_count (PsSocketTable *self, guint64 cookie, const struct ps_raw_packet *packet)
{
  Slot *slot = g_hash_table_lookup (self->slots, &cookie);
  PsSocketRecord *record = slot ? &slot->entry.record : NULL;

  if (!slot)
    return;
  record->flags |= PS_SOCKET_HAS_COUNTERS;
  if (packet->verdict == PS_VERDICT_DROPPED)
    record->drops++;
  /* An update is a packet that was counted already. */
  if (packet->header.type != PS_RAW_PACKET)
    return;
  if (packet->direction == PS_DIRECTION_IN)
    {
      record->packets_in++;
      record->bytes_in += packet->length;
    }
  else
    {
      record->packets_out++;
      record->bytes_out += packet->length;
    }
}

static gboolean
has_lingered (const Slot *slot, guint64 now)
{
  return slot->closed_at && slot->closed_at + LINGER_NS < now;
}

void
ps_socket_table_write (PsSocketTable *self, PsRecordWriter *writer)
{
  guint64 now = (guint64)g_get_monotonic_time () * 1000;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->slots);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Slot *slot = value;

      if (slot->known_at && hash_entry (&slot->entry) != slot->written)
        write_slot (slot, slot->closed_at ? slot->closed_at : now, writer);
      if (has_lingered (slot, now))
        {
          unindex_slot (self, slot);
          g_hash_table_iter_remove (&iter);
        }
    }
}

gboolean
ps_socket_table_get_flow (PsSocketTable *self, guint64 cookie, struct ps_flow *ret_flow)
{
  const Slot *slot = g_hash_table_lookup (self->slots, &cookie);

  if (slot)
    *ret_flow = slot->tuple;
  return slot != NULL;
}

gboolean
ps_socket_table_knows (PsSocketTable *self, guint64 cookie)
{
  const Slot *slot = g_hash_table_lookup (self->slots, &cookie);

  return slot && !has_lingered (slot, (guint64)g_get_monotonic_time () * 1000);
}

static guint64
find_tuple (PsSocketTable *self, const Tuple *tuple)
{
  const Slot *slot = g_hash_table_lookup (self->tuples, tuple);

  return slot ? slot->entry.record.cookie : 0;
}

guint64
ps_socket_table_find (PsSocketTable *self,
                      guint32 netns,
                      const PsHeaders *headers,
                      gboolean is_received)
{
  Tuple tuple = { .netns = netns, .protocol = headers->protocol };
  guint64 cookie;

  if (!headers->has_ports)
    return 0;
  memcpy (tuple.local, is_received ? headers->destination : headers->source, 16);
  memcpy (tuple.remote, is_received ? headers->source : headers->destination, 16);
  tuple.local_port = is_received ? headers->destination_port : headers->source_port;
  tuple.remote_port = is_received ? headers->source_port : headers->destination_port;

  cookie = find_tuple (self, &tuple);
  if (cookie)
    return cookie;
  /* Not connected: bound to this address, or to any. */
  memset (tuple.remote, 0, sizeof tuple.remote);
  tuple.remote_port = 0;
  cookie = find_tuple (self, &tuple);
  if (cookie)
    return cookie;
  memset (tuple.local, 0, sizeof tuple.local);
  return find_tuple (self, &tuple);
}

static gboolean
belongs_to (const PsSocketEntry *entry, guint32 pid, const char *comm)
{
  for (guint i = 0; i < entry->record.n_processes; i++)
    {
      const PsSocketProcess *process = &entry->processes[i];

      if ((pid && process->pid == pid) ||
          (*comm && strncmp (process->comm, comm, sizeof process->comm) == 0))
        return TRUE;
    }
  return FALSE;
}

void
ps_socket_table_foreach_of_process (PsSocketTable *self,
                                    guint32 pid,
                                    const char *comm,
                                    GFunc func,
                                    gpointer user_data)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->slots);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Slot *slot = value;

      if (belongs_to (&slot->entry, pid, comm))
        func (&slot->entry.record, user_data);
    }
}
