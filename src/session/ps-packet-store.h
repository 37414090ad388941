/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packets of a session by their numbers, which begin at 1, and by their
 * ids. Knows nothing of sockets, dictionaries or signals. The oldest chunk can
 * leave as a whole.
 */
#pragma once

#include "session/ps-packet-chunk.h"

G_BEGIN_DECLS

typedef struct _PsPacketStore PsPacketStore;

/* `stays`: nothing will be evicted, and there may be very much. */
PsPacketStore *ps_packet_store_new (gboolean stays);
void ps_packet_store_free (PsPacketStore *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsPacketStore, ps_packet_store_free)

/* Fills in all of a packet that comes as a record, but its time and socket. Valid until the next.
 */
void ps_packet_store_compact (PsPacketStore *self, const PsPacketView *view, PsNewPacket *packet);

/* Appends a packet and returns its number. */
guint64 ps_packet_store_append (PsPacketStore *self, const PsNewPacket *packet);

/*
 * Replaces what a later record knows better: stages, paths, verdict, drop and,
 * where the record has them, socket, process, parent and interfaces. The bytes
 * stay. `number` must be in the store.
 */
void ps_packet_store_update (PsPacketStore *self, guint64 number, const PsNewPacket *packet);

/* FALSE if no such packet is here. */
gboolean ps_packet_store_get (PsPacketStore *self, guint64 number, PsPacket *ret_packet);

/* Its time, socket and paths alone. */
gboolean ps_packet_store_get_paths (PsPacketStore *self, guint64 number, PsPacket *ret_packet);

/* The chunk that holds a packet, and its row there; NULL if it is not here. */
const PsPacketChunk *
ps_packet_store_get_chunk (PsPacketStore *self, guint64 number, guint *ret_row);

guint64 ps_packet_store_find (PsPacketStore *self, guint64 id);
guint64 ps_packet_store_find_child (PsPacketStore *self, guint64 id, guint64 after);

guint64 ps_packet_store_get_first (PsPacketStore *self); /* number of the oldest that is here */
guint64 ps_packet_store_get_end (PsPacketStore *self); /* number the next one will have */
gsize ps_packet_store_get_size (PsPacketStore *self); /* bytes of memory */

/* Frees the oldest chunk, unless it is the one being filled. Returns how many packets left. */
guint ps_packet_store_evict (PsPacketStore *self);

G_END_DECLS
