/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 792; path MTU: RFC 1191. An error quotes the packet it is about. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum { TYPE, CODE, CHECKSUM, IDENT, SEQ, MTU, GATEWAY, POINTER, DATA };

static const PsValueName types[] = {
  { 0, "Echo (ping) reply" },    { 3, "Destination unreachable" },
  { 4, "Source quench" },        { 5, "Redirect" },
  { 8, "Echo (ping) request" },  { 9, "Router advertisement" },
  { 10, "Router solicitation" }, { 11, "Time-to-live exceeded" },
  { 12, "Parameter problem" },   { 13, "Timestamp request" },
  { 14, "Timestamp reply" },     { 0, NULL },
};

static const PsValueName unreachable_codes[] = {
  { 0, "Network unreachable" },
  { 1, "Host unreachable" },
  { 2, "Protocol unreachable" },
  { 3, "Port unreachable" },
  { 4, "Fragmentation needed" },
  { 5, "Source route failed" },
  { 6, "Network unknown" },
  { 7, "Host unknown" },
  { 9, "Network administratively prohibited" },
  { 10, "Host administratively prohibited" },
  { 13, "Communication administratively filtered" },
  { 0, NULL },
};

static const PsValueName redirect_codes[] = {
  { 0, "Redirect for network" },
  { 1, "Redirect for host" },
  { 2, "Redirect for service and network" },
  { 3, "Redirect for service and host" },
  { 0, NULL },
};

static const PsValueName exceeded_codes[] = {
  { 0, "Time to live exceeded in transit" },
  { 1, "Fragment reassembly time exceeded" },
  { 0, NULL },
};

static gboolean
has_identifier (guint8 type)
{
  return type == 0 || type == 8 || type == 13 || type == 14;
}

static gboolean
compute_ident (const PsSlice *slice, guint64 *ret_number)
{
  *ret_number = ps_slice_u16 (slice, 4);
  return has_identifier (ps_slice_u8 (slice, 0)) && ps_slice_has (slice, 4, 2);
}

static gboolean
compute_seq (const PsSlice *slice, guint64 *ret_number)
{
  *ret_number = ps_slice_u16 (slice, 6);
  return has_identifier (ps_slice_u8 (slice, 0)) && ps_slice_has (slice, 6, 2);
}

static const PsFieldInfo fields[] = {
  [TYPE] = { "icmp.type", N_ ("Type"), PS_FIELD_UNSIGNED, 0, 1, 0, types },
  [CODE] = { "icmp.code", N_ ("Code"), PS_FIELD_UNSIGNED, 1, 1 },
  [CHECKSUM] = { "icmp.checksum", N_ ("Checksum"), PS_FIELD_HEX, 2, 2 },
  [IDENT] = { "icmp.ident", N_ ("Identifier"), PS_FIELD_UNSIGNED, -1, 2, 0, NULL, compute_ident },
  [SEQ] = { "icmp.seq", N_ ("Sequence number"), PS_FIELD_UNSIGNED, -1, 2, 0, NULL, compute_seq },
  [MTU] = { "icmp.mtu", N_ ("MTU of the next hop"), PS_FIELD_UNSIGNED, -1, 2 },
  [GATEWAY] = { "icmp.redir_gw", N_ ("Gateway"), PS_FIELD_IPV4, -1, 4 },
  [POINTER] = { "icmp.pointer", N_ ("Pointer"), PS_FIELD_UNSIGNED, -1, 1 },
  [DATA] = { "data.data", N_ ("Data"), PS_FIELD_BYTES, -1, 0 },
};

static const PsValueName *
codes (guint8 type)
{
  return type == 3    ? unreachable_codes
         : type == 5  ? redirect_codes
         : type == 11 ? exceeded_codes
                      : NULL;
}

static gboolean
is_error (guint8 type)
{
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/* All of it is ICMP's: the data it sends along, the packet it quotes. */
static guint32
header_length (const PsSlice *slice)
{
  return ps_slice_length (slice);
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  guint8 type = ps_slice_u8 (slice, 0);
  PsFieldInfo code = fields[CODE];

  code.names = codes (type);
  ps_tree_add (heading, slice, &fields[TYPE]);
  ps_tree_add (heading, slice, &code);
  ps_tree_add (heading, slice, &fields[CHECKSUM]);
  if (has_identifier (type))
    {
      ps_tree_add_at (heading, slice, &fields[IDENT], 4, 2);
      ps_tree_add_at (heading, slice, &fields[SEQ], 6, 2);
      if (ps_slice_captured (slice) > 8)
        ps_tree_add_at (heading, slice, &fields[DATA], 8, ps_slice_captured (slice) - 8);
    }
  else if (type == 3 && ps_slice_u8 (slice, 1) == 4)
    ps_tree_add_at (heading, slice, &fields[MTU], 6, 2);
  else if (type == 5)
    ps_tree_add_at (heading, slice, &fields[GATEWAY], 4, 4);
  else if (type == 12)
    ps_tree_add_at (heading, slice, &fields[POINTER], 4, 1);
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  guint8 type = ps_slice_u8 (slice, 0), code = ps_slice_u8 (slice, 1);
  const char *type_name = ps_value_name (types, type);
  const char *code_name = ps_value_name (codes (type), code);

  if (type_name != NULL)
    ps_text_add (info, type_name);
  else
    {
      ps_text_add (info, "Type ");
      ps_text_add_number (info, type);
    }
  if (is_error (type))
    {
      ps_text_add (info, " (");
      if (code_name != NULL)
        ps_text_add (info, code_name);
      else
        ps_text_add_number (info, code);
      ps_text_add_char (info, ')');
    }
  if (has_identifier (type) && ps_slice_has (slice, 4, 4))
    {
      ps_text_add (info, " id=0x");
      ps_text_add_hex (info, ps_slice_u16 (slice, 4), 4);
      ps_text_add (info, " seq=");
      ps_text_add_number (info, ps_slice_u16 (slice, 6));
    }
  else if (type == 3 && code == 4 && ps_slice_has (slice, 6, 2))
    {
      ps_text_add (info, " MTU=");
      ps_text_add_number (info, ps_slice_u16 (slice, 6));
    }
  else if (type == 5 && ps_slice_has (slice, 4, 4))
    {
      ps_text_add (info, " gateway ");
      ps_text_add_ipv4 (info, slice->data + slice->offset + 4);
    }
}

static void
next (const PsSlice *slice, PsSlice *inner)
{
  /* An error about an error is not sent: a quote in a quote is forged, and not followed. */
  if (!is_error (ps_slice_u8 (slice, 0)) || slice->quoted)
    return;
  ps_slice_enter (inner, &ps_ipv4_dissector, 8, G_MAXUINT32);
  inner->quoted = TRUE;
}

const PsDissector ps_icmp_dissector = {
  .name = "icmp",
  .title = N_ ("Internet Control Message Protocol"),
  .protocol = "ICMP",
  .layer = PS_LAYER_NETWORK,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 4,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
  .next = next,
};
