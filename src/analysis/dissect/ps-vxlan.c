/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 7348. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum { FLAGS, VNI };

static const PsFieldInfo fields[] = {
  [FLAGS] = { "vxlan.flags", N_ ("Flags"), PS_FIELD_HEX, 0, 2 },
  [VNI] = { "vxlan.vni", N_ ("Network identifier"), PS_FIELD_UNSIGNED, 4, 3 },
};

static guint32
header_length (const PsSlice *slice)
{
  return 8;
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  ps_tree_add_range (heading, slice, fields, FLAGS, VNI);
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  ps_text_add (info, "VNI ");
  ps_text_add_number (info, ps_slice_u32 (slice, 4) >> 8);
}

static void
next (const PsSlice *slice, PsSlice *inner)
{
  if (ps_slice_u8 (slice, 0) & 0x08)
    ps_slice_enter (inner, &ps_ethernet_dissector, 8, G_MAXUINT32);
}

const PsDissector ps_vxlan_dissector = {
  .name = "vxlan",
  .title = N_ ("Virtual eXtensible LAN"),
  .protocol = "VXLAN",
  .layer = PS_LAYER_LINK,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 8,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
  .next = next,
};
