/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many packets at once, a field beside the same field of the next packet: for
 * questions that are asked of all of them. An index stands for a value that
 * several packets share; two rows of one run with the same index have the same
 * value. What the value is says ps_session_get_packet() of any of them.
 */
#pragma once

#include "session/ps-packet-arena.h"
#include "session/ps-packet-headers.h"
#include "session/ps-session.h"

G_BEGIN_DECLS

/* Where it was seen, and what its bytes begin with. */
typedef struct {
  guint32 netns;
  guint32 interface;
  guint32 link_type;
  guint32 reserved;
} PsPacketPlace;

typedef struct {
  guint n; /* rows: the first is the packet that was asked for */

  const guint64 *id;
  const guint32 *length;
  const guint16 *captured;
  const guint16 *flags;
  const guint16 *tcp_bits; /* bytes 12 and 13 of the TCP header if `header` is not 0; 0: no TCP */
  const guint8 *direction;
  const guint8 *verdict;
  const guint8 *context;
  const guint8 *relation;

  /* Since time_base, unless there are times, which are whole; both in ns. */
  const guint32 *time;
  const gint64 *times;
  gint64 time_base;

  /* Indices, below n_…s. */
  const guint16 *header; /* IP addresses, protocol and ports; 0: only the bytes tell */
  const guint16 *process; /* pid, tid and name */
  const guint16 *place; /* network namespace, interface, link type */
  const guint16 *socket;
  const guint16 *end; /* out interface, drop, GSO */
  guint n_headers, n_processes, n_places, n_sockets, n_ends;
  const PsPacketHeaders *headers; /* what `header` stands for */

  /* For ps_session_columns_get_bytes() and _get_stages() alone. */
  const PsPacketArena *arena;
  const guint32 *data, *tail;
  const PsPacketPlace *places;
} PsSessionColumns;

/*
 * The columns of published packets from `number` on, as many as lie together: a thousand at most.
 * FALSE if that packet is not (or no longer) here. Valid until the session is fed or published.
 */
gboolean ps_session_get_columns (PsSession *self, guint64 number, PsSessionColumns *ret_columns);

/* Epoch, in ns. */
static inline gint64
ps_session_columns_get_time (const PsSessionColumns *self, guint row)
{
  return self->times ? self->times[row] : self->time_base + self->time[row];
}

/* Fills in what the bytes of a packet are, and no more of `ret_packet`. */
static inline void
ps_session_columns_get_bytes (const PsSessionColumns *self, guint row, PsPacket *ret_packet)
{
  const guint8 *data = ps_packet_arena_get (self->arena, self->data[row]);

  ret_packet->data = data ? data : (const guint8 *)"";
  ret_packet->captured = self->captured[row];
  ret_packet->length = self->length[row];
  ret_packet->link_type = (guint16)self->places[self->place[row]].link_type;
}

/* Fills in the stages of a packet, and no more of `ret_packet`. */
void ps_session_columns_get_stages (const PsSessionColumns *self, guint row, PsPacket *ret_packet);

/* As ps_session_get_packet(), but without stages and paths, which cost most of it. */
gboolean ps_session_get_packet_header (PsSession *self, guint64 number, PsPacket *ret_packet);

G_END_DECLS
