/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stage list of a journey. Private to it. */
#pragma once

#include "analysis/ps-journey.h"

G_BEGIN_DECLS

/*
 * Every stage a packet of this kind passes, in order: those that were seen with
 * their times, the others with the reason why they were not. Transfer full,
 * element PsJourneyStage.
 */
GArray *ps_journey_stages_new (PsSession *session, const PsPacket *packet);

/* "receive network", "send qdisc", …; translated. */
const char *ps_journey_stage_title (guint8 stage);

G_END_DECLS
