/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call trees as shapes and times: what is written is what comes back. */
#include <glib.h>
#include <string.h>

#include "session/ps-capture-codec.h"
#include "session/ps-tree-codec.h"

#define TREES 40
#define CPU_1 (G_GUINT64_CONSTANT (0x1001) << 48)
#define CPU_2 (G_GUINT64_CONSTANT (0x1002) << 48)

/* A system call that sends a packet, which a copy is made of, with an interrupt on top. */
static const PsCallRecord shape[] = {
  { .start = 0,
    .duration = 9000,
    .packet = 77,
    .symbol = 1,
    .flags = PS_CALL_SOCKET | PS_CALL_VALUE | PS_CALL_SEQUENCE,
    .value = 1000,
    .first_seq = 0xfffffff0u,
    .end_seq = 0x10,
    .context = PS_CONTEXT_TASK },
  { .start = 100,
    .duration = 300,
    .packet = CPU_1 + 7,
    .symbol = 200,
    .depth = 1,
    .value = 0xfffffff0u,
    .flags = PS_CALL_VALUE,
    .context = PS_CONTEXT_TASK },
  { .start = 150,
    .packet = CPU_2 + 8,
    .origin = CPU_1 + 7,
    .value = PS_EDGE_COPIED,
    .depth = 2,
    .flags = PS_CALL_EDGE },
  { .start = 200, .duration = 10, .symbol = 5, .depth = 2, .context = PS_CONTEXT_TASK },
  { .start = 600,
    .duration = 4000,
    .packet = CPU_2 + 8,
    .symbol = 70000,
    .depth = 1,
    .flags = PS_CALL_BOUNDARY,
    .context = PS_CONTEXT_SOFTIRQ },
  { .start = 700,
    .packet = CPU_2 + 8,
    .symbol = 4,
    .depth = 2,
    .flags = PS_CALL_UNMATCHED,
    .context = PS_CONTEXT_SOFTIRQ },
  { .start = 800,
    .packet = 78,
    .symbol = 4,
    .depth = 3,
    .flags = PS_CALL_OPEN | PS_CALL_SOCKET,
    .context = PS_CONTEXT_SOFTIRQ },
  { .start = 9500, .duration = 1, .packet = CPU_1 + 7, .symbol = 9, .context = PS_CONTEXT_TASK },
};

static PsCallsRecord
make_tree (guint nth, PsCallRecord *calls)
{
  PsCallsRecord fixed = { .tree = ((guint64)nth << 16) + 3 + nth / 20,
                          .time = 1000000 + nth * 5000u,
                          .pid = 40 + nth / 10,
                          .tid = 41 + nth / 10,
                          .cpu = nth % 2,
                          .part = (guint16)(nth % 3),
                          .flags = nth % 3 ? PS_CALLS_PARTIAL | PS_CALLS_SPANS : PS_CALLS_SPANS,
                          .n_calls = G_N_ELEMENTS (shape),
                          .context = PS_CONTEXT_TASK,
                          .comm = "sixteen letters." };

  memcpy (calls, shape, sizeof shape);
  for (guint i = 0; i < G_N_ELEMENTS (shape); i++)
    {
      calls[i].start += i * nth;
      if (calls[i].flags & PS_CALL_EDGE || calls[i].flags & PS_CALL_SOCKET || !calls[i].packet)
        continue;
      calls[i].packet += nth;
    }
  calls[2].packet += nth;
  calls[2].origin += nth;
  calls[0].duration += nth;
  calls[0].value = nth;
  return fixed;
}

typedef struct {
  guint n;
} Expected;

static void
compare (PsCallsRecord *fixed, PsCallRecord *calls, gpointer user_data)
{
  Expected *expected = user_data;
  PsCallRecord wanted[G_N_ELEMENTS (shape)];
  PsCallsRecord tree = make_tree (expected->n++, wanted);

  g_assert_cmpuint (fixed->n_calls, ==, G_N_ELEMENTS (shape));
  g_assert_cmpmem (fixed, sizeof *fixed, &tree, sizeof tree);
  for (guint i = 0; i < G_N_ELEMENTS (shape); i++)
    g_assert_cmpmem (&calls[i], sizeof calls[i], &wanted[i], sizeof wanted[i]);
}

static void
ignore (PsCallsRecord *fixed, PsCallRecord *calls, gpointer user_data)
{
  /* What is handed over can be written: its calls nest. */
  for (guint i = 1; i < fixed->n_calls; i++)
    g_assert_cmpuint (calls[i].depth, <=, calls[i - 1].depth + 1u);
}

static gboolean
encode (PsTreeEncoder *encoder,
        const PsCallsRecord *fixed,
        const PsCallRecord *calls,
        GByteArray *to)
{
  PsRecordWriter writer = { 0 };
  PsCallsView view;
  PsRecord record;
  const uint8_t *data;
  size_t size;
  gboolean good;

  ps_record_writer_add_calls (&writer, fixed, calls);
  data = writer.data;
  size = writer.size;
  g_assert_cmpint (ps_record_next (&data, &size, &record), ==, 1);
  g_assert_true (ps_record_view_calls (&record, &view));
  good = ps_tree_encoder_add (encoder, &view, to);
  ps_record_writer_clear (&writer);
  return good;
}

static GByteArray *
encode_all (void)
{
  PsTreeEncoder *encoder = ps_tree_encoder_new ();
  GByteArray *stream = g_byte_array_new ();
  PsCallRecord calls[G_N_ELEMENTS (shape)];

  for (guint i = 0; i < TREES; i++)
    {
      PsCallsRecord fixed = make_tree (i, calls);

      g_assert_true (encode (encoder, &fixed, calls, stream));
      if (i % 7 == 0)
        ps_tree_encoder_flush (encoder, stream);
    }
  ps_tree_encoder_flush (encoder, stream);
  g_assert_cmpuint (ps_tree_encoder_get_size (encoder), ==, 0);
  ps_tree_encoder_free (encoder);
  return stream;
}

/* FALSE if anything in the stream is refused. */
static gboolean
decode (const guint8 *data, gsize size, PsTreeFunc func, gpointer user_data)
{
  PsTreeDecoder *decoder = ps_tree_decoder_new ();
  PsCursor stream = { .at = data, .end = data + size }, payload;
  gboolean good = TRUE;
  guint type;

  while (ps_compact_next (&stream, &type, &payload))
    if (type == PS_COMPACT_NODES)
      good &= ps_tree_decoder_take_nodes (decoder, &payload);
    else if (type == PS_COMPACT_TREES)
      good &= ps_tree_decoder_take_trees (decoder, &payload, func, user_data);
  ps_tree_decoder_free (decoder);
  return good && !stream.bad;
}

static void
test_trees_come_back_as_they_were (void)
{
  g_autoptr (GByteArray) stream = encode_all ();
  Expected expected = { 0 };

  g_assert_true (decode (stream->data, stream->len, compare, &expected));
  g_assert_cmpuint (expected.n, ==, TREES);
}

/* Sixty calls of some microseconds on one packet, as a received segment has them. */
static void
test_a_known_shape_costs_its_times (void)
{
  PsTreeEncoder *encoder = ps_tree_encoder_new ();
  g_autoptr (GByteArray) stream = g_byte_array_new ();
  PsCallRecord calls[60];
  gsize first = 0;

  for (guint64 nth = 0; nth < 2; nth++)
    {
      PsCallsRecord fixed = { .tree = (nth << 16) + 1, .n_calls = G_N_ELEMENTS (calls) };

      memset (calls, 0, sizeof calls);
      for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
        calls[i] = (PsCallRecord){ .start = i * (900 + nth),
                                   .duration = 100000 - i * 1500,
                                   .packet = CPU_1 + nth,
                                   .symbol = 1000 + i,
                                   .depth = (uint8_t)i };
      g_assert_true (encode (encoder, &fixed, calls, stream));
      first = nth == 0 ? ps_tree_encoder_get_size (encoder) : first;
    }
  g_assert_cmpuint (ps_tree_encoder_get_size (encoder) - first, <, 4 * G_N_ELEMENTS (calls) + 10);
  ps_tree_encoder_free (encoder);
}

static void
test_a_shape_is_said_once (void)
{
  PsTreeEncoder *encoder = ps_tree_encoder_new ();
  g_autoptr (GByteArray) stream = g_byte_array_new ();
  PsCallRecord calls[G_N_ELEMENTS (shape)];
  PsCallsRecord fixed = make_tree (0, calls);
  guint said;

  g_assert_true (encode (encoder, &fixed, calls, stream));
  said = stream->len;
  g_assert_cmpuint (said, >, 0);
  fixed = make_tree (1, calls);
  g_assert_true (encode (encoder, &fixed, calls, stream));
  g_assert_cmpuint (stream->len, ==, said);
  ps_tree_encoder_free (encoder);
}

static void
test_times_that_run_backwards_are_not_bent (void)
{
  PsTreeEncoder *encoder = ps_tree_encoder_new ();
  g_autoptr (GByteArray) stream = g_byte_array_new ();
  const PsCallRecord calls[] = {
    { .start = 0, .duration = 10, .packet = 1, .symbol = 1 },
    { .start = 5, .duration = 100, .packet = 1, .symbol = 2, .depth = 1 },
  };
  const PsCallsRecord fixed = { .tree = 1, .n_calls = 2 };

  /* The inner call outlives the one around it: the caller writes it as it is. */
  g_assert_false (encode (encoder, &fixed, calls, stream));
  g_assert_cmpuint (ps_tree_encoder_get_size (encoder), ==, 0);
  ps_tree_encoder_free (encoder);
}

static void
test_trees_without_their_shapes_are_refused (void)
{
  g_autoptr (GByteArray) stream = encode_all ();
  PsTreeDecoder *decoder = ps_tree_decoder_new ();
  PsCursor cursor = { .at = stream->data, .end = stream->data + stream->len }, payload;
  guint type, refused = 0;

  while (ps_compact_next (&cursor, &type, &payload))
    if (type == PS_COMPACT_TREES)
      refused += !ps_tree_decoder_take_trees (decoder, &payload, ignore, NULL);
  g_assert_cmpuint (refused, >, 0);
  ps_tree_decoder_free (decoder);
}

/* Every prefix and every changed bit is either refused or gives trees that nest. */
static void
test_damage_is_survived (void)
{
  g_autoptr (GByteArray) stream = encode_all ();
  guint length = MIN (stream->len, 600);

  for (guint i = 0; i < length; i++)
    {
      g_autofree guint8 *cut = g_memdup2 (stream->data, i + 1);

      decode (cut, i, ignore, NULL);
      for (guint bit = 0; bit < 8; bit++)
        {
          stream->data[i] ^= (guint8)(1u << bit);
          decode (stream->data, length, ignore, NULL);
          stream->data[i] ^= (guint8)(1u << bit);
        }
    }
}

/* A few bytes that stand for more calls than any record holds. */
static void
test_a_shape_that_explodes_is_refused (void)
{
  PsTreeDecoder *decoder = ps_tree_decoder_new ();
  g_autoptr (GByteArray) nodes = g_byte_array_new ();
  g_autoptr (GByteArray) trees = g_byte_array_new ();
  PsCursor cursor;

  ps_varint_put (nodes, 1);
  for (guint i = 0; i < 40; i++)
    {
      static const guint8 head[] = { 0, 0, 1 };

      g_byte_array_append (nodes, head, sizeof head);
      ps_varint_put (nodes, i > 0 ? 2 : 0);
      for (guint k = 0; i > 0 && k < 2; k++)
        ps_varint_put (nodes, 1);
    }
  cursor = (PsCursor){ .at = nodes->data, .end = nodes->data + nodes->len };
  g_assert_true (ps_tree_decoder_take_nodes (decoder, &cursor));
  /* No flags; index, generation, time, process, cpu; node 40; and ends without an end. */
  for (guint i = 0; i < 9; i++)
    ps_varint_put (trees, i == 8 ? 40 : 0);
  for (guint i = 0; i < 20000; i++)
    ps_varint_put (trees, 0);
  cursor = (PsCursor){ .at = trees->data, .end = trees->data + trees->len };
  g_assert_false (ps_tree_decoder_take_trees (decoder, &cursor, ignore, NULL));
  ps_tree_decoder_free (decoder);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tree-codec/trees-come-back-as-they-were", test_trees_come_back_as_they_were);
  g_test_add_func ("/tree-codec/a-known-shape-costs-its-times", test_a_known_shape_costs_its_times);
  g_test_add_func ("/tree-codec/a-shape-is-said-once", test_a_shape_is_said_once);
  g_test_add_func ("/tree-codec/times-that-run-backwards-are-not-bent",
                   test_times_that_run_backwards_are_not_bent);
  g_test_add_func ("/tree-codec/trees-without-their-shapes-are-refused",
                   test_trees_without_their_shapes_are_refused);
  g_test_add_func ("/tree-codec/damage-is-survived", test_damage_is_survived);
  g_test_add_func ("/tree-codec/a-shape-that-explodes-is-refused",
                   test_a_shape_that_explodes_is_refused);
  return g_test_run ();
}
