/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a session does for the readers of files, and for nobody else. */
#pragma once

#include "session/ps-file-map.h"
#include "session/ps-session.h"

G_BEGIN_DECLS

/*
 * A packet whose bytes (view->data) stay in a map that the session holds; they
 * are not copied. The view is as ps_record_view_packet() would have made it.
 */
gboolean ps_session_feed_in_place (PsSession *self, const PsPacketView *view);

/* Keeps `map` as long as the session lives. */
void ps_session_hold_map (PsSession *self, PsFileMap *map);

/* Blocks of a foreign capture: payloads of PS_RECORD_CARRIED. Transfer none. */
guint ps_session_get_n_carried (PsSession *self);
GBytes *ps_session_get_nth_carried (PsSession *self, guint nth);

G_END_DECLS
