/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/record.h"

#include <glib.h>
#include <string.h>

static const PsCallRecord tree[] = {
  { .start = 0, .duration = 9000, .packet = 7, .symbol = 1, .context = PS_CONTEXT_TASK },
  { .start = 100,
    .duration = 300,
    .packet = 7,
    .symbol = 200,
    .depth = 1,
    .value = 0xfffffff0u,
    .flags = PS_CALL_VALUE,
    .context = PS_CONTEXT_TASK },
  { .start = 150,
    .packet = 8,
    .origin = 7,
    .value = PS_EDGE_COPIED,
    .depth = 2,
    .flags = PS_CALL_EDGE },
  { .start = 500,
    .duration = 5,
    .packet = UINT64_MAX,
    .symbol = 3,
    .depth = 1,
    .flags = PS_CALL_SOCKET,
    .context = PS_CONTEXT_TASK },
  { .start = 600,
    .duration = 4000000000000u,
    .packet = 8,
    .symbol = 70000,
    .depth = 2,
    .flags = PS_CALL_BOUNDARY | PS_CALL_VALUE,
    .context = PS_CONTEXT_SOFTIRQ },
  { .start = 600,
    .packet = 0,
    .symbol = 4,
    .depth = 3,
    .flags = PS_CALL_OPEN,
    .context = PS_CONTEXT_SOFTIRQ },
};

static void
write_tree (PsRecordWriter *writer, const PsCallRecord *calls, guint n)
{
  PsCallsRecord fixed = {
    .tree = 5, .time = 77, .pid = 1, .tid = 2, .cpu = 3, .n_calls = (uint16_t)n, .comm = "tester"
  };

  ps_record_writer_add_calls (writer, &fixed, calls);
  g_assert_false (writer->failed);
}

static PsRecord
only_record (PsRecordWriter *writer)
{
  const uint8_t *data = writer->data;
  size_t size = writer->size;
  PsRecord record;

  g_assert_cmpint (ps_record_next (&data, &size, &record), ==, 1);
  g_assert_cmpuint (size, ==, 0);
  g_assert_cmpuint (record.type, ==, PS_RECORD_CALLS);
  return record;
}

static void
test_round_trip (void)
{
  PsRecordWriter writer = { 0 };
  PsCallsView view;
  PsCallRecord call;
  PsRecord record;

  write_tree (&writer, tree, G_N_ELEMENTS (tree));
  record = only_record (&writer);
  g_assert_true (ps_record_view_calls (&record, &view));
  g_assert_cmpuint (view.calls->tree, ==, 5);
  g_assert_cmpstr (view.calls->comm, ==, "tester");
  for (guint i = 0; i < G_N_ELEMENTS (tree); i++)
    {
      g_assert_true (ps_calls_view_next (&view, &call));
      g_assert_cmpmem (&call, sizeof call, &tree[i], sizeof tree[i]);
    }
  g_assert_false (ps_calls_view_next (&view, &call));
  ps_record_writer_clear (&writer);
}

static void
test_small (void)
{
  PsRecordWriter writer = { 0 };
  PsCallRecord calls[60];
  PsRecord record;

  memset (calls, 0, sizeof calls);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      calls[i] = (PsCallRecord){ .start = i * 900,
                                 .duration = 100000 - i * 1500,
                                 .packet = 99,
                                 .symbol = 100 + i,
                                 .depth = (uint8_t)(i % 20) };
      if (i % 2)
        calls[i].flags = PS_CALL_VALUE;
    }
  write_tree (&writer, calls, G_N_ELEMENTS (calls));
  record = only_record (&writer);
  g_assert_cmpuint (record.length, <=,
                    sizeof (PsCallsRecord) + sizeof (uint64_t) + 8 * G_N_ELEMENTS (calls));
  ps_record_writer_clear (&writer);
}

/* Every prefix and every changed byte is either refused or walks to its end. */
static void
test_damage (void)
{
  PsRecordWriter writer = { 0 };
  PsCallsView view;
  PsCallRecord call;
  PsRecord record;
  uint8_t *payload;

  write_tree (&writer, tree, G_N_ELEMENTS (tree));
  record = only_record (&writer);
  for (guint32 length = 0; length < record.length; length++)
    {
      PsRecord cut = record;

      cut.length = length;
      g_assert_false (ps_record_view_calls (&cut, &view));
    }
  payload = g_memdup2 (record.payload, record.length);
  record.payload = payload;
  for (guint32 at = 0; at < record.length; at++)
    for (guint bit = 0; bit < 8; bit++)
      {
        payload[at] ^= (uint8_t)(1u << bit);
        if (ps_record_view_calls (&record, &view))
          for (guint left = view.calls->n_calls; left > 0; left--)
            g_assert_true (ps_calls_view_next (&view, &call));
        payload[at] ^= (uint8_t)(1u << bit);
      }
  g_free (payload);
  ps_record_writer_clear (&writer);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/record/calls/come-back-as-they-were", test_round_trip);
  g_test_add_func ("/record/calls/take-few-bytes", test_small);
  g_test_add_func ("/record/calls/damage-is-refused", test_damage);
  return g_test_run ();
}
