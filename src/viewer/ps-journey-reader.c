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

static void
decode (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_task_return_boolean (task, ps_session_prepare_trees (data, cancellable));
}

/* `data`: the reader, part of the view; another selection does not cancel, another session does. */
static void
decoded (GObject *source, GAsyncResult *result, gpointer data)
{
  PsJourneyReader *self = data;

  if (g_cancellable_is_cancelled (g_task_get_cancellable (G_TASK (result))))
    return;
  g_clear_object (&self->decoding);
  ps_view_update (PS_VIEW (source), PS_VIEW_PACKET);
}

static void
stop_decoding (PsJourneyReader *self)
{
  g_cancellable_cancel (self->decoding);
  g_clear_object (&self->decoding);
}

static void
start_decoding (PsJourneyReader *self, PsView *view, PsSession *session)
{
  g_autoptr (GTask) task = NULL;

  self->decoding = g_cancellable_new ();
  task = g_task_new (view, self->decoding, decoded, self);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, g_object_ref (session), g_object_unref);
  g_task_run_in_thread (task, decode);
}

gboolean
ps_journey_reader_is_decoding (PsJourneyReader *self)
{
  return self->decoding != NULL;
}

gboolean
ps_journey_reader_update (PsJourneyReader *self, PsView *view, PsViewChange changes)
{
  PsSession *session = ps_view_get_session (view);
  guint64 number = ps_document_get_packet (ps_view_get_document (view));
  gboolean had = self->journey != NULL;

  if (changes & PS_VIEW_SESSION || session == NULL || number == 0)
    g_clear_object (&self->journey);
  if (changes & PS_VIEW_SESSION || session == NULL)
    stop_decoding (self);
  if (session == NULL || number == 0)
    return had || changes & PS_VIEW_SESSION;
  if (self->decoding == NULL && ps_session_trees_take_time (session))
    start_decoding (self, view, session);
  if (self->decoding != NULL)
    {
      g_clear_object (&self->journey);
      return TRUE;
    }
  if (changes & (PS_VIEW_PACKET | PS_VIEW_SESSION) ||
      ps_session_get_revision (session) != self->revision)
    return read_journey (self, session, number);
  return FALSE;
}

void
ps_journey_reader_clear (PsJourneyReader *self)
{
  stop_decoding (self);
  g_clear_object (&self->journey);
}
