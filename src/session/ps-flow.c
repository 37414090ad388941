/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "session/ps-flow.h"

#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW 101
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_QINQ 0x88a8
#define IPV6_EXTENSIONS_MAX 8

typedef struct {
  const guint8 *data;
  gsize size;
} Bytes;

static gboolean
skip (Bytes *bytes, gsize n)
{
  if (bytes->size < n)
    return FALSE;
  bytes->data += n;
  bytes->size -= n;
  return TRUE;
}

static guint16
big16 (const guint8 *at)
{
  return (guint16)(at[0] << 8 | at[1]);
}

static gboolean
skip_link (Bytes *bytes, guint16 link_type)
{
  guint16 type;

  if (link_type == LINKTYPE_RAW)
    return TRUE;
  if (link_type != LINKTYPE_ETHERNET || bytes->size < 14)
    return FALSE;

  type = big16 (bytes->data + 12);
  skip (bytes, 14);
  for (guint tags = 0; tags < 2 && (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ); tags++)
    {
      if (bytes->size < 4)
        return FALSE;
      type = big16 (bytes->data + 2);
      skip (bytes, 4);
    }
  return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6;
}

static void
map_ipv4 (guint8 *address, const guint8 *ipv4)
{
  static const guint8 prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

  memcpy (address, prefix, sizeof prefix);
  memcpy (address + 12, ipv4, 4);
}

/* RFC 791 */
static gboolean
read_ipv4 (Bytes *bytes, guint8 *source, guint8 *destination, guint8 *protocol)
{
  const guint8 *ip = bytes->data;

  if (bytes->size < 20 || (ip[0] & 15) < 5 || (big16 (ip + 6) & 0x1fff) != 0)
    return FALSE;

  map_ipv4 (source, ip + 12);
  map_ipv4 (destination, ip + 16);
  *protocol = ip[9];
  return skip (bytes, (ip[0] & 15) * 4u);
}

/* RFC 8200 */
static gboolean
read_ipv6 (Bytes *bytes, guint8 *source, guint8 *destination, guint8 *protocol)
{
  const guint8 *ip = bytes->data;
  guint8 next;

  if (bytes->size < 40)
    return FALSE;

  memcpy (source, ip + 8, 16);
  memcpy (destination, ip + 24, 16);
  next = ip[6];
  skip (bytes, 40);

  for (guint i = 0; i < IPV6_EXTENSIONS_MAX; i++)
    {
      const guint8 *header = bytes->data;

      if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS &&
          next != IPPROTO_FRAGMENT)
        break;
      if (bytes->size < 8 || (next == IPPROTO_FRAGMENT && (big16 (header + 2) & 0xfff8) != 0))
        return FALSE;
      if (!skip (bytes, next == IPPROTO_FRAGMENT ? 8 : header[1] * 8u + 8u))
        return FALSE;
      next = header[0];
    }
  *protocol = next;
  return TRUE;
}

gboolean
ps_flow_from_packet (const PsPacketView *view, PsFlow *ret_flow)
{
  const PsPacketRecord *packet = view->packet;
  Bytes bytes = { view->data, packet->captured };
  gboolean in = packet->direction == PS_DIRECTION_IN;
  guint8 *source = in ? ret_flow->remote : ret_flow->local;
  guint8 *destination = in ? ret_flow->local : ret_flow->remote;
  guint8 protocol;

  if ((!in && packet->direction != PS_DIRECTION_OUT) || !bytes.data ||
      !skip_link (&bytes, packet->link_type) || bytes.size == 0)
    return FALSE;
  if (!(bytes.data[0] >> 4 == 4   ? read_ipv4 (&bytes, source, destination, &protocol)
        : bytes.data[0] >> 4 == 6 ? read_ipv6 (&bytes, source, destination, &protocol)
                                  : FALSE))
    return FALSE;
  if ((protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) || bytes.size < 4)
    return FALSE;

  ret_flow->netns = packet->netns;
  ret_flow->protocol = protocol;
  ret_flow->local_port = big16 (bytes.data + (in ? 2 : 0));
  ret_flow->remote_port = big16 (bytes.data + (in ? 0 : 2));
  return TRUE;
}

static gboolean
is_any (const guint8 *address, guint16 family)
{
  static const guint8 zero[16];

  return memcmp (address, zero, family == AF_INET ? 4 : 16) == 0;
}

/* The unspecified address of either family is all zeroes: a dual-stack listener takes both. */
static void
copy_address (guint8 *to, const guint8 *from, guint16 family)
{
  if (family == AF_INET && !is_any (from, family))
    map_ipv4 (to, from);
  else if (family == AF_INET)
    memset (to, 0, 16);
  else
    memcpy (to, from, 16);
}

gboolean
ps_flow_from_socket (const PsSocketRecord *socket, PsFlow *ret_flow)
{
  if (socket->protocol != IPPROTO_TCP && socket->protocol != IPPROTO_UDP)
    return FALSE;
  if ((socket->family != AF_INET && socket->family != AF_INET6) || socket->source_port == 0)
    return FALSE;

  copy_address (ret_flow->local, socket->source, socket->family);
  copy_address (ret_flow->remote, socket->destination, socket->family);
  ret_flow->netns = socket->netns;
  ret_flow->local_port = socket->source_port;
  ret_flow->remote_port = socket->destination_port;
  ret_flow->protocol = socket->protocol;
  if (ret_flow->remote_port == 0)
    memset (ret_flow->remote, 0, sizeof ret_flow->remote);
  return TRUE;
}

void
ps_flow_widen (PsFlow *flow, gboolean any_local)
{
  memset (flow->remote, 0, sizeof flow->remote);
  flow->remote_port = 0;
  if (any_local)
    memset (flow->local, 0, sizeof flow->local);
}

guint
ps_hash_words (gconstpointer key, gsize size)
{
  const guint8 *at = key;
  guint64 hash = 0;

  for (gsize i = 0; i < size; i += 4)
    {
      guint32 word;

      memcpy (&word, at + i, sizeof word);
      hash = (hash ^ word) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
      hash ^= hash >> 29;
    }
  return (guint)(hash ^ (hash >> 32));
}

guint
ps_flow_hash (gconstpointer flow)
{
  return ps_hash_words (flow, sizeof (PsFlow));
}

gboolean
ps_flow_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (PsFlow)) == 0;
}
