/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 791; options also RFC 2113. DSCP: RFC 2474, ECN: RFC 3168. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

#include <string.h>

enum {
  VERSION,
  HDR_LEN,
  DSFIELD,
  DSCP,
  ECN,
  LEN,
  ID,
  FLAGS,
  FLAGS_RB,
  FLAGS_DF,
  FLAGS_MF,
  FRAG_OFFSET,
  TTL,
  PROTO,
  CHECKSUM,
  SRC,
  DST,
  OPT_TYPE,
  OPT_LEN,
};

static const PsValueName protocols[] = {
  { 0, "Hop-by-Hop" },
  { 1, "ICMP" },
  { 2, "IGMP" },
  { 4, "IPIP" },
  { 6, "TCP" },
  { 17, "UDP" },
  { 41, "IPv6" },
  { 43, "Routing" },
  { 44, "Fragment" },
  { 47, "GRE" },
  { 50, "ESP" },
  { 51, "AH" },
  { 58, "ICMPv6" },
  { 59, "No next header" },
  { 60, "Destination options" },
  { 89, "OSPF" },
  { 103, "PIM" },
  { 112, "VRRP" },
  { 132, "SCTP" },
  { 136, "UDPLite" },
  { 0, NULL },
};

static const PsValueName ecn_names[] = {
  { 0, "Not-ECT" }, { 1, "ECT(1)" }, { 2, "ECT(0)" }, { 3, "CE" }, { 0, NULL },
};

static const PsValueName option_names[] = {
  { 0, "End of options" }, { 1, "No operation" },
  { 7, "Record route" },   { 68, "Timestamp" },
  { 130, "Security" },     { 131, "Loose source route" },
  { 136, "Stream id" },    { 137, "Strict source route" },
  { 148, "Router alert" }, { 0, NULL },
};

static guint32
header_length (const PsSlice *slice)
{
  guint32 length = 4u * (ps_slice_u8 (slice, 0) & 0x0f);

  return MAX (length, 20);
}

/* In bytes. */
static guint32
fragment_offset (const PsSlice *slice)
{
  return 8u * (ps_slice_u16 (slice, 6) & 0x1fff);
}

static gboolean
compute_header_length (const PsSlice *slice, guint64 *ret_number)
{
  *ret_number = 4u * (ps_slice_u8 (slice, 0) & 0x0f);
  return TRUE;
}

/* 0 in the header: the card was to segment it, or it is over 64 KiB (BIG TCP). */
static guint32
total_length (const PsSlice *slice)
{
  guint16 length = ps_slice_u16 (slice, 2);

  return length > 0 ? length : ps_slice_length (slice);
}

static gboolean
compute_len (const PsSlice *slice, guint64 *ret_number)
{
  *ret_number = total_length (slice);
  return TRUE;
}

static const PsFieldInfo fields[] = {
  [VERSION] = { "ip.version", N_ ("Version"), PS_FIELD_UNSIGNED, 0, 1, 0xf0 },
  [HDR_LEN] = { "ip.hdr_len", N_ ("Header length"), PS_FIELD_UNSIGNED, -1, 1, 0, NULL,
                compute_header_length },
  [DSFIELD] = { "ip.dsfield", N_ ("Differentiated services"), PS_FIELD_HEX, 1, 1 },
  [DSCP] = { "ip.dsfield.dscp", N_ ("DSCP"), PS_FIELD_UNSIGNED, 1, 1, 0xfc },
  [ECN] = { "ip.dsfield.ecn", N_ ("ECN"), PS_FIELD_UNSIGNED, 1, 1, 0x03, ecn_names },
  [LEN] = { "ip.len", N_ ("Total length"), PS_FIELD_UNSIGNED, -1, 2, 0, NULL, compute_len },
  [ID] = { "ip.id", N_ ("Identification"), PS_FIELD_HEX, 4, 2 },
  [FLAGS] = { "ip.flags", N_ ("Flags"), PS_FIELD_HEX, 6, 1, 0xe0 },
  [FLAGS_RB] = { "ip.flags.rb", N_ ("Reserved"), PS_FIELD_BOOLEAN, 6, 1, 0x80 },
  [FLAGS_DF] = { "ip.flags.df", N_ ("Don't fragment"), PS_FIELD_BOOLEAN, 6, 1, 0x40 },
  [FLAGS_MF] = { "ip.flags.mf", N_ ("More fragments"), PS_FIELD_BOOLEAN, 6, 1, 0x20 },
  [FRAG_OFFSET] = { "ip.frag_offset", N_ ("Fragment offset"), PS_FIELD_UNSIGNED, 6, 2, 0x1fff },
  [TTL] = { "ip.ttl", N_ ("Time to live"), PS_FIELD_UNSIGNED, 8, 1 },
  [PROTO] = { "ip.proto", N_ ("Protocol"), PS_FIELD_UNSIGNED, 9, 1, 0, protocols },
  [CHECKSUM] = { "ip.checksum", N_ ("Header checksum"), PS_FIELD_HEX, 10, 2 },
  [SRC] = { "ip.src", N_ ("Source address"), PS_FIELD_IPV4, 12, 4 },
  [DST] = { "ip.dst", N_ ("Destination address"), PS_FIELD_IPV4, 16, 4 },
  [OPT_TYPE] = { "ip.opt.type", N_ ("Option"), PS_FIELD_UNSIGNED, -1, 1, 0, option_names },
  [OPT_LEN] = { "ip.opt.len", N_ ("Length"), PS_FIELD_UNSIGNED, -1, 1 },
};

static void
dissect_options (const PsSlice *slice, PsField *heading)
{
  guint32 at = 20, end = header_length (slice);

  for (guint i = 0; i < PS_DISSECT_ITEMS_MAX && at < end; i++)
    {
      guint8 type = ps_slice_u8 (slice, at);
      guint32 length = type <= 1 ? 1 : ps_slice_u8 (slice, at + 1);

      if (!ps_slice_has (slice, at, 1) || (type > 1 && length < 2) || length > end - at)
        return;
      ps_tree_add_at (heading, slice, &fields[OPT_TYPE], at, 1);
      if (type > 1)
        ps_tree_add_at (heading, slice, &fields[OPT_LEN], at + 1, 1);
      if (type == 0)
        return;
      at += length;
    }
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  PsField *field;
  guint32 length;

  ps_tree_add (heading, slice, &fields[VERSION]);
  ps_tree_add_printf (heading, slice, &fields[HDR_LEN], 0, 1, 4u * (ps_slice_u8 (slice, 0) & 0x0f),
                      N_ ("%u bytes"), 4u * (ps_slice_u8 (slice, 0) & 0x0f));
  field = ps_tree_add (heading, slice, &fields[DSFIELD]);
  ps_tree_add_range (field, slice, fields, DSCP, ECN);
  length = total_length (slice);
  if (ps_slice_u16 (slice, 2) > 0)
    ps_tree_add_printf (heading, slice, &fields[LEN], 2, 2, length, "%u", length);
  else
    ps_tree_add_printf (heading, slice, &fields[LEN], 2, 2, length,
                        N_ ("%u (0 in the header: to be segmented)"), length);
  ps_tree_add (heading, slice, &fields[ID]);
  field = ps_tree_add (heading, slice, &fields[FLAGS]);
  ps_tree_add_range (field, slice, fields, FLAGS_RB, FLAGS_MF);
  /* The number is in units of eight bytes; people count in bytes. */
  ps_tree_add_printf (heading, slice, &fields[FRAG_OFFSET], 6, 2, fragment_offset (slice) / 8,
                      N_ ("%u bytes"), fragment_offset (slice));
  ps_tree_add_range (heading, slice, fields, TTL, DST);
  dissect_options (slice, heading);
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  const guint8 *header = slice->data + slice->offset;
  PsText text;

  summary->ip_version = 4;
  summary->ip_protocol = header[9];
  memset (summary->source_address, 0, sizeof summary->source_address);
  memset (summary->destination_address, 0, sizeof summary->destination_address);
  memcpy (summary->source_address, header + 12, 4);
  memcpy (summary->destination_address, header + 16, 4);
  ps_text_init (&text, summary->source, sizeof summary->source);
  ps_text_add_ipv4 (&text, header + 12);
  ps_text_init (&text, summary->destination, sizeof summary->destination);
  ps_text_add_ipv4 (&text, header + 16);

  if ((ps_slice_u16 (slice, 6) & 0x3fff) != 0)
    {
      ps_text_add (info, "Fragment of id 0x");
      ps_text_add_hex (info, ps_slice_u16 (slice, 4), 4);
      ps_text_add (info, ", offset ");
      ps_text_add_number (info, fragment_offset (slice));
      ps_text_add (info, header[6] & 0x20 ? ", more to come" : ", the last");
    }
  else
    {
      const char *name = ps_value_name (protocols, header[9]);

      ps_text_add (info, "IP protocol ");
      ps_text_add_number (info, header[9]);
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
  guint32 total = total_length (slice);
  guint32 length = header_length (slice);
  guint8 protocol = ps_slice_u8 (slice, 9);

  /* Only the first fragment begins with the inner header; protocol 0 is IPv6's alone. */
  if (fragment_offset (slice) != 0 || total < length || protocol == 0)
    return;
  inner->ip_protocol = protocol;
  ps_slice_enter (inner, ps_dissector_for_ip_protocol (protocol), length, total - length);
}

const PsDissector ps_ipv4_dissector = {
  .name = "ip",
  .title = N_ ("Internet Protocol version 4"),
  .protocol = "IPv4",
  .layer = PS_LAYER_NETWORK,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 20,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
  .next = next,
};
