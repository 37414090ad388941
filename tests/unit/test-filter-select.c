/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A filter asked of many packets at once gives the answers it gives of each. */
#include "analysis/ps-filter-cursor.h"
#include "packets.h"
#include "sessions.h"
#include "synthesis.h"

/* At least one for each thing that decides a test, and each way of joining them. */
static const char *const texts[] = {
  "",
  "ip",
  "ipv6",
  "tcp",
  "udp",
  "eth",
  "vlan",
  "arp || icmp",
  "ip.src == 10.0.0.0/8",
  "ip.addr == 127.0.0.1",
  "!(ip.addr == 127.0.0.1)",
  "ip.addr != 127.0.0.1",
  "ip.src == ip.dst",
  "ip.src[0:1] == 7f",
  "ip.proto == 17",
  "ip.version == 4",
  "ip.ttl < 65",
  "ipv6.addr == ::1",
  "ipv6.dst",
  "tcp.port == 443",
  "tcp.srcport in {80, 443, 8000..9000}",
  "tcp.srcport > tcp.dstport",
  "udp.port == 53",
  "udp.dstport > 1000 && !dns",
  "tcp.flags.reset == 1",
  "tcp.flags.syn == 1 && tcp.flags.ack == 0",
  "tcp.flags & 0x12",
  "tcp.hdr_len > 20",
  "tcp.len > 0",
  "tcp contains \"HTTP\"",
  "dns.qry.name contains example",
  "frame.len > 200",
  "frame.cap_len <= 60",
  "frame.len in {60..100}",
  "frame.number > 1500 && frame.number <= 2600",
  "frame.time_relative > 1",
  "id > 100",
  "parent",
  "relation == crossed",
  "process == curl",
  "process matches \"^[a-m]\"",
  "pid > 1000",
  "tid",
  "socket",
  "socket > 5",
  "interface == lo",
  "interface contains eth",
  "netns",
  "direction == in",
  "verdict == dropped",
  "drop.reason == NO_SOCKET",
  "drop.function",
  "context == softirq",
  "reset_sent == 1",
  "gso.size > 0",
  "function == tcp_v4_rcv",
  "path",
  "call.duration",
  "layer == filter",
  "!(layer == filter)",
  "stage == qdisc",
  "path == 3",
  "path != 3",
  "stack contains nf_",
  "icmp && icmp.type == 3",
  "icmpv6",
  "http",
  "eth.src == 02:00:00:00:00:10",
  "tcp.seq_raw > 100000",
  "tcp.analysis.flags",
  "tcp.stream < 4",
  "tcp.window_size > 1000",
  "stage.latency(link, transport) > 1us",
  "tcp && direction == out && frame.len > 100 && interface == lo",
  "tcp.port == 443 || udp.port == 53 || verdict == dropped || function == icmp_send",
  "!(tcp || udp) && !arp",
  "(direction == in || ip.ttl == 64) && !(tcp.port == 80 && tcp.len > 0)",
};

static void
feed_synthesis_with (PsSession *session, guint64 n, gboolean calls)
{
  g_autoptr (Synthesis) synthesis = synthesis_new (7, n, 2000);
  PsRecordWriter records = { 0 };
  g_autoptr (GError) error = NULL;

  if (calls)
    synthesis_add_calls (synthesis);
  synthesis_write (synthesis, &records);
  ps_session_feed_buffer (session, records.data, records.size, NULL, &error);
  g_assert_no_error (error);
  ps_session_publish (session);
  ps_record_writer_clear (&records);
}

static void
feed_synthesis (PsSession *session, guint64 n)
{
  feed_synthesis_with (session, n, /* calls= */ FALSE);
}

static gboolean
is_set (const guint64 *bits, guint64 i)
{
  return bits[i / 64] >> (i % 64) & 1;
}

static void
assert_same_answers (PsSession *session, const char *text, guint64 first, guint64 n)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PsFilter) filter = ps_filter_parse (text, NULL, &error);
  g_autofree guint64 *bits = g_new (guint64, n / 64 + 1);

  g_assert_no_error (error);
  memset (bits, 0xff, (n / 64 + 1) * sizeof *bits);
  ps_filter_select (filter, session, first, n, bits);
  for (guint64 i = 0; i < n; i++)
    {
      PsPacket packet;
      gboolean expected = ps_session_get_packet (session, first + i, &packet) &&
                          ps_filter_matches (filter, session, &packet);

      if (expected != is_set (bits, i))
        g_error ("“%s”, packet %" G_GUINT64_FORMAT ": %d alone, %d among many", text, first + i,
                 expected, !expected);
    }
  for (guint64 i = n; i % 64 != 0; i++)
    g_assert_false (is_set (bits, i));
}

static void
test_same_answers (void)
{
  g_autoptr (PsSession) session = ps_session_new (0);

  feed_synthesis (session, 6000);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_same_answers (session, texts[i], 1, 6000);
}

/* So many that what stages and paths they have in common is kept: also when one of them changes. */
static void
test_journeys_of_many (void)
{
  static const char *const asked[] = {
    "layer == filter",
    "stage == qdisc",
    "path != 3",
    "function == nf_hook_slow",
    "stack",
    "stage.latency(link, transport) > 1us",
    "!(stage.latency(socket, application) < 20us)",
    "verdict == inside || (layer == link && !(stage == qdisc))",
  };
  const guint64 n = 20000;
  g_autoptr (PsSession) session = ps_session_new (0);
  PsPacketRecord change = { .n_stages = 1, .verdict = PS_VERDICT_DROPPED };
  struct {
    PsPacketRecord fixed;
    PsStageRecord stage;
  } update = { change, { .stage = PS_STAGE_QDISC | PS_STAGE_SEND } };
  const PsRecord record = { PS_RECORD_STAGES, sizeof update, &update };
  PsPacket packet;

  feed_synthesis (session, n);
  for (guint round = 0; round < 3; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (asked); i++)
        assert_same_answers (session, asked[i], 1, n);
      g_assert_true (ps_session_get_packet (session, 5000 * (round + 1), &packet));
      update.fixed.id = packet.id;
      g_assert_true (ps_session_feed (session, &record, NULL));
      ps_session_publish (session);
    }
}

/* So many that a field that has to be looked for is kept: also when more packets come. */
static void
test_fields_of_many (void)
{
  static const char *const asked[] = {
    "ip.ttl > 60",
    "ip.ttl < 60",
    "ip.ttl != 64",
    "eth.addr == 02:00:00:00:00:01",
    "dns.qry.name contains \"a\"",
    "dns.qry.name matches \"^[a-m]\"",
    "dns.a",
    "tcp.option_kind == 8",
    "tcp.option_kind != 8",
    "tcp.option_kind in {2, 4}",
    "tcp.options.timestamp.tsval > 1000",
    "tcp.payload contains 01",
    "tcp.checksum & 1",
    "http || tls",
    "http.request.method == GET",
    "arp.opcode == 1",
    "icmp.type == 8",
    "data.data",
    "vxlan && ip.ttl == 64",
    "tcp.seq > 1000",
    "tcp.stream == 3",
    "tcp.window_size > 100",
    "stage.latency(transport,link) < 0s",
    "stage.latency(link,transport) > 1us",
    "frame.time_relative > 1s",
    "!(ip.id > 100) && tcp.len > 0",
    /* more of them than are kept */
    "ip.id > 1 && ip.len > 60 && tcp.ack_raw > 5 && tcp.urgent_pointer == 0 && tcp.hdr_len > 20 && "
    "eth.type == 0x800 && udp.checksum < 9",
  };
  g_autoptr (PsSession) session = ps_session_new (0);

  for (guint64 n = 18000; n <= 20000; n += 2000)
    {
      feed_synthesis (session, n - ps_session_get_n_packets (session));
      g_assert_cmpuint (ps_session_get_n_packets (session), ==, n);
      for (guint i = 0; i < G_N_ELEMENTS (asked); i++)
        assert_same_answers (session, asked[i], 1, n);
    }
  assert_same_answers (session, "ip.ttl > 60", 77, 17000);
}

/* At depth functions a function may be on a packet's path, or among its calls. */
static void
test_calls_are_asked_too (void)
{
  static const char *const asked[] = { "function == skb_clone", "function == tcp_v4_rcv",
                                       "function != ip_rcv",    "stack == skb_clone",
                                       "call.duration > 10us",  "call.duration > 20us || path" };
  g_autoptr (PsSession) session = ps_session_new (0);

  feed_synthesis_with (session, 1500, /* calls= */ TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (asked); i++)
    assert_same_answers (session, asked[i], 1, 1500);
}

static void
test_any_range (void)
{
  g_autoptr (PsSession) session = ps_session_new (0);
  static const guint64 ranges[][2] = { { 1, 1 },      { 64, 64 },     { 1000, 100 }, { 1024, 1 },
                                       { 1025, 999 }, { 1900, 2000 }, { 2990, 50 },  { 4000, 3 } };

  feed_synthesis (session, 3000);
  for (guint i = 0; i < G_N_ELEMENTS (ranges); i++)
    {
      assert_same_answers (session, "tcp && direction == in", ranges[i][0], ranges[i][1]);
      assert_same_answers (session, "!(tcp.len > 0)", ranges[i][0], ranges[i][1]);
    }
}

static void
test_what_left_does_not_pass (void)
{
  g_autoptr (PsSession) session = ps_session_new (600 * 1024);
  guint64 first;

  feed_synthesis (session, 8000);
  first = ps_session_get_first_packet (session);
  g_assert_cmpuint (first, >, 1000);
  assert_same_answers (session, "", first - 500, 1000);
  assert_same_answers (session, "frame.len > 80", 1, 8000);
}

/* Every number that passes, in order, none twice; and more once there are more packets. */
static void
test_cursor (void)
{
  g_autoptr (PsSession) session = ps_session_new (0);
  g_autoptr (PsFilter) filter = ps_filter_parse ("udp && direction == out", NULL, NULL);
  PsFilterCursor cursor, all;
  guint64 expected = 0;

  ps_filter_cursor_init (&cursor, filter, session, 1);
  ps_filter_cursor_init (&all, NULL, session, 1);
  g_assert_cmpuint (ps_filter_cursor_next (&cursor), ==, 0);
  for (guint round = 0; round < 2; round++)
    {
      guint64 number;

      feed_synthesis (session, 2500);
      while ((number = ps_filter_cursor_next (&all)) != 0)
        {
          PsPacket packet;

          g_assert_cmpuint (number, ==, ++expected);
          g_assert_true (ps_session_get_packet (session, number, &packet));
          if (ps_filter_matches (filter, session, &packet))
            g_assert_cmpuint (ps_filter_cursor_next (&cursor), ==, number);
        }
      g_assert_cmpuint (ps_filter_cursor_next (&cursor), ==, 0);
      g_assert_cmpuint (expected, ==, ps_session_get_n_packets (session));
    }
}

static Bytes *
gre (Bytes *inner)
{
  return packet_join (BYTES (0, 0, 0x08, 0x00), inner);
}

static Bytes *
vxlan (Bytes *inner)
{
  return packet_join (BYTES (8, 0, 0, 0, 0, 0, 1, 0), inner);
}

/* Packets in which more than one header has addresses, or none. */
static GPtrArray *
make_odd_packets (void)
{
  GPtrArray *odd = g_ptr_array_new_with_free_func ((GDestroyNotify)g_byte_array_unref);
  Bytes *fragment = BYTES (1, 2, 3, 4, 5, 6, 7, 8, 9, 10);

#define TCP(from, to) packet_tcp (from, to, 0x18, NULL, packet_text ("GET / HTTP/1.1\r\n\r\n"))
#define ADD(inner) g_ptr_array_add (odd, inner)
  ADD (packet_ethernet (0x0800, packet_ipv4 (6, TCP (443, 50000))));
  ADD (packet_ethernet (0x86dd, packet_ipv6 (6, TCP (80, 50000))));
  ADD (packet_ethernet (0x0800, packet_ipv4 (17, packet_udp (53, 9999, packet_dns_query ()))));
  ADD (packet_ethernet (0x0800, packet_ipv4 (4, packet_ipv4 (6, TCP (443, 1)))));
  ADD (packet_ethernet (0x0800, packet_ipv4 (41, packet_ipv6 (6, TCP (443, 1)))));
  ADD (packet_ethernet (0x0800, packet_ipv4 (47, gre (packet_ipv4 (6, TCP (443, 1))))));
  ADD (packet_ethernet (
      0x0800,
      packet_ipv4 (17,
                   packet_udp (40000, 4789,
                               vxlan (packet_ethernet (0x0800, packet_ipv4 (6, TCP (443, 1))))))));
  ADD (packet_ethernet (
      0x0800, packet_ipv4 (1, packet_icmp (3, 3, 0, packet_ipv4 (17, packet_udp (53, 9, NULL))))));
  ADD (packet_ethernet (0x0800, packet_ipv4_full (6, 0x2000, NULL, TCP (443, 1))));
  ADD (packet_ethernet (0x0800, packet_ipv4_full (6, 0x0004, NULL, fragment)));
  ADD (packet_ethernet (0x8100, packet_vlan (5, 0x0800, packet_ipv4 (6, TCP (443, 1)))));
  ADD (packet_ethernet (0x0806, packet_arp (1)));
#undef ADD
#undef TCP
  return odd;
}

/* Each whole, cut at some place, and with a byte or two changed: the same every time. */
static void
test_odd_packets (void)
{
  g_autoptr (GPtrArray) odd = make_odd_packets ();
  g_autoptr (GRand) random = g_rand_new_with_seed (4);
  Maker maker;

  maker_init (&maker);
  maker_hello (&maker, "");
  for (guint64 id = 1; id <= 12000; id++)
    {
      const GByteArray *whole = g_ptr_array_index (odd, id % odd->len);
      g_autoptr (GByteArray) bytes = packet_bytes (whole->data, whole->len);
      PsPacketRecord packet = { .id = id, .time = 2000000000 + id, .direction = id & 1 };

      for (guint i = 0; id > odd->len && i < id % 3; i++)
        bytes->data[g_rand_int_range (random, 12, (gint)MIN (bytes->len, 70))] =
            (guint8)g_rand_int (random);
      if (id % 5 == 0)
        g_byte_array_set_size (bytes, (guint)g_rand_int_range (random, 0, (gint)bytes->len));
      maker_packet (&maker, &packet, NULL, NULL, g_byte_array_ref (bytes));
    }
  maker_publish (&maker);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_same_answers (maker.session, texts[i], 1, 12000);
  maker_clear (&maker);
}

/* What a late record changes is asked anew. */
static void
test_late_verdicts (void)
{
  Maker maker;

  maker_init (&maker);
  maker_hello (&maker, "");
  maker_name (&maker, PS_NAME_DROP_REASON, 3, "NO_SOCKET");
  for (guint round = 0; round < 2; round++)
    {
      for (guint64 id = 1; id <= 2000; id++)
        {
          PsPacketRecord packet = { .id = id,
                                    .time = 2000000000,
                                    .direction = PS_DIRECTION_IN,
                                    .verdict = round == 0 ? PS_VERDICT_INSIDE : PS_VERDICT_DROPPED,
                                    .drop_reason = round == 0 ? 0 : 3,
                                    .pid = (guint32)id,
                                    .comm = "late" };

          if (round == 1)
            packet.flags = PS_PACKET_HAS_PROCESS;
          if (round == 0)
            maker_packet (&maker, &packet, NULL, NULL, BYTES (1, 2, 3));
          else if (id % 3 == 0)
            ps_record_writer_add (&maker.writer, PS_RECORD_STAGES, &packet, sizeof packet);
        }
      maker_publish (&maker);
      assert_same_answers (maker.session, "drop.reason == NO_SOCKET", 1, 2000);
      assert_same_answers (maker.session, "verdict == dropped && pid > 900", 1, 2000);
      assert_same_answers (maker.session, "process == late", 1, 2000);
    }
  maker_clear (&maker);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/filter-select/fields-of-many-are-the-same", test_fields_of_many);
  g_test_add_func ("/filter-select/many-packets-get-the-answers-of-each", test_same_answers);
  g_test_add_func ("/filter-select/journeys-of-many-are-known-until-one-changes",
                   test_journeys_of_many);
  g_test_add_func ("/filter-select/calls-are-asked-too", test_calls_are_asked_too);
  g_test_add_func ("/filter-select/any-range-may-be-asked-for", test_any_range);
  g_test_add_func ("/filter-select/what-left-does-not-pass", test_what_left_does_not_pass);
  g_test_add_func ("/filter-select/those-that-pass-come-one-by-one", test_cursor);
  g_test_add_func ("/filter-select/odd-packets-get-the-answers-of-each", test_odd_packets);
  g_test_add_func ("/filter-select/late-verdicts-are-seen", test_late_verdicts);
  return g_test_run ();
}
