/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/command.h"

#include "client/ps-client.h"
#include "pscope/terminal.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>
#include <stdio.h>

#define NAME_WIDTH 26

typedef struct {
  PsTerminal terminal;
  GString *out;
  JsonObject *answer;
  gboolean verbose;
} View;

static const char *
get_string (JsonObject *object, const char *key)
{
  JsonNode *node = json_object_get_member (object, key);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static gboolean
get_boolean (JsonObject *object, const char *key)
{
  return json_object_get_boolean_member_with_default (object, key, FALSE);
}

/* Calls `show` for every object of a list, after its heading (nullable) if there is one. */
static void
append_list (View *view, const char *key, const char *title, void (*show) (View *, JsonObject *))
{
  JsonNode *node = json_object_get_member (view->answer, key);
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return;
  array = json_node_get_array (node);
  if (title != NULL && json_array_get_length (array) > 0)
    ps_terminal_append_heading (&view->terminal, view->out, title, NULL);
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (array, i)))
      show (view, json_array_get_object_element (array, i));
}

/* "✓ name   remark", the remark wrapped under itself. */
static void
append_mark (View *view, gboolean good, const char *name, const char *remark)
{
  g_autoptr (GString) wrapped = g_string_new (NULL);
  int taken = MAX (NAME_WIDTH, ps_text_width (name) + 1);
  int indent = 4 + NAME_WIDTH;

  g_string_append (view->out, "  ");
  ps_terminal_append (&view->terminal, view->out, good ? PS_STYLE_GOOD : PS_STYLE_BAD,
                      good ? ps_glyph (&view->terminal, "✓", "+")
                           : ps_glyph (&view->terminal, "✗", "-"));
  g_string_append_c (view->out, ' ');
  if (remark == NULL || *remark == '\0')
    {
      ps_terminal_append (&view->terminal, view->out, PS_STYLE_PLAIN, name);
      g_string_append_c (view->out, '\n');
      return;
    }
  ps_terminal_append_cell (&view->terminal, view->out, PS_STYLE_PLAIN, name, taken, FALSE);
  ps_terminal_append_wrapped (&view->terminal, wrapped, PS_STYLE_DIM, remark, indent);
  if (taken > NAME_WIDTH)
    g_string_append_printf (view->out, "\n%s", wrapped->str);
  else
    g_string_append (view->out, wrapped->str + indent);
}

static JsonArray *
get_left_out (JsonObject *depth)
{
  JsonNode *node = json_object_get_member (depth, "left_out");

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

static void
append_depth (View *view, JsonObject *depth)
{
  gboolean works = get_boolean (depth, "works");
  const char *name = get_string (depth, "depth");
  const char *remark = get_string (depth, works ? "mechanism" : "why_not");
  JsonArray *left_out = get_left_out (depth);
  g_autofree char *counted = NULL;

  if (left_out != NULL && remark != NULL)
    counted = g_strdup_printf (_ ("%s; %d functions, %u more are left out (--verbose lists them)"),
                               remark,
                               (int)json_object_get_int_member_with_default (depth, "functions", 0),
                               json_array_get_length (left_out));
  append_mark (view, works, name != NULL ? name : _ ("n/a"), counted != NULL ? counted : remark);
}

/* The functions a depth leaves alone, under a heading. */
static void
append_left_out (View *view, JsonObject *depth)
{
  JsonArray *left_out = get_left_out (depth);

  if (left_out == NULL || json_array_get_length (left_out) == 0)
    return;
  ps_terminal_append_heading (&view->terminal, view->out, _ ("Functions that are left out"), NULL);
  for (guint i = 0; i < json_array_get_length (left_out); i++)
    {
      JsonNode *node = json_array_get_element (left_out, i);
      const char *name = JSON_NODE_HOLDS_OBJECT (node)
                             ? get_string (json_node_get_object (node), "function")
                             : NULL;

      if (name != NULL)
        append_mark (view, FALSE, name, get_string (json_node_get_object (node), "why"));
    }
}

static void
append_probe (View *view, JsonObject *probe)
{
  const char *what = get_string (probe, "what");

  append_mark (view, get_boolean (probe, "works"), what != NULL ? what : _ ("n/a"),
               get_string (probe, "why_not"));
}

static void
append_capability (View *view, JsonObject *capability)
{
  const char *name = get_string (capability, "name");

  append_mark (view, get_boolean (capability, "held"), name != NULL ? name : _ ("n/a"),
               get_string (capability, "needed_for"));
}

static void
append_system (View *view)
{
  const char *kernel = get_string (view->answer, "kernel");
  const char *machine = get_string (view->answer, "machine");
  const char *lockdown = get_string (view->answer, "lockdown");
  g_autofree char *title =
      g_strdup_printf (_ ("Linux %s on %s"), kernel != NULL ? kernel : _ ("n/a"),
                       machine != NULL ? machine : _ ("n/a"));
  g_autoptr (GString) more = g_string_new (NULL);
  int processors = (int)json_object_get_int_member_with_default (view->answer, "processors", 0);
  int namespaces =
      (int)json_object_get_int_member_with_default (view->answer, "network_namespaces", 0);

  ps_terminal_append (&view->terminal, view->out, PS_STYLE_BOLD, title);
  g_string_append_c (view->out, '\n');
  g_string_append_printf (more, ngettext ("%d processor, ", "%d processors, ", processors),
                          processors);
  g_string_append_printf (
      more, ngettext ("%d network namespace, ", "%d network namespaces, ", namespaces), namespaces);
  g_string_append (more, get_boolean (view->answer, "btf") ? _ ("BTF, ") : _ ("no BTF, "));
  g_string_append_printf (more, _ ("lockdown: %s"), lockdown != NULL ? lockdown : _ ("none"));
  ps_terminal_append_wrapped (&view->terminal, view->out, PS_STYLE_DIM, more->str, 2);
}

static void
append_start_cache (View *view)
{
  const char *text = get_string (view->answer, "start_cache");

  ps_terminal_append_heading (&view->terminal, view->out, _ ("What a start remembers of the last"),
                              NULL);
  ps_terminal_append_wrapped (&view->terminal, view->out, PS_STYLE_PLAIN,
                              text != NULL ? text : _ ("n/a"), 2);
}

static void
print_text (View *view)
{
  view->out = g_string_new (NULL);
  append_system (view);
  append_list (view, "depths", _ ("How deep a capture can look"), append_depth);
  append_list (view, "probes", _ ("What this kernel allows"), append_probe);
  append_list (view, "capabilities", _ ("Rights the helper has"), append_capability);
  if (view->verbose)
    {
      append_list (view, "depths", NULL, append_left_out);
      append_start_cache (view);
    }
  ps_terminal_print (&view->terminal, view->out);
  g_string_free (view->out, TRUE);
}

static void
print_json (JsonNode *answer)
{
  g_autofree char *text = json_to_string (answer, FALSE);

  fputs (text, stdout);
  fputc ('\n', stdout);
}

/* A script asks whether anything can be captured at all: that is the status. */
static int
judge (JsonObject *answer)
{
  JsonNode *node = json_object_get_member (answer, "depths");
  JsonArray *depths =
      node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; depths != NULL && i < json_array_get_length (depths); i++)
    {
      JsonNode *depth = json_array_get_element (depths, i);

      if (JSON_NODE_HOLDS_OBJECT (depth) && get_boolean (json_node_get_object (depth), "works"))
        return PS_EXIT_SUCCESS;
    }
  return PS_EXIT_KERNEL;
}

int
ps_command_doctor (int argc, char **argv)
{
  g_autofree char *color = NULL;
  gboolean json = FALSE, verbose = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("One JSON object, for scripts"), NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose,
      N_ ("Also list the functions that are left out, with the reason"), NULL },
    { "color", 0, 0, G_OPTION_ARG_STRING, &color, N_ ("auto, always or never"), N_ ("WHEN") },
    { NULL },
  };
  g_autoptr (JsonNode) answer = NULL;
  View view = { 0 };
  GError *error = NULL;
  int printed;

  if (!ps_command_parse (entries, &argc, &argv, 0, 0, &error) ||
      !ps_terminal_init (&view.terminal, color, &error))
    return ps_command_fail (error);
  answer = ps_client_query ("doctor", NULL, NULL, &error);
  if (answer == NULL)
    return ps_command_fail (error);
  if (!JSON_NODE_HOLDS_OBJECT (answer))
    return ps_command_fail (g_error_new_literal (
        PS_CLIENT_ERROR, PS_CLIENT_ERROR_HELPER,
        _ ("The capture helper gave an answer that cannot be understood; helper and program must "
           "be of the same PacketScope version.")));
  view.answer = json_node_get_object (answer);
  view.verbose = verbose;
  if (json)
    print_json (answer);
  else
    print_text (&view);
  printed = ps_command_finish ();
  return printed != PS_EXIT_SUCCESS ? printed : judge (view.answer);
}
