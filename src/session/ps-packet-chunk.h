/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thousand packets, a column a field. What many packets share (headers,
 * process, place, socket, end) is kept once; stages and paths stay as compact
 * as a file has them and are decoded when they are asked for; bytes of a mapped
 * file stay in it. Knows nothing of numbers, dictionaries or signals.
 */
#pragma once

#include "session/ps-distinct.h"
#include "session/ps-packet-arena.h"
#include "session/ps-packet-headers.h"
#include "session/ps-session-columns.h"
#include "session/ps-slab.h"

G_BEGIN_DECLS

#define PS_CHUNK_SHIFT 10u
#define PS_CHUNK_ROWS (1u << PS_CHUNK_SHIFT)

typedef struct {
  guint32 pid;
  guint32 tid;
  char comm[PS_COMM_LENGTH];
} PsChunkProcess;

/* What few packets have. */
typedef struct {
  guint32 out_interface;
  guint32 drop_reason;
  guint32 drop_symbol;
  guint32 drop_offset;
  guint16 gso_segments;
  guint16 gso_size;
  guint32 reserved;
} PsChunkEnd;

typedef struct {
  guint64 id[PS_CHUNK_ROWS];
  guint64 parent[PS_CHUNK_ROWS];
  guint32 time[PS_CHUNK_ROWS]; /* ns since time_base, unless there are times */
  guint32 data[PS_CHUNK_ROWS]; /* in the arena */
  guint32 tail[PS_CHUNK_ROWS]; /* stages and paths, compact, in the arena; 0: none */
  guint32 length[PS_CHUNK_ROWS];
  guint16 captured[PS_CHUNK_ROWS];
  guint16 flags[PS_CHUNK_ROWS];
  guint16 protocol[PS_CHUNK_ROWS];
  guint16 tcp_bits[PS_CHUNK_ROWS];
  guint16 header[PS_CHUNK_ROWS]; /* these are indices of distinct values */
  guint16 process[PS_CHUNK_ROWS];
  guint16 place[PS_CHUNK_ROWS];
  guint16 socket[PS_CHUNK_ROWS];
  guint16 end[PS_CHUNK_ROWS];
  guint8 direction[PS_CHUNK_ROWS];
  guint8 verdict[PS_CHUNK_ROWS];
  guint8 context[PS_CHUNK_ROWS];
  guint8 relation[PS_CHUNK_ROWS];

  PsDistinct headers; /* PsPacketHeaders */
  PsDistinct processes; /* PsChunkProcess */
  PsDistinct places; /* PsPacketPlace */
  PsDistinct sockets; /* guint64 */
  PsDistinct ends; /* PsChunkEnd */

  guint64 least_id, most_id;
  guint64 least_parent, most_parent; /* of those that have one; least > most: none has */
  guint rows;
  gboolean in_slab;
  gint64 time_base; /* epoch */
  gint64 *times; /* epoch, of each row; NULL while all of them are close to time_base */
  PsPacketArena arena;
} PsPacketChunk;

/* A packet on its way in. */
typedef struct {
  const PsPacketRecord *packet;
  gint64 time_ns; /* epoch */
  guint64 socket;
  const guint8 *data; /* packet->captured bytes */
  gboolean data_stays; /* it lies where it is as long as the chunk; else it is copied */
  const guint8 *tail; /* as ps_compact_encode_tail() makes it; NULL: none */
  gsize tail_size;
  gboolean tail_stays; /* and so do PS_COMPACT_TAIL_MAX bytes from there */
  PsPacketHeaders headers; /* these two are set by ps_new_packet_read_headers() */
  guint16 tcp_bits;
} PsNewPacket;

static inline void
ps_new_packet_read_headers (PsNewPacket *self)
{
  ps_packet_headers_read (self->packet->link_type, self->data, self->packet->captured,
                          self->packet->length, &self->headers, &self->tcp_bits);
}

/* `slab` is where the memory comes from, NULL: anywhere. */
PsPacketChunk *ps_packet_chunk_new (PsSlab **slab);
void ps_packet_chunk_free (PsPacketChunk *self);

/* There must be room for a row. */
void ps_packet_chunk_append (PsPacketChunk *self, const PsNewPacket *packet);

/* Nothing more is appended: what only appending needs goes to the chunk after it. */
PsPacketChunk *ps_packet_chunk_seal (PsPacketChunk *self, PsSlab **slab);

/* As ps_packet_store_update(). */
void ps_packet_chunk_update (PsPacketChunk *self, guint row, const PsNewPacket *packet);

void ps_packet_chunk_get (const PsPacketChunk *self, guint row, PsPacket *ret_packet);

/* Its parts: the socket, what is not stages and paths, these alone, and the paths with no more than
 * time and socket. */
guint64 ps_packet_chunk_get_socket (const PsPacketChunk *self, guint row);
void ps_packet_chunk_get_header (const PsPacketChunk *self, guint row, PsPacket *ret_packet);
void ps_packet_chunk_get_tail (const PsPacketChunk *self, guint row, PsPacket *ret_packet);
void ps_packet_chunk_get_paths (const PsPacketChunk *self, guint row, PsPacket *ret_packet);

void
ps_packet_chunk_get_columns (const PsPacketChunk *self, guint row, PsSessionColumns *ret_columns);

/* The row that has this id, or PS_CHUNK_ROWS. */
guint ps_packet_chunk_find (const PsPacketChunk *self, guint64 id);

/* The first row from `row` on that has this parent, or PS_CHUNK_ROWS. */
guint ps_packet_chunk_find_child (const PsPacketChunk *self, guint64 id, guint row);

gsize ps_packet_chunk_get_size (const PsPacketChunk *self); /* bytes of memory */

G_END_DECLS
