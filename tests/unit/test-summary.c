/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <time.h>

#include "analysis/ps-dissection.h"
#include "packets.h"

/* Summarises and frees `bytes`. */
static PsSummary
summarize (Bytes *bytes, guint16 link_type)
{
  PsSummary summary;

  ps_summarize (bytes->data, bytes->len, bytes->len, link_type, &summary);
  g_byte_array_unref (bytes);
  return summary;
}

static PsSummary
summarize_ethernet (Bytes *bytes)
{
  return summarize (bytes, 1);
}

static void
test_syn (void)
{
  PsSummary summary = summarize_ethernet (packet_ethernet (
      0x0800, packet_ipv4 (6, packet_tcp (40000, 80, 0x02, packet_syn_options (), NULL))));

  g_assert_cmpstr (summary.protocol, ==, "TCP");
  g_assert_cmpstr (summary.source, ==, "192.0.2.1");
  g_assert_cmpstr (summary.destination, ==, "198.51.100.2");
  g_assert_cmpuint (summary.source_port, ==, 40000);
  g_assert_cmpuint (summary.destination_port, ==, 80);
  g_assert_cmpuint (summary.ip_protocol, ==, 6);
  g_assert_cmpuint (summary.ip_version, ==, 4);
  g_assert_cmpuint (summary.tcp_flags, ==, 0x02);
  g_assert_cmpuint (summary.source_address[0], ==, 192);
  g_assert_cmpstr (summary.info, ==,
                   "[SYN] Seq=1000 Win=65535 Len=0 MSS=1460 SACK_PERM TSval=99 "
                   "TSecr=0 WS=128");
}

static void
test_data_segment (void)
{
  PsSummary summary = summarize_ethernet (packet_ethernet (
      0x0800, packet_ipv4 (6, packet_tcp (40000, 5000, 0x18, NULL, packet_text ("abcde")))));

  g_assert_cmpstr (summary.info, ==, "[PSH, ACK] Seq=1000 Ack=2000 Win=65535 Len=5");
  g_assert_cmpuint (summary.payload, ==, 5);
}

static void
test_ipv6_udp (void)
{
  PsSummary summary = summarize (packet_ipv6 (17, packet_udp (1, 2, packet_text ("abc"))), 101);

  g_assert_cmpstr (summary.protocol, ==, "UDP");
  g_assert_cmpstr (summary.source, ==, "2001:db8::1");
  g_assert_cmpstr (summary.destination, ==, "2001:db8::2");
  g_assert_cmpuint (summary.ip_version, ==, 6);
  g_assert_cmpstr (summary.info, ==, "Len=3");
}

static void
test_dns (void)
{
  PsSummary query = summarize_ethernet (
      packet_ethernet (0x0800, packet_ipv4 (17, packet_udp (40000, 53, packet_dns_query ()))));
  PsSummary answer = summarize_ethernet (
      packet_ethernet (0x0800, packet_ipv4 (17, packet_udp (53, 40000, packet_dns_answer ()))));

  g_assert_cmpstr (query.protocol, ==, "DNS");
  g_assert_cmpstr (query.info, ==, "Standard query 0xabcd A example.org");
  g_assert_cmpstr (answer.info, ==,
                   "Standard query response 0xabcd A example.org CNAME A 192.0.2.7");
}

static void
test_multicast_dns_has_its_own_name (void)
{
  PsSummary summary = summarize_ethernet (
      packet_ethernet (0x0800, packet_ipv4 (17, packet_udp (5353, 5353, packet_dns_query ()))));

  g_assert_cmpstr (summary.protocol, ==, "MDNS");
}

static void
test_echo (void)
{
  PsSummary summary = summarize_ethernet (
      packet_ethernet (0x0800, packet_ipv4 (1, packet_icmp (8, 0, 0x00070003, NULL))));

  g_assert_cmpstr (summary.protocol, ==, "ICMP");
  g_assert_cmpstr (summary.info, ==, "Echo (ping) request id=0x0007 seq=3");
}

static void
test_error_keeps_its_own_addresses (void)
{
  Bytes *quoted = packet_ipv4 (17, packet_udp (40000, 81, NULL));
  PsSummary summary;

  quoted->data[12] = 10;
  summary =
      summarize_ethernet (packet_ethernet (0x0800, packet_ipv4 (1, packet_icmp (3, 3, 0, quoted))));
  g_assert_cmpstr (summary.protocol, ==, "ICMP");
  g_assert_cmpstr (summary.source, ==, "192.0.2.1");
  g_assert_cmpuint (summary.destination_port, ==, 0);
  g_assert_cmpstr (summary.info, ==, "Destination unreachable (Port unreachable)");
}

static void
test_arp (void)
{
  PsSummary request = summarize_ethernet (packet_ethernet (0x0806, packet_arp (1)));
  PsSummary reply = summarize_ethernet (packet_ethernet (0x0806, packet_arp (2)));

  g_assert_cmpstr (request.protocol, ==, "ARP");
  g_assert_cmpstr (request.source, ==, "02:00:00:00:00:01");
  g_assert_cmpstr (request.info, ==, "Who has 192.0.2.254? Tell 192.0.2.1");
  g_assert_cmpstr (reply.info, ==, "192.0.2.1 is at 02:00:00:00:00:01");
}

static void
test_tags_do_not_hide_the_packet (void)
{
  Bytes *inner = packet_ipv4 (17, packet_udp (1, 2, NULL));
  PsSummary summary = summarize_ethernet (
      packet_ethernet (0x88a8, packet_vlan (100, 0x8100, packet_vlan (200, 0x0800, inner))));

  g_assert_cmpstr (summary.protocol, ==, "UDP");
  g_assert_cmpstr (summary.source, ==, "192.0.2.1");
}

static void
test_tunnel_shows_what_is_inside (void)
{
  Bytes *inner = packet_ethernet (0x86dd, packet_ipv6 (17, packet_udp (7, 8, NULL)));
  Bytes *vxlan = packet_join (BYTES (8, 0, 0, 0, 0, 0, 42, 0), inner);
  PsSummary summary = summarize_ethernet (
      packet_ethernet (0x0800, packet_ipv4 (17, packet_udp (40000, 4789, vxlan))));

  g_assert_cmpstr (summary.source, ==, "2001:db8::1");
  g_assert_cmpuint (summary.destination_port, ==, 8);
}

static void
test_application_protocols (void)
{
  PsSummary http = summarize_ethernet (packet_ethernet (
      0x0800, packet_ipv4 (6, packet_tcp (40000, 8080, 0x18, NULL,
                                          packet_text ("GET /index.html HTTP/1.1\r\n\r\n")))));
  PsSummary tls = summarize_ethernet (packet_ethernet (
      0x0800, packet_ipv4 (6, packet_tcp (40000, 8443, 0x18, NULL, packet_client_hello ()))));
  PsSummary quic = summarize_ethernet (packet_ethernet (
      0x0800,
      packet_ipv4 (17, packet_udp (40000, 443, BYTES (0xc3, 0, 0, 0, 1, 4, 1, 2, 3, 4, 0, 0)))));

  g_assert_cmpstr (http.protocol, ==, "HTTP");
  g_assert_cmpstr (http.info, ==, "GET /index.html HTTP/1.1");
  g_assert_cmpstr (tls.protocol, ==, "TLS");
  g_assert_cmpstr (tls.info, ==, "Client Hello (SNI=example.org) Len=87");
  g_assert_cmpstr (quic.protocol, ==, "QUIC");
  g_assert_cmpstr (quic.info, ==, "Initial, DCID=01020304");
}

static void
test_fragment (void)
{
  PsSummary summary = summarize_ethernet (
      packet_ethernet (0x0800, packet_ipv4_full (17, 0x2000 | 185, NULL, packet_text ("middle"))));

  g_assert_cmpstr (summary.protocol, ==, "IPv4");
  g_assert_cmpstr (summary.info, ==, "Fragment of id 0x1234, offset 1480, more to come");
  g_assert_cmpuint (summary.source_port, ==, 0);
}

static void
test_wire_length_counts_not_what_was_captured (void)
{
  g_autoptr (GByteArray) bytes = packet_ethernet (
      0x0800, packet_ipv4 (6, packet_tcp (40000, 5000, 0x10, NULL, packet_text ("0123456789"))));
  PsSummary summary;

  ps_summarize (bytes->data, bytes->len - 8, bytes->len, 1, &summary);
  g_assert_cmpstr (summary.info, ==, "[ACK] Seq=1000 Ack=2000 Win=65535 Len=10");
}

static void
test_cut_header_is_said (void)
{
  g_autoptr (GByteArray) bytes =
      packet_ethernet (0x0800, packet_ipv4 (6, packet_tcp (40000, 80, 0x02, NULL, NULL)));
  PsSummary summary;

  ps_summarize (bytes->data, 14 + 20 + 10, bytes->len, 1, &summary);
  g_assert_cmpuint (summary.source_port, ==, 40000);
  g_assert_nonnull (strstr (summary.info, "cut"));
  ps_summarize (bytes->data, 14 + 20 + 5, bytes->len, 1, &summary);
  g_assert_cmpstr (summary.protocol, ==, "IPv4");
  g_assert_cmpstr (summary.info, ==, "IP protocol 6 TCP [cut]");
}

static void
test_long_info_ends_at_a_whole_character (void)
{
  for (guint length = 140; length < 170; length++)
    {
      g_autofree char *line = g_strnfill (length, 'a');
      g_autofree char *request = g_strconcat ("GET ", line, NULL);
      PsSummary summary = summarize_ethernet (packet_ethernet (
          0x0800, packet_ipv4 (6, packet_tcp (1, 80, 0x18, NULL, packet_text (request)))));

      g_assert_true (g_utf8_validate (summary.info, -1, NULL));
    }
}

static void
test_nothing_captured (void)
{
  PsSummary summary;

  ps_summarize (NULL, 0, 60, 1, &summary);
  g_assert_cmpstr (summary.protocol, ==, "n/a");
  g_assert_cmpstr (summary.source, ==, "");
}

static void
test_ipv6_text_is_canonical (void)
{
  static const struct {
    guint8 address[16];
    const char *text;
  } cases[] = {
    { { 0 }, "::" },
    { { [15] = 1 }, "::1" },
    { { 0xfe, 0x80, [15] = 1 }, "fe80::1" },
    { { 0x20, 1, 0xd, 0xb8, [5] = 1, [15] = 1 }, "2001:db8:1::1" },
    { { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1 }, "2001:db8:0:1:1:1:1:1" },
    { { 0, 1, [14] = 1 }, "1::100" },
    { { 0, 1 }, "1::" },
    { { [10] = 0xff, 0xff, 192, 0, 2, 1 }, "::ffff:192.0.2.1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GByteArray) bytes = packet_ipv6 (59, NULL);
      PsSummary summary;

      memcpy (bytes->data + 8, cases[i].address, 16);
      ps_summarize (bytes->data, bytes->len, bytes->len, 101, &summary);
      g_assert_cmpstr (summary.source, ==, cases[i].text);
    }
}

/* Not a timed test: the figure, of processor time, is for people who run it with --verbose. */
static void
test_speed (void)
{
  g_autoptr (GByteArray) bytes = packet_ethernet (
      0x86dd, packet_ipv6 (6, packet_tcp (40000, 80, 0x02, packet_syn_options (), NULL)));
  clock_t before = clock ();
  PsSummary summary;

  for (guint i = 0; i < 100000; i++)
    ps_summarize (bytes->data, bytes->len, bytes->len, 1, &summary);
  g_test_message ("%.0f ns a summary", (double)(clock () - before) * 1e9 / CLOCKS_PER_SEC / 100000);
  g_assert_cmpstr (summary.protocol, ==, "TCP");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/summary/a-syn-tells-its-options", test_syn);
  g_test_add_func ("/summary/a-segment-tells-its-data-length", test_data_segment);
  g_test_add_func ("/summary/udp-over-ipv6-without-a-link-header", test_ipv6_udp);
  g_test_add_func ("/summary/dns-tells-names-and-addresses", test_dns);
  g_test_add_func ("/summary/multicast-dns-has-its-own-name", test_multicast_dns_has_its_own_name);
  g_test_add_func ("/summary/echo-tells-id-and-sequence", test_echo);
  g_test_add_func ("/summary/an-error-keeps-its-own-addresses", test_error_keeps_its_own_addresses);
  g_test_add_func ("/summary/arp-asks-and-answers", test_arp);
  g_test_add_func ("/summary/vlan-tags-do-not-hide-the-packet", test_tags_do_not_hide_the_packet);
  g_test_add_func ("/summary/a-tunnel-shows-what-is-inside", test_tunnel_shows_what_is_inside);
  g_test_add_func ("/summary/http-tls-and-quic-are-told-by-their-bytes",
                   test_application_protocols);
  g_test_add_func ("/summary/a-later-fragment-has-no-ports", test_fragment);
  g_test_add_func ("/summary/the-wire-length-counts",
                   test_wire_length_counts_not_what_was_captured);
  g_test_add_func ("/summary/a-cut-header-is-said", test_cut_header_is_said);
  g_test_add_func ("/summary/a-long-one-ends-at-a-whole-character",
                   test_long_info_ends_at_a_whole_character);
  g_test_add_func ("/summary/nothing-captured-is-not-available", test_nothing_captured);
  g_test_add_func ("/summary/ipv6-addresses-are-canonical", test_ipv6_text_is_canonical);
  g_test_add_func ("/summary/speed", test_speed);
  return g_test_run ();
}
