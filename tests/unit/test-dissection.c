/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree of fields. Names, values and byte ranges are compared with what
 * tshark says of the same packets, field by field; where it is missing, that
 * test is skipped.
 */
#include <gio/gio.h>
#include <glib/gstdio.h>

#include "analysis/ps-dissection.h"
#include "packets.h"
#include "tshark.h"

typedef struct {
  guint16 link_type;
  const char *what;
  Bytes *bytes;
} Sample;

static void
clear_sample (gpointer data)
{
  g_byte_array_unref (((Sample *)data)->bytes);
}

static void
add (GArray *samples, guint16 link_type, const char *what, Bytes *bytes)
{
  Sample sample = { link_type, what, bytes };

  g_array_append_val (samples, sample);
}

static Bytes *
eth4 (guint8 protocol, Bytes *inner)
{
  return packet_ethernet (0x0800, packet_ipv4 (protocol, inner));
}

static Bytes *
eth6 (guint8 next, Bytes *inner)
{
  return packet_ethernet (0x86dd, packet_ipv6 (next, inner));
}

static Bytes *
dhcp_ack (void)
{
  Bytes *bytes = BYTES (2, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 0);

  packet_join (bytes, BYTES (0, 0, 0, 0, 192, 0, 2, 9, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1));
  for (guint i = 0; i < 10 + 64 + 128; i++)
    packet_u8 (bytes, 0);
  packet_join (bytes, BYTES (0x63, 0x82, 0x53, 0x63, 53, 1, 5, 54, 4, 192, 0, 2, 1, 51, 4, 0, 0, 14,
                             16, 58, 4, 0, 0, 7, 8, 59, 4, 0, 0, 12, 78, 1, 4, 255, 255, 255, 0));
  return packet_join (bytes, BYTES (28, 4, 192, 0, 2, 255, 3, 4, 192, 0, 2, 1, 6, 8, 192, 0, 2, 53,
                                    192, 0, 2, 54, 15, 3, 'l', 'a', 'n', 57, 2, 5, 220, 255));
}

static Bytes *
dhcp_discover (void)
{
  Bytes *bytes = BYTES (1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef, 0, 3, 0x80, 0);

  for (guint i = 0; i < 16; i++)
    packet_u8 (bytes, (guint8)(i / 4 * 10));
  packet_join (bytes, BYTES (2, 0, 0, 0, 0, 1));
  for (guint i = 0; i < 10 + 64 + 128; i++)
    packet_u8 (bytes, 0);
  return packet_join (bytes, BYTES (0x63, 0x82, 0x53, 0x63, 53, 1, 1, 12, 4, 'h', 'o', 's', 't', 50,
                                    4, 192, 0, 2, 9, 55, 3, 1, 3, 6, 255));
}

static Bytes *
ntp_client (void)
{
  Bytes *bytes = BYTES (0x23, 2, 6, 0xec, 0, 0, 0, 1, 0, 0, 0, 2, 127, 0, 0, 1);

  for (guint i = 0; i < 32; i++)
    packet_u8 (bytes, (guint8)i);
  return bytes;
}

static Bytes *
server_hello (void)
{
  Bytes *bytes = BYTES (22, 3, 3, 0, 44, 2, 0, 0, 40, 3, 3);

  for (guint8 i = 0; i < 32; i++)
    packet_u8 (bytes, i);
  return packet_join (bytes, BYTES (0, 0x13, 1, 0, 0, 0));
}

static Bytes *
neighbour_solicitation (void)
{
  return BYTES (135, 0, 0xbe, 0xef, 0, 0, 0, 0, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                9, 1, 1, 2, 0, 0, 0, 0, 1);
}

static Bytes *
neighbour_advertisement (void)
{
  return BYTES (136, 0, 0xbe, 0xef, 0x60, 0, 0, 0, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                0, 9, 2, 1, 2, 0, 0, 0, 0, 9);
}

static Bytes *
router_advertisement (void)
{
  return BYTES (134, 0, 0xbe, 0xef, 64, 0, 7, 8, 0, 0, 1, 0, 0, 0, 2, 0, /* header */
                5, 1, 0, 0, 0, 0, 5, 0xdc, /* MTU */
                3, 4, 64, 0xc0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, /* prefix */
                0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

static Bytes *
router_redirect (void)
{
  return BYTES (137, 0, 0xbe, 0xef, 0, 0, 0, 0, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                1, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7);
}

static void
add_link_samples (GArray *samples)
{
  Bytes *udp4 = packet_ipv4 (17, packet_udp (1000, 2000, packet_text ("payload")));

  add (samples, 1, "ARP request", packet_ethernet (0x0806, packet_arp (1)));
  add (samples, 1, "ARP reply", packet_ethernet (0x0806, packet_arp (2)));
  add (samples, 1, "VLAN in VLAN",
       packet_ethernet (
           0x88a8,
           packet_vlan (0xa064, 0x8100,
                        packet_vlan (0x10c8, 0x0800, packet_ipv4 (17, packet_udp (1, 2, NULL))))));
  add (samples, 1, "802.3 with LLC", packet_ethernet (5, BYTES (0x42, 0x42, 3, 0, 0)));
  add (samples, 101, "raw IPv4", packet_bytes (udp4->data, udp4->len));
  add (samples, 101, "raw IPv6", packet_ipv6 (17, packet_udp (1000, 2000, NULL)));
  add (samples, 0, "BSD loopback",
       packet_join (BYTES (2, 0, 0, 0), packet_bytes (udp4->data, udp4->len)));
  add (samples, 113, "cooked",
       packet_join (BYTES (0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0),
                    packet_bytes (udp4->data, udp4->len)));
  add (samples, 276, "cooked, version 2",
       packet_join (BYTES (8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0), udp4));
}

static void
add_network_samples (GArray *samples)
{
  add (samples, 1, "router alert",
       packet_ethernet (0x0800, packet_ipv4_full (2, 0, BYTES (148, 4, 0, 0),
                                                  BYTES (0x16, 0, 0xbe, 0xef, 239, 1, 2, 3))));
  add (samples, 1, "IGMPv3 report",
       packet_ethernet (0x0800, packet_ipv4_full (2, 0, BYTES (148, 4, 0, 0),
                                                  BYTES (0x22, 0, 0xbe, 0xef, 0, 0, 0, 1, 4, 0, 0,
                                                         0, 239, 1, 2, 3))));
  add (samples, 1, "first fragment",
       packet_ethernet (0x0800, packet_ipv4_full (17, 0x2000, NULL,
                                                  packet_udp (1, 2, packet_text ("12345678")))));
  add (samples, 1, "later fragment",
       packet_ethernet (0x0800,
                        packet_ipv4_full (17, 0x2000 | 185, NULL, packet_text ("12345678"))));
  add (samples, 1, "echo request",
       eth4 (1, packet_icmp (8, 0, 0x00070003, packet_text ("ping data"))));
  add (samples, 1, "port unreachable",
       eth4 (1, packet_icmp (3, 3, 0, packet_ipv4 (17, packet_udp (7, 9, NULL)))));
  add (samples, 1, "fragmentation needed",
       eth4 (1, packet_icmp (3, 4, 1280, packet_ipv4 (6, packet_tcp (7, 9, 0x10, NULL, NULL)))));
  add (samples, 1, "redirect",
       eth4 (1, packet_icmp (5, 1, 0xc00002fe, packet_ipv4 (17, packet_udp (7, 9, NULL)))));
  add (samples, 1, "echo request, v6",
       eth6 (58, packet_icmp (128, 0, 0x00070003, packet_text ("ping data"))));
  add (samples, 1, "packet too big",
       eth6 (58, packet_icmp (2, 0, 1280, packet_ipv6 (17, packet_udp (7, 9, NULL)))));
  add (samples, 1, "neighbour solicitation", eth6 (58, neighbour_solicitation ()));
  add (samples, 1, "neighbour advertisement", eth6 (58, neighbour_advertisement ()));
  add (samples, 1, "router advertisement", eth6 (58, router_advertisement ()));
  add (samples, 1, "redirect, v6", eth6 (58, router_redirect ()));
  add (samples, 1, "hop-by-hop options",
       eth6 (0, packet_join (BYTES (17, 0, 5, 2, 0, 0, 1, 0), packet_udp (1, 2, NULL))));
  add (samples, 1, "destination options",
       eth6 (60, packet_join (BYTES (17, 0, 1, 4, 0, 0, 0, 0), packet_udp (1, 2, NULL))));
  add (samples, 1, "routing header",
       eth6 (43, packet_join (BYTES (17, 2, 2, 1, 0, 0, 0, 0, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0,
                                     0, 0, 0, 0, 0, 3),
                              packet_udp (1, 2, NULL))));
  add (samples, 1, "fragment, v6",
       eth6 (44, packet_join (BYTES (17, 0, 0, 1, 0xde, 0xad, 0xbe, 0xef),
                              packet_udp (1, 2, packet_text ("12345678")))));
  add (samples, 1, "IGMP report, version 3",
       eth4 (2, BYTES (0x22, 0, 0xbe, 0xef, 0, 0, 0, 2, 4, 0, 0, 0, 224, 0, 0, 251, 6, 0, 0, 2, 232,
                       1, 2, 3, 192, 0, 2, 7, 192, 0, 2, 8)));
  add (samples, 1, "IGMP query, version 3",
       eth4 (2, BYTES (0x11, 100, 0xbe, 0xef, 232, 1, 2, 3, 2, 125, 0, 1, 192, 0, 2, 7)));
  add (samples, 1, "IPv4 in IPv4", eth4 (4, packet_ipv4 (17, packet_udp (1, 2, NULL))));
  add (samples, 1, "IPv6 in IPv4", eth4 (41, packet_ipv6 (17, packet_udp (1, 2, NULL))));
  add (samples, 1, "GRE with key",
       eth4 (47, packet_join (BYTES (0x30, 0, 8, 0, 0, 0, 0, 7, 0, 0, 0, 9),
                              packet_ipv4 (17, packet_udp (1, 2, NULL)))));
}

static void
add_transport_samples (GArray *samples)
{
  add (samples, 1, "SYN", eth4 (6, packet_tcp (40000, 80, 2, packet_syn_options (), NULL)));
  add (samples, 1, "SACK",
       eth4 (6, packet_tcp (40001, 80, 0x10, BYTES (1, 1, 5, 10, 0, 0, 0, 5, 0, 0, 0, 9), NULL)));
  add (samples, 1, "data", eth6 (6, packet_tcp (40002, 5000, 0xd9, NULL, packet_text ("hello"))));
  add (samples, 1, "SCTP INIT",
       eth4 (132, BYTES (0, 1, 0, 2, 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 1, 0, 0, 20, 0, 0, 0, 1, 0,
                         0, 0xff, 0xff, 0, 10, 0, 10, 0, 0, 0, 1)));
  add (samples, 1, "SCTP INIT ACK",
       eth4 (132, BYTES (0, 2, 0, 1, 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 2, 0, 0, 20, 0, 0, 0, 1, 0,
                         0, 0xff, 0xff, 0, 10, 0, 10, 0, 0, 0, 1)));
  /* Without user data, which Wireshark does not take for SCTP's own. */
  add (samples, 1, "SCTP SACK and DATA",
       eth4 (132,
             BYTES (0, 1, 0, 2, 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 3, 0, 0, 16, 0, 0, 0, 9, 0, 0,
                    0xff, 0xff, 0, 0, 0, 0, 0, 3, 0, 16, 0, 0, 0, 10, 0, 5, 0, 6, 0, 0, 0, 0)));
  add (samples, 1, "SCTP SHUTDOWN",
       eth4 (132, BYTES (0, 1, 0, 2, 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 7, 0, 0, 8, 0, 0, 0, 9)));
  add (samples, 1, "VXLAN",
       eth4 (17, packet_udp (40000, 4789,
                             packet_join (BYTES (8, 0, 0, 0, 0, 0, 42, 0),
                                          eth4 (17, packet_udp (1, 2, NULL))))));
}

static void
add_application_samples (GArray *samples)
{
  Bytes *length_first = BYTES (0, 29);

  add (samples, 1, "DNS query", eth4 (17, packet_udp (40000, 53, packet_dns_query ())));
  add (samples, 1, "DNS answer", eth4 (17, packet_udp (53, 40000, packet_dns_answer ())));
  add (samples, 1, "DNS over TCP",
       eth4 (6,
             packet_tcp (40003, 53, 0x18, NULL, packet_join (length_first, packet_dns_query ()))));
  add (samples, 1, "DHCP discover", eth4 (17, packet_udp (68, 67, dhcp_discover ())));
  add (samples, 1, "DHCP ACK", eth4 (17, packet_udp (67, 68, dhcp_ack ())));
  add (samples, 1, "NTP", eth4 (17, packet_udp (123, 123, ntp_client ())));
  add (samples, 1, "HTTP request",
       eth4 (6, packet_tcp (40004, 80, 0x18, NULL,
                            packet_text ("GET /index.html HTTP/1.1\r\nHost: example.org\r\n"
                                         "User-Agent: test/1\r\n\r\n"))));
  add (samples, 1, "HTTP response",
       eth4 (6, packet_tcp (80, 40005, 0x18, NULL,
                            packet_text ("HTTP/1.1 404 Not Found\r\nServer: test\r\n"
                                         "Content-Type: text/html\r\nContent-Length: 0\r\n\r\n"))));
  add (samples, 1, "Client Hello",
       eth4 (6, packet_tcp (40006, 443, 0x18, NULL, packet_client_hello ())));
  add (samples, 1, "Server Hello", eth4 (6, packet_tcp (443, 40007, 0x18, NULL, server_hello ())));
  add (samples, 1, "QUIC handshake",
       eth4 (17, packet_udp (40000, 443,
                             BYTES (0xe3, 0, 0, 0, 1, 4, 1, 2, 3, 4, 2, 5, 6, 0x40, 20, 1, 2, 3, 4,
                                    5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20))));
}

static GArray *
make_samples (void)
{
  GArray *samples = g_array_new (FALSE, FALSE, sizeof (Sample));

  g_array_set_clear_func (samples, clear_sample);
  add_link_samples (samples);
  add_network_samples (samples);
  add_transport_samples (samples);
  add_application_samples (samples);
  return samples;
}

/* The first field of that name; NULL if there is none. */
static const PsField *
find (const GPtrArray *fields, const char *name)
{
  for (guint i = 0; fields != NULL && i < fields->len; i++)
    {
      const PsField *field = g_ptr_array_index (fields, i), *found;

      if (strcmp (field->name, name) == 0)
        return field;
      found = find (field->children, name);
      if (found != NULL)
        return found;
    }
  return NULL;
}

static void
test_values (void)
{
  static const struct {
    const char *what;
    const char *name;
    const char *value;
    guint offset;
    guint length;
  } cases[] = {
    { "SYN", "eth.src", "02:00:00:00:00:01", 6, 6 },
    { "SYN", "ip.ttl", "64", 22, 1 },
    { "SYN", "ip.proto", "TCP (6)", 23, 1 },
    { "SYN", "ip.dsfield.ecn", "ECT(0) (2)", 15, 1 },
    { "SYN", "ip.flags.df", "Set", 20, 1 },
    { "SYN", "ip.src", "192.0.2.1", 26, 4 },
    { "SYN", "tcp.srcport", "40000", 34, 2 },
    { "SYN", "tcp.options.mss_val", "1460", 56, 2 },
    { "SYN", "tcp.options.wscale.shift", "7", 73, 1 },
    { "ARP request", "arp.opcode", "request (1)", 20, 2 },
    { "later fragment", "ip.frag_offset", "1480 bytes", 20, 2 },
    { "neighbour solicitation", "icmpv6.nd.ns.target_address", "2001:db8::9", 62, 16 },
    { "DNS query", "dns.qry.name", "example.org", 54, 13 },
    { "DNS answer", "dns.cname", "www.example.org", 83, 6 },
    { "DNS answer", "dns.a", "192.0.2.7", 101, 4 },
    { "Client Hello", "tls.handshake.extensions_server_name", "example.org", 117, 11 },
    { "Client Hello", "tls.handshake.extensions_alpn_str", "h2", 135, 2 },
    { "HTTP response", "http.response.code", "404", 63, 3 },
    { "DHCP discover", "dhcp.option.hostname", "host", 287, 4 },
    { "VXLAN", "vxlan.vni", "42", 46, 3 },
  };
  g_autoptr (GArray) samples = make_samples ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      for (guint j = 0; j < samples->len; j++)
        {
          const Sample *sample = &g_array_index (samples, Sample, j);
          g_autoptr (GPtrArray) tree = NULL;
          const PsField *field;

          if (strcmp (sample->what, cases[i].what) != 0)
            continue;
          g_test_message ("%s in %s", cases[i].name, cases[i].what);
          tree = ps_dissect (sample->bytes->data, sample->bytes->len, sample->bytes->len,
                             sample->link_type);
          field = find (tree, cases[i].name);
          g_assert_nonnull (field);
          g_assert_cmpstr (field->value, ==, cases[i].value);
          g_assert_cmpuint (field->offset, ==, cases[i].offset);
          g_assert_cmpuint (field->length, ==, cases[i].length);
        }
    }
}

/* No field may lie outside of what was captured. */
static void
check_ranges (const GPtrArray *fields, gsize size)
{
  for (guint i = 0; fields != NULL && i < fields->len; i++)
    {
      const PsField *field = g_ptr_array_index (fields, i);

      g_assert_nonnull (field->name);
      g_assert_nonnull (field->label);
      g_assert_cmpuint (field->offset, <=, size);
      g_assert_cmpuint (field->length, <=, size - field->offset);
      check_ranges (field->children, size);
    }
}

static void
test_cut_anywhere (void)
{
  g_autoptr (GArray) samples = make_samples ();

  for (guint i = 0; i < samples->len; i++)
    {
      const Sample *sample = &g_array_index (samples, Sample, i);

      for (guint size = 0; size <= sample->bytes->len; size++)
        {
          /* A buffer of just that size: a checker sees any read behind it. */
          g_autofree guint8 *copy = g_memdup2 (sample->bytes->data, size);
          g_autoptr (GPtrArray) tree =
              ps_dissect (copy, size, sample->bytes->len, sample->link_type);
          PsSummary summary;

          check_ranges (tree, size);
          g_assert_cmpint (find (tree, "frame.cap_len") != NULL, ==, size < sample->bytes->len);
          ps_summarize (copy, size, sample->bytes->len, sample->link_type, &summary);
          g_assert_cmpstr (summary.protocol, !=, "");
        }
    }
}

static void
test_damage_anywhere (void)
{
  g_autoptr (GArray) samples = make_samples ();

  for (guint i = 0; i < samples->len; i++)
    {
      const Sample *sample = &g_array_index (samples, Sample, i);
      gsize size = sample->bytes->len;

      for (guint n = 0; n < 300; n++)
        {
          g_autofree guint8 *copy = g_memdup2 (sample->bytes->data, size);
          g_autoptr (GPtrArray) tree = NULL;
          PsSummary summary;

          for (gint k = g_test_rand_int_range (1, 5); k > 0; k--)
            copy[g_test_rand_int_range (0, (gint)size)] = (guint8)g_test_rand_int ();
          tree = ps_dissect (copy, size, (guint32)size, sample->link_type);
          check_ranges (tree, size);
          ps_summarize (copy, size, (guint32)size, sample->link_type, &summary);
        }
    }
}

/* The line of the packet list, of protocols that have more to say than their name. */
static void
test_summaries (void)
{
  static const struct {
    const char *what;
    const char *info;
  } expected[] = {
    { "IGMP report, version 3",
      "Membership report v3, groups: 2 [224.0.0.251 to_ex] [232.1.2.3 block, "
      "sources: 2]" },
    { "IGMP query, version 3", "Membership query, group 232.1.2.3" },
    { "SCTP INIT", "INIT Win=65535 OS=10 MIS=10 TSN=1" },
    { "SCTP SACK and DATA", "SACK Ack=9 Win=65535, DATA TSN=10 SID=5 SSN=6 PPID=0 Len=0" },
    { "DHCP discover",
      "DHCP Discover id=0xdeadbeef for 02:00:00:00:00:01 (host), asks for 192.0.2.9, "
      "gets 10.10.10.10, relay 30.30.30.30" },
    { "DHCP ACK", "DHCP ACK id=0xdeadbeef for 02:00:00:00:00:01, gets 192.0.2.9, server 192.0.2.1, "
                  "for 3600 s" },
    { "HTTP response", "HTTP/1.1 404 Not Found (text/html, 0 bytes)" },
    { "Client Hello", "Client Hello (SNI=example.org) Len=87" },
    { "QUIC handshake", "Handshake, DCID=01020304, SCID=0506" },
    { "IPv6 in IPv4", "Len=0 [in IPv4 192.0.2.1 → 198.51.100.2]" },
    { "GRE with key", "Len=0 [in GRE 192.0.2.1 → 198.51.100.2]" },
    { "VXLAN", "Len=0 [in VXLAN 192.0.2.1 → 198.51.100.2]" },
  };
  g_autoptr (GArray) samples = make_samples ();

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      const Sample *sample = NULL;
      PsSummary summary;

      for (guint j = 0; j < samples->len; j++)
        if (strcmp (g_array_index (samples, Sample, j).what, expected[i].what) == 0)
          sample = &g_array_index (samples, Sample, j);
      g_assert_nonnull (sample);
      ps_summarize (sample->bytes->data, sample->bytes->len, sample->bytes->len, sample->link_type,
                    &summary);
      g_assert_cmpstr (summary.info, ==, expected[i].info);
    }
}

static void
test_name_pointers_that_go_in_circles (void)
{
  static const guint8 targets[] = { 12, 13, 26, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autoptr (GByteArray) bytes =
          eth4 (17, packet_udp (40000, 53,
                                BYTES (0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0xc0, targets[i],
                                       0, 1, 0, 1)));
      g_autoptr (GPtrArray) tree = ps_dissect (bytes->data, bytes->len, bytes->len, 1);
      PsSummary summary;

      ps_summarize (bytes->data, bytes->len, bytes->len, 1, &summary);
      check_ranges (tree, bytes->len);
    }
}

static void
test_tunnels_without_end (void)
{
  Bytes *bytes = packet_ipv4 (17, packet_udp (1, 2, NULL));
  g_autoptr (GPtrArray) tree = NULL;
  PsSummary summary;

  for (guint i = 0; i < 100; i++)
    bytes = packet_ipv4 (4, bytes);
  tree = ps_dissect (bytes->data, bytes->len, bytes->len, 101);
  g_assert_cmpuint (tree->len, <, 30);
  ps_summarize (bytes->data, bytes->len, bytes->len, 101, &summary);
  g_assert_cmpstr (summary.protocol, ==, "IPv4");
  g_byte_array_unref (bytes);
}

static void
write_u32 (GByteArray *out, guint32 value)
{
  g_byte_array_append (out, (const guint8 *)&value, 4);
}

/* The samples of one link type as a pcap file. */
static char *
write_pcap (const GArray *samples, guint16 link_type)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  char *path = NULL;
  int fd;

  write_u32 (out, 0xa1b2c3d4);
  write_u32 (out, 0x00040002);
  write_u32 (out, 0);
  write_u32 (out, 0);
  write_u32 (out, 65535);
  write_u32 (out, link_type);
  for (guint i = 0; i < samples->len; i++)
    {
      const Sample *sample = &g_array_index (samples, Sample, i);

      if (sample->link_type != link_type)
        continue;
      write_u32 (out, 1000 + i);
      write_u32 (out, 0);
      write_u32 (out, sample->bytes->len);
      write_u32 (out, sample->bytes->len);
      g_byte_array_append (out, sample->bytes->data, sample->bytes->len);
    }
  fd = g_file_open_tmp ("packetscope-XXXXXX.pcap", &path, NULL);
  g_assert_cmpint (fd, >=, 0);
  g_assert_true (g_close (fd, NULL));
  g_assert_true (g_file_set_contents (path, (const char *)out->data, out->len, NULL));
  return path;
}

static void
test_against_tshark (void)
{
  static const guint16 link_types[] = { 1, 101, 0, 113, 276 };
  g_autofree char *program = g_find_program_in_path ("tshark");
  g_autoptr (GArray) samples = make_samples ();
  guint n = 0, mistakes = 0;

  if (program == NULL)
    {
      g_test_skip ("tshark is not installed: nothing to compare the fields with");
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (link_types); i++)
    {
      g_autofree char *path = write_pcap (samples, link_types[i]);
      g_autoptr (GPtrArray) packets = tshark_ask (path);
      guint nth = 0;

      for (guint j = 0; j < samples->len; j++)
        {
          const Sample *sample = &g_array_index (samples, Sample, j);
          g_autoptr (GPtrArray) tree = NULL;

          if (sample->link_type != link_types[i])
            continue;
          tree = ps_dissect (sample->bytes->data, sample->bytes->len, sample->bytes->len,
                             sample->link_type);
          g_assert_cmpuint (nth, <, packets->len);
          n += tshark_compare (sample->what, tree, packets->pdata[nth++], FALSE, &mistakes);
        }
      g_unlink (path);
    }
  g_test_message ("%u fields compared", n);
  g_assert_cmpuint (n, >, 700);
  g_assert_cmpuint (mistakes, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/dissection/what-the-list-says", test_summaries);
  g_test_add_func ("/dissection/fields-have-values-and-places", test_values);
  g_test_add_func ("/dissection/a-packet-may-be-cut-anywhere", test_cut_anywhere);
  g_test_add_func ("/dissection/a-packet-may-be-damaged-anywhere", test_damage_anywhere);
  g_test_add_func ("/dissection/names-that-go-in-circles-end",
                   test_name_pointers_that_go_in_circles);
  g_test_add_func ("/dissection/tunnels-without-end-end", test_tunnels_without_end);
  g_test_add_func ("/dissection/fields-are-those-of-tshark", test_against_tshark);
  return g_test_run ();
}
