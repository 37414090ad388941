/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open addressing with linear probing and backward-shift deletion (Knuth, TAOCP
 * 3, 6.4, algorithm R): no tombstones, so a session that evicts as fast as it
 * takes stays as quick as it was.
 */
#include "config.h"

#include "session/ps-packet-index.h"

#define N_TABLES 256u
#define FIRST_SIZE 16u

typedef struct {
  guint32 *slots; /* numbers; 0: free */
  guint32 mask;
  guint32 used;
} Table;

struct _PsPacketIndex {
  PsPacketIdFunc id_func;
  gconstpointer store;
  gsize size;
  Table tables[N_TABLES];
};

/*
 * Ids are given out one after the other, so 16 neighbours share a cache line of
 * slots and only the lines are scattered: a packet that comes, and one that
 * leaves, costs a sixteenth of a cache miss.
 */
static inline guint64
scatter (guint64 id)
{
  guint64 hash = (id >> 4) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  return hash ^ (hash >> 32);
}

static inline Table *
table_of (PsPacketIndex *self, guint64 id)
{
  return &self->tables[scatter (id) >> 56];
}

static inline guint32
home_of (const Table *table, guint64 id)
{
  return (guint32)(scatter (id) << 4 | (id & 15)) & table->mask;
}

PsPacketIndex *
ps_packet_index_new (PsPacketIdFunc id_func, gconstpointer store)
{
  PsPacketIndex *self = g_new0 (PsPacketIndex, 1);

  self->id_func = id_func;
  self->store = store;
  return self;
}

void
ps_packet_index_free (PsPacketIndex *self)
{
  for (guint i = 0; i < N_TABLES; i++)
    g_free (self->tables[i].slots);
  g_free (self);
}

static void
grow (PsPacketIndex *self, Table *table)
{
  guint32 *old = table->slots;
  guint32 old_size = old ? table->mask + 1 : 0;
  guint32 new_size = old ? old_size * 2 : FIRST_SIZE;

  table->slots = g_new0 (guint32, new_size);
  table->mask = new_size - 1;
  self->size += (new_size - old_size) * sizeof (guint32);

  for (guint32 i = 0; i < old_size; i++)
    {
      guint32 at;

      if (old[i] == 0)
        continue;
      at = home_of (table, self->id_func (self->store, old[i]));
      while (table->slots[at] != 0)
        at = (at + 1) & table->mask;
      table->slots[at] = old[i];
    }
  g_free (old);
}

/*
 * Ids are not compared here: they are new by contract, and each comparison
 * would fetch a cold line of the store.
 */
void
ps_packet_index_insert (PsPacketIndex *self, guint64 id, guint32 number)
{
  Table *table = table_of (self, id);
  guint32 at;

  if (!table->slots || table->used + 1 > (table->mask + 1) / 4 * 3)
    grow (self, table);

  at = home_of (table, id);
  while (table->slots[at] != 0)
    at = (at + 1) & table->mask;
  table->slots[at] = number;
  table->used++;
}

guint32
ps_packet_index_find (PsPacketIndex *self, guint64 id)
{
  Table *table = table_of (self, id);
  guint32 at;

  if (!table->slots)
    return 0;

  at = home_of (table, id);
  while (table->slots[at] != 0 && self->id_func (self->store, table->slots[at]) != id)
    at = (at + 1) & table->mask;
  return table->slots[at];
}

/* Closes the hole at `hole` by moving up what probed past it. */
static void
close_hole (PsPacketIndex *self, Table *table, guint32 hole)
{
  guint32 at;

  for (at = (hole + 1) & table->mask; table->slots[at] != 0; at = (at + 1) & table->mask)
    {
      guint32 home = home_of (table, self->id_func (self->store, table->slots[at]));

      /* It stays if its home lies after the hole. */
      if (((at - home) & table->mask) < ((at - hole) & table->mask))
        continue;
      table->slots[hole] = table->slots[at];
      table->slots[at] = 0;
      hole = at;
    }
}

void
ps_packet_index_remove (PsPacketIndex *self, guint64 id, guint32 number)
{
  Table *table = table_of (self, id);
  guint32 at;

  if (!table->slots || number == 0)
    return;

  at = home_of (table, id);
  while (table->slots[at] != number)
    {
      if (table->slots[at] == 0)
        return;
      at = (at + 1) & table->mask;
    }

  table->slots[at] = 0;
  table->used--;
  close_hole (self, table, at);
}

gsize
ps_packet_index_get_size (PsPacketIndex *self)
{
  return self->size + sizeof *self;
}
