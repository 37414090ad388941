/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 2784, key and sequence number: RFC 2890. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum { FLAGS, FLAG_CHECKSUM, FLAG_KEY, FLAG_SEQUENCE, PROTO, KEY, SEQUENCE };

static const PsFieldInfo fields[] = {
  [FLAGS] = { "gre.flags_and_version", N_ ("Flags and version"), PS_FIELD_HEX, 0, 2 },
  [FLAG_CHECKSUM] = { "gre.flags.checksum", N_ ("Checksum present"), PS_FIELD_BOOLEAN, 0, 2,
                      0x8000 },
  [FLAG_KEY] = { "gre.flags.key", N_ ("Key present"), PS_FIELD_BOOLEAN, 0, 2, 0x2000 },
  [FLAG_SEQUENCE] = { "gre.flags.sequence_number", N_ ("Sequence number present"), PS_FIELD_BOOLEAN,
                      0, 2, 0x1000 },
  [PROTO] = { "gre.proto", N_ ("Protocol"), PS_FIELD_HEX, 2, 2 },
  [KEY] = { "gre.key", N_ ("Key"), PS_FIELD_HEX, -1, 4 },
  [SEQUENCE] = { "gre.sequence_number", N_ ("Sequence number"), PS_FIELD_UNSIGNED, -1, 4 },
};

static guint32
header_length (const PsSlice *slice)
{
  guint16 flags = ps_slice_u16 (slice, 0);

  return 4u + (flags & 0x8000 ? 4 : 0) + (flags & 0x2000 ? 4 : 0) + (flags & 0x1000 ? 4 : 0);
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  guint16 flags = ps_slice_u16 (slice, 0);
  guint32 at = 4u + (flags & 0x8000 ? 4 : 0);
  PsField *field = ps_tree_add (heading, slice, &fields[FLAGS]);

  ps_tree_add_range (field, slice, fields, FLAG_CHECKSUM, FLAG_SEQUENCE);
  ps_tree_add (heading, slice, &fields[PROTO]);
  if (flags & 0x2000)
    {
      ps_tree_add_at (heading, slice, &fields[KEY], at, 4);
      at += 4;
    }
  if (flags & 0x1000)
    ps_tree_add_at (heading, slice, &fields[SEQUENCE], at, 4);
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  ps_text_add (info, "Encapsulated EtherType 0x");
  ps_text_add_hex (info, ps_slice_u16 (slice, 2), 4);
}

static void
next (const PsSlice *slice, PsSlice *inner)
{
  if ((ps_slice_u16 (slice, 0) & 0x0007) == 0) /* version 1 is PPTP */
    ps_slice_enter (inner, ps_dissector_for_ethertype (ps_slice_u16 (slice, 2)),
                    header_length (slice), G_MAXUINT32);
}

const PsDissector ps_gre_dissector = {
  .name = "gre",
  .title = N_ ("Generic Routing Encapsulation"),
  .protocol = "GRE",
  .layer = PS_LAYER_NETWORK,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 4,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
  .next = next,
};
