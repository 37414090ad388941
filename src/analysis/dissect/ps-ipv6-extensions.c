/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv6 extension headers: RFC 8200, 4. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum { HOP_NXT, HOP_LEN, HOP_OPT_TYPE, HOP_OPT_LENGTH };

static const PsValueName option_names[] = {
  { 0, "Pad1" }, { 1, "PadN" }, { 5, "Router alert" }, { 0xc2, "Jumbo payload" }, { 0, NULL },
};

static const PsFieldInfo hopopts_fields[] = {
  [HOP_NXT] = { "ipv6.hopopts.nxt", N_ ("Next header"), PS_FIELD_UNSIGNED, 0, 1 },
  [HOP_LEN] = { "ipv6.hopopts.len", N_ ("Length"), PS_FIELD_UNSIGNED, 1, 1 },
  [HOP_OPT_TYPE] = { "ipv6.opt.type", N_ ("Option"), PS_FIELD_HEX, -1, 1, 0, option_names },
  [HOP_OPT_LENGTH] = { "ipv6.opt.length", N_ ("Option length"), PS_FIELD_UNSIGNED, -1, 1 },
};

static const PsFieldInfo dstopts_fields[] = {
  [HOP_NXT] = { "ipv6.dstopts.nxt", N_ ("Next header"), PS_FIELD_UNSIGNED, 0, 1 },
  [HOP_LEN] = { "ipv6.dstopts.len", N_ ("Length"), PS_FIELD_UNSIGNED, 1, 1 },
  [HOP_OPT_TYPE] = { "ipv6.opt.type", N_ ("Option"), PS_FIELD_HEX, -1, 1, 0, option_names },
  [HOP_OPT_LENGTH] = { "ipv6.opt.length", N_ ("Option length"), PS_FIELD_UNSIGNED, -1, 1 },
};

enum { ROUTING_NXT, ROUTING_LEN, ROUTING_TYPE, ROUTING_SEGLEFT };

static const PsFieldInfo routing_fields[] = {
  [ROUTING_NXT] = { "ipv6.routing.nxt", N_ ("Next header"), PS_FIELD_UNSIGNED, 0, 1 },
  [ROUTING_LEN] = { "ipv6.routing.len", N_ ("Length"), PS_FIELD_UNSIGNED, 1, 1 },
  [ROUTING_TYPE] = { "ipv6.routing.type", N_ ("Type"), PS_FIELD_UNSIGNED, 2, 1 },
  [ROUTING_SEGLEFT] = { "ipv6.routing.segleft", N_ ("Segments left"), PS_FIELD_UNSIGNED, 3, 1 },
};

enum { FRAGMENT_NXT, FRAGMENT_OFFSET, FRAGMENT_MORE, FRAGMENT_IDENT };

static const PsFieldInfo fragment_fields[] = {
  [FRAGMENT_NXT] = { "ipv6.fraghdr.nxt", N_ ("Next header"), PS_FIELD_UNSIGNED, 0, 1 },
  [FRAGMENT_OFFSET] = { "ipv6.fraghdr.offset", N_ ("Offset"), PS_FIELD_UNSIGNED, 2, 2, 0xfff8 },
  [FRAGMENT_MORE] = { "ipv6.fraghdr.more", N_ ("More fragments"), PS_FIELD_BOOLEAN, 2, 2, 0x1 },
  [FRAGMENT_IDENT] = { "ipv6.fraghdr.ident", N_ ("Identification"), PS_FIELD_HEX, 4, 4 },
};

static guint32
header_length (const PsSlice *slice)
{
  return 8u * (1u + ps_slice_u8 (slice, 1));
}

static void
dissect_options (const PsSlice *slice, PsField *heading)
{
  const PsFieldInfo *fields = slice->dissector->fields;
  guint32 at = 2, end = header_length (slice);

  ps_tree_add_range (heading, slice, fields, HOP_NXT, HOP_LEN);
  for (guint i = 0; i < PS_DISSECT_ITEMS_MAX && at < end; i++)
    {
      ps_tree_add_at (heading, slice, &fields[HOP_OPT_TYPE], at, 1);
      if (ps_slice_u8 (slice, at) == 0) /* Pad1 has no length */
        {
          at++;
          continue;
        }
      if (ps_tree_add_at (heading, slice, &fields[HOP_OPT_LENGTH], at + 1, 1) == NULL)
        return;
      at += 2u + ps_slice_u8 (slice, at + 1);
    }
}

static void
dissect_plain (const PsSlice *slice, PsField *heading)
{
  ps_tree_add_range (heading, slice, slice->dissector->fields, 0, slice->dissector->n_fields - 1);
}

static void
next (const PsSlice *slice, PsSlice *inner)
{
  inner->ip_protocol = ps_slice_u8 (slice, 0);
  ps_slice_enter (inner, ps_dissector_for_ip_protocol (inner->ip_protocol), header_length (slice),
                  G_MAXUINT32);
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  summary->ip_protocol = ps_slice_u8 (slice, 0);
  ps_text_add (info, slice->dissector->title);
  ps_text_add (info, ", next header ");
  ps_text_add_number (info, ps_slice_u8 (slice, 0));
}

static guint32
fragment_header_length (const PsSlice *slice)
{
  return 8;
}

static void
fragment_next (const PsSlice *slice, PsSlice *inner)
{
  inner->ip_protocol = ps_slice_u8 (slice, 0);
  if ((ps_slice_u16 (slice, 2) & 0xfff8) == 0)
    ps_slice_enter (inner, ps_dissector_for_ip_protocol (inner->ip_protocol), 8, G_MAXUINT32);
}

static void
fragment_summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  guint16 offset = ps_slice_u16 (slice, 2);

  summary->ip_protocol = ps_slice_u8 (slice, 0);
  ps_text_add (info, "Fragment of id 0x");
  ps_text_add_hex (info, ps_slice_u32 (slice, 4), 8);
  ps_text_add (info, ", offset ");
  ps_text_add_number (info, offset & 0xfff8);
  ps_text_add (info, offset & 1 ? ", more to come" : ", the last");
}

const PsDissector ps_ipv6_hopopts_dissector = {
  .name = "ipv6.hopopts",
  .title = N_ ("Hop-by-hop options"),
  .protocol = "IPv6",
  .layer = PS_LAYER_NETWORK,
  .fields = hopopts_fields,
  .n_fields = G_N_ELEMENTS (hopopts_fields),
  .least = 8,
  .header_length = header_length,
  .dissect = dissect_options,
  .summarize = summarize,
  .next = next,
};

const PsDissector ps_ipv6_dstopts_dissector = {
  .name = "ipv6.dstopts",
  .title = N_ ("Destination options"),
  .protocol = "IPv6",
  .layer = PS_LAYER_NETWORK,
  .fields = dstopts_fields,
  .n_fields = G_N_ELEMENTS (dstopts_fields),
  .least = 8,
  .header_length = header_length,
  .dissect = dissect_options,
  .summarize = summarize,
  .next = next,
};

const PsDissector ps_ipv6_routing_dissector = {
  .name = "ipv6.routing",
  .title = N_ ("Routing header"),
  .protocol = "IPv6",
  .layer = PS_LAYER_NETWORK,
  .fields = routing_fields,
  .n_fields = G_N_ELEMENTS (routing_fields),
  .least = 8,
  .header_length = header_length,
  .dissect = dissect_plain,
  .summarize = summarize,
  .next = next,
};

const PsDissector ps_ipv6_fragment_dissector = {
  .name = "ipv6.fraghdr",
  .title = N_ ("Fragment header"),
  .protocol = "IPv6",
  .layer = PS_LAYER_NETWORK,
  .fields = fragment_fields,
  .n_fields = G_N_ELEMENTS (fragment_fields),
  .least = 8,
  .header_length = fragment_header_length,
  .dissect = dissect_plain,
  .summarize = fragment_summarize,
  .next = fragment_next,
};
