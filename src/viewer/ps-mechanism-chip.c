/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-mechanism-chip.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>
#include <string.h>

struct _PsMechanismChip {
  PsView parent_instance;

  GtkMenuButton *button;
  GtkLabel *label;
  GtkLabel *text;
  GtkWidget *buttons; /* for a capture that runs */

  const char *shown; /* the hello that is on screen; owned by the session */
  guint n_changes; /* that are */
};

G_DEFINE_FINAL_TYPE (PsMechanismChip, ps_mechanism_chip, PS_TYPE_VIEW)

static void
append_heading (GString *text, const char *heading)
{
  g_autofree char *markup =
      g_markup_printf_escaped ("%s<b>%s</b>\n", text->len > 0 ? "\n" : "", heading);
  g_string_append (text, markup);
}

static const char *
string_member (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
                 json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static JsonArray *
array_member (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

/* A list of {`what`, why} as lines; the hello comes from a file, so anything may be missing. */
static void
append_reasons (GString *text,
                JsonObject *hello,
                const char *list,
                const char *what,
                const char *heading)
{
  JsonArray *array = array_member (hello, list);

  if (array == NULL || json_array_get_length (array) == 0)
    return;
  append_heading (text, heading);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);
      JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
      const char *name = object != NULL ? string_member (object, what) : NULL;
      const char *why = object != NULL ? string_member (object, "why") : NULL;

      if (name != NULL)
        {
          g_autofree char *line =
              g_markup_printf_escaped ("%s: %s\n", name, why != NULL ? why : _ ("n/a"));
          g_string_append (text, line);
        }
    }
}

static void
append_mechanism (GString *text, const PsSessionChange *state)
{
  g_autofree char *line = NULL;

  if (state == NULL || state->mechanism == NULL)
    return;
  line = g_markup_printf_escaped (_ ("By %s\n"), state->mechanism);
  g_string_append (text, line);
}

static void
append_machine (GString *text, PsSession *session)
{
  const char *host = ps_session_get_host (session);
  const char *kernel = ps_session_get_kernel (session);
  g_autofree char *line =
      g_markup_printf_escaped (_ ("Host %s, Linux %s\n"), host != NULL ? host : _ ("n/a"),
                               kernel != NULL ? kernel : _ ("n/a"));

  append_heading (text, _ ("Captured on"));
  g_string_append (text, line);
  append_mechanism (text, ps_session_get_state (session));
}

static void
append_warnings (GString *text, PsSession *session)
{
  const char *const *warnings = ps_session_get_warnings (session);

  if (warnings == NULL || *warnings == NULL)
    return;
  append_heading (text, _ ("About the file"));
  for (guint i = 0; warnings[i] != NULL; i++)
    {
      g_autofree char *line = g_markup_escape_text (warnings[i], -1);
      g_string_append_printf (text, "%s\n", line);
    }
}

#define CHANGES_SHOWN 5u

/* The last ones; “pscope info” has them all. */
static void
append_changes (GString *text, PsSession *session)
{
  guint n = ps_session_get_n_changes (session);

  if (n == 0)
    return;
  append_heading (text, _ ("Changed while it ran"));
  for (guint i = n > CHANGES_SHOWN ? n - CHANGES_SHOWN : 0; i < n; i++)
    {
      const PsSessionChange *change = ps_session_get_nth_change (session, i);
      g_autoptr (GDateTime) time =
          g_date_time_new_from_unix_local (change->time_ns / G_GINT64_CONSTANT (1000000000));
      g_autofree char *clock = time != NULL ? g_date_time_format (time, "%X") : NULL;
      g_autofree char *line =
          g_markup_printf_escaped ("%s  %s\n", clock != NULL ? clock : _ ("n/a"),
                                   change->message != NULL ? change->message : _ ("n/a"));

      g_string_append (text, line);
    }
}

/* "paths + functions of 2 sockets"; NULL: the depth says it all. */
static char *
describe_choice (const PsSessionChange *state)
{
  gboolean boundaries = g_strcmp0 (state->depth, "boundaries") == 0;

  if (!boundaries && g_strcmp0 (state->depth, "functions") != 0)
    return g_strcmp0 (state->under_way, "attaching") == 0
               ? g_strdup (_ ("paths, attaching to functions…"))
               : NULL;
  if (state->n_sockets > 0 && state->n_ports == 0)
    return g_strdup_printf (g_dngettext (NULL, "paths + functions of %u socket",
                                         "paths + functions of %u sockets", state->n_sockets),
                            state->n_sockets);
  if (state->n_ports > 0 && state->n_sockets == 0)
    return g_strdup_printf (g_dngettext (NULL, "paths + functions of %u port",
                                         "paths + functions of %u ports", state->n_ports),
                            state->n_ports);
  if (state->restricted)
    return g_strdup_printf (_ ("paths + functions of %u sockets and ports"),
                            state->n_sockets + state->n_ports);
  if (state->sample > 1)
    return g_strdup_printf (_ ("paths + functions of 1 in %u packets"), state->sample);
  return boundaries ? g_strdup (_ ("functions at stage boundaries")) : NULL;
}

static char *
describe (PsSession *session)
{
  GString *text = g_string_new (NULL);
  const char *json = ps_session_get_hello (session);
  g_autoptr (JsonNode) node = json != NULL ? json_from_string (json, NULL) : NULL;
  JsonObject *hello =
      node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

  if (ps_session_get_depth (session) == NULL)
    g_string_append (text, _ ("Another program made this capture. Its packets are here; what the "
                              "kernel did with them is not known.\n"));
  else
    append_machine (text, session);
  if (hello != NULL)
    {
      append_reasons (text, hello, "why_not", "what", _ ("Why not deeper"));
      append_reasons (text, hello, "missing", "stage", _ ("Stages it cannot see"));
    }
  append_changes (text, session);
  append_warnings (text, session);
  if (text->len > 0 && text->str[text->len - 1] == '\n')
    g_string_truncate (text, text->len - 1);
  return g_string_free (text, FALSE);
}

static void
show (PsMechanismChip *self, PsSession *session)
{
  const PsSessionChange *state = ps_session_get_state (session);
  const char *depth = state != NULL ? state->depth : NULL;
  const char *mechanism = state != NULL ? state->mechanism : NULL;
  const char *more = mechanism != NULL ? strstr (mechanism, " + ") : NULL;
  g_autofree char *main =
      more != NULL ? g_strndup (mechanism, (gsize)(more - mechanism)) : g_strdup (mechanism);
  g_autofree char *text = describe (session);
  g_autofree char *label = state != NULL ? describe_choice (state) : NULL;

  /* The one that gives the depth; the popover names what it needs besides. */
  if (label == NULL && depth == NULL)
    label = g_strdup (_ ("packets only"));
  else if (label == NULL)
    label = g_strdup_printf ("%s · %s", depth, main != NULL ? main : _ ("n/a"));
  gtk_label_set_label (self->label, label);
  gtk_label_set_markup (self->text, text);
}

static void
ps_mechanism_chip_update (PsView *view, PsViewChange changes)
{
  PsMechanismChip *self = PS_MECHANISM_CHIP (view);
  PsSession *session = ps_view_get_session (view);

  gtk_widget_set_visible (GTK_WIDGET (self->button), session != NULL);
  gtk_widget_set_visible (self->buttons, ps_document_is_live (ps_view_get_document (view)));
  if (session == NULL)
    return;
  /* The hello of a live capture comes after its session is there. */
  if (changes & PS_VIEW_SESSION || ps_session_get_hello (session) != self->shown ||
      ps_session_get_n_changes (session) != self->n_changes)
    {
      self->shown = ps_session_get_hello (session);
      self->n_changes = ps_session_get_n_changes (session);
      show (self, session);
    }
}

const char *
ps_mechanism_chip_get_label (PsMechanismChip *self)
{
  g_return_val_if_fail (PS_IS_MECHANISM_CHIP (self), NULL);
  return gtk_label_get_label (self->label);
}

static void
ps_mechanism_chip_class_init (PsMechanismChipClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  PS_VIEW_CLASS (klass)->update = ps_mechanism_chip_update;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-mechanism-chip.ui");
  gtk_widget_class_bind_template_child (widget_class, PsMechanismChip, button);
  gtk_widget_class_bind_template_child (widget_class, PsMechanismChip, label);
  gtk_widget_class_bind_template_child (widget_class, PsMechanismChip, text);
  gtk_widget_class_bind_template_child (widget_class, PsMechanismChip, buttons);
}

static void
ps_mechanism_chip_init (PsMechanismChip *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
