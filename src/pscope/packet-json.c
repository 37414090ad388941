/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/packet-json.h"

#include "analysis/ps-journey.h"
#include "analysis/ps-tcp-analysis.h"

struct _PsPathCache {
  PsSession *session;
  GHashTable *shapes; /* GBytes of ShapeKey[] -> Shape */
};

/* The call path of a packet, without its times. */
typedef struct {
  char *functions; /* a JSON array: names, outermost first, each once */
  guint n_calls;
} Shape;

static void
shape_free (gpointer data)
{
  Shape *shape = data;

  g_free (shape->functions);
  g_free (shape);
}

PsPathCache *
ps_path_cache_new (PsSession *session)
{
  PsPathCache *cache = g_new0 (PsPathCache, 1);

  cache->session = g_object_ref (session);
  cache->shapes = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref,
                                         shape_free);
  return cache;
}

void
ps_path_cache_free (PsPathCache *cache)
{
  g_hash_table_unref (cache->shapes);
  g_object_unref (cache->session);
  g_free (cache);
}

static Shape *
shape_new (PsPathCache *cache, guint64 number)
{
  g_autoptr (PsJourney) journey = ps_journey_new (cache->session, number);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  Shape *shape = g_new0 (Shape, 1);
  PsJson json;

  ps_json_init (&json);
  ps_json_begin_array (&json, NULL);
  shape->n_calls = journey != NULL ? ps_journey_get_n_calls (journey) : 0;
  for (guint i = 0; i < shape->n_calls; i++)
    {
      const PsCall *call = ps_journey_get_call (journey, i);

      if (g_hash_table_add (seen, (gpointer)call->function))
        ps_json_string (&json, NULL, call->function);
    }
  ps_json_end_array (&json);
  shape->functions = g_strdup (json.text->str);
  ps_json_clear (&json);
  return shape;
}

/* What makes the shape: which paths, at which stages. How many others agree does not. */
typedef struct {
  guint32 path;
  guint8 stage;
  guint8 event;
  guint16 flags;
} ShapeKey;

static const Shape *
find_shape (PsPathCache *cache, const PsPacket *packet)
{
  ShapeKey keys[PS_PATHS_MAX];
  g_autoptr (GBytes) key = NULL;
  Shape *shape;

  for (guint i = 0; i < packet->n_paths; i++)
    keys[i] = (ShapeKey){ packet->paths[i].path, packet->paths[i].stage, packet->paths[i].event,
                          packet->paths[i].flags };
  key = g_bytes_new (keys, packet->n_paths * sizeof *keys);
  shape = g_hash_table_lookup (cache->shapes, key);
  if (shape == NULL)
    {
      shape = shape_new (cache, packet->number);
      g_hash_table_insert (cache->shapes, g_steal_pointer (&key), shape);
    }
  return shape;
}

static void
add_shape (PsJson *json, const Shape *shape, gboolean inferred)
{
  ps_json_raw (json, "functions", shape->functions);
  ps_json_uint (json, "calls", shape->n_calls);
  ps_json_bool (json, "path_inferred", inferred);
}

static void
add_path (PsJson *json, PsPathCache *cache, const PsPacket *packet)
{
  gboolean inferred = FALSE;

  ps_json_begin_array (json, "path");
  for (guint i = 0; i < packet->n_paths; i++)
    {
      ps_json_uint (json, NULL, packet->paths[i].path);
      inferred |= (packet->paths[i].flags & PS_PATH_REFERENCE_INFERRED) != 0;
    }
  ps_json_end_array (json);

  /* Calls that were traced are this packet's alone; a path is that of many. */
  if (ps_session_get_n_trees (cache->session, packet->id) > 0)
    {
      Shape *shape = shape_new (cache, packet->number);

      add_shape (json, shape, FALSE);
      shape_free (shape);
      return;
    }
  if (packet->n_paths == 0)
    {
      ps_json_null (json, "functions");
      ps_json_null (json, "calls");
      ps_json_string (json, "path_missing",
                      packet->from_kernel ? "no call path was taken of it or of its kind"
                                          : "a foreign capture knows no paths");
      return;
    }
  add_shape (json, find_shape (cache, packet), inferred);
}

static void
add_stages (PsJson *json, const PsPacket *packet)
{
  ps_json_begin_array (json, "stages");
  for (guint i = 0; i < packet->n_stages; i++)
    {
      const PsStageRecord *stage = &packet->stages[i];

      ps_json_begin_object (json, NULL);
      ps_json_string (json, "stage", ps_stage_name (stage->stage & PS_STAGE_MASK));
      ps_json_string (json, "way", stage->stage & PS_STAGE_SEND ? "send" : "receive");
      ps_json_string (json, "layer", ps_layer_name (ps_stage_layer (stage->stage & PS_STAGE_MASK)));
      ps_json_int (json, "time_ns", packet->time_ns + (gint64)stage->delta);
      ps_json_end_object (json);
    }
  ps_json_end_array (json);
}

static void
add_headers (PsJson *json, const PsPacketFacts *facts)
{
  const PsSummary *summary = &facts->summary;

  ps_json_uint (json, "length", facts->packet->length);
  ps_json_uint (json, "captured", facts->packet->captured);
  ps_json_string (json, "protocol", *summary->protocol != '\0' ? summary->protocol : NULL);
  ps_json_string (json, "source", *summary->source != '\0' ? summary->source : NULL);
  ps_json_string (json, "destination", *summary->destination != '\0' ? summary->destination : NULL);
  ps_json_known (json, "source_port", summary->source_port != 0 ? summary->source_port : -1);
  ps_json_known (json, "destination_port",
                 summary->destination_port != 0 ? summary->destination_port : -1);
  ps_json_string (json, "info", summary->info);
}

/* Empty: nothing to remark. Null: it is no TCP segment. */
static void
add_tcp_analysis (PsJson *json, PsSession *session, const PsPacket *packet)
{
  PsTcpFacts facts;

  if (!ps_tcp_analysis_get (session, packet, &facts))
    {
      ps_json_null (json, "tcp_analysis");
      return;
    }
  ps_json_begin_array (json, "tcp_analysis");
  for (guint nth = 0; ps_tcp_flag_name (nth) != NULL; nth++)
    if (facts.flags >> nth & 1)
      ps_json_string (json, NULL, ps_tcp_flag_name (nth));
  ps_json_end_array (json);
}

static void
add_process (PsJson *json, const PsPacketFacts *facts)
{
  if (facts->packet->socket != 0)
    ps_json_uint (json, "socket", facts->packet->socket);
  else
    ps_json_null (json, "socket");
  ps_json_known (json, "pid", facts->has_process ? (gint64)facts->pid : -1);
  ps_json_string (json, "process", facts->has_process ? facts->process : NULL);
  if (facts->has_process)
    ps_json_bool (json, "process_is_owner", facts->process_is_owner);
  else
    ps_json_string (json, "process_missing", ps_packet_facts_why_no_process (facts));
}

static void
add_end (PsJson *json, const PsPacketFacts *facts)
{
  const PsPacket *packet = facts->packet;

  if (packet->from_kernel)
    ps_json_string (json, "verdict", ps_verdict_name (packet->verdict));
  else
    {
      ps_json_null (json, "verdict");
      ps_json_string (json, "verdict_missing", "a foreign capture knows no verdicts");
    }
  ps_json_string (json, "drop_reason", facts->drop_reason);
  ps_json_string (json, "drop_function", facts->drop_function);
  ps_json_bool (json, "reset_sent", (packet->flags & PS_PACKET_RESET_SENT) != 0);
}

void
ps_packet_json_add_headers (PsJson *json, const PsPacketFacts *facts)
{
  const PsPacket *packet = facts->packet;

  ps_json_uint (json, "number", packet->number);
  ps_json_uint (json, "id", packet->id);
  if (packet->parent != 0)
    ps_json_uint (json, "parent", packet->parent);
  else
    ps_json_null (json, "parent");
  ps_json_string (json, "relation",
                  packet->relation != PS_RELATION_NONE ? ps_relation_name (packet->relation)
                                                       : NULL);
  ps_json_int (json, "time_ns", packet->time_ns);
  ps_json_string (json, "direction", ps_direction_name (packet->direction));
  ps_json_string (json, "interface", facts->interface);
  ps_json_string (json, "out_interface", facts->out_interface);
  ps_json_uint (json, "netns", packet->netns);
  ps_json_string (json, "netns_name", facts->netns);
  add_headers (json, facts);
  add_process (json, facts);
  ps_json_string (json, "context", packet->from_kernel ? ps_context_name (packet->context) : NULL);
  add_end (json, facts);
}

void
ps_packet_json_add (PsJson *json, PsPathCache *cache, const PsPacketFacts *facts)
{
  ps_packet_json_add_headers (json, facts);
  add_tcp_analysis (json, cache->session, facts->packet);
  add_path (json, cache, facts->packet);
  add_stages (json, facts->packet);
}
