/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/journey-view.h"

#include "analysis/ps-packet-fields.h"
#include "pscope/format.h"
#include "pscope/journey-ties.h"
#include "pscope/journey-tree.h"
#include "pscope/packet-table.h"

#include <glib/gi18n.h>

#define LABEL_WIDTH 11
#define BAR_WIDTH_MAX 30

static void
append_line (PsJourneyView *view, const char *label, PsStyle style, const char *value)
{
  g_string_append (view->out, "  ");
  ps_terminal_append_cell (&view->terminal, view->out, PS_STYLE_DIM, label, LABEL_WIDTH, FALSE);
  ps_terminal_append (&view->terminal, view->out, style, value);
  g_string_append_c (view->out, '\n');
}

static void
append_title (PsJourneyView *view)
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
append_interface (PsJourneyView *view)
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
append_process (PsJourneyView *view)
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
append_relation (PsJourneyView *view, guint64 number, const char *words)
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
append_sentence (PsJourneyView *view,
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
append_end (PsJourneyView *view)
{
  const char *end = ps_journey_get_end (view->journey);
  const char *advice =
      view->facts.drop_reason != NULL ? ps_drop_reason_advice (view->facts.drop_reason) : NULL;

  append_sentence (view, _ ("End"), ps_verdict_style (&view->packet),
                   ps_verdict_glyph (&view->terminal, &view->packet),
                   end != NULL ? end : _ ("n/a"));
  if (advice != NULL)
    append_sentence (view, _ ("Advice"), PS_STYLE_PLAIN, NULL, advice);
  if (view->slowness != NULL)
    append_sentence (view, _ ("Usual"), PS_STYLE_PLAIN, NULL, view->slowness->sentence);
}

static void
append_header (PsJourneyView *view)
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
append_children (PsJourneyView *view, const GPtrArray *children, int label_width)
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
append_field (PsJourneyView *view, const PsField *field, int label_width)
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
append_fields (PsJourneyView *view)
{
  g_autoptr (GPtrArray) fields = ps_packet_dissect (view->session, &view->packet);
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
append_bar (PsJourneyView *view, const PsJourneyStage *stage, gint64 longest)
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
append_stage (PsJourneyView *view, const PsJourneyStage *stage, gint64 begin, gint64 longest)
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
append_stages (PsJourneyView *view)
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

/* "dropped here, NO_SOCKET: no socket listens there". Transfer full; NULL if it was not. */
static char *
make_drop_note (PsJourneyView *view)
{
  const char *reason = view->facts.drop_reason;
  const char *sentence = reason != NULL ? ps_drop_reason_sentence (reason) : NULL;

  if (reason == NULL)
    return NULL;
  if (sentence == NULL)
    return g_strdup_printf (_ ("dropped here: %s"), reason);
  return g_strdup_printf (_ ("dropped here, %s: %s"), reason, sentence);
}

/* "each function was called by the one above it", or how many of them are shown. */
static char *
describe_selection (PsJourneyView *view)
{
  if (view->selection.shown != NULL)
    return g_strdup_printf (_ ("%u of %u calls are shown, %u of them asked for"),
                            view->selection.n_shown, view->selection.n, view->selection.n_found);
  return view->selection.n > 0 ? g_strdup (_ ("each function was called by the one above it"))
                               : NULL;
}

static void
append_calls (PsJourneyView *view)
{
  g_autofree char *drop_note = make_drop_note (view);
  g_autofree char *selection = describe_selection (view);
  const char *note = ps_journey_get_calls_note (view->journey);
  const char *inferred = ps_journey_get_inferred_note (view->journey);

  ps_terminal_append_heading (&view->terminal, view->out, _ ("Call path"), selection);
  if (inferred != NULL)
    ps_terminal_append_wrapped (&view->terminal, view->out, PS_STYLE_WARNING, inferred, 2);
  if (note != NULL)
    ps_terminal_append_wrapped (&view->terminal, view->out, PS_STYLE_DIM, note, 2);
  if (view->selection.n_shown > 0)
    ps_journey_tree_append (&view->terminal, view->out, view->journey, &view->selection, drop_note);
}

void
ps_journey_view_print (PsJourneyView *view)
{
  view->out = g_string_new (NULL);
  append_header (view);
  append_fields (view);
  append_stages (view);
  ps_journey_waits_append (view);
  ps_journey_spans_append (view);
  ps_journey_edges_append (view);
  append_calls (view);
  ps_terminal_print (&view->terminal, view->out);
  g_string_free (view->out, TRUE);
}
