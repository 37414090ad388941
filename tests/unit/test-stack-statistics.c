/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/ps-stack-statistics.h"
#include "packets.h"
#include "sessions.h"

static void
add_to_buckets (guint64 *buckets, guint64 latency, guint64 n)
{
  buckets[ps_latency_bucket (latency)] += n;
}

static void
test_percentiles (void)
{
  guint64 buckets[PS_LATENCY_BUCKETS] = { 0 };

  g_assert_cmpint (ps_latency_percentile (buckets, 0.5), ==, -1);
  add_to_buckets (buckets, 1000, 98);
  add_to_buckets (buckets, 1000000, 2);
  /* Within a bucket's width of the truth. */
  g_assert_cmpint (ps_latency_percentile (buckets, 0.50), >=, 800);
  g_assert_cmpint (ps_latency_percentile (buckets, 0.50), <=, 1200);
  g_assert_cmpint (ps_latency_percentile (buckets, 0.99), >=, 800000);
  g_assert_cmpint (ps_latency_percentile (buckets, 0.99), <=, 1200000);
  g_assert_cmpint (ps_latency_percentile (buckets, 2), >=, 800000);
  g_assert_cmpint (ps_latency_percentile (buckets, 0), >, 0);
}

static const PsTraffic *
find_traffic (PsStackStatistics *statistics, guint layer, guint direction)
{
  for (guint i = 0; i < statistics->traffic->len; i++)
    {
      PsTraffic *traffic = &g_array_index (statistics->traffic, PsTraffic, i);

      if (traffic->layer == layer && traffic->direction == direction)
        return traffic;
    }
  return NULL;
}

static void
feed_two_readings (Maker *maker, guint64 second_packets)
{
  const guint bucket = ps_latency_bucket (1000);
  const PsMetric first[] = {
    { PS_METRIC_TRAFFIC, PS_LAYER_LINK, PS_DIRECTION_IN, 0, PS_FAMILY_IPV4, 10, 1000 },
    { PS_METRIC_TRAFFIC, PS_LAYER_LINK, PS_DIRECTION_IN, 0, PS_FAMILY_IPV6, 1, 100 },
    { PS_METRIC_LATENCY, PS_STAGE_LINK, PS_STAGE_NETWORK, 0, bucket, 5, 0 },
    { PS_METRIC_LATENCY_MAX, PS_STAGE_LINK, PS_STAGE_NETWORK, 0, 0, 1010, 0 },
    { PS_METRIC_DROP, PS_LAYER_TRANSPORT, PS_DIRECTION_IN, 0, 3, 2, 7 },
    { PS_METRIC_RETRANSMIT, 0, 0, 0, 0, 1, 0 },
  };
  const PsMetric second[] = {
    { PS_METRIC_TRAFFIC, PS_LAYER_LINK, PS_DIRECTION_IN, 0, PS_FAMILY_IPV4, second_packets, 5000 },
    { PS_METRIC_TRAFFIC, PS_LAYER_LINK, PS_DIRECTION_IN, 0, PS_FAMILY_IPV6, 3, 300 },
    { PS_METRIC_LATENCY, PS_STAGE_LINK, PS_STAGE_NETWORK, 0, bucket, 25, 0 },
    { PS_METRIC_LATENCY_MAX, PS_STAGE_LINK, PS_STAGE_NETWORK, 0, 0, 1010, 0 },
    { PS_METRIC_INTERACTION, PS_LAYER_LINK, PS_LAYER_NETWORK, 0, 0, 8, 0 },
    { PS_METRIC_DROP, PS_LAYER_TRANSPORT, PS_DIRECTION_IN, 0, 3, 5, 7 },
    { PS_METRIC_DROP, 200, 200, 0, 3, 5, G_MAXUINT64 },
    { PS_METRIC_RETRANSMIT, 0, 0, 0, 0, 4, 0 },
    { 250, 0, 0, 0, 0, 4, 0 },
  };

  maker_init (maker);
  maker_hello (maker, "");
  maker_symbol (maker, 7, "tcp_v4_rcv", NULL);
  maker_name (maker, PS_NAME_DROP_REASON, 3, "NO_SOCKET");
  maker_metrics (maker, 2000000000, first, G_N_ELEMENTS (first));
  maker_metrics (maker, 4000000000, second, G_N_ELEMENTS (second));
  maker_publish (maker);
}

static void
test_differences_of_two_readings (void)
{
  g_autoptr (PsStackStatistics) statistics = NULL;
  PsMetricsSample from, to;
  const PsTraffic *traffic;
  PsLatency *latency;
  PsDrops *drops;
  Maker maker;

  feed_two_readings (&maker, 50);
  g_assert_true (ps_session_get_nth_metrics (maker.session, 0, &from));
  g_assert_true (ps_session_get_nth_metrics (maker.session, 1, &to));
  statistics = ps_stack_statistics_new_between (maker.session, &from, &to);

  g_assert_cmpint (statistics->source, ==, PS_STATISTICS_FROM_KERNEL);
  g_assert_cmpint (statistics->to_ns - statistics->from_ns, ==, 2000000000);
  /* Both families together, over two seconds. */
  g_assert_cmpuint (statistics->traffic->len, ==, 1);
  traffic = find_traffic (statistics, PS_LAYER_LINK, PS_DIRECTION_IN);
  g_assert_cmpuint (traffic->packets, ==, 42);
  g_assert_cmpuint (traffic->bytes, ==, 4200);
  g_assert_cmpfloat_with_epsilon (traffic->packets_per_second, 21, 1e-6);
  g_assert_cmpuint (statistics->latencies->len, ==, 1);
  latency = &g_array_index (statistics->latencies, PsLatency, 0);
  g_assert_cmpuint (latency->count, ==, 20);
  g_assert_cmpint (latency->p50_ns, <=, latency->p99_ns);
  g_assert_cmpint (latency->p99_ns, <=, latency->max_ns);
  g_assert_cmpuint (statistics->drops->len, ==, 1);
  drops = &g_array_index (statistics->drops, PsDrops, 0);
  g_assert_cmpuint (drops->drops, ==, 3);
  g_assert_cmpstr (drops->reason_name, ==, "NO_SOCKET");
  g_assert_cmpstr (drops->function, ==, "tcp_v4_rcv");
  g_assert_cmpuint (statistics->retransmits, ==, 3);
  maker_clear (&maker);
}

static void
test_lower_value_is_an_unknown_interval (void)
{
  g_autoptr (PsStackStatistics) statistics = NULL;
  PsMetricsSample from, to;
  Maker maker;

  feed_two_readings (&maker, 4);
  g_assert_true (ps_session_get_nth_metrics (maker.session, 0, &from));
  g_assert_true (ps_session_get_nth_metrics (maker.session, 1, &to));
  statistics = ps_stack_statistics_new_between (maker.session, &from, &to);
  /* Only the other family's two packets are known. */
  g_assert_cmpuint (find_traffic (statistics, PS_LAYER_LINK, PS_DIRECTION_IN)->packets, ==, 2);
  maker_clear (&maker);
}

static void
test_whole_session_counts_from_its_start (void)
{
  g_autoptr (PsStackStatistics) statistics = NULL;
  Maker maker;

  feed_two_readings (&maker, 50);
  statistics = ps_stack_statistics_new (maker.session);
  g_assert_cmpint (statistics->source, ==, PS_STATISTICS_FROM_KERNEL);
  /* The hello's moment is second 5 of the epoch and second 1 of the clock. */
  g_assert_cmpint (statistics->from_ns, ==, 5000000000);
  g_assert_cmpint (statistics->to_ns, ==, 8000000000);
  g_assert_cmpuint (find_traffic (statistics, PS_LAYER_LINK, PS_DIRECTION_IN)->packets, ==, 53);
  g_assert_cmpint (g_array_index (statistics->latencies, PsLatency, 0).max_ns, ==, 1010);
  maker_clear (&maker);
}

static void
add_packet (Maker *maker, guint64 id, guint32 interface, guint64 delta, gboolean dropped)
{
  const PsStageRecord stages[] = {
    { 0, PS_STAGE_LINK },
    { delta, PS_STAGE_NETWORK },
    { delta * 2, PS_STAGE_SOCKET },
    { delta * 3, 99 },
  };
  PsPacketRecord packet = {
    .id = id,
    .time = 1000000000 * id,
    .interface = interface,
    .direction = PS_DIRECTION_IN,
    .verdict = dropped ? PS_VERDICT_DROPPED : PS_VERDICT_DELIVERED,
    .drop_reason = dropped ? 3 : 0,
    .n_stages = 4,
  };

  maker_packet (maker, &packet, stages, NULL,
                packet_ethernet (0x0800, packet_ipv4 (17, packet_udp (1, 2, NULL))));
}

static void
feed_packets (Maker *maker)
{
  maker_init (maker);
  maker_hello (maker, "");
  maker_name (maker, PS_NAME_DROP_REASON, 3, "NO_SOCKET");
  maker_interface (maker, 1, "lo");
  maker_interface (maker, 2, "eth0");
  add_packet (maker, 1, 1, 1000, FALSE);
  add_packet (maker, 2, 2, 3000, FALSE);
  add_packet (maker, 3, 2, 2000, TRUE);
  maker_publish (maker);
}

static void
test_from_packets (void)
{
  g_autoptr (PsStackStatistics) statistics = NULL;
  PsLatency *latency = NULL;
  Maker maker;

  feed_packets (&maker);
  statistics = ps_stack_statistics_new (maker.session);
  g_assert_cmpint (statistics->source, ==, PS_STATISTICS_FROM_PACKETS);
  g_assert_cmpuint (find_traffic (statistics, PS_LAYER_NETWORK, PS_DIRECTION_IN)->packets, ==, 3);
  g_assert_null (find_traffic (statistics, PS_LAYER_TRANSPORT, PS_DIRECTION_IN));
  for (guint i = 0; i < statistics->latencies->len; i++)
    {
      latency = &g_array_index (statistics->latencies, PsLatency, i);
      if (latency->from == PS_STAGE_LINK)
        break;
    }
  g_assert_cmpuint (latency->to, ==, PS_STAGE_NETWORK);
  g_assert_cmpuint (latency->count, ==, 3);
  g_assert_cmpint (latency->max_ns, ==, 3000);
  g_assert_cmpuint (statistics->drops->len, ==, 1);
  g_assert_cmpstr (g_array_index (statistics->drops, PsDrops, 0).reason_name, ==, "NO_SOCKET");
  maker_clear (&maker);
}

static void
test_groups (void)
{
  g_autoptr (GPtrArray) groups = NULL;
  const PsStackGroup *first, *second;
  Maker maker;

  feed_packets (&maker);
  groups = ps_stack_statistics_group (maker.session, PS_STACK_BY_INTERFACE, NULL, NULL);
  g_assert_cmpuint (groups->len, ==, 2);
  first = g_ptr_array_index (groups, 0);
  second = g_ptr_array_index (groups, 1);
  g_assert_cmpstr (first->key, ==, "eth0");
  g_assert_cmpuint (first->packets, ==, 2);
  g_assert_cmpuint (first->statistics->drops->len, ==, 1);
  g_assert_cmpstr (second->key, ==, "lo");
  g_assert_cmpuint (second->statistics->drops->len, ==, 0);
  maker_clear (&maker);
}

static void
test_process_and_socket_may_be_unknown (void)
{
  g_autoptr (GPtrArray) processes = NULL, sockets = NULL;
  Maker maker;

  feed_packets (&maker);
  processes = ps_stack_statistics_group (maker.session, PS_STACK_BY_PROCESS, NULL, NULL);
  sockets = ps_stack_statistics_group (maker.session, PS_STACK_BY_SOCKET, NULL, NULL);
  g_assert_cmpuint (processes->len, ==, 1);
  g_assert_cmpstr (((PsStackGroup *)processes->pdata[0])->key, ==, "no process known");
  g_assert_cmpstr (((PsStackGroup *)sockets->pdata[0])->key, ==, "no socket known");
  maker_clear (&maker);
}

static void
test_empty_session (void)
{
  g_autoptr (PsStackStatistics) statistics = NULL;
  Maker maker;

  maker_init (&maker);
  statistics = ps_stack_statistics_new (maker.session);
  g_assert_cmpuint (statistics->traffic->len, ==, 0);
  g_assert_cmpint (statistics->from_ns, ==, -1);
  maker_clear (&maker);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/stack/percentiles-come-from-buckets", test_percentiles);
  g_test_add_func ("/stack/readings-are-told-by-their-difference",
                   test_differences_of_two_readings);
  g_test_add_func ("/stack/a-lower-value-is-an-unknown-interval",
                   test_lower_value_is_an_unknown_interval);
  g_test_add_func ("/stack/the-whole-session-counts-from-its-start",
                   test_whole_session_counts_from_its_start);
  g_test_add_func ("/stack/without-readings-packets-count", test_from_packets);
  g_test_add_func ("/stack/groups-are-ordered-by-packets", test_groups);
  g_test_add_func ("/stack/a-group-may-be-unknown", test_process_and_socket_may_be_unknown);
  g_test_add_func ("/stack/an-empty-session-has-empty-statistics", test_empty_session);
  return g_test_run ();
}
