/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recorded call trees, from which the synthesis makes those of its packets. */
#pragma once

typedef enum {
  JOURNEY_TCP_SYN_OUT,
  JOURNEY_TCP_ACK_OUT,
  JOURNEY_TCP_DATA_OUT,
  JOURNEY_TCP_FIN_OUT,
  JOURNEY_TCP_SYN_IN,
  JOURNEY_TCP_ACK_IN,
  JOURNEY_TCP_DATA_IN,
  JOURNEY_TCP_DROPPED,
  JOURNEY_UDP_OUT,
  JOURNEY_UDP_IN,
  JOURNEY_UDP_DROPPED,
  JOURNEY_FORWARDED,
  JOURNEY_OTHER_OUT,
  JOURNEY_OTHER_IN,
  N_JOURNEYS,
} JourneyName;

/* "DEPTH START DURATION [*-]FUNCTION;" for each call, in the order they began. */
typedef const char *Journey;

extern const Journey journeys[N_JOURNEYS];
