/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/command.h"

#include "pscope/journey-view.h"
#include "pscope/load.h"
#include "pscope/packet-json.h"

#include <glib/gi18n.h>

static void
add_json_stages (PsJson *json, PsJourney *journey)
{
  ps_json_begin_array (json, "stages");
  for (guint i = 0; i < ps_journey_get_n_stages (journey); i++)
    {
      const PsJourneyStage *stage = ps_journey_get_stage (journey, i);

      ps_json_begin_object (json, NULL);
      ps_json_string (json, "stage", ps_stage_name (stage->stage));
      ps_json_string (json, "way", stage->send ? "send" : "receive");
      ps_json_string (json, "layer", ps_layer_name (stage->layer));
      ps_json_known (json, "time_ns", stage->time_ns);
      ps_json_known (json, "since_previous_ns", stage->since_previous_ns);
      ps_json_string (json, "context",
                      stage->time_ns >= 0 ? ps_context_name (stage->context) : NULL);
      if (stage->missing != NULL)
        ps_json_string (json, "time_missing", stage->missing);
      ps_json_end_object (json);
    }
  ps_json_end_array (json);
}

static void
add_json_call (PsJson *json, const PsCall *call)
{
  ps_json_begin_object (json, NULL);
  ps_json_string (json, "function", call->function);
  ps_json_string (json, "module",
                  call->module != NULL && *call->module != '\0' ? call->module : NULL);
  ps_json_string (json, "layer", ps_layer_name (call->layer));
  ps_json_uint (json, "depth", call->depth);
  ps_json_known (json, "parent", call->parent != G_MAXUINT32 ? (gint64)call->parent : -1);
  ps_json_known (json, "start_ns", call->start_ns);
  ps_json_known (json, "duration_ns", call->duration_ns);
  if (call->packet != 0)
    ps_json_uint (json, "packet", call->packet);
  else
    ps_json_null (json, "packet");
  ps_json_string (json, "context", ps_context_name (call->context));
  ps_json_bool (json, "boundary", call->boundary);
  ps_json_bool (json, "dropped_here", call->dropped_here);
  ps_json_bool (json, "inferred", call->inferred);
  ps_json_string (json, "stage",
                  call->stage >= 0 ? ps_stage_name (call->stage & PS_STAGE_MASK) : NULL);
  ps_json_end_object (json);
}

static void
add_json_number (PsJson *json, const char *key, guint64 number)
{
  ps_json_known (json, key, number != 0 ? (gint64)number : -1);
}

static void
print_json (PsJourneyView *view)
{
  PsJson json;

  ps_json_init (&json);
  ps_json_begin_object (&json, NULL);
  ps_json_string (&json, "kind", "journey");
  ps_packet_json_add_headers (&json, &view->facts);
  add_json_number (&json, "parent_number", ps_journey_get_parent (view->journey));
  add_json_number (&json, "child_number", ps_journey_get_child (view->journey));
  ps_json_string (&json, "end", ps_journey_get_end (view->journey));
  add_json_stages (&json, view->journey);
  ps_json_begin_array (&json, "calls");
  for (guint i = 0; i < ps_journey_get_n_calls (view->journey); i++)
    add_json_call (&json, ps_journey_get_call (view->journey, i));
  ps_json_end_array (&json);
  ps_json_string (&json, "calls_missing", ps_journey_get_calls_note (view->journey));
  ps_json_string (&json, "inferred_note", ps_journey_get_inferred_note (view->journey));
  ps_json_end_object (&json);
  ps_json_print (&json);
  ps_json_clear (&json);
}

static gboolean
open_view (PsJourneyView *view, const char *file, guint64 number, GError **error)
{
  guint64 first;

  view->session = ps_command_load (file, error);
  if (view->session == NULL)
    return FALSE;
  if (ps_session_get_packet (view->session, number, &view->packet))
    view->journey = ps_journey_new (view->session, number);
  if (view->journey != NULL)
    {
      ps_packet_facts_init (&view->facts, view->session, &view->packet);
      return TRUE;
    }
  first = ps_session_get_first_packet (view->session);
  if (ps_session_get_n_packets (view->session) == 0)
    ps_set_usage_error (error, _ ("There are no packets in %s."), file);
  else
    ps_set_usage_error (error,
                        _ ("There is no packet %" G_GUINT64_FORMAT
                           " in %s; it has %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT "."),
                        number, file, first, first + ps_session_get_n_packets (view->session) - 1);
  return FALSE;
}

int
ps_command_journey (int argc, char **argv)
{
  g_autofree char *color = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("One JSON object, for scripts"), NULL },
    { "color", 0, 0, G_OPTION_ARG_STRING, &color, N_ ("auto, always or never"), N_ ("WHEN") },
    { NULL },
  };
  PsJourneyView view = { 0 };
  guint64 number;
  GError *error = NULL;
  gboolean opened;

  opened = ps_command_parse (entries, &argc, &argv, 2, 2, &error) &&
           ps_terminal_init (&view.terminal, color, &error) &&
           ps_command_read_number ("PACKET", argv[2], &number, &error) &&
           open_view (&view, argv[1], number, &error);
  if (opened && json)
    print_json (&view);
  else if (opened)
    ps_journey_view_print (&view);
  g_clear_object (&view.journey);
  g_clear_object (&view.session);
  return opened ? ps_command_finish () : ps_command_fail (error);
}
