/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/why-not.h"

#include <json-glib/json-glib.h>

/* A file may be anybody's: nothing in it need be what it should be. */
static const char *
text_member (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;
}

static JsonArray *
find_reasons (JsonNode *root)
{
  JsonNode *node = root != NULL && JSON_NODE_HOLDS_OBJECT (root)
                       ? json_object_get_member (json_node_get_object (root), "why_not")
                       : NULL;

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

char *
ps_why_not_functions (const char *hello, gssize length)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonArray *reasons;

  if (hello == NULL || !json_parser_load_from_data (parser, hello, length, NULL))
    return NULL;
  reasons = find_reasons (json_parser_get_root (parser));
  for (guint i = 0; reasons != NULL && i < json_array_get_length (reasons); i++)
    {
      JsonNode *node = json_array_get_element (reasons, i);

      if (JSON_NODE_HOLDS_OBJECT (node) &&
          g_strcmp0 (text_member (json_node_get_object (node), "what"), "functions") == 0)
        return g_strdup (text_member (json_node_get_object (node), "why"));
    }
  return NULL;
}
