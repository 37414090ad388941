/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "session/ps-hello.h"

#define NESTING_MAX 64

char *
ps_hello_check_json (const char *text, gsize length)
{
  gboolean in_string = FALSE;
  gint depth = 0;

  if (!g_utf8_validate_len (text, length, NULL))
    return NULL;

  for (gsize i = 0; i < length; i++)
    {
      if (in_string && text[i] == '\\')
        i++;
      else if (text[i] == '"')
        in_string = !in_string;
      else if (!in_string && (text[i] == '{' || text[i] == '['))
        depth++;
      else if (!in_string && (text[i] == '}' || text[i] == ']'))
        depth--;
      if (depth > NESTING_MAX)
        return NULL;
    }
  return g_strndup (text, length);
}

static char *
get_string (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  if (!node || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return g_strdup (json_node_get_string (node));
}

static gint64
get_number (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  return node && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_int (node) : 0;
}

PsHello *
ps_hello_parse (const char *text, gsize length)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autofree char *copy = ps_hello_check_json (text, length);
  JsonNode *root;
  JsonObject *object;
  PsHello *hello;

  if (!copy || !json_parser_load_from_data (parser, copy, -1, NULL))
    return NULL;
  root = json_parser_get_root (parser);
  if (!root || !JSON_NODE_HOLDS_OBJECT (root))
    return NULL;

  object = json_node_get_object (root);
  hello = g_new0 (PsHello, 1);
  hello->depth = get_string (object, "depth");
  hello->mechanism = get_string (object, "mechanism");
  hello->host = get_string (object, "host");
  hello->kernel = get_string (object, "kernel");
  hello->record_version = (guint)CLAMP (get_number (object, "record_version"), 0, G_MAXUINT16);
  hello->offset_ns = (gint64)((guint64)get_number (object, "realtime_ns") -
                              (guint64)get_number (object, "monotonic_ns"));
  hello->text = g_steal_pointer (&copy);
  return hello;
}

void
ps_hello_free (PsHello *hello)
{
  if (!hello)
    return;
  g_free (hello->text);
  g_free (hello->depth);
  g_free (hello->mechanism);
  g_free (hello->host);
  g_free (hello->kernel);
  g_free (hello);
}
