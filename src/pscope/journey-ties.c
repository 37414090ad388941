/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/journey-ties.h"

#include "pscope/format.h"

#include <glib/gi18n.h>

#define SHOWN_MAX 12u /* lines of a list, and numbers of a span */

/* A line of its own, wrapped under itself. */
static void
append_item (PsJourneyView *view, PsStyle style, const char *mark, const char *text)
{
  g_autoptr (GString) wrapped = g_string_new (NULL);

  g_string_append (view->out, "  ");
  ps_terminal_append (&view->terminal, view->out, style, mark);
  g_string_append_c (view->out, ' ');
  ps_terminal_append_wrapped (&view->terminal, wrapped, PS_STYLE_PLAIN, text, 4);
  g_string_append (view->out, wrapped->str + 4);
}

static void
append_rest (PsJourneyView *view, guint n)
{
  g_autofree char *text = NULL;

  if (n <= SHOWN_MAX)
    return;
  text = g_strdup_printf (_ ("and %u more; --json has them all"), n - SHOWN_MAX);
  ps_terminal_append_wrapped (&view->terminal, view->out, PS_STYLE_DIM, text, 4);
}

/* "running 12 µs, waiting 3 ms" */
static void
append_totals (PsJourneyView *view)
{
  gint64 running_ns = ps_journey_get_running_ns (view->journey);
  gint64 waiting_ns = ps_journey_get_waiting_ns (view->journey);
  g_autofree char *running = ps_format_duration (running_ns, view->terminal.utf8);
  g_autofree char *waiting = ps_format_duration (waiting_ns, view->terminal.utf8);
  g_autofree char *text = NULL;
  double share = running_ns + waiting_ns > 0
                     ? 100.0 * (double)waiting_ns / (double)(running_ns + waiting_ns)
                     : 0;

  if (running_ns < 0)
    return;
  text = g_strdup_printf (_ ("running %s, waiting %s (%.0f %% of both)"), running, waiting, share);
  ps_terminal_append_wrapped (&view->terminal, view->out, PS_STYLE_PLAIN, text, 2);
}

void
ps_journey_waits_append (PsJourneyView *view)
{
  guint n = ps_journey_get_n_waits (view->journey);
  const char *note = ps_journey_get_times_note (view->journey);

  ps_terminal_append_heading (&view->terminal, view->out, _ ("Running and waiting"), NULL);
  append_totals (view);
  for (guint i = 0; i < MIN (n, SHOWN_MAX); i++)
    {
      const PsJourneyWait *wait = ps_journey_get_wait (view->journey, i);
      g_autofree char *text = g_strdup_printf (
          "%s%s", wait->sentence, wait->exact ? "" : _ (" at most: seen between two stages"));

      append_item (view, PS_STYLE_WARNING, ps_glyph (&view->terminal, "◷", "~"), text);
    }
  append_rest (view, n);
  if (note != NULL)
    ps_terminal_append_wrapped (&view->terminal, view->out, PS_STYLE_DIM, note, 2);
}

/* "in packets 7, 9, 30" */
static char *
list_packets (const PsJourneySpan *span)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < MIN (span->n_packets, SHOWN_MAX); i++)
    g_string_append_printf (text, "%s%" G_GUINT64_FORMAT, i > 0 ? ", " : "", span->packets[i]);
  if (span->n_packets > SHOWN_MAX)
    g_string_append_printf (text, _ (" and %u more"), span->n_packets - SHOWN_MAX);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
append_span (PsJourneyView *view, const PsJourneySpan *span)
{
  g_autofree char *bytes = ps_format_bytes (span->bytes);
  g_autofree char *duration = ps_format_duration (span->duration_ns, view->terminal.utf8);
  g_autofree char *packets = list_packets (span);
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text, _ ("%s (%u) %s %s by %s in %s"), span->comm, span->pid,
                          span->send ? _ ("sent") : _ ("read"), bytes, span->function, duration);
  if (span->blocked_ns > 0)
    {
      g_autofree char *blocked = ps_format_duration (span->blocked_ns, view->terminal.utf8);

      g_string_append_printf (text, _ (", asleep for %s of it"), blocked);
    }
  if (span->has_sequence)
    g_string_append_printf (text, _ (", sequence numbers %u to %u"), span->first_seq,
                            span->end_seq);
  g_string_append_printf (
      text, g_dngettext (NULL, ", in packet %s", ", in packets %s", span->n_packets), packets);
  append_item (view, PS_STYLE_LAYER + PS_LAYER_SOCKET,
               span->send ? ps_glyph (&view->terminal, "→", ">")
                          : ps_glyph (&view->terminal, "←", "<"),
               text->str);
}

void
ps_journey_spans_append (PsJourneyView *view)
{
  guint n = ps_journey_get_n_spans (view->journey);
  const char *note = ps_journey_get_spans_note (view->journey);

  ps_terminal_append_heading (&view->terminal, view->out, _ ("The program's calls"),
                              n > 0 ? _ ("whose bytes it carries") : NULL);
  for (guint i = 0; i < MIN (n, SHOWN_MAX); i++)
    append_span (view, ps_journey_get_span (view->journey, i));
  append_rest (view, n);
  if (note != NULL)
    ps_terminal_append_wrapped (&view->terminal, view->out, PS_STYLE_DIM, note, 2);
}

void
ps_journey_edges_append (PsJourneyView *view)
{
  guint n = ps_journey_get_n_edges (view->journey);

  if (n == 0)
    return;
  ps_terminal_append_heading (&view->terminal, view->out, _ ("Other packets"), NULL);
  for (guint i = 0; i < MIN (n, SHOWN_MAX); i++)
    {
      const PsJourneyEdge *edge = ps_journey_get_edge (view->journey, i);

      append_item (view, PS_STYLE_PLAIN,
                   edge->incoming ? ps_glyph (&view->terminal, "←", "<")
                                  : ps_glyph (&view->terminal, "→", ">"),
                   edge->sentence);
    }
  append_rest (view, n);
}
