/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Address resolution: RFC 826. The addresses of Ethernet and IPv4 have fixed places. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

#include <string.h>

enum {
  HW_TYPE,
  PROTO_TYPE,
  HW_SIZE,
  PROTO_SIZE,
  OPCODE,
  SRC_HW,
  SRC_PROTO,
  DST_HW,
  DST_PROTO,
};

static const PsValueName opcodes[] = {
  { 1, "request" },
  { 2, "reply" },
  { 3, "reverse request" },
  { 4, "reverse reply" },
  { 8, "inverse request" },
  { 9, "inverse reply" },
  { 0, NULL },
};

static const PsFieldInfo fields[] = {
  [HW_TYPE] = { "arp.hw.type", N_ ("Hardware type"), PS_FIELD_UNSIGNED, 0, 2 },
  [PROTO_TYPE] = { "arp.proto.type", N_ ("Protocol type"), PS_FIELD_HEX, 2, 2 },
  [HW_SIZE] = { "arp.hw.size", N_ ("Hardware address length"), PS_FIELD_UNSIGNED, 4, 1 },
  [PROTO_SIZE] = { "arp.proto.size", N_ ("Protocol address length"), PS_FIELD_UNSIGNED, 5, 1 },
  [OPCODE] = { "arp.opcode", N_ ("Operation"), PS_FIELD_UNSIGNED, 6, 2, 0, opcodes },
  [SRC_HW] = { "arp.src.hw_mac", N_ ("Sender MAC address"), PS_FIELD_ETHER, -1, 6 },
  [SRC_PROTO] = { "arp.src.proto_ipv4", N_ ("Sender IP address"), PS_FIELD_IPV4, -1, 4 },
  [DST_HW] = { "arp.dst.hw_mac", N_ ("Target MAC address"), PS_FIELD_ETHER, -1, 6 },
  [DST_PROTO] = { "arp.dst.proto_ipv4", N_ ("Target IP address"), PS_FIELD_IPV4, -1, 4 },
};

static gboolean
is_ethernet_ipv4 (const PsSlice *slice)
{
  return ps_slice_u16 (slice, 2) == 0x0800 && ps_slice_u8 (slice, 4) == 6 &&
         ps_slice_u8 (slice, 5) == 4;
}

static guint32
header_length (const PsSlice *slice)
{
  return 8 + 2 * ((guint32)ps_slice_u8 (slice, 4) + ps_slice_u8 (slice, 5));
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  ps_tree_add_range (heading, slice, fields, HW_TYPE, OPCODE);
  if (is_ethernet_ipv4 (slice))
    {
      ps_tree_add_at (heading, slice, &fields[SRC_HW], 8, 6);
      ps_tree_add_at (heading, slice, &fields[SRC_PROTO], 14, 4);
      ps_tree_add_at (heading, slice, &fields[DST_HW], 18, 6);
      ps_tree_add_at (heading, slice, &fields[DST_PROTO], 24, 4);
    }
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  guint16 opcode = ps_slice_u16 (slice, 6);
  const guint8 *sender = ps_slice_bytes (slice, 14, 4);
  const guint8 *target = ps_slice_bytes (slice, 24, 4);

  if (!is_ethernet_ipv4 (slice) || target == NULL)
    {
      ps_text_add (info, "Operation ");
      ps_text_add_number (info, opcode);
      ps_text_add (info, ps_slice_has (slice, 0, header_length (slice)) ? "" : " [cut]");
      return;
    }
  if (opcode == 1 && memcmp (sender, target, 4) == 0)
    {
      ps_text_add (info, "Announcement for ");
      ps_text_add_ipv4 (info, sender);
    }
  else if (opcode == 1)
    {
      ps_text_add (info, "Who has ");
      ps_text_add_ipv4 (info, target);
      ps_text_add (info, "? Tell ");
      ps_text_add_ipv4 (info, sender);
    }
  else if (opcode == 2)
    {
      ps_text_add_ipv4 (info, sender);
      ps_text_add (info, " is at ");
      ps_text_add_ether (info, slice->data + slice->offset + 8);
    }
  else
    {
      const char *name = ps_value_name (opcodes, opcode);

      ps_text_add (info, "Operation ");
      ps_text_add_number (info, opcode);
      if (name != NULL)
        {
          ps_text_add_char (info, ' ');
          ps_text_add (info, name);
        }
    }
}

const PsDissector ps_arp_dissector = {
  .name = "arp",
  .title = N_ ("Address Resolution Protocol"),
  .protocol = "ARP",
  .layer = PS_LAYER_LINK,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 8,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
};
