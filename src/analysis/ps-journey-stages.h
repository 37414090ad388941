/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stage list of a journey. Private to it. */
#pragma once

#include <json-glib/json-glib.h>

#include "analysis/ps-dissection.h"
#include "analysis/ps-journey.h"

G_BEGIN_DECLS

/*
 * Every stage a packet of this kind passes, in order: those that were seen with
 * their times, the others with the reason why they were not. Transfer full,
 * element PsJourneyStage.
 */
GArray *ps_journey_stages_new (PsSession *session, const PsPacket *packet);

/* What is known of the packet beforehand. */
typedef struct {
  PsSession *session;
  const PsPacket *packet;
  PsSummary summary;
  JsonObject *hello; /* nullable */
} PsJourneyFacts;

/* A translated sentence, never NULL. `after_end`: the stage comes after the last one seen. */
const char *
ps_journey_missing_reason (const PsJourneyFacts *facts, guint8 stage, gboolean after_end);

/* "receive network", "send qdisc", …; translated. */
const char *ps_journey_stage_title (guint8 stage);

G_END_DECLS
