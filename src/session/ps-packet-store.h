/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packets of a session: header fields in columns, stages, paths and bytes
 * in one arena a chunk. Knows nothing of sockets, dictionaries or signals.
 * Numbers begin at 1; the oldest chunk can leave as a whole.
 */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

typedef struct _PsPacketStore PsPacketStore;

PsPacketStore *ps_packet_store_new (void);
void ps_packet_store_free (PsPacketStore *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsPacketStore, ps_packet_store_free)

/*
 * Appends a packet and returns its number; `time_ns` is its epoch time. With
 * `in_place` the bytes stay where they are, and must stay there.
 */
guint64 ps_packet_store_append (PsPacketStore *self,
                                const PsPacketView *view,
                                gint64 time_ns,
                                guint64 socket,
                                gboolean in_place);

/*
 * Replaces what a later record knows better: stages, paths, verdict, drop and,
 * where the record has them, socket, process, parent and interfaces. The bytes
 * stay. `number` must be in the store.
 */
void ps_packet_store_update (PsPacketStore *self,
                             guint64 number,
                             const PsPacketView *view,
                             gint64 time_ns);

/* FALSE if no such packet is here. */
gboolean ps_packet_store_get (PsPacketStore *self, guint64 number, PsPacket *ret_packet);

guint64 ps_packet_store_find (PsPacketStore *self, guint64 id);
guint64 ps_packet_store_find_child (PsPacketStore *self, guint64 id, guint64 after);

guint64 ps_packet_store_get_first (PsPacketStore *self); /* number of the oldest that is here */
guint64 ps_packet_store_get_end (PsPacketStore *self); /* number the next one will have */
gsize ps_packet_store_get_size (PsPacketStore *self); /* bytes of memory */

/* Frees the oldest chunk, unless it is the one being filled. Returns how many packets left. */
guint ps_packet_store_evict (PsPacketStore *self);

G_END_DECLS
