/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "session/ps-capture-codec.h"
#include "session/ps-packet-chunk.h"

G_STATIC_ASSERT (sizeof (PsChunkProcess) % 8 == 0);
G_STATIC_ASSERT (sizeof (PsPacketPlace) % 8 == 0);
G_STATIC_ASSERT (sizeof (PsChunkEnd) % 8 == 0);
G_STATIC_ASSERT (sizeof (PsPacketHeaders) % 8 == 0);
G_STATIC_ASSERT (sizeof (PsPacketChunk) <= PS_SLAB_PIECE_MAX);

/* All but the distinct values. */
static PsPacketChunk *
new_chunk (PsSlab **slab)
{
  PsPacketChunk *self = slab ? ps_slab_take (slab, sizeof *self) : g_malloc (sizeof *self);

  self->in_slab = slab != NULL;
  self->least_id = self->least_parent = G_MAXUINT64;
  self->most_id = self->most_parent = 0;
  self->rows = 0;
  self->times = NULL;
  self->arena = (PsPacketArena){ 0 };
  return self;
}

PsPacketChunk *
ps_packet_chunk_new (PsSlab **slab)
{
  PsPacketChunk *self = new_chunk (slab);

  ps_distinct_init (&self->headers, sizeof (PsPacketHeaders));
  ps_distinct_init (&self->processes, sizeof (PsChunkProcess));
  ps_distinct_init (&self->places, sizeof (PsPacketPlace));
  ps_distinct_init (&self->sockets, sizeof (guint64));
  ps_distinct_init (&self->ends, sizeof (PsChunkEnd));
  return self;
}

void
ps_packet_chunk_free (PsPacketChunk *self)
{
  ps_packet_arena_clear (&self->arena);
  g_free (self->times);
  ps_distinct_clear (&self->headers);
  ps_distinct_clear (&self->processes);
  ps_distinct_clear (&self->places);
  ps_distinct_clear (&self->sockets);
  ps_distinct_clear (&self->ends);
  if (self->in_slab)
    ps_slab_free (self);
  else
    g_free (self);
}

static guint32
keep (PsPacketChunk *self, const guint8 *bytes, gsize size, gboolean stays)
{
  return stays ? ps_packet_arena_note (&self->arena, bytes, size)
               : ps_packet_arena_keep (&self->arena, bytes, size);
}

static guint32
keep_tail (PsPacketChunk *self, const PsNewPacket *new)
{
  return new->tail ? keep (self, new->tail, new->tail_size, new->tail_stays) : 0;
}

static gint64
get_time (const PsPacketChunk *self, guint row)
{
  return self->times ? self->times[row] : self->time_base + self->time[row];
}

/* Times of a second or two fit into half the room. */
static void
set_time (PsPacketChunk *self, guint row, gint64 time_ns)
{
  if (self->rows == 1 && !self->times)
    self->time_base = time_ns;
  if (!self->times && (time_ns < self->time_base || time_ns - self->time_base > G_MAXUINT32))
    {
      gint64 *times = g_new (gint64, PS_CHUNK_ROWS);

      for (guint i = 0; i < self->rows; i++)
        times[i] = i == row ? time_ns : get_time (self, i);
      self->times = times;
    }
  if (self->times)
    self->times[row] = time_ns;
  else
    self->time[row] = (guint32)(time_ns - self->time_base);
}

static guint16
take_process (PsPacketChunk *self, const PsPacketRecord *packet)
{
  PsChunkProcess process = { packet->pid, packet->tid, { 0 } };

  memcpy (process.comm, packet->comm, PS_COMM_LENGTH);
  return ps_distinct_take (&self->processes, &process, sizeof process);
}

static guint16
take_end (PsPacketChunk *self, const PsPacketRecord *packet)
{
  PsChunkEnd end = {
    .out_interface = packet->out_interface,
    .drop_reason = packet->drop_reason,
    .drop_symbol = packet->drop_symbol,
    .drop_offset = packet->drop_offset,
    .gso_segments = packet->gso_segments,
    .gso_size = packet->gso_size,
  };

  return ps_distinct_take (&self->ends, &end, sizeof end);
}

static guint16
take_place (PsPacketChunk *self, guint32 netns, guint32 interface, guint32 link_type)
{
  PsPacketPlace place = { netns, interface, link_type, 0 };

  return ps_distinct_take (&self->places, &place, sizeof place);
}

static void
note_parent (PsPacketChunk *self, guint64 parent)
{
  if (parent == 0)
    return;
  self->least_parent = MIN (self->least_parent, parent);
  self->most_parent = MAX (self->most_parent, parent);
}

void
ps_packet_chunk_append (PsPacketChunk *self, const PsNewPacket *new)
{
  const PsPacketRecord *packet = new->packet;
  guint row = self->rows++;

  set_time (self, row, new->time_ns);
  self->id[row] = packet->id;
  self->parent[row] = packet->parent;
  self->length[row] = packet->length;
  self->captured[row] = (guint16)packet->captured;
  self->flags[row] = packet->flags;
  self->protocol[row] = packet->protocol;
  self->direction[row] = packet->direction;
  self->verdict[row] = packet->verdict;
  self->context[row] = packet->context;
  self->relation[row] = packet->relation;
  self->least_id = MIN (self->least_id, packet->id);
  self->most_id = MAX (self->most_id, packet->id);
  note_parent (self, packet->parent);

  self->tcp_bits[row] = new->tcp_bits;
  self->header[row] = ps_distinct_take (&self->headers, &new->headers, sizeof new->headers);
  self->process[row] = take_process (self, packet);
  self->place[row] = take_place (self, packet->netns, packet->interface, packet->link_type);
  self->socket[row] = ps_distinct_take (&self->sockets, &new->socket, sizeof new->socket);
  self->end[row] = take_end (self, packet);

  self->tail[row] = keep_tail (self, new);
  self->data[row] = keep (self, new->data, packet->captured, new->data_stays);
}

PsPacketChunk *
ps_packet_chunk_seal (PsPacketChunk *self, PsSlab **slab)
{
  PsPacketChunk *next = new_chunk (slab);

  ps_distinct_seal (&self->headers, &next->headers);
  ps_distinct_seal (&self->processes, &next->processes);
  ps_distinct_seal (&self->places, &next->places);
  ps_distinct_seal (&self->sockets, &next->sockets);
  ps_distinct_seal (&self->ends, &next->ends);
  return next;
}

/* The flags that speak of the bytes stay with the bytes. */
#define FLAGS_OF_BYTES (PS_PACKET_NO_LINK_HEADER | PS_PACKET_IMPORTED)

void
ps_packet_chunk_update (PsPacketChunk *self, guint row, const PsNewPacket *new)
{
  const PsPacketRecord *packet = new->packet;
  guint16 kept = FLAGS_OF_BYTES;

  if (packet->flags & PS_PACKET_HAS_PROCESS || !(self->flags[row] & PS_PACKET_HAS_PROCESS))
    {
      PsPacketRecord process = *packet;
      const PsChunkProcess *before = ps_distinct_get (&self->processes, self->process[row]);

      if (!(packet->flags & PS_PACKET_HAS_PROCESS))
        {
          process.pid = before->pid;
          process.tid = before->tid;
        }
      self->process[row] = take_process (self, &process);
    }
  else
    kept |= PS_PACKET_HAS_PROCESS;

  self->flags[row] = (packet->flags & ~kept) | (self->flags[row] & kept);
  set_time (self, row, new->time_ns);
  self->verdict[row] = packet->verdict;
  self->context[row] = packet->context;
  if (packet->parent)
    {
      self->parent[row] = packet->parent;
      self->relation[row] = packet->relation;
      note_parent (self, packet->parent);
    }
  if (packet->socket)
    self->socket[row] = ps_distinct_take (&self->sockets, &packet->socket, sizeof packet->socket);
  if (packet->interface)
    {
      const PsPacketPlace *before = ps_distinct_get (&self->places, self->place[row]);

      self->place[row] = take_place (self, before->netns, packet->interface, before->link_type);
    }
  if (packet->direction != PS_DIRECTION_UNKNOWN)
    self->direction[row] = packet->direction;
  self->end[row] = take_end (self, packet);
  self->tail[row] = keep_tail (self, new);
}

guint64
ps_packet_chunk_get_socket (const PsPacketChunk *self, guint row)
{
  return *(const guint64 *)ps_distinct_get (&self->sockets, self->socket[row]);
}

void
ps_packet_chunk_get_tail (const PsPacketChunk *self, guint row, PsPacket *ret_packet)
{
  ps_compact_decode_tail (ps_packet_arena_get (&self->arena, self->tail[row]), ret_packet->stages,
                          &ret_packet->n_stages, ret_packet->paths, &ret_packet->n_paths);
}

void
ps_packet_chunk_get_paths (const PsPacketChunk *self, guint row, PsPacket *ret_packet)
{
  ret_packet->time_ns = get_time (self, row);
  ret_packet->socket = ps_packet_chunk_get_socket (self, row);
  ps_compact_decode_tail_paths (ps_packet_arena_get (&self->arena, self->tail[row]),
                                ret_packet->paths, &ret_packet->n_paths);
}

void
ps_packet_chunk_get (const PsPacketChunk *self, guint row, PsPacket *ret_packet)
{
  ps_packet_chunk_get_header (self, row, ret_packet);
  ps_packet_chunk_get_tail (self, row, ret_packet);
}

void
ps_packet_chunk_get_header (const PsPacketChunk *self, guint row, PsPacket *ret_packet)
{
  const PsChunkProcess *process = ps_distinct_get (&self->processes, self->process[row]);
  const PsPacketPlace *place = ps_distinct_get (&self->places, self->place[row]);
  const PsChunkEnd *end = ps_distinct_get (&self->ends, self->end[row]);

  ret_packet->id = self->id[row];
  ret_packet->parent = self->parent[row];
  ret_packet->time_ns = get_time (self, row);
  ret_packet->socket = ps_packet_chunk_get_socket (self, row);
  ret_packet->length = self->length[row];
  ret_packet->captured = self->captured[row];
  ret_packet->netns = place->netns;
  ret_packet->interface = place->interface;
  ret_packet->link_type = (guint16)place->link_type;
  ret_packet->pid = process->pid;
  ret_packet->tid = process->tid;
  memcpy (ret_packet->comm, process->comm, PS_COMM_LENGTH);
  ret_packet->comm[PS_COMM_LENGTH] = 0;
  ret_packet->out_interface = end->out_interface;
  ret_packet->drop_reason = end->drop_reason;
  ret_packet->drop_symbol = end->drop_symbol;
  ret_packet->drop_offset = end->drop_offset;
  ret_packet->gso_segments = end->gso_segments;
  ret_packet->gso_size = end->gso_size;
  ret_packet->flags = self->flags[row] & ~PS_PACKET_IMPORTED;
  ret_packet->from_kernel = !(self->flags[row] & PS_PACKET_IMPORTED);
  ret_packet->protocol = self->protocol[row];
  ret_packet->direction = self->direction[row];
  ret_packet->verdict = self->verdict[row];
  ret_packet->context = self->context[row];
  ret_packet->relation = self->relation[row];
  ret_packet->data = ps_packet_arena_get (&self->arena, self->data[row]);
  if (!ret_packet->data)
    ret_packet->data = (const guint8 *)"";
  ret_packet->n_stages = ret_packet->n_paths = 0;
}

void
ps_packet_chunk_get_columns (const PsPacketChunk *self, guint row, PsSessionColumns *ret_columns)
{
  *ret_columns = (PsSessionColumns){
    .n = self->rows - row,
    .id = self->id + row,
    .length = self->length + row,
    .captured = self->captured + row,
    .flags = self->flags + row,
    .tcp_bits = self->tcp_bits + row,
    .direction = self->direction + row,
    .verdict = self->verdict + row,
    .context = self->context + row,
    .relation = self->relation + row,
    .time = self->time + row,
    .times = self->times ? self->times + row : NULL,
    .time_base = self->time_base,
    .header = self->header + row,
    .process = self->process + row,
    .place = self->place + row,
    .socket = self->socket + row,
    .end = self->end + row,
    .n_headers = self->headers.n,
    .n_processes = self->processes.n,
    .n_places = self->places.n,
    .n_sockets = self->sockets.n,
    .n_ends = self->ends.n,
    .headers = (gconstpointer)self->headers.values,
    .arena = &self->arena,
    .data = self->data + row,
    .tail = self->tail + row,
    .places = (gconstpointer)self->places.values,
  };
}

void
ps_session_columns_get_stages (const PsSessionColumns *self, guint row, PsPacket *ret_packet)
{
  ps_compact_decode_tail_stages (ps_packet_arena_get (self->arena, self->tail[row]),
                                 ret_packet->stages, &ret_packet->n_stages);
}

guint
ps_packet_chunk_find (const PsPacketChunk *self, guint64 id)
{
  guint guess;

  if (id < self->least_id || id > self->most_id)
    return PS_CHUNK_ROWS;

  /* Ids are given out one after the other: usually it is where it would be if none were missing. */
  guess = (guint)MIN (id - self->least_id, self->rows - 1);
  if (self->id[guess] == id)
    return guess;
  for (guint row = 0; row < self->rows; row++)
    if (self->id[row] == id)
      return row;
  return PS_CHUNK_ROWS;
}

guint
ps_packet_chunk_find_child (const PsPacketChunk *self, guint64 id, guint row)
{
  if (id < self->least_parent || id > self->most_parent)
    return PS_CHUNK_ROWS;
  for (; row < self->rows; row++)
    if (self->parent[row] == id)
      return row;
  return PS_CHUNK_ROWS;
}

gsize
ps_packet_chunk_get_size (const PsPacketChunk *self)
{
  return sizeof *self + self->arena.size + (self->times ? PS_CHUNK_ROWS * sizeof *self->times : 0) +
         ps_distinct_get_size (&self->headers) + ps_distinct_get_size (&self->processes) +
         ps_distinct_get_size (&self->places) + ps_distinct_get_size (&self->sockets) +
         ps_distinct_get_size (&self->ends);
}
