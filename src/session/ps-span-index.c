/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-span-index.h"

struct _PsSpanIndex {
  GHashTable *by_socket; /* cookie → GArray of PsSessionSpan, in the order they came */
};

static void
list_free (gpointer list)
{
  g_array_unref (list);
}

PsSpanIndex *
ps_span_index_new (void)
{
  PsSpanIndex *self = g_new0 (PsSpanIndex, 1);

  self->by_socket = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, list_free);
  return self;
}

void
ps_span_index_free (PsSpanIndex *self)
{
  g_hash_table_unref (self->by_socket);
  g_free (self);
}

/*
 * What is known of the same call from another part of its tree. Processors hand over their
 * records one after the other: of a thread that moved the later part may come first.
 */
static PsSessionSpan *
find_rest (GArray *list, const PsSessionSpan *half)
{
  if (half->lacking == 0)
    return NULL;
  for (guint i = list->len; i-- > 0;)
    {
      PsSessionSpan *span = &g_array_index (list, PsSessionSpan, i);

      if (span->tree != half->tree || span->depth != half->depth)
        continue;
      if (half->lacking & PS_CALL_CONTINUED && span->lacking & PS_CALL_OPEN &&
          span->part < half->part)
        return span;
      if (half->lacking & PS_CALL_OPEN && span->lacking & PS_CALL_CONTINUED &&
          span->part > half->part)
        return span;
    }
  return NULL;
}

/* The two are one, which stands where its earlier half does. */
static void
join (PsSessionSpan *span, const PsSessionSpan *half)
{
  PsSessionSpan begun = span->part < half->part ? *span : *half;
  const PsSessionSpan *ended = span->part < half->part ? half : span;

  begun.end_seq = ended->end_seq;
  begun.lacking = (guint8)((begun.lacking & PS_CALL_CONTINUED) | (ended->lacking & PS_CALL_OPEN));
  *span = begun;
}

gboolean
ps_span_index_add_call (PsSpanIndex *self,
                        const PsCallsRecord *calls,
                        const PsCallRecord *call,
                        guint nth)
{
  PsSessionSpan span = { .tree = calls->tree,
                         .part = calls->part,
                         .nth = (guint16)nth,
                         .depth = call->depth,
                         .lacking = (guint8)(call->flags & (PS_CALL_CONTINUED | PS_CALL_OPEN)),
                         .symbol = call->symbol,
                         .first_seq = call->first_seq,
                         .end_seq = call->end_seq };
  GArray *list = g_hash_table_lookup (self->by_socket, &call->packet);
  PsSessionSpan *rest = list ? find_rest (list, &span) : NULL;

  if (rest)
    {
      join (rest, &span);
      return FALSE;
    }
  if (!list)
    {
      list = g_array_new (FALSE, FALSE, sizeof (PsSessionSpan));
      g_hash_table_insert (self->by_socket, g_memdup2 (&call->packet, sizeof call->packet), list);
    }
  g_array_append_val (list, span);
  return TRUE;
}

static gboolean
is_span (const PsCallRecord *call)
{
  return call->flags & PS_CALL_SEQUENCE && call->flags & PS_CALL_SOCKET && call->packet != 0;
}

guint
ps_span_index_add (PsSpanIndex *self, const PsCallsView *view)
{
  PsCallsView walk = *view;
  PsCallRecord call;
  guint added = 0;

  for (guint i = 0; ps_calls_view_next (&walk, &call); i++)
    if (is_span (&call) && ps_span_index_add_call (self, view->calls, &call, i))
      added++;
  return added;
}

void
ps_span_index_forget (PsSpanIndex *self, guint64 socket, guint64 tree, guint part)
{
  GArray *list = g_hash_table_lookup (self->by_socket, &socket);

  for (guint i = 0; list && i < list->len; i++)
    {
      const PsSessionSpan *span = &g_array_index (list, PsSessionSpan, i);

      if (span->tree != tree || span->part != part)
        continue;
      g_array_remove_index (list, i);
      break;
    }
  if (list && list->len == 0)
    g_hash_table_remove (self->by_socket, &socket);
}

void
ps_span_index_remove (PsSpanIndex *self, const PsCallsView *view)
{
  PsCallsView walk = *view;
  PsCallRecord call;

  while (ps_calls_view_next (&walk, &call))
    if (is_span (&call))
      ps_span_index_forget (self, call.packet, view->calls->tree, view->calls->part);
}

/* Sequence numbers run round: RFC 9293, 3.4. An empty range overlaps nothing. */
static gboolean
overlaps (const PsSessionSpan *span, guint32 first_seq, guint32 end_seq)
{
  return (gint32)(span->first_seq - end_seq) < 0 && (gint32)(first_seq - span->end_seq) < 0 &&
         span->first_seq != span->end_seq && first_seq != end_seq;
}

void
ps_span_index_find (PsSpanIndex *self,
                    guint64 socket,
                    guint32 first_seq,
                    guint32 end_seq,
                    GArray *spans)
{
  const GArray *list = g_hash_table_lookup (self->by_socket, &socket);

  for (guint i = 0; list && i < list->len; i++)
    if (overlaps (&g_array_index (list, PsSessionSpan, i), first_seq, end_seq))
      g_array_append_val (spans, g_array_index (list, PsSessionSpan, i));
}
