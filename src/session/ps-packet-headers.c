/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <netinet/in.h>
#include <string.h>

#include "session/ps-packet-headers.h"

#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW_BSD 12
#define LINKTYPE_RAW 101
#define ETHERNET_HEADER 14u
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_ARP 0x0806
#define ICMP_HEADER 8u
#define VXLAN_PORT 4789 /* RFC 7348: what it carries has addresses of its own */

static inline guint16
big16 (const guint8 *at)
{
  return (guint16)(at[0] << 8 | at[1]);
}

/* The version of the IP header at `ret_at`; 0 if there is none, or something stands before it. */
static guint
find_ip (guint16 link_type, const guint8 *data, guint32 captured, guint32 *ret_at)
{
  guint16 type;

  *ret_at = 0;
  if (link_type == LINKTYPE_RAW || link_type == LINKTYPE_RAW_BSD)
    return captured > 0 ? data[0] >> 4 : 0;
  if (link_type != LINKTYPE_ETHERNET || captured <= ETHERNET_HEADER)
    return 0;
  *ret_at = ETHERNET_HEADER;
  type = big16 (data + 12);
  if ((type == ETHERTYPE_IPV4 && data[ETHERNET_HEADER] >> 4 == 4) ||
      (type == ETHERTYPE_IPV6 && data[ETHERNET_HEADER] >> 4 == 6))
    return data[ETHERNET_HEADER] >> 4;
  return 0;
}

/* RFC 791. Where what it carries begins, and how much the header says that is; 0 if it is none. */
static guint32
read_ipv4 (const guint8 *ip, guint32 captured, PsPacketHeaders *headers, guint32 *ret_carried)
{
  guint32 header, total;

  if (captured < 20)
    return 0;
  header = (ip[0] & 15) * 4u;
  total = big16 (ip + 2);
  /* A length of 0 was left to the card to fill in. Of a fragment the first alone has ports. */
  if (header < 20 || (total != 0 && total < header) || (big16 (ip + 6) & 0x3fff) != 0)
    return 0;
  headers->ip_protocol = ip[9];
  memcpy (headers->source, ip + 12, 4);
  memcpy (headers->destination, ip + 16, 4);
  *ret_carried = total == 0 ? G_MAXUINT32 : total - header;
  return header;
}

/* RFC 8200, without extension headers. */
static guint32
read_ipv6 (const guint8 *ip, guint32 captured, PsPacketHeaders *headers, guint32 *ret_carried)
{
  guint32 payload;

  if (captured < 40)
    return 0;
  payload = big16 (ip + 4);
  headers->ip_protocol = ip[6];
  memcpy (headers->source, ip + 8, 16);
  memcpy (headers->destination, ip + 24, 16);
  *ret_carried = payload == 0 ? G_MAXUINT32 : payload;
  return 40;
}

/* An error holds the packet it is about (RFC 792, RFC 4443). */
static gboolean
is_icmp_error (guint8 protocol, guint8 type)
{
  if (protocol == IPPROTO_ICMPV6)
    return type < 128;
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static gboolean
read_transport (const guint8 *at, guint32 has, PsPacketHeaders *headers, guint16 *ret_tcp_bits)
{
  guint32 least = headers->ip_protocol == IPPROTO_TCP ? 20 : 8;

  if (has < least)
    return FALSE;
  if (headers->ip_protocol == IPPROTO_ICMP || headers->ip_protocol == IPPROTO_ICMPV6)
    return !is_icmp_error (headers->ip_protocol, at[0]);
  if (headers->ip_protocol != IPPROTO_TCP && headers->ip_protocol != IPPROTO_UDP)
    return FALSE;
  headers->source_port = big16 (at);
  headers->destination_port = big16 (at + 2);
  if (headers->ip_protocol == IPPROTO_TCP)
    {
      *ret_tcp_bits = big16 (at + 12);
      return *ret_tcp_bits >> 12 >= 5;
    }
  return headers->source_port != VXLAN_PORT && headers->destination_port != VXLAN_PORT;
}

static gboolean
is_arp (guint16 link_type, const guint8 *data, guint32 captured)
{
  return link_type == LINKTYPE_ETHERNET && data && captured > ETHERNET_HEADER &&
         big16 (data + 12) == ETHERTYPE_ARP;
}

gboolean
ps_packet_headers_read (guint16 link_type,
                        const guint8 *data,
                        guint32 captured,
                        guint32 length,
                        PsPacketHeaders *ret_headers,
                        guint16 *ret_tcp_bits)
{
  guint32 at, header = 0, carried = 0;
  guint version = data ? find_ip (link_type, data, captured, &at) : 0;

  memset (ret_headers, 0, sizeof *ret_headers);
  *ret_tcp_bits = 0;
  ret_headers->ip_version = (guint8)version;
  if (version == 4)
    header = read_ipv4 (data + at, captured - at, ret_headers, &carried);
  else if (version == 6)
    header = read_ipv6 (data + at, captured - at, ret_headers, &carried);

  if (header != 0 && header < captured - at && captured <= length &&
      read_transport (data + at + header, MIN (captured - at - header, carried), ret_headers,
                      ret_tcp_bits))
    {
      ret_headers->known = 1;
      return TRUE;
    }
  memset (ret_headers, 0, sizeof *ret_headers);
  ret_headers->known = is_arp (link_type, data, captured);
  *ret_tcp_bits = 0;
  return ret_headers->known;
}

static void
put_big16 (guint8 *at, guint16 value)
{
  at[0] = (guint8)(value >> 8);
  at[1] = (guint8)value;
}

guint32
ps_packet_headers_write (const PsPacketHeaders *headers, guint16 tcp_bits, guint8 *to)
{
  guint32 ip = headers->ip_version == 4 ? 20 : 40;
  guint32 transport = headers->ip_protocol == IPPROTO_TCP   ? 20
                      : headers->ip_protocol == IPPROTO_UDP ? 8
                                                            : ICMP_HEADER;

  if (headers->ip_version == 0)
    return 0;
  memset (to, 0, ip + transport);
  if (headers->ip_version == 4)
    {
      to[0] = 0x45;
      put_big16 (to + 2, (guint16)(ip + transport));
      to[9] = headers->ip_protocol;
      memcpy (to + 12, headers->source, 4);
      memcpy (to + 16, headers->destination, 4);
    }
  else
    {
      to[0] = 0x60;
      put_big16 (to + 4, (guint16)transport);
      to[6] = headers->ip_protocol;
      memcpy (to + 8, headers->source, 16);
      memcpy (to + 24, headers->destination, 16);
    }
  if (headers->ip_protocol != IPPROTO_TCP && headers->ip_protocol != IPPROTO_UDP)
    return ip + transport;
  put_big16 (to + ip, headers->source_port);
  put_big16 (to + ip + 2, headers->destination_port);
  if (headers->ip_protocol == IPPROTO_TCP)
    put_big16 (to + ip + 12, tcp_bits);
  else
    put_big16 (to + ip + 4, (guint16)transport);
  return ip + transport;
}
