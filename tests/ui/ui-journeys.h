/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journeys with times, as a capture at the depth functions gives them. */
#pragma once

#include "session/ps-session.h"

/*
 * Packets 1 to UI_N_JOURNEYS go the same way: udp_sendmsg › ip_output ›
 * __dev_queue_xmit (twice) beside udp_destruct. In UI_SLOW_JOURNEY the second
 * __dev_queue_xmit takes a hundred times as long. Packet 1 is the parent of 2.
 */
#define UI_N_JOURNEYS 12u
#define UI_SLOW_JOURNEY 6u

PsSession *ui_journeys_new (void);

/* One packet with so many calls, in trees of ten levels. */
PsSession *ui_large_journey_new (guint n_calls);
