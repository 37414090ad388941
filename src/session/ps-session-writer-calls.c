/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call trees on their way into another file. */
#include "config.h"

#include "session/ps-session-writer-private.h"

static guint64
map_tree (PsWriterOutput *self, PsWriterInput *input, guint64 tree)
{
  guint64 *known = g_hash_table_lookup (input->trees, &tree);

  if (!known)
    {
      self->n_trees++;
      known = g_memdup2 (&self->n_trees, sizeof self->n_trees);
      g_hash_table_insert (input->trees, g_memdup2 (&tree, sizeof tree), known);
    }
  return *known;
}

/* One call of another numbering. */
static void
renumber_call (PsWriterOutput *self, PsWriterInput *input, PsCallRecord *call)
{
  call->symbol = ps_writer_map_symbol (self, input, call->symbol);
  if (call->packet != 0)
    call->packet += call->flags & PS_CALL_SOCKET ? input->socket_base : input->id_base;
  if (call->flags & PS_CALL_EDGE && call->origin != 0)
    call->origin += input->id_base;
}

static void
put_tree (PsWriterOutput *self, PsWriterInput *input, PsCallsView *view, gint64 time_ns)
{
  g_autoptr (GArray) calls = g_array_new (FALSE, FALSE, sizeof (PsCallRecord));
  PsCallsRecord record = *view->calls;
  PsCallRecord call;
  guint64 key;

  record.tree = map_tree (self, input, record.tree);
  key = record.tree << 16 | record.part;
  if (!g_hash_table_add (self->parts, g_memdup2 (&key, sizeof key)))
    return;

  while (calls->len < PS_CALLS_RECORD_MAX && ps_calls_view_next (view, &call))
    {
      renumber_call (self, input, &call);
      g_array_append_val (calls, call);
    }
  record.time = (guint64)(time_ns - self->offset_ns);
  record.n_calls = (guint16)calls->len;
  ps_record_writer_add_calls (&self->records, &record, (const PsCallRecord *)calls->data);
}

void
ps_writer_put_trees (PsWriterOutput *self, PsWriterInput *input)
{
  PsSession *session = input->part->session;
  guint n = ps_session_get_n_trees (session, input->packet.id);

  for (guint i = 0; i < n; i++)
    {
      PsCallsView view;
      gint64 time_ns;

      if (ps_session_get_tree (session, input->packet.id, i, &view, &time_ns))
        put_tree (self, input, &view, time_ns);
    }
}
