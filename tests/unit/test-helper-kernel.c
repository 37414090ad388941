/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the helper's kernel side does without a kernel: filters and metrics. */
#include <glib.h>
#include <string.h>

#include "bpf/latency.h"
#include "helper/error.h"
#include "helper/filter.h"
#include "helper/metrics.h"

static struct ps_filter_instruction code[PS_FILTER_MAX];

static void
test_filter_compiles (void)
{
  g_autoptr (GError) error = NULL;
  guint32 length = 99;

  g_assert_true (ps_filter_compile (NULL, code, &length, &error));
  g_assert_cmpuint (length, ==, 0);
  g_assert_true (ps_filter_compile ("", code, &length, &error));
  g_assert_cmpuint (length, ==, 0);
  g_assert_true (ps_filter_compile ("tcp port 80 and host 127.0.0.1", code, &length, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (length, >, 5);
  g_assert_cmphex (code[length - 1].code & 7, ==, 6); /* it ends with a return */
}

/* Whatever a filter says without names reaches libpcap. */
static void
test_filter_words (void)
{
  static const char *const filters[] = {
    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and not src and dst net "
    "10.0.0.0/8",
    "ip[2:2] - ((ip[0]&0xf)<<2) != 0 or icmp[icmptype] == icmp-echo",
    "ether host 00:11:22:aa:bb:cc or ether dst aa-bb-cc-dd-ee-ff",
    "host fe80::1 or net 2001:db8::/32 or host ::1",
    "portrange 6000-6008 or vlan 7 or greater 100 or ip6 proto 58",
    "ether proto 0x0806 or arp or multicast or (mpls and ip)",
  };

  for (guint i = 0; i < G_N_ELEMENTS (filters); i++)
    {
      g_autoptr (GError) error = NULL;
      guint32 length = 0;

      ps_filter_compile (filters[i], code, &length, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (length, >, 0);
    }
}

static void
test_filter_mistakes (void)
{
  static const struct {
    const char *filter;
    const char *place;
  } cases[] = {
    { "tcp and prot 80", "character 9 " },
    { "nonsense", "character 1 " },
    { "(udp or tcp", "character 12 " },
    { "tcp port", "character 5 " },
    { "udp port 53 or (tcp and portt 53)", "character 25 " },
    { "host www.example.org", "character 6 " },
    { "tcp port http", "character 10 " },
    { "net 10.de", "character 5 " },
    { "host 1e100", "character 6 " },
    { "ip proto \\udp", "character 10 " },
    { "host [::1]x", "character 11 " },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      guint32 length = 99;

      g_assert_false (ps_filter_compile (cases[i].filter, code, &length, &error));
      g_assert_error (error, PS_HELPER_ERROR, PS_HELPER_ERROR_USAGE);
      g_assert_cmpuint (length, ==, 0);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, cases[i].place));
    }
}

static gboolean
no_symbol (guint64 address, guint direction, guint32 *ret_symbol, gpointer user_data)
{
  *ret_symbol = 0;
  return TRUE;
}

static guint64
value_of (const PsMetricsView *view, guint kind, guint a, guint b, guint32 c)
{
  for (guint i = 0; i < view->metrics->n_metrics; i++)
    {
      const PsMetric *metric = &view->values[i];

      if (metric->kind == kind && metric->a == a && metric->b == b && metric->c == c)
        return metric->value;
    }
  return 0;
}

static void
test_metrics (void)
{
  g_autofree struct ps_cpu *cpus = g_new0 (struct ps_cpu, 2);
  PsMetricsSource source = {
    .cpus = cpus, .stride = sizeof *cpus, .n_cpus = 2, .drops_fd = -1, .sample = 1, .skipped = 3
  };
  PsRecordWriter writer = { 0 };
  guint64 losses[PS_N_LOSSES] = { 0 };
  const guint8 *data;
  PsMetricsView view;
  PsRecord record;
  gsize size;

  for (guint i = 0; i < 2; i++)
    {
      cpus[i].traffic[PS_LAYER_LINK][PS_DIRECTION_IN][PS_FAMILY_IPV6].packets = 4;
      cpus[i].latency[2][17] = 5; /* link to network */
      cpus[i].latency_max[2] = 100 * (i + 1);
      cpus[i].latency[0][3] = 1000; /* pairs that nobody asks for */
      cpus[i].losses[PS_LOSS_RING_FULL] = 6;
    }
  ps_metrics_write (&source, &writer, no_symbol, NULL);
  data = writer.data;
  size = writer.size;
  g_assert_cmpint (ps_record_next (&data, &size, &record), ==, 1);
  g_assert_true (ps_record_view_metrics (&record, &view));
  g_assert_cmpuint (
      value_of (&view, PS_METRIC_TRAFFIC, PS_LAYER_LINK, PS_DIRECTION_IN, PS_FAMILY_IPV6), ==, 8);
  g_assert_cmpuint (value_of (&view, PS_METRIC_LATENCY, PS_STAGE_LINK, PS_STAGE_NETWORK, 17), ==,
                    10);
  g_assert_cmpuint (value_of (&view, PS_METRIC_LATENCY_MAX, PS_STAGE_LINK, PS_STAGE_NETWORK, 0), ==,
                    200);
  g_assert_cmpuint (value_of (&view, PS_METRIC_INTERACTION, PS_LAYER_LINK, PS_LAYER_NETWORK, 0), ==,
                    10);
  while (ps_record_next (&data, &size, &record) == 1)
    {
      const PsLossRecord *loss = record.payload;

      g_assert_cmpint (record.type, ==, PS_RECORD_LOSS);
      losses[loss->cause] = loss->count;
    }
  g_assert_cmpuint (losses[PS_LOSS_RING_FULL], ==, 12);
  g_assert_cmpuint (losses[PS_LOSS_RECURSION], ==, 3);
  g_assert_cmpuint (losses[PS_LOSS_TABLE_FULL], ==, 0);
  ps_record_writer_clear (&writer);
}

/* The one puts a latency into a bucket in the kernel, the other reads it. */
static void
test_latency_twins (void)
{
  for (guint bit = 0; bit < 62; bit++)
    for (gint64 beside = -2; beside <= 2; beside++)
      {
        guint64 latency = (guint64)MAX (0, ((gint64)1 << bit) + beside);

        g_assert_cmpuint (latency_bucket (latency), ==, ps_latency_bucket (latency));
      }
  for (guint64 latency = 0; latency < 100000; latency++)
    g_assert_cmpuint (latency_bucket (latency), ==, ps_latency_bucket (latency));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/filter/becomes a program of classic BPF", test_filter_compiles);
  g_test_add_func ("/filter/needs no names", test_filter_words);
  g_test_add_func ("/filter/says where it is wrong", test_filter_mistakes);
  g_test_add_func ("/metrics/bucket latencies in the kernel as anywhere", test_latency_twins);
  g_test_add_func ("/metrics/are sums over the processors", test_metrics);
  return g_test_run ();
}
