/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who hands over to whom, and the walk from one protocol to the next. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

typedef struct {
  guint16 number;
  const PsDissector *dissector;
} Row;

/* LINKTYPE_*: https://www.tcpdump.org/linktypes.html */
static const Row link_types[] = {
  { 0, &ps_null_dissector },     { 1, &ps_ethernet_dissector },  { 108, &ps_null_dissector },
  { 113, &ps_cooked_dissector }, { 276, &ps_cooked2_dissector },
};

static const Row ethertypes[] = {
  { 0x0800, &ps_ipv4_dissector },          { 0x86dd, &ps_ipv6_dissector },
  { 0x0806, &ps_arp_dissector },           { 0x8100, &ps_vlan_dissector },
  { 0x88a8, &ps_vlan_provider_dissector }, { 0x9100, &ps_vlan_dissector },
  { 0x6558, &ps_ethernet_dissector },
};

static const Row ip_protocols[] = {
  { 0, &ps_ipv6_hopopts_dissector },
  { 1, &ps_icmp_dissector },
  { 2, &ps_igmp_dissector },
  { 4, &ps_ipv4_dissector },
  { 6, &ps_tcp_dissector },
  { 17, &ps_udp_dissector },
  { 41, &ps_ipv6_dissector },
  { 43, &ps_ipv6_routing_dissector },
  { 44, &ps_ipv6_fragment_dissector },
  { 47, &ps_gre_dissector },
  { 58, &ps_icmpv6_dissector },
  { 60, &ps_ipv6_dstopts_dissector },
  { 132, &ps_sctp_dissector },
};

static const Row udp_ports[] = {
  { 53, &ps_dns_dissector },   { 67, &ps_dhcp_dissector },    { 68, &ps_dhcp_dissector },
  { 123, &ps_ntp_dissector },  { 4789, &ps_vxlan_dissector }, { 5353, &ps_dns_dissector },
  { 5355, &ps_dns_dissector },
};

static const Row tcp_ports[] = {
  { 53, &ps_dns_tcp_dissector },
};

/* Those told by their first bytes. Each looks at a bounded, small number of them. */
static const struct {
  guint8 ip_protocol;
  gboolean (*looks_like) (const PsSlice *slice);
  const PsDissector *dissector;
} heuristics[] = {
  { 6, ps_tls_looks_like, &ps_tls_dissector },
  { 6, ps_http_looks_like, &ps_http_dissector },
  { 17, ps_quic_looks_like, &ps_quic_dissector },
};

static const PsDissector *const all[] = {
  &ps_ethernet_dissector,     &ps_cooked_dissector,
  &ps_cooked2_dissector,      &ps_null_dissector,
  &ps_vlan_dissector,         &ps_vlan_provider_dissector,
  &ps_arp_dissector,          &ps_ipv4_dissector,
  &ps_ipv6_dissector,         &ps_ipv6_hopopts_dissector,
  &ps_ipv6_routing_dissector, &ps_ipv6_fragment_dissector,
  &ps_ipv6_dstopts_dissector, &ps_icmp_dissector,
  &ps_icmpv6_dissector,       &ps_igmp_dissector,
  &ps_tcp_dissector,          &ps_udp_dissector,
  &ps_sctp_dissector,         &ps_gre_dissector,
  &ps_vxlan_dissector,        &ps_dns_dissector,
  &ps_dhcp_dissector,         &ps_ntp_dissector,
  &ps_tls_dissector,          &ps_http_dissector,
  &ps_quic_dissector,         NULL,
};

static const PsDissector *
find_row (const Row *rows, guint n_rows, guint number)
{
  for (guint i = 0; i < n_rows; i++)
    {
      if (rows[i].number == number)
        return rows[i].dissector;
    }
  return NULL;
}

const PsDissector *const *
ps_dissectors (void)
{
  return all;
}

const PsDissector *
ps_dissector_for_ethertype (guint16 type)
{
  return find_row (ethertypes, G_N_ELEMENTS (ethertypes), type);
}

const PsDissector *
ps_dissector_for_ip_protocol (guint8 protocol)
{
  return find_row (ip_protocols, G_N_ELEMENTS (ip_protocols), protocol);
}

void
ps_dissector_for_ports (PsSlice *inner)
{
  const Row *rows = inner->ip_protocol == 6 ? tcp_ports : udp_ports;
  guint n = inner->ip_protocol == 6 ? G_N_ELEMENTS (tcp_ports) : G_N_ELEMENTS (udp_ports);

  inner->dissector = find_row (rows, n, inner->destination_port);
  if (inner->dissector == NULL)
    inner->dissector = find_row (rows, n, inner->source_port);
  for (guint i = 0; i < G_N_ELEMENTS (heuristics) && inner->dissector == NULL; i++)
    {
      if (heuristics[i].ip_protocol == inner->ip_protocol && heuristics[i].looks_like (inner))
        inner->dissector = heuristics[i].dissector;
    }
}

/* Those of one protocol share their fields: DNS over UDP and TCP. */
static gboolean
is_same (const PsDissector *a, const PsDissector *b)
{
  return a->fields == b->fields;
}

gboolean
ps_dissector_may_be_carried (const PsDissector *dissector,
                             guint8 ip_protocol,
                             guint16 source_port,
                             guint16 destination_port)
{
  PsSlice nothing = { .ip_protocol = ip_protocol,
                      .source_port = source_port,
                      .destination_port = destination_port };

  if (ip_protocol != 6 && ip_protocol != 17)
    return FALSE;
  ps_dissector_for_ports (&nothing);
  if (nothing.dissector != NULL)
    return is_same (nothing.dissector, dissector);
  for (guint i = 0; i < G_N_ELEMENTS (heuristics); i++)
    if (heuristics[i].ip_protocol == ip_protocol && is_same (heuristics[i].dissector, dissector))
      return TRUE;
  return FALSE;
}

static gboolean
has_dissector (const Row *rows, guint n_rows, const PsDissector *dissector)
{
  for (guint i = 0; i < n_rows; i++)
    if (is_same (rows[i].dissector, dissector))
      return TRUE;
  return FALSE;
}

gboolean
ps_dissector_is_carried (const PsDissector *dissector)
{
  for (guint i = 0; i < G_N_ELEMENTS (heuristics); i++)
    if (is_same (heuristics[i].dissector, dissector))
      return TRUE;
  return has_dissector (udp_ports, G_N_ELEMENTS (udp_ports), dissector) ||
         has_dissector (tcp_ports, G_N_ELEMENTS (tcp_ports), dissector);
}

/* A dissector needs its least bytes, both claimed and captured. */
static gboolean
is_there (const PsSlice *slice)
{
  return slice->dissector != NULL && ps_slice_has (slice, 0, slice->dissector->least);
}

gboolean
ps_slice_first (PsSlice *slice,
                const guint8 *data,
                gsize size,
                guint32 wire_length,
                guint16 link_type)
{
  *slice = (PsSlice){ .data = data, .size = (guint32)MIN (size, PS_SNAPLEN_MAX) };
  slice->end = MAX (wire_length, slice->size);

  if (link_type == 101 || link_type == 12) /* raw IP: the version tells which */
    {
      guint8 version = ps_slice_u8 (slice, 0) >> 4;

      if (version == 4)
        slice->dissector = &ps_ipv4_dissector;
      else if (version == 6)
        slice->dissector = &ps_ipv6_dissector;
    }
  else
    slice->dissector = find_row (link_types, G_N_ELEMENTS (link_types), link_type);
  return is_there (slice);
}

gboolean
ps_slice_next (PsSlice *slice)
{
  PsSlice inner = *slice;

  inner.dissector = NULL;
  if (slice->dissector->next == NULL)
    return FALSE;
  slice->dissector->next (slice, &inner);
  if (inner.offset <= slice->offset || inner.dissector == NULL)
    return FALSE;
  if (!is_there (&inner))
    {
      slice->cut = ps_slice_length (&inner) >= inner.dissector->least;
      return FALSE;
    }
  *slice = inner;
  return TRUE;
}

void
ps_slice_enter (PsSlice *inner, const PsDissector *dissector, guint32 at, guint32 length)
{
  guint32 room = ps_slice_length (inner);

  if (at > room)
    {
      inner->dissector = NULL;
      return;
    }
  inner->dissector = dissector;
  inner->offset += at;
  inner->end = inner->offset + MIN (length, room - at);
}

guint64
ps_slice_number (const PsSlice *slice, guint32 at, guint32 length)
{
  const guint8 *p = ps_slice_bytes (slice, at, length);
  guint64 number = 0;

  for (guint32 i = 0; p != NULL && i < MIN (length, 8); i++)
    number = number << 8 | p[i];
  return number;
}

gboolean
ps_slice_field (const PsSlice *slice, const PsFieldInfo *info, guint64 *ret_number)
{
  guint64 number;

  if (info->compute != NULL)
    return info->compute (slice, ret_number);
  if (info->at < 0 || !ps_slice_has (slice, (guint32)info->at, info->bytes))
    return FALSE;
  number = ps_slice_number (slice, (guint32)info->at, info->bytes);
  if (info->mask != 0)
    number = (number & info->mask) >> __builtin_ctzll (info->mask);
  *ret_number = number;
  return TRUE;
}

const char *
ps_value_name (const PsValueName *names, guint64 value)
{
  for (; names != NULL && names->name != NULL; names++)
    {
      if (names->value == value)
        return names->name;
    }
  return NULL;
}
