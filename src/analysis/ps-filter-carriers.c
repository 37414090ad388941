/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets can have a field at all, told by the headers a session keeps in
 * columns: most fields are of few packets, and the bytes of the others need not
 * be looked at.
 */
#include "config.h"

#include "analysis/ps-filter-private.h"

#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW 101

/* What the headers alone make of it: IP, and what that carries. */
static gboolean
is_in_headers (const PsDissector *dissector, const PsPacketHeaders *headers)
{
  guint8 bytes[PS_PACKET_HEADERS_MAX];
  guint32 size = ps_packet_headers_write (headers, 0x5000, bytes);
  PsSlice slice;

  for (gboolean more = ps_slice_first (&slice, bytes, size, size, LINKTYPE_RAW); more;
       more = ps_slice_next (&slice))
    if (slice.dissector->fields == dissector->fields)
      return TRUE;
  return FALSE;
}

/* What the headers of a packet are known of: ARP, or IP and one of these. */
static const guint8 protocols[] = { 1, 6, 17, 58 };
#define N_KINDS (1 + 2 * G_N_ELEMENTS (protocols))

static guint
kind_of (const PsPacketHeaders *headers)
{
  guint kind = 1;

  if (headers->ip_version == 0)
    return 0;
  while (kind < G_N_ELEMENTS (protocols) && protocols[kind - 1] != headers->ip_protocol)
    kind++;
  return headers->ip_version == 4 ? kind : kind + (guint)G_N_ELEMENTS (protocols);
}

static void
add_dissector (PsFilterNode *test, const PsDissector *dissector)
{
  /* The headers of other links are not read. */
  test->carriers |= dissector == &ps_ethernet_dissector ? (1u << N_KINDS) - 1 : 0;
  test->carriers |= dissector == &ps_arp_dissector;
  for (guint i = 1; i < N_KINDS; i++)
    {
      const PsPacketHeaders headers = {
        .ip_version = i <= G_N_ELEMENTS (protocols) ? 4 : 6,
        .ip_protocol = protocols[(i - 1) % G_N_ELEMENTS (protocols)],
      };

      if (is_in_headers (dissector, &headers))
        test->carriers |= 1u << i;
    }
  test->by_ports |= ps_dissector_is_carried (dissector);
  for (guint i = 0; i < G_N_ELEMENTS (test->carried); i++)
    if (test->carried[i] == NULL)
      {
        test->carried[i] = dissector;
        return;
      }
}

static PsFilterPlace
place_of (const PsDissector *dissector)
{
  if (dissector == &ps_ethernet_dissector)
    return PS_PLACE_LINK;
  if (dissector == &ps_arp_dissector || dissector == &ps_ipv4_dissector ||
      dissector == &ps_ipv6_dissector)
    return PS_PLACE_NETWORK;
  for (guint i = 0; i < G_N_ELEMENTS (protocols); i++)
    if (dissector == ps_dissector_for_ip_protocol (protocols[i]))
      return PS_PLACE_TRANSPORT;
  return PS_PLACE_CARRIED;
}

static void
set_place (PsFilterNode *test)
{
  test->place = test->carried[0] != NULL ? place_of (test->carried[0]) : PS_PLACE_ANY;
  if (test->other.name != NULL || test->operand.own != NULL ||
      (test->carried[1] != NULL && place_of (test->carried[1]) != test->place))
    test->place = PS_PLACE_ANY;
}

void
ps_filter_plan_carriers (PsFilterNode *test)
{
  const PsFilterOperand *operand = &test->operand;
  const PsDissector *const *all = ps_dissectors ();

  test->carriers = 0;
  if (operand->own != NULL)
    {
      if (operand->own->decider == PS_DECIDED_BY_SEGMENT)
        add_dissector (test, &ps_tcp_dissector);
      return;
    }
  for (guint i = 0; all[i] != NULL; i++)
    if (operand->protocol != NULL
            ? g_str_equal (all[i]->name, operand->protocol)
            : all[i] == operand->dissector[0] || all[i] == operand->dissector[1])
      add_dissector (test, all[i]);
  set_place (test);
}

/* Where what an IP header carries begins and ends (RFC 791, RFC 8200). */
static void
enter_transport (const PsPacketHeaders *headers, PsSlice *slice)
{
  guint32 at, carried, room;

  if (headers->ip_version == 4)
    {
      at = 4u * (slice->data[slice->offset] & 15u);
      carried = ps_slice_u16 (slice, 2);
    }
  else
    {
      at = 40;
      carried = ps_slice_u16 (slice, 4);
      carried += carried > 0 ? at : 0;
    }
  room = slice->end - slice->offset;
  /* A length of 0 was left to the card. */
  slice->end = slice->offset + (carried > 0 ? MIN (carried, room) : room);
  slice->offset += at;
  slice->ip_protocol = headers->ip_protocol;
  slice->dissector = ps_dissector_for_ip_protocol (headers->ip_protocol);
}

gboolean
ps_filter_plain_slice (PsFilterPlace place,
                       const PsPacketHeaders *headers,
                       const PsPacket *packet,
                       PsSlice *ret_slice)
{
  gboolean ethernet = packet->link_type == LINKTYPE_ETHERNET;

  *ret_slice = (PsSlice){ .dissector = &ps_ethernet_dissector,
                          .data = packet->data,
                          .size = packet->captured,
                          .end = packet->length };
  if (place == PS_PLACE_LINK)
    return ethernet;
  ret_slice->offset = ethernet ? 14 : 0;
  ret_slice->dissector = headers->ip_version == 4   ? &ps_ipv4_dissector
                         : headers->ip_version == 6 ? &ps_ipv6_dissector
                                                    : &ps_arp_dissector;
  if (place == PS_PLACE_NETWORK)
    return headers->ip_version != 0 || ps_slice_has (ret_slice, 0, ps_arp_dissector.least);
  if (headers->ip_version == 0)
    return FALSE;
  enter_transport (headers, ret_slice);
  return place == PS_PLACE_TRANSPORT || ps_slice_next (ret_slice);
}

gboolean
ps_filter_may_have (const PsFilterNode *test, const PsPacketHeaders *headers)
{
  if (test->carriers >> kind_of (headers) & 1)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (test->carried) && test->carried[i] != NULL; i++)
    if (test->by_ports &&
        ps_dissector_may_be_carried (test->carried[i], headers->ip_protocol, headers->source_port,
                                     headers->destination_port))
      return TRUE;
  return FALSE;
}

/* Bytes of a packet from its beginning to those of the headers that are last. */
#define FETCHED 53

/*
 * A million packets lie all over a file that is mapped: fetched one after the other, each takes as
 * long as memory does; asked for together, they come together.
 */
void
ps_filter_fetch (const PsSessionColumns *columns, const PsFilterNode *test, guint row)
{
  for (guint end = MIN (row + 64, columns->n); row < end; row++)
    {
      guint16 header = columns->header[row];
      const guint8 *data;

      if (header != 0 && !ps_filter_may_have (test, &columns->headers[header]))
        continue;
      data = ps_packet_arena_get (columns->arena, columns->data[row]);
      __builtin_prefetch (data);
      __builtin_prefetch (data + FETCHED);
    }
}
