/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record stream that nobody meant: every packet it leads to has a journey,
 * and all of them together have statistics.
 */
#include <string.h>

#include "analysis/ps-journey.h"
#include "analysis/ps-stack-statistics.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

#define PACKETS_LOOKED_AT 200

static void
look_at_ties (PsJourney *journey)
{
  guint n = ps_journey_get_n_calls (journey);

  for (guint i = 0; i < ps_journey_get_n_edges (journey); i++)
    {
      const PsJourneyEdge *edge = ps_journey_get_edge (journey, i);

      if (edge->kind >= PS_N_JOURNEY_EDGES || edge->sentence == NULL ||
          (edge->call != G_MAXUINT32 && edge->call >= n))
        g_error ("edge %u leads nowhere", i);
    }
  for (guint i = 0; i < ps_journey_get_n_waits (journey); i++)
    {
      const PsJourneyWait *wait = ps_journey_get_wait (journey, i);

      if (wait->kind >= PS_N_JOURNEY_WAITS || wait->sentence == NULL || wait->duration_ns < 0)
        g_error ("wait %u is none", i);
    }
  for (guint i = 0; i < ps_journey_get_n_spans (journey); i++)
    if (ps_journey_get_span (journey, i)->function == NULL)
      g_error ("span %u has no function", i);
  if ((ps_journey_get_n_spans (journey) == 0) != (ps_journey_get_spans_note (journey) != NULL))
    g_error ("spans are neither there nor missing");
  if ((ps_journey_get_running_ns (journey) < 0) != (ps_journey_get_waiting_ns (journey) < 0))
    g_error ("running and waiting are not known together");
}

static void
look (PsSession *session)
{
  guint64 first = ps_session_get_first_packet (session), n = ps_session_get_n_packets (session);

  for (guint64 number = first; number < first + MIN (n, PACKETS_LOOKED_AT); number++)
    {
      g_autoptr (PsJourney) journey = ps_journey_new (session, number);

      for (guint i = 0; i < ps_journey_get_n_calls (journey); i++)
        {
          const PsCall *call = ps_journey_get_call (journey, i);

          if (call->layer >= PS_N_LAYERS || (call->parent != G_MAXUINT32 && call->parent >= i))
            g_error ("call %u of %s is not in its place", i, call->function);
        }
      for (guint i = 0; i < ps_journey_get_n_stages (journey); i++)
        {
          const PsJourneyStage *stage = ps_journey_get_stage (journey, i);

          if ((stage->missing != NULL) != (stage->time_ns == -1))
            g_error ("a stage is neither seen nor missing");
        }
      if (ps_journey_get_end (journey) == NULL)
        g_error ("a journey has no end");
      look_at_ties (journey);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree guint8 *copy = g_memdup2 (data, size);
  g_autoptr (PsSession) session = ps_session_new (1 << 20);
  g_autoptr (PsStackStatistics) kernel = NULL, packets = NULL;
  gsize used = 0;

  ps_session_feed_buffer (session, copy, size, &used, NULL);
  ps_session_publish (session);
  look (session);
  kernel = ps_stack_statistics_new (session);
  packets = ps_stack_statistics_new_from_packets (session, NULL, NULL);
  for (guint by = PS_STACK_BY_INTERFACE; by <= PS_STACK_BY_PROCESS; by++)
    {
      g_autoptr (GPtrArray) groups = ps_stack_statistics_group (session, (PsStackBy)by, NULL, NULL);

      if (groups->len > PS_STACK_GROUPS_MAX + 1)
        g_error ("%u groups", groups->len);
    }
  return 0;
}
