/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <string.h>

#include "frames.h"

static void
put (Frame *frame, const void *data, guint32 size)
{
  size = MIN (size, FRAME_MAX - frame->size);
  memcpy (frame->data + frame->size, data, size);
  frame->size += size;
}

static void
put8 (Frame *frame, guint8 value)
{
  put (frame, &value, 1);
}

static void
put16 (Frame *frame, guint16 value)
{
  value = GUINT16_TO_BE (value);
  put (frame, &value, 2);
}

static void
put32 (Frame *frame, guint32 value)
{
  value = GUINT32_TO_BE (value);
  put (frame, &value, 4);
}

static void
set16 (Frame *frame, guint32 at, guint16 value)
{
  frame->data[at] = (guint8)(value >> 8);
  frame->data[at + 1] = (guint8)value;
}

/* RFC 1071 */
static guint32
sum (const guint8 *data, guint32 size, guint32 start)
{
  for (guint32 i = 0; i < size; i++)
    start += i % 2 ? data[i] : (guint32)data[i] << 8;
  return start;
}

static guint16
fold (guint32 value)
{
  while (value >> 16)
    value = (value & 0xffff) + (value >> 16);
  return (guint16)~value;
}

static void
put_ethernet (Frame *frame, const Endpoint *from, const guint8 *to, guint16 type)
{
  frame->size = 0;
  frame->ethertype = type;
  put (frame, to, 6);
  put (frame, from->mac, 6);
  put16 (frame, type);
}

static void
put_ipv4 (Frame *frame, const Packet *packet, guint32 length)
{
  guint32 at = frame->size;

  put16 (frame, 0x4500);
  put16 (frame, (guint16)(20 + length));
  put16 (frame, (guint16)(packet->sequence ^ packet->icmp_sequence));
  put16 (frame, 0x4000);
  put8 (frame, packet->ttl);
  put8 (frame, packet->protocol);
  put16 (frame, 0);
  put (frame, packet->from->address, 4);
  put (frame, packet->to->address, 4);
  set16 (frame, at + 10, fold (sum (frame->data + at, 20, 0)));
}

static void
put_ipv6 (Frame *frame, const Packet *packet, guint32 length)
{
  put32 (frame, 0x60000000);
  put16 (frame, (guint16)length);
  put8 (frame, packet->protocol);
  put8 (frame, packet->ttl);
  put (frame, packet->from->address, 16);
  put (frame, packet->to->address, 16);
}

static void
put_tcp (Frame *frame, const Packet *packet)
{
  static const guint8 syn_options[20] = { 2, 4, 0xff, 0xd7, 4, 2, 8, 10, 0, 0,
                                          1, 2, 0,    0,    0, 0, 1, 3,  3, 7 };
  static const guint8 options[12] = { 1, 1, 8, 10, 0, 0, 1, 2, 0, 0, 1, 1 };
  gboolean syn = packet->tcp_flags & TCP_SYN;

  put16 (frame, packet->from->port);
  put16 (frame, packet->to->port);
  put32 (frame, packet->sequence);
  put32 (frame, packet->tcp_flags & TCP_ACK ? packet->acknowledgement : 0);
  put8 (frame, syn ? 0xa0 : 0x80);
  put8 (frame, packet->tcp_flags);
  put16 (frame, 512);
  put32 (frame, 0);
  if (syn)
    put (frame, syn_options, sizeof syn_options);
  else
    put (frame, options, sizeof options);
}

static guint32
transport_size (const Packet *packet)
{
  if (packet->protocol == IPPROTO_TCP)
    return packet->tcp_flags & TCP_SYN ? 40 : 32;
  return 8;
}

static void
put_payload (Frame *frame, const Packet *packet)
{
  guint32 left = packet->payload_length;

  if (packet->payload_size > 0)
    put (frame, packet->payload, packet->payload_size);
  left -= MIN (left, packet->payload_size);
  for (guint32 i = 0; i < left && frame->size < FRAME_MAX; i++)
    put8 (frame, (guint8)(0x10 + i % 64));
}

/* Only of packets that are here as a whole; a cut one keeps what an offloading sender leaves. */
static void
set_checksum (Frame *frame, const Packet *packet, guint32 transport)
{
  guint32 at = transport + (packet->protocol == IPPROTO_TCP   ? 16
                            : packet->protocol == IPPROTO_UDP ? 6
                                                              : 2);
  guint32 address_size = packet->ipv6 ? 16 : 4;
  guint32 start = 0;

  if (packet->protocol != IPPROTO_ICMP)
    {
      start = sum (packet->from->address, address_size, start);
      start = sum (packet->to->address, address_size, start);
      start += packet->protocol + (frame->length - transport);
    }
  set16 (frame, at, fold (sum (frame->data + transport, frame->size - transport, start)));
}

void
frame_build (Frame *frame, const Packet *packet)
{
  guint32 length = transport_size (packet) + packet->payload_length;
  guint32 transport;

  put_ethernet (frame, packet->from, packet->to->mac, packet->ipv6 ? 0x86dd : 0x0800);
  if (packet->ipv6)
    put_ipv6 (frame, packet, length);
  else
    put_ipv4 (frame, packet, length);

  transport = frame->size;
  frame->length = transport + length;
  if (packet->protocol == IPPROTO_TCP)
    put_tcp (frame, packet);
  else if (packet->protocol == IPPROTO_UDP)
    {
      put16 (frame, packet->from->port);
      put16 (frame, packet->to->port);
      put16 (frame, (guint16)length);
      put16 (frame, 0);
    }
  else
    {
      put8 (frame, packet->icmp_type);
      put8 (frame, packet->icmp_code);
      put16 (frame, 0);
      put16 (frame, packet->icmp_id);
      put16 (frame, packet->icmp_sequence);
    }
  put_payload (frame, packet);
  if (frame->length <= FRAME_MAX)
    set_checksum (frame, packet, transport);
}

void
frame_build_arp (Frame *frame, gboolean reply, const Endpoint *from, const Endpoint *to)
{
  static const guint8 broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
  static const guint8 nobody[6];

  put_ethernet (frame, from, reply ? to->mac : broadcast, 0x0806);
  put16 (frame, 1);
  put16 (frame, 0x0800);
  put16 (frame, 0x0604);
  put16 (frame, reply ? 2 : 1);
  put (frame, from->mac, 6);
  put (frame, from->address, 4);
  put (frame, reply ? to->mac : nobody, 6);
  put (frame, to->address, 4);
  frame->length = frame->size;
}

guint32
frame_dns (guint8 *buffer, guint16 id, const char *name, gboolean answer)
{
  g_auto (GStrv) labels = g_strsplit (name, ".", 5);
  Frame frame = { 0 };

  put16 (&frame, id);
  put16 (&frame, answer ? 0x8180 : 0x0100);
  put16 (&frame, 1);
  put16 (&frame, answer ? 1 : 0);
  put32 (&frame, 0);
  for (guint i = 0; labels[i]; i++)
    {
      put8 (&frame, (guint8)strlen (labels[i]));
      put (&frame, labels[i], (guint32)strlen (labels[i]));
    }
  put8 (&frame, 0);
  put32 (&frame, 0x00010001);
  if (answer)
    {
      put16 (&frame, 0xc00c);
      put32 (&frame, 0x00010001);
      put32 (&frame, 300);
      put16 (&frame, 4);
      put32 (&frame, 0xc6336414);
    }
  memcpy (buffer, frame.data, MIN (frame.size, 120));
  return MIN (frame.size, 120);
}
