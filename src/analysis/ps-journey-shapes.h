/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Journeys without their times: which stages, which call paths. Thousands of
 * packets share one, so that a question about stages or paths is asked once for
 * all of them. A column of the session that is made when it is worth it: when
 * many packets are asked about, and what is known of them does not change any more.
 */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

/* So many packets at least make it worth its memory, four bytes each. */
#define PS_JOURNEY_SHAPES_WORTH 16384u

/*
 * Whether they may be asked for; `n` packets are going to be. FALSE if each is to be looked at
 * itself; asking again, with nothing changed meanwhile, may help. Safe from several threads, on
 * sessions that nobody feeds meanwhile.
 */
gboolean ps_journey_shapes_prepare (PsSession *session, guint64 n);

/* Numbers of the shapes of published packets from `number` on, once they are prepared; equal ones
 * have equal stages and paths. */
const guint32 *ps_journey_shapes_get (PsSession *session, guint64 number);

G_END_DECLS
