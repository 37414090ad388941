/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <json-glib/json-glib.h>

#include "session/ps-changes.h"
#include "session/ps-hello.h"

struct _PsChanges {
  PsSessionChange *beginning; /* NULL: no hello yet */
  GPtrArray *list; /* of PsSessionChange, which own their strings */
  guint n_earlier; /* of the list, from captures before the last hello */
};

static void
change_free (gpointer data)
{
  PsSessionChange *change = data;

  g_free ((char *)change->cause);
  g_free ((char *)change->message);
  g_free ((char *)change->depth);
  g_free ((char *)change->mechanism);
  g_free ((char *)change->under_way);
  g_free ((char *)change->filter);
  g_free ((char *)change->json);
  g_free (change);
}

PsChanges *
ps_changes_new (void)
{
  PsChanges *self = g_new0 (PsChanges, 1);

  self->list = g_ptr_array_new_with_free_func (change_free);
  return self;
}

void
ps_changes_free (PsChanges *self)
{
  g_clear_pointer (&self->beginning, change_free);
  g_ptr_array_unref (self->list);
  g_free (self);
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

/* How many there are in a list; *ret_is_list tells none from no list. */
static guint
count (JsonObject *object, const char *member, gboolean *ret_is_list)
{
  JsonNode *node = json_object_get_member (object, member);

  if (!node || !JSON_NODE_HOLDS_ARRAY (node))
    return 0;
  *ret_is_list = TRUE;
  return json_array_get_length (json_node_get_array (node));
}

/* The members that may change, wherever they stand: in a change, or in a hello's options. */
static void
read_choice (PsSessionChange *change, JsonObject *object)
{
  change->filter = get_string (object, "filter");
  change->sample = (guint)CLAMP (get_number (object, "sample"), 1, G_MAXINT);
  change->n_sockets = count (object, "sockets", &change->restricted);
  change->n_ports = count (object, "ports", &change->restricted);
}

static void
read_depth (PsSessionChange *change, JsonObject *object)
{
  change->depth = get_string (object, "depth");
  change->mechanism = get_string (object, "mechanism");
  change->n_functions = (guint)CLAMP (get_number (object, "functions"), 0, G_MAXINT);
}

static JsonParser *
parse (const char *text, gsize length, char **ret_copy, JsonObject **ret_object)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autofree char *copy = ps_hello_check_json (text, length);
  JsonNode *root;

  if (!copy || !json_parser_load_from_data (parser, copy, -1, NULL))
    return NULL;
  root = json_parser_get_root (parser);
  if (!root || !JSON_NODE_HOLDS_OBJECT (root))
    return NULL;
  *ret_object = json_node_get_object (root);
  *ret_copy = g_steal_pointer (&copy);
  return g_steal_pointer (&parser);
}

void
ps_changes_begin (PsChanges *self, const char *hello, gsize length)
{
  g_autofree char *copy = NULL;
  JsonObject *object;
  g_autoptr (JsonParser) parser = parse (hello, length, &copy, &object);
  JsonNode *options;

  if (!parser)
    return;
  g_clear_pointer (&self->beginning, change_free);
  self->n_earlier = self->list->len;
  self->beginning = g_new0 (PsSessionChange, 1);
  self->beginning->sample = 1;
  read_depth (self->beginning, object);
  options = json_object_get_member (object, "options");
  if (options && JSON_NODE_HOLDS_OBJECT (options))
    read_choice (self->beginning, json_node_get_object (options));
}

gboolean
ps_changes_add (PsChanges *self, const char *text, gsize length, gint64 offset_ns)
{
  char *copy = NULL;
  JsonObject *object;
  g_autoptr (JsonParser) parser = parse (text, length, &copy, &object);
  PsSessionChange *change;

  if (!parser)
    return FALSE;
  change = g_new0 (PsSessionChange, 1);
  change->json = copy;
  change->time_ns = (gint64)((guint64)get_number (object, "monotonic_ns") + (guint64)offset_ns);
  change->cause = get_string (object, "cause");
  change->message = get_string (object, "message");
  change->under_way = get_string (object, "under_way");
  read_depth (change, object);
  read_choice (change, object);
  if (self->list->len >= PS_CHANGES_MAX)
    {
      g_ptr_array_remove_index (self->list, 0);
      self->n_earlier -= MIN (self->n_earlier, 1);
    }
  g_ptr_array_add (self->list, change);
  return TRUE;
}

guint
ps_changes_get_n (PsChanges *self)
{
  return self->list->len;
}

const PsSessionChange *
ps_changes_get_nth (PsChanges *self, guint nth)
{
  return nth < self->list->len ? g_ptr_array_index (self->list, nth) : NULL;
}

const PsSessionChange *
ps_changes_get_last (PsChanges *self)
{
  return self->list->len > self->n_earlier ? ps_changes_get_nth (self, self->list->len - 1)
                                           : self->beginning;
}
