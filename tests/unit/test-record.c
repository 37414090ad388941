/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include <glib.h>

#include "record/record.h"

static void
a_written_record_is_read_back (void)
{
  PsRecordWriter writer = { 0 };
  const guint8 *data;
  gsize size;
  PsRecord record;

  ps_record_writer_add (&writer, PS_RECORD_HELLO, "{}", 2);
  ps_record_writer_add (&writer, PS_RECORD_END, NULL, 0);
  data = writer.data;
  size = writer.size;
  g_assert_cmpuint (size, ==, 16 + 8);

  g_assert_cmpint (ps_record_next (&data, &size, &record), ==, 1);
  g_assert_cmpuint (record.type, ==, PS_RECORD_HELLO);
  g_assert_cmpmem (record.payload, record.length, "{}", 2);
  g_assert_cmpint (ps_record_next (&data, &size, &record), ==, 1);
  g_assert_cmpuint (record.type, ==, PS_RECORD_END);
  g_assert_cmpuint (record.length, ==, 0);
  g_assert_cmpint (ps_record_next (&data, &size, &record), ==, 0);
  g_assert_cmpuint (size, ==, 0);
  ps_record_writer_clear (&writer);
}

static void
half_a_record_is_left_alone (void)
{
  PsRecordWriter writer = { 0 };
  PsRecord record;

  ps_record_writer_add (&writer, PS_RECORD_HELLO, "{\"a\":1}", 7);
  for (gsize cut = 0; cut < writer.size; cut++)
    {
      const guint8 *data = writer.data;
      gsize size = cut;

      g_assert_cmpint (ps_record_next (&data, &size, &record), ==, 0);
      g_assert_true (data == writer.data);
      g_assert_cmpuint (size, ==, cut);
    }
  ps_record_writer_clear (&writer);
}

static void
a_length_over_the_limit_is_refused (void)
{
  PsRecordHeader header = { .type = PS_RECORD_PACKET, .length = PS_RECORD_LENGTH_MAX + 1 };
  const guint8 *data = (const guint8 *)&header;
  gsize size = sizeof header;
  PsRecordWriter writer = { 0 };
  PsRecord record;

  g_assert_cmpint (ps_record_next (&data, &size, &record), ==, -1);
  g_assert_null (ps_record_writer_begin (&writer, PS_RECORD_PACKET, PS_RECORD_LENGTH_MAX + 1));
  g_assert_true (writer.failed);
  g_assert_null (ps_record_writer_begin (&writer, PS_RECORD_PACKET, 8));
  ps_record_writer_clear (&writer);
}

static void
a_packet_is_seen_only_if_its_parts_are_there (void)
{
  guint64 payload[64] = { 0 };
  PsPacketRecord *packet = (PsPacketRecord *)payload;
  gsize whole = sizeof *packet + 2 * sizeof (PsStageRecord) + sizeof (PsPathReference) + 60;
  PsRecord record = { PS_RECORD_PACKET, (guint32)whole, payload };
  PsPacketView view;

  packet->id = 1;
  packet->n_stages = 2;
  packet->n_paths = 1;
  packet->captured = 60;
  g_assert_true (ps_record_view_packet (&record, &view));
  g_assert_true (view.data == (const guint8 *)payload + whole - 60);

  record.length--;
  g_assert_false (ps_record_view_packet (&record, &view));
  record.type = PS_RECORD_STAGES;
  g_assert_true (ps_record_view_packet (&record, &view));
  g_assert_null (view.data);

  record.type = PS_RECORD_PACKET;
  record.length = sizeof payload;
  packet->n_stages = PS_STAGES_MAX + 1;
  g_assert_false (ps_record_view_packet (&record, &view));
  packet->n_stages = 2;
  packet->captured = G_MAXUINT32;
  g_assert_false (ps_record_view_packet (&record, &view));
  packet->captured = 60;
  ((PsStageRecord *)(packet + 1))->delta = PS_STAGE_DELTA_MAX + 1;
  g_assert_false (ps_record_view_packet (&record, &view));
  ((PsStageRecord *)(packet + 1))->delta = PS_STAGE_DELTA_MAX;
  g_assert_true (ps_record_view_packet (&record, &view));
  packet->id = 0;
  g_assert_false (ps_record_view_packet (&record, &view));
}

static void
lying_counts_are_refused (void)
{
  g_autofree gpointer payload = g_malloc0 (512);
  PsSocketRecord *socket_record = payload;
  PsPathRecord *path_record = payload;
  PsMetricsRecord *metrics_record = payload;
  PsSymbolRecord *symbol_record = payload;
  PsRecord record = { 0, 512, payload };
  PsSocketView socket;
  PsPathView path;
  PsMetricsView metrics;
  PsNamedView named;

  socket_record->n_processes = PS_PROCESSES_MAX + 1;
  g_assert_false (ps_record_view_socket (&record, &socket));
  memset (payload, 0, 512);
  path_record->id = 1;
  path_record->n_frames = 64;
  g_assert_false (ps_record_view_path (&record, &path));
  memset (payload, 0, 512);
  metrics_record->n_metrics = G_MAXUINT32;
  g_assert_false (ps_record_view_metrics (&record, &metrics));
  memset (payload, 0, 512);
  record.type = PS_RECORD_SYMBOL;
  symbol_record->name_length = 256;
  g_assert_false (ps_record_view_named (&record, &named));
  symbol_record->name_length = 255;
  symbol_record->module_length = 255;
  g_assert_false (ps_record_view_named (&record, &named));
  record.type = PS_RECORD_HELLO;
  g_assert_false (ps_record_view_named (&record, &named));
}

static void
names_over_the_limit_are_cut_when_written (void)
{
  PsRecordWriter writer = { 0 };
  PsSymbolRecord symbol = { .id = 7 };
  g_autofree char *name = g_strnfill (400, 'x');
  const guint8 *data;
  gsize size;
  PsRecord record;
  PsNamedView view;

  ps_record_writer_add_named (&writer, PS_RECORD_SYMBOL, &symbol, sizeof symbol, name, "veth");
  data = writer.data;
  size = writer.size;
  g_assert_cmpint (ps_record_next (&data, &size, &record), ==, 1);
  g_assert_true (ps_record_view_named (&record, &view));
  g_assert_cmpuint (view.name_length, ==, PS_NAME_MAX);
  g_assert_cmpmem (view.module, view.module_length, "veth", 4);
  ps_record_writer_clear (&writer);
}

static void
latency_buckets_are_a_quarter_octave (void)
{
  g_assert_cmpuint (ps_latency_bucket (0), ==, 0);
  g_assert_cmpuint (ps_latency_bucket (1), ==, 0);
  g_assert_cmpuint (ps_latency_bucket (G_MAXUINT64), ==, PS_LATENCY_BUCKETS - 1);
  for (guint64 latency = 2; latency < G_GUINT64_CONSTANT (1) << 39; latency += latency / 7 + 1)
    {
      guint32 bucket = ps_latency_bucket (latency);

      g_assert_cmpuint (ps_latency_bucket_floor (bucket), <=, latency);
      g_assert_cmpuint (ps_latency_bucket_floor (bucket + 1), >, latency);
    }
  for (guint32 bucket = 0; bucket < PS_LATENCY_BUCKETS; bucket++)
    g_assert_cmpuint (ps_latency_bucket_floor (bucket), <=, ps_latency_bucket_floor (bucket + 1));
}

static void
names_are_safe_out_of_range (void)
{
  g_assert_cmpstr (ps_stage_name (PS_STAGE_NETWORK | PS_STAGE_SEND), ==, "network");
  g_assert_cmpstr (ps_stage_name (99), ==, "unknown");
  g_assert_cmpstr (ps_verdict_name (PS_VERDICT_DROPPED), ==, "dropped");
  g_assert_cmpstr (ps_verdict_name (PS_N_VERDICTS), ==, "unknown");
  g_assert_cmpstr (ps_loss_name (PS_LOSS_READER), ==, "reader");
  g_assert_cmpuint (ps_stage_layer (PS_STAGE_QDISC | PS_STAGE_SEND), ==, PS_LAYER_LINK);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/record/a written record is read back", a_written_record_is_read_back);
  g_test_add_func ("/record/half a record is left alone", half_a_record_is_left_alone);
  g_test_add_func ("/record/a length over the limit is refused",
                   a_length_over_the_limit_is_refused);
  g_test_add_func ("/record/a packet is seen only if its parts are there",
                   a_packet_is_seen_only_if_its_parts_are_there);
  g_test_add_func ("/record/lying counts are refused", lying_counts_are_refused);
  g_test_add_func ("/record/names over the limit are cut when written",
                   names_over_the_limit_are_cut_when_written);
  g_test_add_func ("/record/latency buckets are a quarter octave",
                   latency_buckets_are_a_quarter_octave);
  g_test_add_func ("/record/names are safe out of range", names_are_safe_out_of_range);
  return g_test_run ();
}
