/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/journey-selection.h"

#define LEADS 1
#define FOUND 2

/* The least that one of the slowest took itself; G_MAXINT64 if none has a time. */
static gint64
slow_from (PsJourney *journey, guint n)
{
  gint64 slowest[PS_JOURNEY_SLOWEST];
  guint n_slowest = 0;

  for (guint i = 0; i < n; i++)
    {
      gint64 self_ns = ps_journey_get_call (journey, i)->self_ns;
      guint at = n_slowest < PS_JOURNEY_SLOWEST ? n_slowest++ : PS_JOURNEY_SLOWEST;

      if (self_ns < 0 || (at == PS_JOURNEY_SLOWEST && self_ns <= slowest[at - 1]))
        {
          n_slowest = at;
          continue;
        }
      for (at = MIN (at, PS_JOURNEY_SLOWEST - 1); at > 0 && slowest[at - 1] < self_ns; at--)
        slowest[at] = slowest[at - 1];
      slowest[at] = self_ns;
    }
  return n_slowest > 0 ? slowest[n_slowest - 1] : G_MAXINT64;
}

void
ps_journey_selection_init (PsJourneySelection *self,
                           PsJourney *journey,
                           gboolean slowest,
                           const char *pattern)
{
  guint n = ps_journey_get_n_calls (journey);
  gint64 from = slowest ? slow_from (journey, n) : -1;

  *self = (PsJourneySelection){ .n = n, .n_shown = n };
  if (!slowest && pattern == NULL)
    return;
  self->n_shown = 0;
  self->shown = g_new0 (guint8, n + 1);
  for (guint i = 0; i < n; i++)
    {
      const PsCall *call = ps_journey_get_call (journey, i);

      if ((slowest && call->self_ns < from) ||
          (pattern != NULL && !g_pattern_match_simple (pattern, call->function)))
        continue;
      self->n_found++;
      self->shown[i] = FOUND;
      for (guint32 above = call->parent; above < n && self->shown[above] == 0;
           above = ps_journey_get_call (journey, above)->parent)
        self->shown[above] = LEADS;
    }
  for (guint i = 0; i < n; i++)
    self->n_shown += self->shown[i] != 0;
}

void
ps_journey_selection_clear (PsJourneySelection *self)
{
  g_clear_pointer (&self->shown, g_free);
}
