/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <time.h>

#include "analysis/ps-filter.h"
#include "packets.h"
#include "sessions.h"

/*
 * The packets of one session: 1 a SYN, 2 a DNS query over IPv6, 3 an ARP
 * request, 4 an HTTP request that was dropped, 5 an ICMP error, 6 UDP in a
 * VLAN.
 */
static void
make_session (Maker *maker)
{
  static const guint32 frames[] = { 1, 0, 2, 0, 0 };
  static const PsStageRecord stages[] = { { 0, PS_STAGE_LINK },
                                          { 1500000, PS_STAGE_TRANSPORT },
                                          { 1600000, PS_STAGE_SOCKET } };
  static const PsStageRecord sent[] = { { 0, PS_STAGE_NETWORK | PS_STAGE_SEND },
                                        { 200, PS_STAGE_LINK | PS_STAGE_SEND } };
  static const PsPathReference paths[] = { { 1, PS_STAGE_LINK } };
  static const PsCallsRecord tree = { .tree = 1, .time = 3000000000 };
  static const PsCallRecord calls[] = {
    { .duration = 90000, .symbol = 3 }, /* not of the packet itself */
    { .start = 10, .duration = 60000, .symbol = 4, .packet = 12, .depth = 1 },
    { .start = 20, .symbol = 2, .packet = 12, .depth = 2, .flags = PS_CALL_OPEN },
  };
  PsPacketRecord packet = { .id = 11,
                            .time = 2000000000,
                            .interface = 1,
                            .direction = PS_DIRECTION_OUT,
                            .verdict = PS_VERDICT_SENT,
                            .pid = 42,
                            .comm = "curl",
                            .flags = PS_PACKET_HAS_PROCESS,
                            .n_stages = 2 };

  maker_init (maker);
  maker_hello (maker, "");
  maker_symbol (maker, 1, "ip_rcv", NULL);
  maker_symbol (maker, 2, "tcp_v4_rcv", NULL);
  maker_symbol (maker, 3, "udpv6_sendmsg", NULL);
  maker_symbol (maker, 4, "ip6_output", NULL);
  maker_name (maker, PS_NAME_DROP_REASON, 3, "NO_SOCKET");
  maker_interface (maker, 1, "lo");
  maker_path (maker, 1, 0, frames);

  maker_packet (
      maker, &packet, sent, NULL,
      packet_ethernet (0x0800,
                       packet_ipv4 (6, packet_tcp (40000, 80, 2, packet_syn_options (), NULL))));
  packet = (PsPacketRecord){ .id = 12, .time = 3000000000, .direction = PS_DIRECTION_OUT };
  maker_packet (
      maker, &packet, NULL, NULL,
      packet_ethernet (0x86dd, packet_ipv6 (17, packet_udp (5000, 53, packet_dns_query ()))));
  maker_calls (maker, &tree, calls, G_N_ELEMENTS (calls));
  packet = (PsPacketRecord){ .id = 13, .time = 3000000000, .direction = PS_DIRECTION_IN };
  maker_packet (maker, &packet, NULL, NULL, packet_ethernet (0x0806, packet_arp (1)));
  packet = (PsPacketRecord){ .id = 14,
                             .parent = 11,
                             .time = 3000000000,
                             .interface = 1,
                             .direction = PS_DIRECTION_IN,
                             .verdict = PS_VERDICT_DROPPED,
                             .drop_reason = 3,
                             .drop_symbol = 2,
                             .relation = PS_RELATION_CROSSED,
                             .n_stages = 3,
                             .n_paths = 1 };
  maker_packet (
      maker, &packet, stages, paths,
      packet_ethernet (
          0x0800,
          packet_ipv4 (
              6, packet_tcp (40000, 8080, 0x18, NULL,
                             packet_text ("GET /secret HTTP/1.1\r\nHost: example.org\r\n\r\n")))));
  packet = (PsPacketRecord){ .id = 15, .time = 3000000000, .direction = PS_DIRECTION_IN };
  maker_packet (
      maker, &packet, NULL, NULL,
      packet_ethernet (
          0x0800,
          packet_ipv4 (1, packet_icmp (3, 3, 0, packet_ipv4 (17, packet_udp (7, 9, NULL))))));
  packet = (PsPacketRecord){ .id = 16, .time = 3000000000, .direction = PS_DIRECTION_FORWARD };
  maker_packet (
      maker, &packet, NULL, NULL,
      packet_ethernet (0x8100,
                       packet_vlan (77, 0x0800, packet_ipv4 (17, packet_udp (1000, 2000, NULL)))));
  maker_publish (maker);
}

/* The numbers of the packets that pass, as text: "1 4". */
static char *
passing (PsSession *session, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PsFilter) filter = ps_filter_parse (text, NULL, &error);
  GString *numbers = g_string_new (NULL);
  guint64 selected;

  g_test_message ("%s", text);
  g_assert_no_error (error);
  ps_filter_select (filter, session, 1, 64, &selected);
  for (guint64 number = 1; number <= ps_session_get_n_packets (session); number++)
    {
      PsPacket packet;

      g_assert_true (ps_session_get_packet (session, number, &packet));
      g_assert_cmpint (ps_filter_matches (filter, session, &packet), ==,
                       selected >> (number - 1) & 1);
      if (ps_filter_matches (filter, session, &packet))
        g_string_append_printf (numbers, "%s%u", numbers->len ? " " : "", (guint)number);
    }
  return g_string_free (numbers, FALSE);
}

static void
test_what_passes (void)
{
  static const struct {
    const char *text;
    const char *numbers;
  } cases[] = {
    { "", "1 2 3 4 5 6" },
    /* protocols */
    { "tcp", "1 4" },
    { "udp", "2 5 6" },
    { "ip", "1 4 5 6" },
    { "ipv6", "2" },
    { "arp", "3" },
    { "dns", "2" },
    { "http", "4" },
    { "vlan", "6" },
    { "!tcp", "2 3 5 6" },
    { "not (tcp or arp)", "2 5 6" },
    { "tcp && http", "4" },
    { "tcp and not http or arp", "1 3" },
    /* numbers */
    { "tcp.dstport == 80", "1" },
    { "tcp.port eq 80", "1" },
    { "tcp.port == 40000", "1 4" },
    { "tcp.dstport != 80", "4" },
    { "tcp.port != 80", "4" },
    { "tcp.dstport > 80", "4" },
    { "tcp.dstport ge 80 && tcp.dstport le 8080", "1 4" },
    { "tcp.dstport in {80, 443}", "1" },
    { "tcp.dstport in {1..79, 8000..9000}", "4" },
    { "udp.port in {53 2000}", "2 6" },
    { "tcp.dstport not in {80, 443}", "2 3 4 5 6" },
    { "ip && ip.proto not in {6}", "5 6" },
    { "tcp.dstport == 0x50", "1" },
    { "vlan.id == 77", "6" },
    { "tcp.len > 0", "4" },
    { "ip.hdr_len == 20", "1 4 5 6" },
    { "eth.type == 0x0806", "3" },
    { "icmp.type == 3", "5" },
    { "ip.proto == UDP", "5 6" },
    { "arp.opcode == request", "3" },
    { "tcp.window_size == 65535", "1 4" },
    /* flags and bits */
    { "tcp.flags.syn == 1", "1" },
    { "tcp.flags.syn == true && tcp.flags.ack == 0", "1" },
    { "tcp.flags & 0x10", "4" },
    { "tcp.flags.syn", "1 4" },
    /* addresses */
    { "ip.src == 192.0.2.1", "1 4 5 6" },
    { "ip.addr == 198.51.100.0/24", "1 4 5 6" },
    { "ip.addr == 198.51.101.0/24", "" },
    { "ip.addr == 198.51.100.0/23", "1 4 5 6" },
    { "ip.dst != 198.51.100.2", "" },
    { "ip.src == ip.dst", "" },
    { "ip.src != ip.dst", "1 4 5 6" },
    { "ipv6.addr == 2001:db8::/32", "2" },
    { "ipv6.dst == 2001:db8::2", "2" },
    { "eth.src == 02:00:00:00:00:01", "1 2 3 4 5 6" },
    { "eth.addr == 02-00-00-00-00-07", "" },
    { "arp.src.proto_ipv4 == 192.0.2.1", "3" },
    /* texts and bytes */
    { "dns.qry.name == example.org", "2" },
    { "dns.qry.name contains \"ample\"", "2" },
    { "dns.qry.name matches \"^EXAM.*\\.org$\"", "2" },
    { "dns.qry.type == A", "2" },
    { "http.request.uri ~ \"secret\"", "4" },
    { "http.host == \"example.org\"", "4" },
    { "tcp contains \"secret\"", "4" },
    { "tcp contains 47:45:54", "4" },
    { "frame.len > 0 && tcp matches \"get /\"", "4" },
    { "eth.src[0:3] == 02:00:00", "1 2 3 4 5 6" },
    { "eth.src[5] == 01", "1 2 3 4 5 6" },
    { "eth.src[4-5] == 00:02", "" },
    { "http.request.method[1:] == \"ET\"", "4" },
    { "tcp.options.mss_val == 1460", "1" },
    { "tcp.options.mss_val", "1" },
    /* the quoted packet counts, as in Wireshark */
    { "udp.dstport == 9", "5" },
    /* what the session knows */
    { "frame.number == 3", "3" },
    { "frame.number in {2..4}", "2 3 4" },
    { "frame.time_relative >= 1", "2 3 4 5 6" },
    { "frame.time_relative < 999ms", "1" },
    { "process == curl", "1" },
    { "process contains \"ur\"", "1" },
    { "pid == 42", "1" },
    { "interface == lo", "1 4" },
    { "direction == in", "3 4 5" },
    { "direction in {in, forward}", "3 4 5 6" },
    { "verdict == dropped", "4" },
    { "drop.reason == NO_SOCKET", "4" },
    { "drop.reason", "4" },
    { "drop.function == \"tcp_v4_rcv\"", "4" },
    { "function == ip_rcv", "4" },
    { "function == ip6_output", "2" },
    { "function == tcp_v4_rcv", "2 4" },
    { "function == udpv6_sendmsg", "" },
    { "stack == ip6_output", "" },
    { "call.duration", "2" },
    { "call.duration > 50us", "2" },
    { "call.duration > 70us", "" },
    { "stack contains tcp_v4", "4" },
    { "layer == transport", "4" },
    { "stage == network", "1" },
    { "path == 1", "4" },
    { "parent == 1", "4" },
    { "relation == crossed", "4" },
    { "stage.latency(link,transport) > 1ms", "4" },
    { "stage.latency(link,transport) > 2ms", "" },
    { "stage.latency(link, socket) == 1600us", "4" },
    { "stage.latency(network,link) < 1us", "1" },
    { "stage.latency(send_network,send_link)", "1" },
    { "stage.latency(receive_network,link)", "" },
    { "socket", "" },
    /* letters of any size */
    { "TCP", NULL },
    { "tcp OR arp", "1 3 4" },
    { "direction == IN", "3 4 5" },
  };
  Maker maker;

  make_session (&maker);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *numbers = NULL;

      if (cases[i].numbers == NULL)
        continue;
      numbers = passing (maker.session, cases[i].text);
      g_assert_cmpstr (numbers, ==, cases[i].numbers);
    }
  maker_clear (&maker);
}

static void
test_mistakes (void)
{
  static const struct {
    const char *text;
    gsize position;
    const char *message;
  } cases[] = {
    { "ip.adr == 1.2.3.4", 0, "At character 1: ip.adr: no such field; did you mean ip.addr?" },
    { "tcp && udp.prot == 5", 7, "udp.prot: no such field; did you mean udp.port?" },
    { "tcp.port == http", 12, "“http” is none; did you mean 80?" },
    { "tcp.port == \"abc\"", 12, "tcp.port is a whole number such as 443; “abc” is none" },
    { "tcp.port == -1", 12, "tcp.port is a whole number" },
    { "tcp.port == 99999", 12, "tcp.port is at most 65535" },
    { "ip.ttl < 256", 9, "ip.ttl is at most 255" },
    { "ip.dsfield.dscp == 64", 19, "at most 63" },
    { "tcp.port == 99999999999999999999999", 12, "tcp.port is a whole number" },
    { "dns.qry.type == AAA", 16, "did you mean AAAA?" },
    { "ip.src == 1.2.3", 10, "did you mean 1.2.3.0/24?" },
    { "ip.src == 10.", 10, "did you mean 10.0.0.0/8?" },
    { "ip.src == 300.1.1.1", 10, "ip.src is an IPv4 address such as" },
    { "ip.src == ::1", 10, "did you mean ipv6.src == ::1?" },
    { "ip.src == tcp.port", 10, "hold different things" },
    { "process == 5", 11, "did you mean pid == 5?" },
    /* operators of other languages, and halves of ours */
    { "tcp.port = 443", 9, "“=” at character 10 has no meaning in a filter; did you mean ==?" },
    { "tcp.port = = 443", 9, "did you mean ==?" },
    { "tcp.port === 443", 9, "“===” at character 10" },
    { "tcp.port => 443", 9, "did you mean >=?" },
    { "tcp.port <> 443", 9, "did you mean !=?" },
    { "tcp | udp", 4, "did you mean ||?" },
    { "tcp & udp", 4, "did you mean &&?" },
    { "tcp.port == 1 & udp", 14, "did you mean &&?" },
    { "process == “curl”", 11, "at character 12 has no meaning in a filter; did you mean \"?" },
    { "and tcp", 0, "a field was expected before “and”" },
    { "()", 1, "a field such as tcp.port was expected" },
    { "\"curl\" == process", 0, "as in process == \"curl\"" },
    { "10.0.0.1", 0, "did you mean ip.addr == 10.0.0.1?" },
    { "443", 0, "did you mean tcp.port == 443?" },
    /* names of other tools, parts of names, and none at all */
    { "host == 1.2.3.4", 0, "did you mean ip.addr?" },
    { "ttl < 5", 0, "did you mean ip.ttl?" },
    { "xyzzy", 0, "no such field; there are those of protocols" },
    { "foo(tcp)", 0, "foo: no such function" },
    /* characters are counted, not bytes */
    { "process == \"größe\" && ä", 24, "At character 23: ä" },
    { "tcp \xff", 4, "Character 5 of the filter is not UTF-8" },
    { "tcp \x01", 4, "“\\x01” at character 5" },
    { "ip.src == 1.2.3.4/33", 10, "0 to 32 bits" },
    { "ipv6.src == 1.2.3.4", 12, "did you mean ip.src == 1.2.3.4?" },
    { "eth.src == 02:00", 11, "is a hardware address" },
    { "tcp == 5", 4, "it is there or not" },
    { "tcp &&", 6, "a field is missing at the end" },
    { "(tcp", 4, "a “)” is missing at the end" },
    { "tcp)", 3, "“)” closes nothing" },
    { "tcp udp", 4, "“&&” or “||” was expected" },
    { "tcp.port ==", 11, "a value is missing at the end" },
    { "tcp.port in 80", 12, "a list in braces, such as {443}" },
    { "tcp.port in {}", 13, "the list is empty" },
    { "tcp.port in {1..}", 16, "a value such as 443 was expected" },
    { "tcp.port in {5..1}", 13, "did you mean 1..5?" },
    { "tcp.port in {80-90}", 13, "did you mean 80..90?" },
    { "tcp.port in {80", 15, "“}” is missing" },
    { "tcp.port contains 80", 9, "cannot be asked of tcp.port; write tcp.port == 443" },
    { "dns.qry.name matches \"(\"", 21, "is no pattern" },
    { "dns.qry.name == \"abc", 16, "is not closed" },
    { "tcp ; udp", 4, "has no meaning" },
    { "direction == inwards", 13, "one of unknown, in, out, forward" },
    { "verdict == droped", 11, "did you mean dropped?" },
    { "verdict > dropped", 8, "cannot be asked of verdict" },
    { "stage.latency(link,moon) > 1ms", 19, "“moon” is no stage" },
    { "stage.latency(send,link) > 1ms", 14, "“send” is no stage" },
    { "stage.latency > 1ms", 14, "a “(” was expected" },
    { "stage.latency(link,socket) > fast", 29, "a time such as" },
    { "stage.latency(link) > 1ms", 18, "takes two stages" },
    { "call.duration > 5sec", 16, "did you mean 5s?" },
    { "call.duration > 5 ms", 18, "did you mean 5ms?" },
    { "eth.src[x] == 1", 8, "is no range of bytes" },
    { "tcp.port[1] == 1", 8, "has no bytes" },
    { "process", G_MAXSIZE, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PsFilter) filter = NULL;
      gsize position = G_MAXSIZE;

      filter = ps_filter_parse (cases[i].text, &position, &error);
      g_test_message ("%s: %s", cases[i].text, error ? error->message : "fine");
      g_assert_cmpuint (position, ==, cases[i].position);
      if (cases[i].message == NULL)
        {
          g_assert_no_error (error);
          continue;
        }
      g_assert_null (filter);
      g_assert_nonnull (strstr (error->message, cases[i].message));
    }
}

static void
test_depth_and_length_are_bounded (void)
{
  g_autoptr (GString) deep = g_string_new (NULL), chain = g_string_new ("tcp"), bangs = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (PsFilter) filter = NULL;

  for (guint i = 0; i < 5000; i++)
    g_string_append_c (deep, '(');
  g_assert_null (ps_filter_parse (deep->str, NULL, &error));
  g_assert_nonnull (strstr (error->message, "nested deeper"));
  g_clear_error (&error);

  bangs = g_string_new (NULL);
  for (guint i = 0; i < 60000; i++)
    g_string_append_c (bangs, '!');
  g_assert_null (ps_filter_parse (bangs->str, NULL, &error));
  g_clear_error (&error);

  /* A long chain is flat. */
  for (guint i = 0; i < 3000; i++)
    g_string_append (chain, " || udp");
  filter = ps_filter_parse (chain->str, NULL, &error);
  g_assert_no_error (error);
  g_string_append_printf (chain, "%*s", 70000, "");
  g_assert_null (ps_filter_parse (chain->str, NULL, &error));
  g_assert_nonnull (strstr (error->message, "longer than"));
}

/* Tried in all ways this would take longer than anybody waits. */
static void
test_an_evil_pattern_ends (void)
{
  g_autoptr (PsFilter) filter = ps_filter_parse ("tcp matches \"(x+x+)+y\"", NULL, NULL);
  g_autofree char *many = g_strnfill (4000, 'x');
  g_autoptr (GByteArray) bytes =
      packet_ethernet (0x0800, packet_ipv4 (6, packet_tcp (1, 2, 0x10, NULL, packet_text (many))));
  PsPacket packet = {
    .link_type = 1, .data = bytes->data, .captured = bytes->len, .length = bytes->len
  };
  g_autoptr (PsSession) session = ps_session_new (0);

  g_assert_nonnull (filter);
  g_assert_false (ps_filter_matches (filter, session, &packet));
}

static void
test_completion (void)
{
  g_auto (GStrv) ip = ps_filter_complete ("ip.a"), drop = ps_filter_complete ("drop");
  g_auto (GStrv) all = ps_filter_complete (""), none = ps_filter_complete ("nonsense");

  g_assert_cmpstr (ip[0], ==, "ip.addr");
  g_assert_null (ip[1]);
  g_assert_cmpstr (drop[0], ==, "drop.function");
  g_assert_cmpstr (drop[1], ==, "drop.reason");
  g_assert_null (drop[2]);
  g_assert_cmpuint (g_strv_length (all), >, 200);
  g_assert_null (none[0]);
}

static void
test_needs (void)
{
  g_autoptr (PsFilter) bytes = ps_filter_parse ("tcp && frame.len > 5", NULL, NULL);
  g_autoptr (PsFilter) paths = ps_filter_parse ("stack contains x || process == y", NULL, NULL);
  g_autoptr (PsFilter) nothing = ps_filter_parse ("direction == in", NULL, NULL);

  g_assert_cmpuint (ps_filter_get_needs (bytes), ==, PS_FILTER_NEEDS_BYTES);
  g_assert_cmpuint (ps_filter_get_needs (paths), ==,
                    PS_FILTER_NEEDS_PATHS | PS_FILTER_NEEDS_SOCKETS);
  g_assert_cmpuint (ps_filter_get_needs (nothing), ==, 0);
}

/* Not a timed test: the figure, of processor time, is for people who run it
 * with --verbose. */
static void
test_speed (void)
{
  static const char *const texts[] = { "tcp.port == 80", "ip.addr == 192.0.2.0/24 && tcp",
                                       "tcp.len > 5", "dns.qry.name == example.org",
                                       "direction == in" };
  Maker maker;

  make_session (&maker);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (PsFilter) filter = ps_filter_parse (texts[i], NULL, NULL);
      clock_t before = clock ();

      for (guint n = 0; n < 60000; n++)
        {
          PsPacket packet;

          g_assert_true (ps_session_get_packet (maker.session, 1 + n % 6, &packet));
          ps_filter_matches (filter, maker.session, &packet);
        }
      g_test_message ("%.0f ns a packet: %s",
                      (double)(clock () - before) * 1e9 / CLOCKS_PER_SEC / 60000, texts[i]);
    }
  maker_clear (&maker);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/filter/the-right-packets-pass", test_what_passes);
  g_test_add_func ("/filter/a-mistake-is-told-with-its-place", test_mistakes);
  g_test_add_func ("/filter/depth-and-length-are-bounded", test_depth_and_length_are_bounded);
  g_test_add_func ("/filter/an-evil-pattern-ends", test_an_evil_pattern_ends);
  g_test_add_func ("/filter/names-are-completed", test_completion);
  g_test_add_func ("/filter/what-it-needs-is-known", test_needs);
  g_test_add_func ("/filter/speed", test_speed);
  return g_test_run ();
}
