/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-journey-spans.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* What a program calls for one datagram. A stream's calls and packets share no borders. */
static gboolean
is_message (const char *function, gboolean *ret_send)
{
  if (g_str_has_prefix (function, "tcp_"))
    return FALSE;
  *ret_send = strstr (function, "_sendmsg") != NULL;
  return *ret_send || strstr (function, "_recvmsg") != NULL;
}

static void
add_span (GArray *spans,
          PsSession *session,
          const PsPacket *packet,
          const PsCallsView *view,
          gint64 time_ns,
          const PsCallRecord *call)
{
  const PsSymbol *symbol = ps_session_get_symbol (session, call->symbol);
  PsJourneySpan span = { .duration_ns = -1, .blocked_ns = -1 };

  if (symbol == NULL || !is_message (symbol->name, &span.send))
    return;
  if (call->flags & PS_CALL_VALUE && (gint32)call->value < 0)
    return;
  span.function = g_strdup (symbol->name);
  span.pid = view->calls->pid;
  span.tid = view->calls->tid;
  memcpy (span.comm, view->calls->comm, PS_COMM_LENGTH);
  span.start_ns = time_ns + (gint64)call->start;
  if (!(call->flags & (PS_CALL_OPEN | PS_CALL_UNMATCHED)))
    span.duration_ns = (gint64)call->duration;
  if (call->flags & PS_CALL_VALUE)
    span.bytes = call->value;
  span.n_packets = 1;
  span.packets = g_memdup2 (&packet->number, sizeof packet->number);
  g_array_append_val (spans, span);
}

/* The outermost call of the tree, if it is the program's and the tree has one packet to it. */
static void
add_datagram (GArray *spans, PsSession *session, const PsPacket *packet, guint nth)
{
  PsCallsView view;
  PsCallRecord call;
  gint64 time_ns;

  if (!ps_session_get_tree (session, packet->id, nth, &view, &time_ns) ||
      view.calls->context != PS_CONTEXT_TASK || view.calls->part != 0)
    return;
  if (ps_calls_view_next (&view, &call))
    add_span (spans, session, packet, &view, time_ns, &call);
}

static void
clear_span (gpointer data)
{
  PsJourneySpan *span = data;

  g_free (span->function);
  g_free (span->packets);
}

GArray *
ps_journey_spans_new (PsSession *session, const PsPacket *packet, char **ret_note)
{
  GArray *spans = g_array_new (FALSE, FALSE, sizeof (PsJourneySpan));
  guint n = ps_session_get_n_trees (session, packet->id);

  g_array_set_clear_func (spans, clear_span);
  for (guint i = 0; i < n; i++)
    add_datagram (spans, session, packet, i);
  if (spans->len == 0 && n == 0)
    *ret_note = g_strdup (_ ("No functions were traced on this packet."));
  else if (spans->len == 0)
    *ret_note = g_strdup (_ ("No program's call to send or to receive was seen with it."));
  return spans;
}
