/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said about a packet over its journey, translated. All results are to be freed. */
#pragma once

#include "analysis/ps-journey.h"
#include "viewer/ps-packet-columns.h"

G_BEGIN_DECLS

/* "12 · TCP  127.0.0.1:5000 → 127.0.0.1:81" */
char *ps_journey_facts_title (const PsPacketRow *row);
/* When, where, how much, and whose. */
char *ps_journey_facts_describe (PsSession *session, const PsPacketRow *row);
/* "Running 12 µs · waiting 3.1 ms", with what it waited for; NULL if there is nothing to say. */
char *ps_journey_facts_times (PsJourney *journey);
/* "Part of tcp_sendmsg() of curl (231), 14,480 bytes, in 10 packets:" */
char *ps_journey_facts_span (const PsJourneySpan *span);

G_END_DECLS
