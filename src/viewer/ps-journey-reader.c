/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-journey-reader.h"

/* A late verdict or stage gives the same packet another journey. */
static gboolean
same_journey (PsJourney *a, PsJourney *b)
{
  return a != NULL && ps_journey_get_number (a) == ps_journey_get_number (b) &&
         ps_journey_get_n_stages (a) == ps_journey_get_n_stages (b) &&
         ps_journey_get_n_calls (a) == ps_journey_get_n_calls (b) &&
         ps_journey_get_n_edges (a) == ps_journey_get_n_edges (b) &&
         ps_journey_get_n_spans (a) == ps_journey_get_n_spans (b) &&
         ps_journey_get_child (a) == ps_journey_get_child (b) &&
         g_strcmp0 (ps_journey_get_end (a), ps_journey_get_end (b)) == 0;
}

static gboolean
read_journey (PsJourneyReader *self, PsSession *session, guint64 number)
{
  g_autoptr (PsJourney) journey = ps_journey_new (session, number);
  PsPacket packet;

  self->revision = ps_session_get_revision (session);
  if (journey == NULL || same_journey (self->journey, journey))
    return FALSE; /* one that was evicted stays as it was shown */
  if (ps_session_get_packet (session, number, &packet))
    {
      self->packet = packet.id;
      self->dropped = packet.verdict == PS_VERDICT_DROPPED;
    }
  g_set_object (&self->journey, journey);
  return TRUE;
}

gboolean
ps_journey_reader_update (PsJourneyReader *self, PsView *view, PsViewChange changes)
{
  PsSession *session = ps_view_get_session (view);
  guint64 number = ps_document_get_packet (ps_view_get_document (view));
  gboolean had = self->journey != NULL;

  if (changes & PS_VIEW_SESSION || session == NULL || number == 0)
    g_clear_object (&self->journey);
  if (session == NULL || number == 0)
    return had || changes & PS_VIEW_SESSION;
  if (changes & (PS_VIEW_PACKET | PS_VIEW_SESSION) ||
      ps_session_get_revision (session) != self->revision)
    return read_journey (self, session, number);
  return FALSE;
}

void
ps_journey_reader_clear (PsJourneyReader *self)
{
  g_clear_object (&self->journey);
}
