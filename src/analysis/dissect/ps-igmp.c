/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 2236 (version 2), RFC 3376 (version 3). */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum { TYPE, MAX_RESP, CHECKSUM, MADDR, NUM_GRP_RECS };

static const PsValueName types[] = {
  { 0x11, "Membership query" }, { 0x12, "Membership report v1" }, { 0x16, "Membership report v2" },
  { 0x17, "Leave group" },      { 0x22, "Membership report v3" }, { 0, NULL },
};

static const PsFieldInfo fields[] = {
  [TYPE] = { "igmp.type", N_ ("Type"), PS_FIELD_HEX, 0, 1, 0, types },
  [MAX_RESP] = { "igmp.max_resp", N_ ("Maximum response time"), PS_FIELD_UNSIGNED, -1, 1 },
  [CHECKSUM] = { "igmp.checksum", N_ ("Checksum"), PS_FIELD_HEX, 2, 2 },
  [MADDR] = { "igmp.maddr", N_ ("Group"), PS_FIELD_IPV4, -1, 4 },
  [NUM_GRP_RECS] = { "igmp.num_grp_recs", N_ ("Group records"), PS_FIELD_UNSIGNED, -1, 2 },
};

static guint32
header_length (const PsSlice *slice)
{
  return ps_slice_length (slice);
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  guint8 type = ps_slice_u8 (slice, 0);

  ps_tree_add (heading, slice, &fields[TYPE]);
  if (type == 0x11 || type == 0x16 || type == 0x17)
    ps_tree_add_at (heading, slice, &fields[MAX_RESP], 1, 1);
  ps_tree_add (heading, slice, &fields[CHECKSUM]);
  if (type == 0x22)
    ps_tree_add_at (heading, slice, &fields[NUM_GRP_RECS], 6, 2);
  else
    ps_tree_add_at (heading, slice, &fields[MADDR], 4, 4);
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  guint8 type = ps_slice_u8 (slice, 0);
  const char *name = ps_value_name (types, type);

  ps_text_add (info, name ? name : "Type 0x");
  if (name == NULL)
    ps_text_add_hex (info, type, 2);
  else if (type == 0x22)
    {
      ps_text_add (info, ", groups: ");
      ps_text_add_number (info, ps_slice_u16 (slice, 6));
    }
  else
    {
      ps_text_add (info, ", group ");
      ps_text_add_ipv4 (info, slice->data + slice->offset + 4);
    }
}

const PsDissector ps_igmp_dissector = {
  .name = "igmp",
  .title = N_ ("Internet Group Management Protocol"),
  .protocol = "IGMP",
  .layer = PS_LAYER_NETWORK,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 8,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
};
