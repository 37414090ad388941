/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "client/ps-request.h"

#include "client/ps-filter-names.h"

#include <glib/gi18n.h>

static void
add_string (JsonBuilder *builder, const char *key, const char *value)
{
  if (value == NULL)
    return;
  json_builder_set_member_name (builder, key);
  json_builder_add_string_value (builder, value);
}

static void
add_filter (JsonBuilder *builder, const char *filter)
{
  g_autofree char *numbers = filter != NULL ? ps_filter_look_up_names (filter, FALSE) : NULL;

  add_string (builder, "filter", numbers);
}

static void
add_number (JsonBuilder *builder, const char *key, guint32 value)
{
  if (value == 0)
    return;
  json_builder_set_member_name (builder, key);
  json_builder_add_int_value (builder, value);
}

static void
add_sockets (JsonBuilder *builder, const guint64 *sockets, guint n)
{
  json_builder_set_member_name (builder, "sockets");
  json_builder_begin_array (builder);
  for (guint i = 0; i < n; i++)
    json_builder_add_int_value (builder, (gint64)sockets[i]);
  json_builder_end_array (builder);
}

static void
add_ports (JsonBuilder *builder, const guint16 *ports, guint n)
{
  json_builder_set_member_name (builder, "ports");
  json_builder_begin_array (builder);
  for (guint i = 0; i < n; i++)
    json_builder_add_int_value (builder, ports[i]);
  json_builder_end_array (builder);
}

static void
add_max_cost (JsonBuilder *builder, guint32 max_cost)
{
  if (max_cost == 0)
    return;
  json_builder_set_member_name (builder, "max_cost");
  json_builder_add_int_value (builder, max_cost == PS_MAX_COST_NEVER ? 0 : max_cost);
}

/* Absent means default, so that the helper alone decides what the defaults are. */
static void
add_options (JsonBuilder *builder, const PsCaptureOptions *options)
{
  json_builder_set_member_name (builder, "options");
  json_builder_begin_object (builder);
  add_string (builder, "depth", options->depth);
  add_filter (builder, options->filter);
  add_string (builder, "interface", options->interface);
  add_string (builder, "netns", options->netns);
  add_number (builder, "pid", options->pid);
  add_string (builder, "process", options->process);
  add_string (builder, "functions", options->functions);
  add_string (builder, "layers", options->layers);
  add_string (builder, "own_layers", options->own_layers);
  add_string (builder, "mechanism", options->mechanism);
  add_number (builder, "process_may_start", options->process != NULL && options->process_may_start);
  add_number (builder, "snaplen", options->snaplen);
  add_number (builder, "ring_kib", options->ring_kib);
  add_number (builder, "memory_mib", options->memory_mib);
  if (options->stacks_per_second == G_MAXUINT32)
    {
      json_builder_set_member_name (builder, "stacks_per_second");
      json_builder_add_int_value (builder, 0);
    }
  else
    add_number (builder, "stacks_per_second", options->stacks_per_second);
  add_number (builder, "sample", options->sample);
  if (options->n_sockets > 0)
    add_sockets (builder, options->sockets, options->n_sockets);
  if (options->n_ports > 0)
    add_ports (builder, options->ports, options->n_ports);
  add_max_cost (builder, options->max_cost);
  json_builder_end_object (builder);
}

static void
add_change (JsonBuilder *builder, const PsCaptureChange *change)
{
  json_builder_set_member_name (builder, "options");
  json_builder_begin_object (builder);
  add_string (builder, "depth", change->depth);
  add_filter (builder, change->filter);
  add_number (builder, "sample", change->sample);
  if (change->has_sockets)
    add_sockets (builder, change->sockets, change->n_sockets);
  if (change->has_ports)
    add_ports (builder, change->ports, change->n_ports);
  add_max_cost (builder, change->max_cost);
  json_builder_end_object (builder);
}

static GBytes *
finish_request (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;
  PsRecordWriter writer = { 0 };

  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);

  ps_record_writer_add (&writer, PS_RECORD_CONTROL, text, strlen (text));
  g_assert (!writer.failed);
  return g_bytes_new_with_free_func (writer.data, writer.size, free, writer.data);
}

GBytes *
ps_request_new (const char *request, const PsCaptureOptions *options)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_string (builder, "request", request);
  if (options != NULL)
    add_options (builder, options);
  return finish_request (builder);
}

GBytes *
ps_request_new_change (const PsCaptureChange *change)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  add_string (builder, "request", "change");
  add_change (builder, change);
  return finish_request (builder);
}

static int
error_code (const char *code)
{
  if (g_strcmp0 (code, "usage") == 0)
    return PS_CLIENT_ERROR_USAGE;
  if (g_strcmp0 (code, "permission") == 0)
    return PS_CLIENT_ERROR_PERMISSION;
  if (g_strcmp0 (code, "kernel") == 0)
    return PS_CLIENT_ERROR_KERNEL;
  return PS_CLIENT_ERROR_HELPER;
}

static const char *
get_string (JsonObject *object, const char *key)
{
  JsonNode *node = json_object_get_member (object, key);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;
}

/* The helper speaks in clauses; what a person reads begins with a capital and ends with a stop. */
static char *
make_sentence (const char *message)
{
  gunichar first = g_unichar_toupper (g_utf8_get_char_validated (message, -1));
  g_autoptr (GString) sentence = g_string_new (NULL);

  if (!g_utf8_validate (message, -1, NULL) || *message == '\0')
    return g_utf8_make_valid (message, -1);
  g_string_append_unichar (sentence, first);
  g_string_append (sentence, g_utf8_next_char (message));
  if (sentence->str[sentence->len - 1] != '.')
    g_string_append_c (sentence, '.');
  return g_string_free (g_steal_pointer (&sentence), FALSE);
}

static void
set_refusal (JsonNode *refusal, GError **error)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (refusal) ? json_node_get_object (refusal) : NULL;
  const char *message = object != NULL ? get_string (object, "message") : NULL;
  g_autofree char *sentence = NULL;

  if (message == NULL)
    message = _ ("The capture helper refused without saying why; update helper and program "
                 "together.");
  sentence = make_sentence (message);
  g_set_error_literal (error, PS_CLIENT_ERROR,
                       error_code (object != NULL ? get_string (object, "code") : NULL), sentence);
}

JsonNode *
ps_request_read_answer (const PsRecord *record, gboolean *ret_more, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *root = NULL;
  JsonObject *object;

  if (json_parser_load_from_data (parser, record->payload, record->length, NULL))
    root = json_parser_get_root (parser);
  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    {
      object = json_node_get_object (root);
      if (json_object_has_member (object, "error"))
        {
          set_refusal (json_object_get_member (object, "error"), error);
          return NULL;
        }
      *ret_more = json_object_get_boolean_member_with_default (object, "more", FALSE);
      if (json_object_has_member (object, "answer"))
        return json_object_dup_member (object, "answer");
    }
  g_set_error_literal (error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_HELPER,
                       _ ("The capture helper gave an answer that cannot be understood; helper "
                          "and program must be of the same PacketScope version."));
  return NULL;
}
