/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 768. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum { SRCPORT, DSTPORT, LENGTH, CHECKSUM, PAYLOAD };

static const PsFieldInfo fields[] = {
  [SRCPORT] = { "udp.srcport", N_ ("Source port"), PS_FIELD_UNSIGNED, 0, 2 },
  [DSTPORT] = { "udp.dstport", N_ ("Destination port"), PS_FIELD_UNSIGNED, 2, 2 },
  [LENGTH] = { "udp.length", N_ ("Length"), PS_FIELD_UNSIGNED, 4, 2 },
  [CHECKSUM] = { "udp.checksum", N_ ("Checksum"), PS_FIELD_HEX, 6, 2 },
  [PAYLOAD] = { "udp.payload", N_ ("Payload"), PS_FIELD_BYTES, -1, 0 },
};

static guint32
header_length (const PsSlice *slice)
{
  return 8;
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  guint32 captured = ps_slice_captured (slice);

  ps_tree_add_range (heading, slice, fields, SRCPORT, CHECKSUM);
  if (captured > 8)
    ps_tree_add_at (heading, slice, &fields[PAYLOAD], 8, captured - 8);
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  guint16 length = ps_slice_u16 (slice, 4);

  summary->source_port = ps_slice_u16 (slice, 0);
  summary->destination_port = ps_slice_u16 (slice, 2);
  summary->payload = length >= 8 ? length - 8u : 0;
  ps_text_add (info, "Len=");
  ps_text_add_number (info, length >= 8 ? length - 8u : 0);
  if (length < 8)
    ps_text_add (info, " [bad length]");
}

static void
next (const PsSlice *slice, PsSlice *inner)
{
  guint16 length = ps_slice_u16 (slice, 4);

  if (length <= 8)
    return;
  inner->source_port = ps_slice_u16 (slice, 0);
  inner->destination_port = ps_slice_u16 (slice, 2);
  inner->ip_protocol = 17;
  ps_slice_enter (inner, NULL, 8, length - 8u);
  ps_dissector_for_ports (inner);
}

const PsDissector ps_udp_dissector = {
  .name = "udp",
  .title = N_ ("User Datagram Protocol"),
  .protocol = "UDP",
  .layer = PS_LAYER_TRANSPORT,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 8,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
  .next = next,
};
