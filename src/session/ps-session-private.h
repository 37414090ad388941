/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a session does for the readers of files, and for nobody else. */
#pragma once

#include "session/ps-file-map.h"
#include "session/ps-packet-chunk.h"
#include "session/ps-payload-list.h"
#include "session/ps-session.h"

G_BEGIN_DECLS

/*
 * A packet of which bytes, stages and paths may stay in a map that the session
 * holds. Its socket is left to the session; `paths` are those seen on it, not
 * the inferred ones.
 */
void ps_session_feed_in_place (PsSession *self,
                               PsNewPacket *packet,
                               const guint32 *paths,
                               guint n_paths);

/* The same for what a later record says of one; it has no time of its own. */
void ps_session_update_in_place (PsSession *self,
                                 PsNewPacket *packet,
                                 const guint32 *paths,
                                 guint n_paths);

/* What call trees take in the file that is read. */
void ps_session_add_call_bytes (PsSession *self, gsize size);

/* Call trees of another recording, with shapes of its own, are about to be deferred. */
void ps_session_begin_trees (PsSession *self, const PsTreeBases *bases);
/*
 * Call trees (PS_COMPACT_NODES, PS_COMPACT_TREES, PS_RECORD_CALLS), in the order of the file: one
 * payload, which is copied, or a group that stays where it is, in a map that the session holds.
 * They are decoded as they are asked for.
 */
void ps_session_defer_trees (PsSession *self, guint type, const guint8 *at, gsize size);
void ps_session_defer_group (PsSession *self, const PsPayloadGroup *group);
gsize ps_session_get_deferred_size (PsSession *self); /* bytes that are not indexed */

/* Keeps `map` as long as the session lives. */
void ps_session_hold_map (PsSession *self, PsFileMap *map);

/* Blocks of a foreign capture: payloads of PS_RECORD_CARRIED. Transfer none. */
guint ps_session_get_n_carried (PsSession *self);
GBytes *ps_session_get_nth_carried (PsSession *self, guint nth);

/* What people wrote about the packet `id`; NULL if there is no nth comment. */
const char *ps_session_get_comment (PsSession *self, guint64 id, guint nth);

G_END_DECLS
