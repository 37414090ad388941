/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stream of shapes and call trees that nobody meant, left where it lies: what
 * the index leads to is there, and unless something is damaged it is what decoding
 * everything in order gives. The first byte says after how many payloads it is
 * asked meanwhile, and which of them are copied.
 */
#include <string.h>

#include "session/ps-call-store.h"
#include "session/ps-capture-codec.h"
#include "session/ps-deferred-trees.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

#define PACKETS_MAX 64u

typedef struct {
  PsCallStore *store;
  GArray *packets; /* guint64: some of those that are named */
  PsRecordWriter record;
} Whole;

static gboolean
keep_record (Whole *whole, const PsRecord *record)
{
  PsCallsView view;

  if (!ps_record_view_calls (record, &view))
    return FALSE;
  for (guint i = 0; i < view.calls->n_packets && whole->packets->len < PACKETS_MAX; i++)
    g_array_append_val (whole->packets, view.packets[i]);
  ps_call_store_add (whole->store, record, &view);
  return TRUE;
}

static gboolean
keep_written (Whole *whole)
{
  const guint8 *data = whole->record.data;
  gsize size = whole->record.size;
  PsRecord record;

  return ps_record_next (&data, &size, &record) == 1 && keep_record (whole, &record);
}

static void
keep_tree (PsCallsRecord *fixed, PsCallRecord *calls, gpointer user_data)
{
  Whole *whole = user_data;

  ps_record_writer_reset (&whole->record);
  ps_record_writer_add_calls (&whole->record, fixed, calls);
  if (!keep_written (whole))
    g_error ("a tree that was decoded is no record");
}

static gboolean
decode (Whole *whole, PsTreeDecoder *decoder, guint type, PsCursor payload)
{
  if (type == PS_COMPACT_NODES)
    return ps_tree_decoder_take_nodes (decoder, &payload);
  if (type == PS_COMPACT_TREES)
    return ps_tree_decoder_take_trees (decoder, &payload, keep_tree, whole);
  if (ps_cursor_left (&payload) > PS_RECORD_LENGTH_MAX)
    return FALSE;
  ps_record_writer_reset (&whole->record);
  ps_record_writer_add (&whole->record, PS_RECORD_CALLS, payload.at,
                        (guint32)ps_cursor_left (&payload));
  return keep_written (whole);
}

static guint64
walk (PsCallsView *view)
{
  PsCallRecord call;
  guint64 sum = 0;

  while (ps_calls_view_next (view, &call))
    sum = (sum * 31 + call.start + call.duration) * 31 + call.packet + call.origin + call.symbol +
          call.value + call.flags + call.depth + call.first_seq + call.end_seq;
  return sum;
}

/* Returns how many there are. */
static guint
ask (PsDeferredTrees *trees, guint64 id, GArray *places)
{
  PsCallsView view;

  g_array_set_size (places, 0);
  ps_deferred_trees_find (trees, id, places);
  for (guint i = 0; i < places->len; i++)
    {
      const PsTreePlace *place = &g_array_index (places, PsTreePlace, i);
      PsTreePlace part;

      if (!ps_deferred_trees_view (trees, place, &view))
        g_error ("a tree that was found is not there");
      walk (&view);
      if (!ps_deferred_trees_find_part (trees, place->tree, place->part, &part))
        g_error ("a tree that was found is not found by its number");
    }
  return places->len;
}

static void
compare (PsDeferredTrees *trees, Whole *whole, GArray *places)
{
  if (ps_deferred_trees_get_n_calls (trees) != ps_call_store_get_n_calls (whole->store))
    g_error ("there are other calls");
  for (guint i = 0; i < whole->packets->len; i++)
    {
      guint64 id = g_array_index (whole->packets, guint64, i);

      if (ask (trees, id, places) != ps_call_store_count (whole->store, id))
        g_error ("a packet has other trees");
      for (guint k = 0; k < places->len; k++)
        {
          const PsTreePlace *place = &g_array_index (places, PsTreePlace, k);
          PsCallsView view, other;

          ps_deferred_trees_view (trees, place, &view);
          if (!ps_call_store_get_part (whole->store, place->tree, place->part, &other) ||
              memcmp (view.calls, other.calls, sizeof *view.calls) != 0 ||
              walk (&view) != walk (&other))
            g_error ("a tree is another one");
        }
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const PsTreeBases bases = { 0 };
  PsDeferredTrees *trees;
  PsTreeDecoder *decoder;
  Whole whole = { 0 };
  GArray *places;
  PsCursor stream, payload;
  guint type, n = 0;
  gboolean good = TRUE;

  if (size == 0)
    return 0;
  trees = ps_deferred_trees_new ();
  ps_deferred_trees_begin (trees, &bases);
  decoder = ps_tree_decoder_new ();
  places = g_array_new (FALSE, FALSE, sizeof (PsTreePlace));
  whole.store = ps_call_store_new (0);
  whole.packets = g_array_new (FALSE, FALSE, sizeof (guint64));
  stream = (PsCursor){ .at = data + 1, .end = data + size };
  for (; ps_compact_next (&stream, &type, &payload); n++)
    {
      if (type != PS_COMPACT_NODES && type != PS_COMPACT_TREES && type != PS_RECORD_CALLS)
        continue;
      ps_deferred_trees_add (trees, type, payload.at, ps_cursor_left (&payload),
                             !(data[0] >> n % 8 & 1));
      good &= decode (&whole, decoder, type, payload);
      if (n % (1 + data[0] % 16u) == 0 && whole.packets->len > 0)
        ask (trees, g_array_index (whole.packets, guint64, n % whole.packets->len), places);
    }
  for (guint i = 0; i < whole.packets->len; i++)
    ask (trees, g_array_index (whole.packets, guint64, i), places);
  if (good && !ps_deferred_trees_is_damaged (trees))
    compare (trees, &whole, places);
  ps_call_store_free (whole.store);
  ps_record_writer_clear (&whole.record);
  g_array_unref (whole.packets);
  g_array_unref (places);
  ps_tree_decoder_free (decoder);
  ps_deferred_trees_free (trees);
  return 0;
}
