/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/command.h"

#include "analysis/ps-journey.h"
#include "pscope/format.h"
#include "pscope/journey-tree.h"
#include "pscope/load.h"
#include "pscope/packet-json.h"
#include "pscope/packet-table.h"

#include <glib/gi18n.h>

#define LABEL_WIDTH 11
#define BAR_WIDTH_MAX 30

typedef struct {
  PsSession *session;
  PsPacket packet;
  PsPacketFacts facts;
  PsJourney *journey;
  PsTerminal terminal;
  GString *out;
} View;

static void
append_line (View *view, const char *label, PsStyle style, const char *value)
{
  g_string_append (view->out, "  ");
  ps_terminal_append_cell (&view->terminal, view->out, PS_STYLE_DIM, label, LABEL_WIDTH, FALSE);
  ps_terminal_append (&view->terminal, view->out, style, value);
  g_string_append_c (view->out, '\n');
}

static void
append_title (View *view)
{
  const PsSummary *summary = &view->facts.summary;
  char source[80], destination[80];
  g_autofree char *title = NULL;

  ps_format_endpoint (source, sizeof source, summary->source, summary->source_port);
  ps_format_endpoint (destination, sizeof destination, summary->destination,
                      summary->destination_port);
  title = g_strdup_printf ("%s %" G_GUINT64_FORMAT "  %s  %s %s %s  %s", _ ("Packet"),
                           view->packet.number, summary->protocol, source,
                           ps_glyph (&view->terminal, "→", "->"), destination, summary->info);
  ps_terminal_append_cell (&view->terminal, view->out, PS_STYLE_BOLD, title,
                           view->terminal.width > 0 && ps_text_width (title) > view->terminal.width
                               ? view->terminal.width
                               : 0,
                           FALSE);
  g_string_append_c (view->out, '\n');
}

static void
append_interface (View *view)
{
  static const char *const words[PS_N_DIRECTIONS] = { N_ ("unknown"), N_ ("received on"),
                                                      N_ ("sent on"), N_ ("forwarded from") };
  const PsPacketFacts *facts = &view->facts;
  g_autoptr (GString) text = g_string_new (NULL);

  if (view->packet.direction < PS_N_DIRECTIONS)
    g_string_append_printf (
        text, "%s %s %s", ps_direction_glyph (&view->terminal, view->packet.direction),
        _ (words[view->packet.direction]), facts->interface != NULL ? facts->interface : _ ("n/a"));
  if (facts->out_interface != NULL)
    g_string_append_printf (text, _ (" to %s"), facts->out_interface);
  if (facts->netns != NULL && *facts->netns != '\0')
    g_string_append_printf (text, _ (", network namespace %s"), facts->netns);
  g_string_append_printf (text, _ (", %u bytes, %u of them kept"), view->packet.length,
                          view->packet.captured);
  append_line (view, _ ("Direction"), PS_STYLE_PLAIN, text->str);
}

static void
append_process (View *view)
{
  const PsPacketFacts *facts = &view->facts;
  g_autofree char *text = NULL;

  if (!facts->has_process)
    {
      text = g_strdup_printf ("%s (%s)", _ ("n/a"), ps_packet_facts_why_no_process (facts));
      append_line (view, _ ("Process"), PS_STYLE_DIM, text);
      return;
    }
  text = facts->process_is_owner
             ? g_strdup_printf (_ ("%s (%u), the owner of the socket"), facts->process, facts->pid)
             : g_strdup_printf (_ ("%s (%u)"), facts->process, facts->pid);
  append_line (view, _ ("Process"), PS_STYLE_PLAIN, text);
}

static void
append_relation (View *view, guint64 number, const char *words)
{
  PsPacket other;
  PsPacketFacts facts;
  g_autofree char *text = NULL;

  if (number == 0 || !ps_session_get_packet (view->session, number, &other))
    return;
  ps_packet_facts_init (&facts, view->session, &other);
  text = g_strdup_printf (_ ("%s %" G_GUINT64_FORMAT ", %s on %s"), words, number,
                          other.direction == PS_DIRECTION_OUT ? _ ("sent") : _ ("received"),
                          facts.interface != NULL ? facts.interface : _ ("n/a"));
  append_line (view, _ ("Link"), PS_STYLE_PLAIN, text);
}

/* A sentence behind its label, wrapped under itself. */
static void
append_sentence (View *view,
                 const char *label,
                 PsStyle style,
                 const char *mark,
                 const char *sentence)
{
  g_autoptr (GString) wrapped = g_string_new (NULL);
  int indent = 2 + LABEL_WIDTH + (mark != NULL ? 2 : 0);

  g_string_append (view->out, "  ");
  ps_terminal_append_cell (&view->terminal, view->out, PS_STYLE_DIM, label, LABEL_WIDTH, FALSE);
  if (mark != NULL)
    {
      ps_terminal_append (&view->terminal, view->out, style, mark);
      g_string_append_c (view->out, ' ');
    }
  ps_terminal_append_wrapped (&view->terminal, wrapped, style, sentence, indent);
  g_string_append (view->out, wrapped->str + indent);
}

static void
append_end (View *view)
{
  const char *end = ps_journey_get_end (view->journey);
  const char *advice =
      view->facts.drop_reason != NULL ? ps_drop_reason_advice (view->facts.drop_reason) : NULL;

  append_sentence (view, _ ("End"), ps_verdict_style (&view->packet),
                   ps_verdict_glyph (&view->terminal, &view->packet),
                   end != NULL ? end : _ ("n/a"));
  if (advice != NULL)
    append_sentence (view, _ ("Advice"), PS_STYLE_PLAIN, NULL, advice);
}

static void
append_header (View *view)
{
  g_autofree char *time = ps_format_time (view->packet.time_ns);

  append_title (view);
  append_line (view, _ ("Time"), PS_STYLE_PLAIN, time);
  append_interface (view);
  append_process (view);
  append_relation (view, ps_journey_get_parent (view->journey), _ ("continues packet"));
  append_relation (view, ps_journey_get_child (view->journey), _ ("goes on as packet"));
  append_end (view);
}

/* "Source port 80 · Destination port 40000 · …", broken between fields. */
static void
append_children (View *view, const GPtrArray *children, int label_width)
{
  const char *separator = ps_glyph (&view->terminal, " · ", ", ");
  int indent = 2 + label_width;
  int room = MAX (ps_terminal_get_text_width (&view->terminal) - indent, 20);
  int used = 0;

  for (guint i = 0; i < children->len; i++)
    {
      const PsField *child = g_ptr_array_index (children, i);
      const char *value = child->value != NULL ? child->value : "";
      int taken = ps_text_width (child->label) + 1 + ps_text_width (value);

      if (used > 0 && used + 3 + taken > room)
        {
          g_string_append_printf (view->out, "\n%*s", indent, "");
          used = 0;
        }
      else if (used > 0)
        {
          ps_terminal_append (&view->terminal, view->out, PS_STYLE_DIM, separator);
          used += ps_text_width (separator);
        }
      ps_terminal_append (&view->terminal, view->out, PS_STYLE_DIM, child->label);
      g_string_append_c (view->out, ' ');
      ps_terminal_append_cell (&view->terminal, view->out, PS_STYLE_PLAIN, value,
                               taken > room ? room - (taken - ps_text_width (value)) : 0, FALSE);
      used += taken;
    }
  g_string_append_c (view->out, '\n');
}

static void
append_field (View *view, const PsField *field, int label_width)
{
  int room = MAX (ps_terminal_get_text_width (&view->terminal) - 2 - label_width, 20);

  g_string_append (view->out, "  ");
  ps_terminal_append_cell (&view->terminal, view->out,
                           PS_STYLE_LAYER + MIN (field->layer, PS_N_LAYERS - 1), field->label,
                           label_width, FALSE);
  if (field->value != NULL)
    {
      ps_terminal_append_cell (&view->terminal, view->out, PS_STYLE_PLAIN, field->value,
                               ps_text_width (field->value) > room ? room : 0, FALSE);
      g_string_append_c (view->out, '\n');
    }
  if (field->children != NULL && field->children->len > 0)
    {
      if (field->value != NULL)
        g_string_append_printf (view->out, "%*s", 2 + label_width, "");
      append_children (view, field->children, label_width);
    }
  else if (field->value == NULL)
    g_string_append_c (view->out, '\n');
}

static void
append_fields (View *view)
{
  g_autoptr (GPtrArray) fields = ps_dissect (view->packet.data, view->packet.captured,
                                             view->packet.length, view->packet.link_type);
  int label_width = 0;

  if (fields == NULL || fields->len == 0)
    return;
  for (guint i = 0; i < fields->len; i++)
    label_width =
        MAX (label_width, ps_text_width (((PsField *)g_ptr_array_index (fields, i))->label) + 2);
  ps_terminal_append_heading (&view->terminal, view->out, _ ("Headers"), NULL);
  for (guint i = 0; i < fields->len; i++)
    append_field (view, g_ptr_array_index (fields, i), label_width);
}

static gint64
longest_step (PsJourney *journey)
{
  gint64 longest = 0;

  for (guint i = 0; i < ps_journey_get_n_stages (journey); i++)
    longest = MAX (longest, ps_journey_get_stage (journey, i)->since_previous_ns);
  return longest;
}

static void
append_bar (View *view, const PsJourneyStage *stage, gint64 longest)
{
  int room = view->terminal.width > 0 ? CLAMP (view->terminal.width - 50, 0, BAR_WIDTH_MAX)
                                      : BAR_WIDTH_MAX;
  int length;
  g_autoptr (GString) bar = g_string_new (NULL);

  if (longest <= 0 || stage->since_previous_ns <= 0)
    return;
  length = MAX (1, (int)((double)stage->since_previous_ns / longest * room + 0.5));
  for (int i = 0; i < MIN (length, room); i++)
    g_string_append (bar, ps_glyph (&view->terminal, "█", "#"));
  g_string_append (view->out, "  ");
  ps_terminal_append (&view->terminal, view->out, PS_STYLE_LAYER + stage->layer, bar->str);
}

static void
append_stage (View *view, const PsJourneyStage *stage, gint64 begin, gint64 longest)
{
  g_autofree char *name =
      g_strdup_printf ("%s%s", stage->send ? _ ("send ") : "", ps_stage_name (stage->stage));
  g_autofree char *since = NULL;
  g_autofree char *step = NULL;

  g_string_append (view->out, "  ");
  ps_terminal_append (&view->terminal, view->out, PS_STYLE_LAYER + stage->layer,
                      stage->time_ns >= 0 ? ps_glyph (&view->terminal, "●", "o")
                                          : ps_glyph (&view->terminal, "○", "-"));
  g_string_append_c (view->out, ' ');
  ps_terminal_append_cell (&view->terminal, view->out, PS_STYLE_LAYER + stage->layer, name, 17,
                           FALSE);
  if (stage->time_ns < 0)
    {
      g_autofree char *missing = g_strdup_printf (
          "%s%s%s%s", _ ("n/a"), stage->missing != NULL ? " (" : "",
          stage->missing != NULL ? stage->missing : "", stage->missing != NULL ? ")" : "");
      g_autoptr (GString) wrapped = g_string_new (NULL);

      ps_terminal_append_wrapped (&view->terminal, wrapped, PS_STYLE_DIM, missing, 24);
      g_string_append (view->out, "   ");
      g_string_append (view->out, wrapped->str + 24);
      return;
    }
  since = ps_format_duration (stage->time_ns - begin, view->terminal.utf8);
  ps_terminal_append_cell (&view->terminal, view->out, PS_STYLE_PLAIN, since, -10, FALSE);
  if (stage->since_previous_ns >= 0)
    {
      step = ps_format_duration (stage->since_previous_ns, view->terminal.utf8);
      ps_terminal_append_cell (&view->terminal, view->out, PS_STYLE_DIM, step, -12, FALSE);
      append_bar (view, stage, longest);
    }
  g_string_append_c (view->out, '\n');
}

static void
append_stages (View *view)
{
  guint n = ps_journey_get_n_stages (view->journey);
  gint64 longest = longest_step (view->journey);
  gint64 begin = -1;

  if (n == 0)
    return;
  ps_terminal_append_heading (&view->terminal, view->out, _ ("Stages"), NULL);
  g_string_append (view->out, "    ");
  ps_terminal_append_cell (&view->terminal, view->out, PS_STYLE_DIM, _ ("stage"), 17, FALSE);
  ps_terminal_append_cell (&view->terminal, view->out, PS_STYLE_DIM, _ ("at"), -10, FALSE);
  ps_terminal_append_cell (&view->terminal, view->out, PS_STYLE_DIM, _ ("step"), -12, FALSE);
  g_string_append_c (view->out, '\n');
  for (guint i = 0; i < n; i++)
    {
      const PsJourneyStage *stage = ps_journey_get_stage (view->journey, i);

      if (begin < 0)
        begin = stage->time_ns;
      append_stage (view, stage, begin, longest);
    }
}

static void
append_calls (View *view)
{
  const char *note = ps_journey_get_calls_note (view->journey);
  const char *inferred = ps_journey_get_inferred_note (view->journey);

  ps_terminal_append_heading (&view->terminal, view->out, _ ("Call path"),
                              ps_journey_get_n_calls (view->journey) > 0
                                  ? _ ("each function was called by the one above it")
                                  : NULL);
  if (inferred != NULL)
    ps_terminal_append_wrapped (&view->terminal, view->out, PS_STYLE_WARNING, inferred, 2);
  if (note != NULL)
    ps_terminal_append_wrapped (&view->terminal, view->out, PS_STYLE_DIM, note, 2);
  if (ps_journey_get_n_calls (view->journey) > 0)
    ps_journey_tree_append (&view->terminal, view->out, view->journey, view->facts.drop_reason);
}

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
print_json (View *view)
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

static void
print_text (View *view)
{
  view->out = g_string_new (NULL);
  append_header (view);
  append_fields (view);
  append_stages (view);
  append_calls (view);
  ps_terminal_print (&view->terminal, view->out);
  g_string_free (view->out, TRUE);
}

static gboolean
open_view (View *view, const char *file, guint64 number, GError **error)
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
  View view = { 0 };
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
    print_text (&view);
  g_clear_object (&view.journey);
  g_clear_object (&view.session);
  return opened ? ps_command_finish () : ps_command_fail (error);
}
