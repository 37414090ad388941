/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 9293; options RFC 7323, RFC 2018. Sequence numbers are the raw ones of the header. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum {
  SRCPORT,
  DSTPORT,
  LEN,
  SEQ,
  ACK,
  HDR_LEN,
  FLAGS,
  FLAG_CWR,
  FLAG_ECE,
  FLAG_URG,
  FLAG_ACK,
  FLAG_PUSH,
  FLAG_RESET,
  FLAG_SYN,
  FLAG_FIN,
  WINDOW,
  CHECKSUM,
  URGENT,
  OPTIONS,
  OPT_KIND,
  OPT_LEN,
  MSS,
  WSCALE,
  SACK_PERM,
  SACK_LE,
  SACK_RE,
  TSVAL,
  TSECR,
  PAYLOAD,
};

enum { KIND_END, KIND_NOP, KIND_MSS, KIND_WSCALE, KIND_SACK_PERM, KIND_SACK, KIND_TIMESTAMP = 8 };

static const PsValueName kinds[] = {
  { 0, "End of options" },
  { 1, "No operation" },
  { 2, "Maximum segment size" },
  { 3, "Window scale" },
  { 4, "SACK permitted" },
  { 5, "SACK" },
  { 8, "Timestamps" },
  { 19, "MD5 signature" },
  { 28, "User timeout" },
  { 29, "TCP-AO" },
  { 30, "Multipath TCP" },
  { 34, "Fast Open cookie" },
  { 0, NULL },
};

static guint32
header_length (const PsSlice *slice)
{
  guint32 length = 4u * (ps_slice_u8 (slice, 12) >> 4);

  return MAX (length, 20);
}

static guint32
payload_length (const PsSlice *slice)
{
  guint32 header = header_length (slice), length = ps_slice_length (slice);

  return length > header ? length - header : 0;
}

static gboolean
compute_len (const PsSlice *slice, guint64 *ret_number)
{
  *ret_number = payload_length (slice);
  return ps_slice_has (slice, 12, 1);
}

static gboolean
compute_header_length (const PsSlice *slice, guint64 *ret_number)
{
  *ret_number = header_length (slice);
  return ps_slice_has (slice, 12, 1);
}

static const PsFieldInfo fields[] = {
  [SRCPORT] = { "tcp.srcport", N_ ("Source port"), PS_FIELD_UNSIGNED, 0, 2 },
  [DSTPORT] = { "tcp.dstport", N_ ("Destination port"), PS_FIELD_UNSIGNED, 2, 2 },
  [LEN] = { "tcp.len", N_ ("Segment length"), PS_FIELD_UNSIGNED, -1, 0, 0, NULL, compute_len },
  [SEQ] = { "tcp.seq_raw", N_ ("Sequence number"), PS_FIELD_UNSIGNED, 4, 4 },
  [ACK] = { "tcp.ack_raw", N_ ("Acknowledgment number"), PS_FIELD_UNSIGNED, 8, 4 },
  [HDR_LEN] = { "tcp.hdr_len", N_ ("Header length"), PS_FIELD_UNSIGNED, -1, 1, 0, NULL,
                compute_header_length },
  [FLAGS] = { "tcp.flags", N_ ("Flags"), PS_FIELD_HEX, 12, 2, 0x0fff },
  [FLAG_CWR] = { "tcp.flags.cwr", N_ ("Congestion window reduced"), PS_FIELD_BOOLEAN, 13, 1, 0x80 },
  [FLAG_ECE] = { "tcp.flags.ece", N_ ("ECN echo"), PS_FIELD_BOOLEAN, 13, 1, 0x40 },
  [FLAG_URG] = { "tcp.flags.urg", N_ ("Urgent"), PS_FIELD_BOOLEAN, 13, 1, 0x20 },
  [FLAG_ACK] = { "tcp.flags.ack", N_ ("Acknowledgment"), PS_FIELD_BOOLEAN, 13, 1, 0x10 },
  [FLAG_PUSH] = { "tcp.flags.push", N_ ("Push"), PS_FIELD_BOOLEAN, 13, 1, 0x08 },
  [FLAG_RESET] = { "tcp.flags.reset", N_ ("Reset"), PS_FIELD_BOOLEAN, 13, 1, 0x04 },
  [FLAG_SYN] = { "tcp.flags.syn", N_ ("Syn"), PS_FIELD_BOOLEAN, 13, 1, 0x02 },
  [FLAG_FIN] = { "tcp.flags.fin", N_ ("Fin"), PS_FIELD_BOOLEAN, 13, 1, 0x01 },
  [WINDOW] = { "tcp.window_size_value", N_ ("Window"), PS_FIELD_UNSIGNED, 14, 2 },
  [CHECKSUM] = { "tcp.checksum", N_ ("Checksum"), PS_FIELD_HEX, 16, 2 },
  [URGENT] = { "tcp.urgent_pointer", N_ ("Urgent pointer"), PS_FIELD_UNSIGNED, 18, 2 },
  [OPTIONS] = { "tcp.options", N_ ("Options"), PS_FIELD_BYTES, -1, 0 },
  [OPT_KIND] = { "tcp.option_kind", N_ ("Kind"), PS_FIELD_UNSIGNED, -1, 1, 0, kinds },
  [OPT_LEN] = { "tcp.option_len", N_ ("Length"), PS_FIELD_UNSIGNED, -1, 1 },
  [MSS] = { "tcp.options.mss_val", N_ ("Maximum segment size"), PS_FIELD_UNSIGNED, -1, 2 },
  [WSCALE] = { "tcp.options.wscale.shift", N_ ("Window shift"), PS_FIELD_UNSIGNED, -1, 1 },
  [SACK_PERM] = { "tcp.options.sack_perm", N_ ("SACK permitted"), PS_FIELD_BYTES, -1, 2 },
  [SACK_LE] = { "tcp.options.sack_le", N_ ("Left edge"), PS_FIELD_UNSIGNED, -1, 4 },
  [SACK_RE] = { "tcp.options.sack_re", N_ ("Right edge"), PS_FIELD_UNSIGNED, -1, 4 },
  [TSVAL] = { "tcp.options.timestamp.tsval", N_ ("Timestamp"), PS_FIELD_UNSIGNED, -1, 4 },
  [TSECR] = { "tcp.options.timestamp.tsecr", N_ ("Timestamp echo"), PS_FIELD_UNSIGNED, -1, 4 },
  [PAYLOAD] = { "tcp.payload", N_ ("Payload"), PS_FIELD_BYTES, -1, 0 },
};

/* The option at `at`; 0 if there is no whole one. */
static guint32
option_length (const PsSlice *slice, guint32 at, guint32 end)
{
  guint8 kind = ps_slice_u8 (slice, at);
  guint32 length = kind <= KIND_NOP ? 1 : ps_slice_u8 (slice, at + 1);

  if (at >= end || (kind > KIND_NOP && length < 2) || length > end - at ||
      !ps_slice_has (slice, at, length))
    return 0;
  return length;
}

static void
dissect_option (const PsSlice *slice, PsField *options, guint32 at, guint32 length)
{
  ps_tree_add_at (options, slice, &fields[OPT_KIND], at, 1);
  if (length > 1)
    ps_tree_add_at (options, slice, &fields[OPT_LEN], at + 1, 1);

  switch (ps_slice_u8 (slice, at))
    {
    case KIND_MSS:
      if (length == 4)
        ps_tree_add_at (options, slice, &fields[MSS], at + 2, 2);
      break;
    case KIND_WSCALE:
      if (length == 3)
        ps_tree_add_at (options, slice, &fields[WSCALE], at + 2, 1);
      break;
    case KIND_SACK_PERM:
      ps_tree_add_at (options, slice, &fields[SACK_PERM], at, length);
      break;
    case KIND_SACK:
      for (guint32 i = 2; i + 8 <= length; i += 8)
        {
          ps_tree_add_at (options, slice, &fields[SACK_LE], at + i, 4);
          ps_tree_add_at (options, slice, &fields[SACK_RE], at + i + 4, 4);
        }
      break;
    case KIND_TIMESTAMP:
      if (length == 10)
        {
          ps_tree_add_at (options, slice, &fields[TSVAL], at + 2, 4);
          ps_tree_add_at (options, slice, &fields[TSECR], at + 6, 4);
        }
      break;
    default:
      break;
    }
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  guint32 header = header_length (slice), at = 20, length;
  guint32 captured = ps_slice_captured (slice);
  PsField *field;

  ps_tree_add_range (heading, slice, fields, SRCPORT, DSTPORT);
  ps_tree_add_printf (heading, slice, &fields[LEN], 0, 0, payload_length (slice), "%u",
                      payload_length (slice));
  ps_tree_add_range (heading, slice, fields, SEQ, ACK);
  ps_tree_add_printf (heading, slice, &fields[HDR_LEN], 12, 1, header, N_ ("%u bytes"), header);
  field = ps_tree_add (heading, slice, &fields[FLAGS]);
  ps_tree_add_range (field, slice, fields, FLAG_CWR, FLAG_FIN);
  ps_tree_add_range (heading, slice, fields, WINDOW, URGENT);

  if (header > 20 && captured > 20)
    {
      field = ps_tree_add_at (heading, slice, &fields[OPTIONS], 20, MIN (header, captured) - 20);
      while ((length = option_length (slice, at, header)) > 0)
        {
          dissect_option (slice, field, at, length);
          at += length;
        }
    }
  if (captured > header)
    ps_tree_add_at (heading, slice, &fields[PAYLOAD], header, captured - header);
}

static void
add_named (PsText *info, const char *name, guint64 number)
{
  ps_text_add (info, name);
  ps_text_add_number (info, number);
}

static void
add_flags (PsText *info, guint8 flags)
{
  static const struct {
    guint8 bit;
    const char *name;
  } names[] = {
    { 0x01, "FIN" }, { 0x02, "SYN" }, { 0x04, "RST" }, { 0x08, "PSH" },
    { 0x10, "ACK" }, { 0x20, "URG" }, { 0x40, "ECE" }, { 0x80, "CWR" },
  };
  gboolean first = TRUE;

  ps_text_add_char (info, '[');
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (!(flags & names[i].bit))
        continue;
      if (!first)
        ps_text_add (info, ", ");
      ps_text_add (info, names[i].name);
      first = FALSE;
    }
  ps_text_add (info, first ? "<None>]" : "]");
}

static void
add_options (const PsSlice *slice, PsText *info)
{
  guint32 at = 20, end = header_length (slice), length;

  while ((length = option_length (slice, at, end)) > 0)
    {
      guint8 kind = ps_slice_u8 (slice, at);

      if (kind == KIND_MSS && length == 4)
        add_named (info, " MSS=", ps_slice_u16 (slice, at + 2));
      else if (kind == KIND_WSCALE && length == 3)
        add_named (info, " WS=", 1u << MIN (ps_slice_u8 (slice, at + 2), 14));
      else if (kind == KIND_SACK_PERM)
        ps_text_add (info, " SACK_PERM");
      else if (kind == KIND_TIMESTAMP && length == 10)
        {
          add_named (info, " TSval=", ps_slice_u32 (slice, at + 2));
          add_named (info, " TSecr=", ps_slice_u32 (slice, at + 6));
        }
      else if (kind == KIND_SACK && length >= 10)
        {
          add_named (info, " SLE=", ps_slice_u32 (slice, at + 2));
          add_named (info, " SRE=", ps_slice_u32 (slice, at + 6));
        }
      at += length;
    }
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  guint8 flags = ps_slice_u8 (slice, 13);

  summary->source_port = ps_slice_u16 (slice, 0);
  summary->destination_port = ps_slice_u16 (slice, 2);
  summary->tcp_flags = flags;
  summary->payload = ps_slice_has (slice, 0, 13) ? payload_length (slice) : 0;
  if (!ps_slice_has (slice, 0, 20)) /* RFC 792 makes an error quote eight bytes and no more */
    {
      add_named (info, "Seq=", ps_slice_u32 (slice, 4));
      ps_text_add (info, " [TCP header cut]");
      return;
    }
  add_flags (info, flags);
  add_named (info, " Seq=", ps_slice_u32 (slice, 4));
  if (flags & 0x10)
    add_named (info, " Ack=", ps_slice_u32 (slice, 8));
  add_named (info, " Win=", ps_slice_u16 (slice, 14));
  add_named (info, " Len=", payload_length (slice));
  add_options (slice, info);
}

static void
next (const PsSlice *slice, PsSlice *inner)
{
  if (!ps_slice_has (slice, 0, 20) || payload_length (slice) == 0)
    return;
  inner->source_port = ps_slice_u16 (slice, 0);
  inner->destination_port = ps_slice_u16 (slice, 2);
  inner->ip_protocol = 6;
  ps_slice_enter (inner, NULL, header_length (slice), G_MAXUINT32);
  ps_dissector_for_ports (inner);
}

const PsDissector ps_tcp_dissector = {
  .name = "tcp",
  .title = N_ ("Transmission Control Protocol"),
  .protocol = "TCP",
  .layer = PS_LAYER_TRANSPORT,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 8,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
  .next = next,
};
