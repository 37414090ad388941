/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 8200. The extension headers are in ps-ipv6-extensions.c. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

#include <string.h>

enum { VERSION, TCLASS, DSCP, ECN, FLOW, PLEN, NXT, HLIM, SRC, DST };

static const PsFieldInfo fields[] = {
  [VERSION] = { "ipv6.version", N_ ("Version"), PS_FIELD_UNSIGNED, 0, 1, 0xf0 },
  [TCLASS] = { "ipv6.tclass", N_ ("Traffic class"), PS_FIELD_HEX, 0, 4, 0x0ff00000 },
  [DSCP] = { "ipv6.tclass.dscp", N_ ("DSCP"), PS_FIELD_UNSIGNED, 0, 4, 0x0fc00000 },
  [ECN] = { "ipv6.tclass.ecn", N_ ("ECN"), PS_FIELD_UNSIGNED, 0, 4, 0x00300000 },
  [FLOW] = { "ipv6.flow", N_ ("Flow label"), PS_FIELD_HEX, 1, 3, 0x0fffff },
  [PLEN] = { "ipv6.plen", N_ ("Payload length"), PS_FIELD_UNSIGNED, 4, 2 },
  [NXT] = { "ipv6.nxt", N_ ("Next header"), PS_FIELD_UNSIGNED, 6, 1 },
  [HLIM] = { "ipv6.hlim", N_ ("Hop limit"), PS_FIELD_UNSIGNED, 7, 1 },
  [SRC] = { "ipv6.src", N_ ("Source address"), PS_FIELD_IPV6, 8, 16 },
  [DST] = { "ipv6.dst", N_ ("Destination address"), PS_FIELD_IPV6, 24, 16 },
};

static guint32
header_length (const PsSlice *slice)
{
  return 40;
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  PsField *field;

  ps_tree_add (heading, slice, &fields[VERSION]);
  field = ps_tree_add (heading, slice, &fields[TCLASS]);
  ps_tree_add_range (field, slice, fields, DSCP, ECN);
  ps_tree_add_range (heading, slice, fields, FLOW, DST);
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  const guint8 *header = slice->data + slice->offset;
  PsText text;

  summary->ip_version = 6;
  summary->ip_protocol = header[6];
  memcpy (summary->source_address, header + 8, 16);
  memcpy (summary->destination_address, header + 24, 16);
  ps_text_init (&text, summary->source, sizeof summary->source);
  ps_text_add_ipv6 (&text, header + 8);
  ps_text_init (&text, summary->destination, sizeof summary->destination);
  ps_text_add_ipv6 (&text, header + 24);
  ps_text_add (info, header[6] == 59 ? "No next header" : "Next header ");
  if (header[6] != 59)
    ps_text_add_number (info, header[6]);
}

static void
next (const PsSlice *slice, PsSlice *inner)
{
  guint32 payload = ps_slice_u16 (slice, 4);

  /* 0: a jumbo payload (RFC 2675), or one the card was to segment; trust the wire length. */
  if (payload == 0)
    payload = ps_slice_length (slice);
  inner->ip_protocol = ps_slice_u8 (slice, 6);
  ps_slice_enter (inner, ps_dissector_for_ip_protocol (inner->ip_protocol), 40, payload);
}

const PsDissector ps_ipv6_dissector = {
  .name = "ipv6",
  .title = N_ ("Internet Protocol version 6"),
  .protocol = "IPv6",
  .layer = PS_LAYER_NETWORK,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 40,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
  .next = next,
};
