/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which calls of a journey are shown: all, those to the slowest, those that match a pattern. */
#pragma once

#include "analysis/ps-journey.h"

G_BEGIN_DECLS

/* Calls that --slowest leads to, by the time they took themselves. */
#define PS_JOURNEY_SLOWEST 5u

typedef struct {
  guint n; /* calls of the journey */
  guint n_shown;
  guint n_found; /* of them what was asked for; the others lead there */
  guint8 *shown; /* of each call: 0 no, 1 leads there, 2 asked for; NULL: all are shown */
} PsJourneySelection;

/* `pattern` with * and ? is nullable. Where no call has a time of its own, `slowest` finds none. */
void ps_journey_selection_init (PsJourneySelection *self,
                                PsJourney *journey,
                                gboolean slowest,
                                const char *pattern);
void ps_journey_selection_clear (PsJourneySelection *self);

static inline gboolean
ps_journey_selection_shows (const PsJourneySelection *self, guint nth)
{
  return self->shown == NULL || self->shown[nth] != 0;
}

static inline gboolean
ps_journey_selection_found (const PsJourneySelection *self, guint nth)
{
  return self->shown != NULL && self->shown[nth] == 2;
}

G_END_DECLS
