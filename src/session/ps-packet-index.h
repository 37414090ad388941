/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packet id → packet number, in some 8 bytes a packet: the table holds only
 * numbers, the ids stay in the packet store, which is asked to compare. Split
 * into many small tables, so that growing one never holds up a frame.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The id of a packet that is in the store. */
typedef guint64 (*PsPacketIdFunc) (gconstpointer store, guint32 number);

typedef struct _PsPacketIndex PsPacketIndex;

PsPacketIndex *ps_packet_index_new (PsPacketIdFunc id_func, gconstpointer store);
void ps_packet_index_free (PsPacketIndex *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsPacketIndex, ps_packet_index_free)

/* `number`: its low 32 bits, not 0. Of two packets with one id either may be found. */
void ps_packet_index_insert (PsPacketIndex *self, guint64 id, guint32 number);

/* Forgets packet `number`; its id, and those of all others, must still be in the store. */
void ps_packet_index_remove (PsPacketIndex *self, guint64 id, guint32 number);

/* 0 if not there. */
guint32 ps_packet_index_find (PsPacketIndex *self, guint64 id);

gsize ps_packet_index_get_size (PsPacketIndex *self); /* bytes */

G_END_DECLS
