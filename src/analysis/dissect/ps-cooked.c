/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linux cooked captures: https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html, _SLL2. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum { PKTTYPE, HATYPE, HALEN, SRC, ETYPE, IFINDEX };

static const PsValueName packet_types[] = {
  { 0, "to us" },           { 1, "broadcast" },  { 2, "multicast" },
  { 3, "to another host" }, { 4, "sent by us" }, { 0, NULL },
};

static const PsFieldInfo fields[] = {
  [PKTTYPE] = { "sll.pkttype", N_ ("Packet type"), PS_FIELD_UNSIGNED, 0, 2, 0, packet_types },
  [HATYPE] = { "sll.hatype", N_ ("Link-layer address type"), PS_FIELD_UNSIGNED, 2, 2 },
  [HALEN] = { "sll.halen", N_ ("Link-layer address length"), PS_FIELD_UNSIGNED, 4, 2 },
  [SRC] = { "sll.src.eth", N_ ("Source"), PS_FIELD_ETHER, -1, 6 },
  [ETYPE] = { "sll.etype", N_ ("Protocol"), PS_FIELD_HEX, 14, 2 },
};

static const PsFieldInfo fields2[] = {
  [PKTTYPE] = { "sll.pkttype", N_ ("Packet type"), PS_FIELD_UNSIGNED, 10, 1, 0, packet_types },
  [HATYPE] = { "sll.hatype", N_ ("Link-layer address type"), PS_FIELD_UNSIGNED, 8, 2 },
  [HALEN] = { "sll.halen", N_ ("Link-layer address length"), PS_FIELD_UNSIGNED, 11, 1 },
  [SRC] = { "sll.src.eth", N_ ("Source"), PS_FIELD_ETHER, -1, 6 },
  [ETYPE] = { "sll.etype", N_ ("Protocol"), PS_FIELD_HEX, 0, 2 },
  [IFINDEX] = { "sll.ifindex", N_ ("Interface index"), PS_FIELD_UNSIGNED, 4, 4 },
};

static guint32
header_length (const PsSlice *slice)
{
  return slice->dissector == &ps_cooked2_dissector ? 20 : 16;
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  const PsFieldInfo *table = slice->dissector->fields;
  guint64 address_length = 0;

  ps_tree_add_range (heading, slice, table, PKTTYPE, HALEN);
  ps_slice_field (slice, &table[HALEN], &address_length);
  if (address_length == 6)
    ps_tree_add_at (heading, slice, &table[SRC], header_length (slice) == 20 ? 12 : 6, 6);
  ps_tree_add_range (heading, slice, table, ETYPE, slice->dissector->n_fields - 1);
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  guint64 type = 0;

  ps_slice_field (slice, &slice->dissector->fields[ETYPE], &type);
  ps_text_add (info, "EtherType 0x");
  ps_text_add_hex (info, type, 4);
}

static void
next (const PsSlice *slice, PsSlice *inner)
{
  guint64 type = 0;

  ps_slice_field (slice, &slice->dissector->fields[ETYPE], &type);
  ps_slice_enter (inner, ps_dissector_for_ethertype ((guint16)type), header_length (slice),
                  G_MAXUINT32);
}

const PsDissector ps_cooked_dissector = {
  .name = "sll",
  .title = N_ ("Linux cooked capture"),
  .protocol = "SLL",
  .layer = PS_LAYER_LINK,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 16,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
  .next = next,
};

const PsDissector ps_cooked2_dissector = {
  .name = "sll",
  .title = N_ ("Linux cooked capture, version 2"),
  .protocol = "SLL",
  .layer = PS_LAYER_LINK,
  .fields = fields2,
  .n_fields = G_N_ELEMENTS (fields2),
  .least = 20,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
  .next = next,
};
