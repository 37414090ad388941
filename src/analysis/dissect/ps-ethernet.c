/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ethernet II and IEEE 802.3. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum { DST, SRC, TYPE, LEN };

static const PsValueName type_names[] = {
  { 0x0800, "IPv4" },
  { 0x0806, "ARP" },
  { 0x86dd, "IPv6" },
  { 0x8100, "802.1Q VLAN" },
  { 0x88a8, "802.1ad" },
  { 0x88cc, "LLDP" },
  { 0x6558, "Transparent Ethernet" },
  { 0, NULL },
};

/* Below 0x600 the same two bytes are a length: IEEE 802.3, 3.2.6. */
static gboolean
compute_type (const PsSlice *slice, guint64 *ret_number)
{
  *ret_number = ps_slice_u16 (slice, 12);
  return *ret_number >= 0x600;
}

static gboolean
compute_len (const PsSlice *slice, guint64 *ret_number)
{
  *ret_number = ps_slice_u16 (slice, 12);
  return *ret_number < 0x600;
}

static const PsFieldInfo fields[] = {
  [DST] = { "eth.dst", N_ ("Destination"), PS_FIELD_ETHER, 0, 6 },
  [SRC] = { "eth.src", N_ ("Source"), PS_FIELD_ETHER, 6, 6 },
  [TYPE] = { "eth.type", N_ ("Type"), PS_FIELD_HEX, 12, 2, 0, type_names, compute_type },
  [LEN] = { "eth.len", N_ ("Length"), PS_FIELD_UNSIGNED, -1, 2, 0, NULL, compute_len },
};

static guint32
header_length (const PsSlice *slice)
{
  return 14;
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  ps_tree_add_range (heading, slice, fields, DST, SRC);
  if (ps_slice_u16 (slice, 12) >= 0x600)
    ps_tree_add (heading, slice, &fields[TYPE]);
  else
    ps_tree_add_at (heading, slice, &fields[LEN], 12, 2);
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  guint16 type = ps_slice_u16 (slice, 12);
  PsText text;

  ps_text_init (&text, summary->source, sizeof summary->source);
  ps_text_add_ether (&text, slice->data + slice->offset + 6);
  ps_text_init (&text, summary->destination, sizeof summary->destination);
  ps_text_add_ether (&text, slice->data + slice->offset);
  if (type < 0x600)
    {
      ps_text_add (info, "802.3 length ");
      ps_text_add_number (info, type);
    }
  else
    {
      const char *name = ps_value_name (type_names, type);

      ps_text_add (info, "EtherType 0x");
      ps_text_add_hex (info, type, 4);
      if (name != NULL)
        {
          ps_text_add_char (info, ' ');
          ps_text_add (info, name);
        }
    }
}

static void
next (const PsSlice *slice, PsSlice *inner)
{
  guint16 type = ps_slice_u16 (slice, 12);

  if (type >= 0x600)
    ps_slice_enter (inner, ps_dissector_for_ethertype (type), 14, G_MAXUINT32);
}

const PsDissector ps_ethernet_dissector = {
  .name = "eth",
  .title = N_ ("Ethernet"),
  .protocol = "Ethernet",
  .layer = PS_LAYER_LINK,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 14,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
  .next = next,
};
