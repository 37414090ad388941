/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/headers.h"

#include <netinet/in.h>
#include <string.h>

#define ETHERNET_LENGTH 14
#define VLAN_TAGS_MAX 2
#define EXTENSIONS_MAX 8

static guint16
be16 (const guint8 *data)
{
  return (guint16)(data[0] << 8 | data[1]);
}

/* The offset of the network header, and its EtherType; 0 if it is not there. */
static gsize
skip_link_header (const guint8 *data, gsize size, guint16 *ret_type)
{
  gsize offset = ETHERNET_LENGTH;

  if (size < offset)
    return 0;
  *ret_type = be16 (data + 12);
  for (guint i = 0; i < VLAN_TAGS_MAX && (*ret_type == 0x8100 || *ret_type == 0x88a8); i++)
    {
      if (size < offset + 4)
        return 0;
      *ret_type = be16 (data + offset + 2);
      offset += 4;
    }
  return offset;
}

static guint8
classify_tcp (guint8 flags, gboolean has_payload)
{
  if (flags & 0x04)
    return PS_TCP_RESET;
  if (flags & 0x02)
    return flags & 0x10 ? PS_TCP_SYN_ACK : PS_TCP_SYN;
  if (flags & 0x01)
    return PS_TCP_FIN;
  return has_payload ? PS_TCP_DATA : PS_TCP_ACK;
}

/* `length` is what the IP header says of the bytes from here on; `size` what was captured. */
static void
parse_transport (const guint8 *data, gsize size, gsize length, PsHeaders *headers)
{
  gboolean is_icmp =
      headers->protocol == IPPROTO_ICMP && size >= 8 && (data[0] == 0 || data[0] == 8);

  is_icmp |= headers->protocol == IPPROTO_ICMPV6 && size >= 8 && (data[0] == 128 || data[0] == 129);
  if (is_icmp)
    {
      headers->source_port = headers->destination_port = be16 (data + 4);
      headers->has_ports = TRUE;
    }
  else if ((headers->protocol == IPPROTO_TCP || headers->protocol == IPPROTO_UDP) && size >= 4)
    {
      headers->source_port = be16 (data);
      headers->destination_port = be16 (data + 2);
      headers->has_ports = TRUE;
    }
  if (headers->protocol == IPPROTO_TCP && size >= 14)
    headers->tcp_class = classify_tcp (data[13], length > (gsize)(data[12] >> 4) * 4);
}

static void
parse_ipv4 (const guint8 *data, gsize size, PsHeaders *headers)
{
  static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };
  gsize header = (gsize)(data[0] & 0x0f) * 4;
  gsize total = be16 (data + 2);

  memcpy (headers->source, mapped, 12);
  memcpy (headers->source + 12, data + 12, 4);
  memcpy (headers->destination, mapped, 12);
  memcpy (headers->destination + 12, data + 16, 4);
  headers->protocol = data[9];
  /* A later fragment has no transport header; a GSO packet over 64 KiB has a length of 0. */
  if ((be16 (data + 6) & 0x1fff) != 0 || header < 20 || size < header)
    return;
  parse_transport (data + header, size - header,
                   total == 0 ? G_MAXUINT16 : total - MIN (total, header), headers);
}

static gboolean
is_extension (guint8 protocol)
{
  return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING || protocol == IPPROTO_DSTOPTS;
}

static void
parse_ipv6 (const guint8 *data, gsize size, PsHeaders *headers)
{
  gsize offset = 40, payload = be16 (data + 4);
  guint8 next = data[6];

  memcpy (headers->source, data + 8, 16);
  memcpy (headers->destination, data + 24, 16);
  for (guint i = 0; i < EXTENSIONS_MAX && is_extension (next) && size >= offset + 2; i++)
    {
      next = data[offset];
      offset += ((gsize)data[offset + 1] + 1) * 8;
    }
  headers->protocol = next;
  if (size < offset || is_extension (next))
    return;
  parse_transport (data + offset, size - offset,
                   payload == 0 ? G_MAXUINT16 : payload - MIN (payload, offset - 40), headers);
}

void
ps_headers_parse (const guint8 *data, gsize size, gboolean has_link_header, PsHeaders *ret_headers)
{
  guint16 type = 0;
  gsize offset = has_link_header ? skip_link_header (data, size, &type) : 0;

  memset (ret_headers, 0, sizeof *ret_headers);
  if ((has_link_header && offset == 0) || size <= offset)
    return;
  data += offset;
  size -= offset;
  if (!has_link_header)
    type = data[0] >> 4 == 6 ? 0x86dd : 0x0800;
  if (type == 0x0800 && data[0] >> 4 == 4 && size >= 20)
    parse_ipv4 (data, size, ret_headers);
  else if (type == 0x86dd && data[0] >> 4 == 6 && size >= 40)
    parse_ipv6 (data, size, ret_headers);
}
