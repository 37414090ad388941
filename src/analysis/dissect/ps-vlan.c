/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IEEE 802.1Q tags, and the provider's outside of them (802.1ad), which has names of its own. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum { PRIORITY, DEI, ID, ETYPE };

static const PsFieldInfo fields[] = {
  [PRIORITY] = { "vlan.priority", N_ ("Priority"), PS_FIELD_UNSIGNED, 0, 2, 0xe000 },
  [DEI] = { "vlan.dei", N_ ("Drop eligible"), PS_FIELD_BOOLEAN, 0, 2, 0x1000 },
  [ID] = { "vlan.id", N_ ("VLAN"), PS_FIELD_UNSIGNED, 0, 2, 0x0fff },
  [ETYPE] = { "vlan.etype", N_ ("Type"), PS_FIELD_HEX, 2, 2 },
};

static const PsFieldInfo provider_fields[] = {
  [PRIORITY] = { "ieee8021ad.priority", N_ ("Priority"), PS_FIELD_UNSIGNED, 0, 1, 0xe0 },
  [DEI] = { "ieee8021ad.dei", N_ ("Drop eligible"), PS_FIELD_BOOLEAN, 0, 1, 0x10 },
  [ID] = { "ieee8021ad.id", N_ ("VLAN"), PS_FIELD_UNSIGNED, 0, 2, 0x0fff },
};

static guint32
header_length (const PsSlice *slice)
{
  return 4;
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  ps_tree_add_range (heading, slice, slice->dissector->fields, 0, slice->dissector->n_fields - 1);
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  ps_text_add (info, "VLAN ");
  ps_text_add_number (info, ps_slice_u16 (slice, 0) & 0xfff);
  ps_text_add (info, ", EtherType 0x");
  ps_text_add_hex (info, ps_slice_u16 (slice, 2), 4);
}

static void
next (const PsSlice *slice, PsSlice *inner)
{
  ps_slice_enter (inner, ps_dissector_for_ethertype (ps_slice_u16 (slice, 2)), 4, G_MAXUINT32);
}

const PsDissector ps_vlan_dissector = {
  .name = "vlan",
  .title = N_ ("VLAN tag"),
  .protocol = "VLAN",
  .layer = PS_LAYER_LINK,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 4,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
  .next = next,
};

const PsDissector ps_vlan_provider_dissector = {
  .name = "ieee8021ad",
  .title = N_ ("VLAN tag of the provider"),
  .protocol = "VLAN",
  .layer = PS_LAYER_LINK,
  .fields = provider_fields,
  .n_fields = G_N_ELEMENTS (provider_fields),
  .least = 4,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
  .next = next,
};
