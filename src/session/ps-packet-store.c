/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "session/ps-packet-index.h"
#include "session/ps-packet-store.h"

#define CHUNK_SHIFT 10u
#define CHUNK_ROWS (1u << CHUNK_SHIFT)

/* Parts of a packet lie in the arena in units of this size, so all stay aligned. */
#define UNIT 16u

/* What few packets have; in the arena, before the stages, of those that have it. */
typedef struct {
  guint32 out_interface;
  guint32 drop_reason;
  guint32 drop_symbol;
  guint32 drop_offset;
  guint16 gso_segments;
  guint16 gso_size;
  guint32 reserved[3];
} Extra;

G_STATIC_ASSERT (sizeof (Extra) == 2 * UNIT);
G_STATIC_ASSERT (PS_COMM_LENGTH == UNIT);
G_STATIC_ASSERT (sizeof (PsStageRecord) == UNIT);
G_STATIC_ASSERT (sizeof (PsPathReference) == UNIT);

enum {
  HAS_COMM = 1,
  HAS_EXTRA = 2,
  HAS_DATA_ELSEWHERE = 4,
};

typedef struct {
  gint64 time[CHUNK_ROWS];
  guint64 id[CHUNK_ROWS];
  guint64 parent[CHUNK_ROWS];
  guint64 socket[CHUNK_ROWS];
  guint32 length[CHUNK_ROWS];
  guint32 netns[CHUNK_ROWS];
  guint32 interface[CHUNK_ROWS];
  guint32 pid[CHUNK_ROWS];
  guint32 tid[CHUNK_ROWS];
  guint32 parts[CHUNK_ROWS]; /* in the arena: comm, extra, stages, paths */
  guint64 data[CHUNK_ROWS]; /* captured bytes: in the arena, or the address of those elsewhere */
  guint16 captured[CHUNK_ROWS];
  guint16 flags[CHUNK_ROWS];
  guint16 protocol[CHUNK_ROWS];
  guint16 link_type[CHUNK_ROWS];
  guint8 direction[CHUNK_ROWS];
  guint8 verdict[CHUNK_ROWS];
  guint8 context[CHUNK_ROWS];
  guint8 relation[CHUNK_ROWS];
  guint8 n_stages[CHUNK_ROWS];
  guint8 n_paths[CHUNK_ROWS];
  guint8 has[CHUNK_ROWS];
  guint8 room[CHUNK_ROWS]; /* units at `parts`: an update that fits goes in place */
  guint rows;
  guint32 used;
  guint32 allocated;
  guint8 *arena;
} Chunk;

struct _PsPacketStore {
  GPtrArray *chunks; /* of all that ever were; NULL: evicted */
  PsPacketIndex *index;
  guint64 first;
  guint64 end;
  gsize size;
};

static inline Chunk *
chunk_of (const PsPacketStore *self, guint64 number)
{
  return g_ptr_array_index (self->chunks, (number - 1) >> CHUNK_SHIFT);
}

static inline guint
row_of (guint64 number)
{
  return (number - 1) & (CHUNK_ROWS - 1);
}

/* The index keeps 32 bits of a number; fewer packets than that are ever here at once. */
static inline guint64
whole_number (const PsPacketStore *self, guint32 low)
{
  guint64 number = (self->end & ~(guint64)G_MAXUINT32) | low;

  return number >= self->end ? number - ((guint64)G_MAXUINT32 + 1) : number;
}

static guint64
id_of (gconstpointer store, guint32 low)
{
  guint64 number = whole_number (store, low);

  return chunk_of (store, number)->id[row_of (number)];
}

PsPacketStore *
ps_packet_store_new (void)
{
  PsPacketStore *self = g_new0 (PsPacketStore, 1);

  self->chunks = g_ptr_array_new ();
  self->index = ps_packet_index_new (id_of, self);
  self->first = self->end = 1;
  return self;
}

static void
chunk_free (PsPacketStore *self, Chunk *chunk)
{
  if (!chunk)
    return;
  self->size -= sizeof *chunk + chunk->allocated;
  g_free (chunk->arena);
  g_free (chunk);
}

void
ps_packet_store_free (PsPacketStore *self)
{
  for (guint i = 0; i < self->chunks->len; i++)
    chunk_free (self, g_ptr_array_index (self->chunks, i));
  g_ptr_array_unref (self->chunks);
  ps_packet_index_free (self->index);
  g_free (self);
}

static void
chunk_resize (PsPacketStore *self, Chunk *chunk, guint32 allocated)
{
  chunk->arena = g_realloc (chunk->arena, allocated);
  self->size += allocated;
  self->size -= chunk->allocated;
  chunk->allocated = allocated;
}

/*
 * Takes `size` bytes of the arena. It cannot pass 4 GiB: a chunk's packets hold
 * 64 KiB of bytes each at most, and their parts only ever grow, to 43 units.
 */
static guint32
chunk_take (PsPacketStore *self, Chunk *chunk, guint32 size)
{
  guint32 at = chunk->used;

  size = (size + UNIT - 1) & ~(UNIT - 1);
  if (chunk->allocated - at < size)
    chunk_resize (self, chunk, MAX (at + size, chunk->allocated + chunk->allocated / 2 + 16384));
  chunk->used += size;
  return at;
}

static Chunk *
chunk_to_fill (PsPacketStore *self)
{
  Chunk *chunk = NULL;
  guint32 room = 65536;

  if (self->chunks->len > 0)
    chunk = g_ptr_array_index (self->chunks, self->chunks->len - 1);
  if (chunk && chunk->rows < CHUNK_ROWS)
    return chunk;

  /* The next chunk will need about what this one did: growing would move it over and over. */
  if (chunk)
    {
      room = chunk->used + chunk->used / 16;
      chunk_resize (self, chunk, MAX (chunk->used, UNIT));
    }
  chunk = g_malloc (sizeof *chunk);
  chunk->rows = chunk->used = chunk->allocated = 0;
  chunk->arena = NULL;
  g_ptr_array_add (self->chunks, chunk);
  self->size += sizeof *chunk;
  chunk_resize (self, chunk, room);
  return chunk;
}

static gboolean
has_extra (const PsPacketRecord *packet)
{
  return packet->out_interface || packet->drop_reason || packet->drop_symbol ||
         packet->drop_offset || packet->gso_segments || packet->gso_size;
}

/* Writes comm, extra, stages and paths of a row; `comm` is NULL if it has none. */
static void
put_parts (PsPacketStore *self, Chunk *chunk, guint row, const PsPacketView *view, const char *comm)
{
  const PsPacketRecord *packet = view->packet;
  guint8 has = (comm ? HAS_COMM : 0) | (has_extra (packet) ? HAS_EXTRA : 0) |
               (chunk->has[row] & HAS_DATA_ELSEWHERE);
  guint units = (comm ? 1 : 0) + (has & HAS_EXTRA ? 2 : 0) + packet->n_stages + packet->n_paths;
  guint8 *at;

  if (units > chunk->room[row])
    {
      chunk->parts[row] = chunk_take (self, chunk, units * UNIT);
      chunk->room[row] = (guint8)units;
    }
  chunk->has[row] = has;
  chunk->n_stages[row] = packet->n_stages;
  chunk->n_paths[row] = packet->n_paths;
  if (units == 0)
    return;

  at = chunk->arena + chunk->parts[row];
  if (comm)
    {
      memcpy (at, comm, UNIT);
      at += UNIT;
    }
  if (has & HAS_EXTRA)
    {
      Extra extra = {
        .out_interface = packet->out_interface,
        .drop_reason = packet->drop_reason,
        .drop_symbol = packet->drop_symbol,
        .drop_offset = packet->drop_offset,
        .gso_segments = packet->gso_segments,
        .gso_size = packet->gso_size,
      };

      memcpy (at, &extra, sizeof extra);
      at += sizeof extra;
    }
  memcpy (at, view->stages, packet->n_stages * UNIT);
  at += packet->n_stages * UNIT;
  memcpy (at, view->paths, packet->n_paths * UNIT);
}

guint64
ps_packet_store_append (PsPacketStore *self,
                        const PsPacketView *view,
                        gint64 time_ns,
                        guint64 socket,
                        gboolean in_place)
{
  const PsPacketRecord *packet = view->packet;
  Chunk *chunk = chunk_to_fill (self);
  guint row = chunk->rows++;

  chunk->time[row] = time_ns;
  chunk->id[row] = packet->id;
  chunk->parent[row] = packet->parent;
  chunk->socket[row] = socket;
  chunk->length[row] = packet->length;
  chunk->netns[row] = packet->netns;
  chunk->interface[row] = packet->interface;
  chunk->pid[row] = packet->pid;
  chunk->tid[row] = packet->tid;
  chunk->captured[row] = (guint16)packet->captured;
  chunk->flags[row] = packet->flags;
  chunk->protocol[row] = packet->protocol;
  chunk->link_type[row] = packet->link_type;
  chunk->direction[row] = packet->direction;
  chunk->verdict[row] = packet->verdict;
  chunk->context[row] = packet->context;
  chunk->relation[row] = packet->relation;
  chunk->parts[row] = chunk->data[row] = 0;
  chunk->room[row] = 0;
  chunk->has[row] = in_place ? HAS_DATA_ELSEWHERE : 0;

  put_parts (self, chunk, row, view, packet->comm[0] ? packet->comm : NULL);
  if (in_place)
    chunk->data[row] = (guint64)GPOINTER_TO_SIZE (view->data);
  else if (packet->captured > 0)
    {
      chunk->data[row] = chunk_take (self, chunk, packet->captured);
      memcpy (chunk->arena + chunk->data[row], view->data, packet->captured);
    }

  self->end++;
  /* 0 means free in the index: one packet in 2^32 cannot be found by its id. */
  if ((guint32)(self->end - 1) != 0)
    ps_packet_index_insert (self->index, packet->id, (guint32)(self->end - 1));
  return self->end - 1;
}

/* The flags that speak of the bytes stay with the bytes. */
#define FLAGS_OF_BYTES (PS_PACKET_NO_LINK_HEADER | PS_PACKET_IMPORTED)

void
ps_packet_store_update (PsPacketStore *self,
                        guint64 number,
                        const PsPacketView *view,
                        gint64 time_ns)
{
  const PsPacketRecord *packet = view->packet;
  Chunk *chunk = chunk_of (self, number);
  guint row = row_of (number);
  guint16 kept = FLAGS_OF_BYTES;
  char comm[PS_COMM_LENGTH];
  gboolean has_comm = packet->comm[0] != 0;

  if (has_comm)
    memcpy (comm, packet->comm, sizeof comm);
  if (packet->flags & PS_PACKET_HAS_PROCESS)
    {
      chunk->pid[row] = packet->pid;
      chunk->tid[row] = packet->tid;
    }
  else if (chunk->flags[row] & PS_PACKET_HAS_PROCESS)
    {
      kept |= PS_PACKET_HAS_PROCESS;
      has_comm = (chunk->has[row] & HAS_COMM) != 0;
      if (has_comm)
        memcpy (comm, chunk->arena + chunk->parts[row], sizeof comm);
    }

  chunk->flags[row] = (packet->flags & ~kept) | (chunk->flags[row] & kept);
  chunk->time[row] = time_ns;
  chunk->verdict[row] = packet->verdict;
  chunk->context[row] = packet->context;
  if (packet->parent)
    {
      chunk->parent[row] = packet->parent;
      chunk->relation[row] = packet->relation;
    }
  if (packet->socket)
    chunk->socket[row] = packet->socket;
  if (packet->interface)
    chunk->interface[row] = packet->interface;
  if (packet->direction != PS_DIRECTION_UNKNOWN)
    chunk->direction[row] = packet->direction;
  put_parts (self, chunk, row, view, has_comm ? comm : NULL);
}

static void
get_parts (const Chunk *chunk, guint row, PsPacket *packet)
{
  const guint8 *at = chunk->arena + chunk->parts[row];

  if (chunk->has[row] & HAS_COMM)
    {
      memcpy (packet->comm, at, PS_COMM_LENGTH);
      packet->comm[PS_COMM_LENGTH] = 0;
      at += UNIT;
    }
  else
    packet->comm[0] = 0;

  if (chunk->has[row] & HAS_EXTRA)
    {
      const Extra *extra = (gconstpointer)at;

      packet->out_interface = extra->out_interface;
      packet->drop_reason = extra->drop_reason;
      packet->drop_symbol = extra->drop_symbol;
      packet->drop_offset = extra->drop_offset;
      packet->gso_segments = extra->gso_segments;
      packet->gso_size = extra->gso_size;
      at += sizeof *extra;
    }
  else
    {
      packet->out_interface = packet->drop_reason = 0;
      packet->drop_symbol = packet->drop_offset = 0;
      packet->gso_segments = packet->gso_size = 0;
    }

  packet->stages = (gconstpointer)at;
  packet->paths = (gconstpointer)(at + chunk->n_stages[row] * UNIT);
  packet->data = chunk->has[row] & HAS_DATA_ELSEWHERE ? GSIZE_TO_POINTER (chunk->data[row])
                                                      : chunk->arena + chunk->data[row];
}

gboolean
ps_packet_store_get (PsPacketStore *self, guint64 number, PsPacket *ret_packet)
{
  const Chunk *chunk;
  guint row;

  if (number < self->first || number >= self->end)
    return FALSE;

  chunk = chunk_of (self, number);
  row = row_of (number);
  ret_packet->number = number;
  ret_packet->id = chunk->id[row];
  ret_packet->parent = chunk->parent[row];
  ret_packet->time_ns = chunk->time[row];
  ret_packet->socket = chunk->socket[row];
  ret_packet->length = chunk->length[row];
  ret_packet->captured = chunk->captured[row];
  ret_packet->netns = chunk->netns[row];
  ret_packet->interface = chunk->interface[row];
  ret_packet->pid = chunk->pid[row];
  ret_packet->tid = chunk->tid[row];
  ret_packet->flags = chunk->flags[row] & ~PS_PACKET_IMPORTED;
  ret_packet->from_kernel = !(chunk->flags[row] & PS_PACKET_IMPORTED);
  ret_packet->protocol = chunk->protocol[row];
  ret_packet->link_type = chunk->link_type[row];
  ret_packet->direction = chunk->direction[row];
  ret_packet->verdict = chunk->verdict[row];
  ret_packet->context = chunk->context[row];
  ret_packet->relation = chunk->relation[row];
  ret_packet->n_stages = chunk->n_stages[row];
  ret_packet->n_paths = chunk->n_paths[row];
  get_parts (chunk, row, ret_packet);
  return TRUE;
}

guint64
ps_packet_store_find (PsPacketStore *self, guint64 id)
{
  guint32 low = ps_packet_index_find (self->index, id);

  return low ? whole_number (self, low) : 0;
}

guint64
ps_packet_store_find_child (PsPacketStore *self, guint64 id, guint64 after)
{
  guint64 number = MAX (after + 1, self->first);

  while (number < self->end)
    {
      const Chunk *chunk = chunk_of (self, number);
      guint row;

      for (row = row_of (number); row < chunk->rows; row++, number++)
        if (chunk->parent[row] == id)
          return number;
    }
  return 0;
}

guint64
ps_packet_store_get_first (PsPacketStore *self)
{
  return self->first;
}

guint64
ps_packet_store_get_end (PsPacketStore *self)
{
  return self->end;
}

gsize
ps_packet_store_get_size (PsPacketStore *self)
{
  return self->size + ps_packet_index_get_size (self->index);
}

guint
ps_packet_store_evict (PsPacketStore *self)
{
  guint64 first = self->first;
  Chunk *chunk;

  if (self->end - first <= CHUNK_ROWS)
    return 0;

  chunk = chunk_of (self, first);
  for (guint row = 0; row < chunk->rows; row++)
    ps_packet_index_remove (self->index, chunk->id[row], (guint32)(first + row));
  self->first += chunk->rows;
  g_ptr_array_index (self->chunks, (first - 1) >> CHUNK_SHIFT) = NULL;
  chunk_free (self, chunk);
  return CHUNK_ROWS;
}
