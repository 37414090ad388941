/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/journey-json.h"

#include "pscope/packet-json.h"

const char *
ps_journey_edge_name (guint kind)
{
  static const char *const names[PS_N_JOURNEY_EDGES] = {
    [PS_JOURNEY_EDGE_COPIED] = "copied",
    [PS_JOURNEY_EDGE_SEGMENT] = "segment",
    [PS_JOURNEY_EDGE_FRAGMENT] = "fragment",
    [PS_JOURNEY_EDGE_MERGED] = "merged",
    [PS_JOURNEY_EDGE_RETRANSMITTED] = "retransmitted",
    [PS_JOURNEY_EDGE_CROSSED] = "crossed",
    [PS_JOURNEY_EDGE_ENCAPSULATED] = "encapsulated",
    [PS_JOURNEY_EDGE_WORKS_ON] = "works_on",
  };

  return kind < PS_N_JOURNEY_EDGES ? names[kind] : "unknown";
}

const char *
ps_journey_wait_name (guint kind)
{
  static const char *const names[PS_N_JOURNEY_WAITS] = {
    [PS_JOURNEY_WAIT_QDISC] = "qdisc",
    [PS_JOURNEY_WAIT_BACKLOG] = "backlog",
    [PS_JOURNEY_WAIT_SOCKET_QUEUE] = "socket_queue",
    [PS_JOURNEY_WAIT_SOCKET_BACKLOG] = "socket_backlog",
    [PS_JOURNEY_WAIT_HELD] = "held",
    [PS_JOURNEY_WAIT_BLOCKED] = "blocked",
  };

  return kind < PS_N_JOURNEY_WAITS ? names[kind] : "unknown";
}

static void
add_index (PsJson *json, const char *key, guint32 index)
{
  ps_json_known (json, key, index != G_MAXUINT32 ? (gint64)index : -1);
}

static void
add_id (PsJson *json, const char *key, guint64 id)
{
  if (id != 0)
    ps_json_uint (json, key, id);
  else
    ps_json_null (json, key);
}

static void
add_stages (PsJson *json, PsJourney *journey)
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

static const char *
ending_of (const PsCall *call)
{
  if (call->marks & PS_CALL_MARK_OPEN)
    return "open";
  if (call->marks & PS_CALL_MARK_UNMATCHED)
    return "unmatched";
  return call->duration_ns >= 0 ? "returned" : NULL;
}

static void
add_value (PsJson *json, const PsCall *call)
{
  if (call->has_value)
    ps_json_int (json, "value", call->value);
  else
    ps_json_null (json, "value");
  ps_json_string (json, "value_name", call->value_name);
  ps_json_string (json, "note", call->note);
}

static void
add_call (PsJson *json, const PsCall *call, guint32 index)
{
  ps_json_begin_object (json, NULL);
  ps_json_uint (json, "index", index);
  ps_json_string (json, "function", call->function);
  ps_json_string (json, "module",
                  call->module != NULL && *call->module != '\0' ? call->module : NULL);
  ps_json_string (json, "layer", ps_layer_name (call->layer));
  ps_json_uint (json, "depth", call->depth);
  add_index (json, "parent", call->parent);
  ps_json_known (json, "start_ns", call->start_ns);
  ps_json_known (json, "duration_ns", call->duration_ns);
  ps_json_known (json, "self_ns", call->self_ns);
  ps_json_string (json, "ending", ending_of (call));
  add_value (json, call);
  add_id (json, "packet", call->packet);
  ps_json_string (json, "context", ps_context_name (call->context));
  ps_json_bool (json, "boundary", call->boundary);
  ps_json_bool (json, "dropped_here", call->dropped_here);
  ps_json_bool (json, "inferred", call->inferred);
  ps_json_string (json, "stage",
                  call->stage >= 0 ? ps_stage_name (call->stage & PS_STAGE_MASK) : NULL);
  ps_json_end_object (json);
}

static void
add_calls (PsJson *json, PsJourneyView *view)
{
  ps_json_begin_array (json, "calls");
  for (guint i = 0; i < ps_journey_get_n_calls (view->journey); i++)
    if (ps_journey_selection_shows (&view->selection, i))
      add_call (json, ps_journey_get_call (view->journey, i), i);
  ps_json_end_array (json);
}

static void
add_edges (PsJson *json, PsJourney *journey)
{
  ps_json_begin_array (json, "edges");
  for (guint i = 0; i < ps_journey_get_n_edges (journey); i++)
    {
      const PsJourneyEdge *edge = ps_journey_get_edge (journey, i);

      ps_json_begin_object (json, NULL);
      ps_json_string (json, "kind", ps_journey_edge_name (edge->kind));
      ps_json_bool (json, "incoming", edge->incoming);
      ps_json_uint (json, "packet", edge->packet);
      add_id (json, "number", edge->number);
      add_index (json, "call", edge->call);
      ps_json_known (json, "time_ns", edge->time_ns);
      ps_json_end_object (json);
    }
  ps_json_end_array (json);
}

static void
add_waits (PsJson *json, PsJourney *journey)
{
  ps_json_begin_array (json, "waits");
  for (guint i = 0; i < ps_journey_get_n_waits (journey); i++)
    {
      const PsJourneyWait *wait = ps_journey_get_wait (journey, i);

      ps_json_begin_object (json, NULL);
      ps_json_string (json, "kind", ps_journey_wait_name (wait->kind));
      ps_json_int (json, "start_ns", wait->start_ns);
      ps_json_int (json, "duration_ns", wait->duration_ns);
      ps_json_bool (json, "exact", wait->exact);
      add_index (json, "call", wait->call);
      ps_json_end_object (json);
    }
  ps_json_end_array (json);
  ps_json_known (json, "running_ns", ps_journey_get_running_ns (journey));
  ps_json_known (json, "waiting_ns", ps_journey_get_waiting_ns (journey));
  ps_json_string (json, "times_note", ps_journey_get_times_note (journey));
}

static void
add_span (PsJson *json, const PsJourneySpan *span)
{
  ps_json_begin_object (json, NULL);
  ps_json_bool (json, "send", span->send);
  ps_json_string (json, "function", span->function);
  ps_json_uint (json, "pid", span->pid);
  ps_json_uint (json, "tid", span->tid);
  ps_json_string (json, "process", span->comm);
  ps_json_int (json, "start_ns", span->start_ns);
  ps_json_known (json, "duration_ns", span->duration_ns);
  ps_json_known (json, "blocked_ns", span->blocked_ns);
  ps_json_known (json, "first_seq", span->has_sequence ? (gint64)span->first_seq : -1);
  ps_json_known (json, "end_seq", span->has_sequence ? (gint64)span->end_seq : -1);
  ps_json_uint (json, "bytes", span->bytes);
  ps_json_begin_array (json, "packets");
  for (guint i = 0; i < span->n_packets; i++)
    ps_json_uint (json, NULL, span->packets[i]);
  ps_json_end_array (json);
  ps_json_end_object (json);
}

static void
add_spans (PsJson *json, PsJourney *journey)
{
  ps_json_begin_array (json, "spans");
  for (guint i = 0; i < ps_journey_get_n_spans (journey); i++)
    add_span (json, ps_journey_get_span (journey, i));
  ps_json_end_array (json);
  ps_json_string (json, "spans_missing", ps_journey_get_spans_note (journey));
}

void
ps_journey_json_print (PsJourneyView *view)
{
  PsJourney *journey = view->journey;
  PsJson json;

  ps_json_init (&json);
  ps_json_begin_object (&json, NULL);
  ps_json_string (&json, "kind", "journey");
  ps_packet_json_add_headers (&json, &view->facts);
  add_id (&json, "parent_number", ps_journey_get_parent (journey));
  add_id (&json, "child_number", ps_journey_get_child (journey));
  ps_json_string (&json, "end", ps_journey_get_end (journey));
  add_stages (&json, journey);
  add_calls (&json, view);
  ps_json_string (&json, "calls_missing", ps_journey_get_calls_note (journey));
  ps_json_string (&json, "inferred_note", ps_journey_get_inferred_note (journey));
  add_edges (&json, journey);
  add_waits (&json, journey);
  add_spans (&json, journey);
  ps_json_string (&json, "usual", view->slowness != NULL ? view->slowness->sentence : NULL);
  ps_json_end_object (&json);
  ps_json_print (&json);
  ps_json_clear (&json);
}
