/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-deferred-trees.h"

#include "session/ps-capture-codec.h"

/* There is one a packet: they are kept small. */
typedef struct {
  const guint8 *at;
  guint32 size;
  guint16 type;
  guint16 is_copy;
} Payload;

struct _PsDeferredTrees {
  GArray *waiting; /* Payload */
  gsize size;
  PsTreeDecoder *decoder; /* NULL at first; knows the nodes of all that was decoded */
};

static void
clear_payload (gpointer data)
{
  Payload *payload = data;

  if (payload->is_copy)
    g_free ((gpointer)payload->at);
}

PsDeferredTrees *
ps_deferred_trees_new (void)
{
  PsDeferredTrees *self = g_new0 (PsDeferredTrees, 1);

  self->waiting = g_array_new (FALSE, FALSE, sizeof (Payload));
  g_array_set_clear_func (self->waiting, clear_payload);
  return self;
}

void
ps_deferred_trees_free (PsDeferredTrees *self)
{
  g_array_unref (self->waiting);
  g_clear_pointer (&self->decoder, ps_tree_decoder_free);
  g_free (self);
}

void
ps_deferred_trees_add (PsDeferredTrees *self,
                       guint type,
                       const guint8 *at,
                       gsize size,
                       gboolean stays)
{
  Payload payload = {
    .at = stays ? at : g_memdup2 (at, size),
    .size = (guint32)size,
    .type = (guint16)type,
    .is_copy = !stays,
  };

  g_array_append_val (self->waiting, payload);
  self->size += size;
}

gsize
ps_deferred_trees_get_size (PsDeferredTrees *self)
{
  return self->size;
}

static gboolean
decode (const GArray *waiting, PsTreeDecoder *decoder, PsTreeFunc func, gpointer user_data)
{
  gboolean good = TRUE;

  for (guint i = 0; i < waiting->len; i++)
    {
      const Payload *payload = &g_array_index (waiting, Payload, i);
      PsCursor cursor = { .at = payload->at, .end = payload->at + payload->size };

      good &= payload->type == PS_COMPACT_NODES
                  ? ps_tree_decoder_take_nodes (decoder, &cursor)
                  : ps_tree_decoder_take_trees (decoder, &cursor, func, user_data);
    }
  return good;
}

static void
count_calls (PsCallsRecord *fixed, PsCallRecord *calls G_GNUC_UNUSED, gpointer n)
{
  *(guint64 *)n += fixed->n_calls;
}

gboolean
ps_deferred_trees_count_calls (PsDeferredTrees *self, guint64 *ret_calls)
{
  PsTreeDecoder *decoder;
  gboolean good;

  if (self->decoder)
    return FALSE;
  *ret_calls = 0;
  decoder = ps_tree_decoder_new ();
  good = decode (self->waiting, decoder, count_calls, ret_calls);
  ps_tree_decoder_free (decoder);
  return good;
}

gboolean
ps_deferred_trees_decode (PsDeferredTrees *self, PsTreeFunc func, gpointer user_data)
{
  gboolean good;

  if (!self->decoder)
    self->decoder = ps_tree_decoder_new ();
  good = decode (self->waiting, self->decoder, func, user_data);
  g_array_set_size (self->waiting, 0);
  self->size = 0;
  return good;
}

PsTreeDecoder *
ps_deferred_trees_steal_decoder (PsDeferredTrees *self)
{
  return g_steal_pointer (&self->decoder);
}
