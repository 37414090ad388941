/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 4443; neighbour discovery: RFC 4861; multicast listeners: RFC 2710, RFC 3810. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum {
  TYPE,
  CODE,
  CHECKSUM,
  ECHO_IDENT,
  ECHO_SEQ,
  MTU,
  POINTER,
  NS_TARGET,
  NA_FLAG_R,
  NA_FLAG_S,
  NA_FLAG_O,
  NA_TARGET,
  RD_TARGET,
  RD_DESTINATION,
  RA_HOP_LIMIT,
  RA_LIFETIME,
  RA_REACHABLE,
  RA_RETRANS,
  OPT,
  OPT_TYPE,
  OPT_LENGTH,
  OPT_LINKADDR,
  OPT_PREFIX_LENGTH,
  OPT_PREFIX,
  OPT_MTU,
  DATA,
};

enum {
  UNREACHABLE = 1,
  TOO_BIG,
  EXCEEDED,
  PARAMETER,
  ECHO_REQUEST = 128,
  ECHO_REPLY,
  ROUTER_SOLICITATION = 133,
  ROUTER_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  NEIGHBOR_ADVERTISEMENT,
  REDIRECT,
};

static const PsValueName types[] = {
  { 1, "Destination unreachable" },
  { 2, "Packet too big" },
  { 3, "Time exceeded" },
  { 4, "Parameter problem" },
  { 128, "Echo (ping) request" },
  { 129, "Echo (ping) reply" },
  { 130, "Multicast listener query" },
  { 131, "Multicast listener report" },
  { 132, "Multicast listener done" },
  { 133, "Router solicitation" },
  { 134, "Router advertisement" },
  { 135, "Neighbor solicitation" },
  { 136, "Neighbor advertisement" },
  { 137, "Redirect" },
  { 143, "Multicast listener report v2" },
  { 0, NULL },
};

static const PsValueName unreachable_codes[] = {
  { 0, "no route to destination" },
  { 1, "administratively prohibited" },
  { 2, "beyond scope of source address" },
  { 3, "address unreachable" },
  { 4, "port unreachable" },
  { 5, "source address failed policy" },
  { 6, "reject route to destination" },
  { 0, NULL },
};

static const PsValueName option_names[] = {
  { 1, "Source link-layer address" },
  { 2, "Target link-layer address" },
  { 3, "Prefix information" },
  { 4, "Redirected header" },
  { 5, "MTU" },
  { 25, "Recursive DNS server" },
  { 31, "DNS search list" },
  { 0, NULL },
};

static const PsFieldInfo fields[] = {
  [TYPE] = { "icmpv6.type", N_ ("Type"), PS_FIELD_UNSIGNED, 0, 1, 0, types },
  [CODE] = { "icmpv6.code", N_ ("Code"), PS_FIELD_UNSIGNED, 1, 1 },
  [CHECKSUM] = { "icmpv6.checksum", N_ ("Checksum"), PS_FIELD_HEX, 2, 2 },
  [ECHO_IDENT] = { "icmpv6.echo.identifier", N_ ("Identifier"), PS_FIELD_HEX, -1, 2 },
  [ECHO_SEQ] = { "icmpv6.echo.sequence_number", N_ ("Sequence number"), PS_FIELD_UNSIGNED, -1, 2 },
  [MTU] = { "icmpv6.mtu", N_ ("MTU"), PS_FIELD_UNSIGNED, -1, 4 },
  [POINTER] = { "icmpv6.pointer", N_ ("Pointer"), PS_FIELD_UNSIGNED, -1, 4 },
  [NS_TARGET] = { "icmpv6.nd.ns.target_address", N_ ("Target address"), PS_FIELD_IPV6, -1, 16 },
  [NA_FLAG_R] = { "icmpv6.nd.na.flag.r", N_ ("Router"), PS_FIELD_BOOLEAN, -1, 4, 0x80000000 },
  [NA_FLAG_S] = { "icmpv6.nd.na.flag.s", N_ ("Solicited"), PS_FIELD_BOOLEAN, -1, 4, 0x40000000 },
  [NA_FLAG_O] = { "icmpv6.nd.na.flag.o", N_ ("Override"), PS_FIELD_BOOLEAN, -1, 4, 0x20000000 },
  [NA_TARGET] = { "icmpv6.nd.na.target_address", N_ ("Target address"), PS_FIELD_IPV6, -1, 16 },
  [RD_TARGET] = { "icmpv6.nd.rd.target_address", N_ ("Target address"), PS_FIELD_IPV6, -1, 16 },
  [RD_DESTINATION] = { "icmpv6.rd.na.destination_address", N_ ("Destination address"),
                       PS_FIELD_IPV6, -1, 16 },
  [RA_HOP_LIMIT] = { "icmpv6.nd.ra.cur_hop_limit", N_ ("Hop limit"), PS_FIELD_UNSIGNED, -1, 1 },
  [RA_LIFETIME] = { "icmpv6.nd.ra.router_lifetime", N_ ("Router lifetime"), PS_FIELD_UNSIGNED, -1,
                    2 },
  [RA_REACHABLE] = { "icmpv6.nd.ra.reachable_time", N_ ("Reachable time"), PS_FIELD_UNSIGNED, -1,
                     4 },
  [RA_RETRANS] = { "icmpv6.nd.ra.retrans_timer", N_ ("Retransmit timer"), PS_FIELD_UNSIGNED, -1,
                   4 },
  [OPT] = { "icmpv6.opt", N_ ("Option"), PS_FIELD_NONE, -1, 0 },
  [OPT_TYPE] = { "icmpv6.opt.type", N_ ("Type"), PS_FIELD_UNSIGNED, -1, 1, 0, option_names },
  [OPT_LENGTH] = { "icmpv6.opt.length", N_ ("Length"), PS_FIELD_UNSIGNED, -1, 1 },
  [OPT_LINKADDR] = { "icmpv6.opt.linkaddr", N_ ("Link-layer address"), PS_FIELD_ETHER, -1, 6 },
  [OPT_PREFIX_LENGTH] = { "icmpv6.opt.prefix.length", N_ ("Prefix length"), PS_FIELD_UNSIGNED, -1,
                          1 },
  [OPT_PREFIX] = { "icmpv6.opt.prefix", N_ ("Prefix"), PS_FIELD_IPV6, -1, 16 },
  [OPT_MTU] = { "icmpv6.opt.mtu", N_ ("MTU"), PS_FIELD_UNSIGNED, -1, 4 },
  [DATA] = { "data.data", N_ ("Data"), PS_FIELD_BYTES, -1, 0 },
};

/* Where the options of a neighbour discovery message begin; 0: it has none. */
static guint32
options_at (guint8 type)
{
  switch (type)
    {
    case ROUTER_SOLICITATION:
      return 8;
    case ROUTER_ADVERTISEMENT:
      return 16;
    case NEIGHBOR_SOLICITATION:
    case NEIGHBOR_ADVERTISEMENT:
      return 24;
    case REDIRECT:
      return 40;
    default:
      return 0;
    }
}

/* All of it is ICMP's: options, data, the packet it quotes. */
static guint32
header_length (const PsSlice *slice)
{
  return ps_slice_length (slice);
}

static void
dissect_options (const PsSlice *slice, PsField *heading, guint32 at)
{
  for (guint i = 0; i < PS_DISSECT_ITEMS_MAX && ps_slice_has (slice, at, 2); i++)
    {
      guint8 type = ps_slice_u8 (slice, at);
      guint32 length = 8u * ps_slice_u8 (slice, at + 1);
      PsField *option;

      if (length == 0)
        return;
      option = ps_tree_add_at (heading, slice, &fields[OPT], at, length);
      ps_tree_add_at (option, slice, &fields[OPT_TYPE], at, 1);
      ps_tree_add_at (option, slice, &fields[OPT_LENGTH], at + 1, 1);
      if ((type == 1 || type == 2) && length == 8)
        ps_tree_add_at (option, slice, &fields[OPT_LINKADDR], at + 2, 6);
      else if (type == 3 && length == 32)
        {
          ps_tree_add_at (option, slice, &fields[OPT_PREFIX_LENGTH], at + 2, 1);
          ps_tree_add_at (option, slice, &fields[OPT_PREFIX], at + 16, 16);
        }
      else if (type == 5 && length == 8)
        ps_tree_add_at (option, slice, &fields[OPT_MTU], at + 4, 4);
      at += length;
    }
}

static void
dissect_body (const PsSlice *slice, PsField *heading, guint8 type)
{
  switch (type)
    {
    case ECHO_REQUEST:
    case ECHO_REPLY:
      ps_tree_add_at (heading, slice, &fields[ECHO_IDENT], 4, 2);
      ps_tree_add_at (heading, slice, &fields[ECHO_SEQ], 6, 2);
      if (ps_slice_captured (slice) > 8)
        ps_tree_add_at (heading, slice, &fields[DATA], 8, ps_slice_captured (slice) - 8);
      break;
    case TOO_BIG:
      ps_tree_add_at (heading, slice, &fields[MTU], 4, 4);
      break;
    case PARAMETER:
      ps_tree_add_at (heading, slice, &fields[POINTER], 4, 4);
      break;
    case NEIGHBOR_SOLICITATION:
      ps_tree_add_at (heading, slice, &fields[NS_TARGET], 8, 16);
      break;
    case NEIGHBOR_ADVERTISEMENT:
      ps_tree_add_at (heading, slice, &fields[NA_FLAG_R], 4, 4);
      ps_tree_add_at (heading, slice, &fields[NA_FLAG_S], 4, 4);
      ps_tree_add_at (heading, slice, &fields[NA_FLAG_O], 4, 4);
      ps_tree_add_at (heading, slice, &fields[NA_TARGET], 8, 16);
      break;
    case ROUTER_ADVERTISEMENT:
      ps_tree_add_at (heading, slice, &fields[RA_HOP_LIMIT], 4, 1);
      ps_tree_add_at (heading, slice, &fields[RA_LIFETIME], 6, 2);
      ps_tree_add_at (heading, slice, &fields[RA_REACHABLE], 8, 4);
      ps_tree_add_at (heading, slice, &fields[RA_RETRANS], 12, 4);
      break;
    case REDIRECT:
      ps_tree_add_at (heading, slice, &fields[RD_TARGET], 8, 16);
      ps_tree_add_at (heading, slice, &fields[RD_DESTINATION], 24, 16);
      break;
    default:
      break;
    }
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  guint8 type = ps_slice_u8 (slice, 0);
  PsFieldInfo code = fields[CODE];

  code.names = type == UNREACHABLE ? unreachable_codes : NULL;
  ps_tree_add (heading, slice, &fields[TYPE]);
  ps_tree_add (heading, slice, &code);
  ps_tree_add (heading, slice, &fields[CHECKSUM]);
  dissect_body (slice, heading, type);
  if (options_at (type) > 0)
    dissect_options (slice, heading, options_at (type));
}

static void
add_target (PsText *info, const PsSlice *slice, const char *before)
{
  const guint8 *target = ps_slice_bytes (slice, 8, 16);

  if (target == NULL)
    return;
  ps_text_add (info, before);
  ps_text_add_ipv6 (info, target);
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  guint8 type = ps_slice_u8 (slice, 0), code = ps_slice_u8 (slice, 1);
  const char *name = ps_value_name (types, type);

  if (name == NULL)
    {
      ps_text_add (info, "Type ");
      ps_text_add_number (info, type);
      return;
    }
  ps_text_add (info, name);
  if (type == UNREACHABLE && ps_value_name (unreachable_codes, code) != NULL)
    {
      ps_text_add (info, " (");
      ps_text_add (info, ps_value_name (unreachable_codes, code));
      ps_text_add_char (info, ')');
    }
  else if ((type == ECHO_REQUEST || type == ECHO_REPLY) && ps_slice_has (slice, 4, 4))
    {
      ps_text_add (info, " id=0x");
      ps_text_add_hex (info, ps_slice_u16 (slice, 4), 4);
      ps_text_add (info, " seq=");
      ps_text_add_number (info, ps_slice_u16 (slice, 6));
    }
  else if (type == TOO_BIG && ps_slice_has (slice, 4, 4))
    {
      ps_text_add (info, " MTU=");
      ps_text_add_number (info, ps_slice_u32 (slice, 4));
    }
  else if (type == NEIGHBOR_SOLICITATION || type == REDIRECT)
    add_target (info, slice, " for ");
  else if (type == NEIGHBOR_ADVERTISEMENT)
    add_target (info, slice, " of ");
}

static void
next (const PsSlice *slice, PsSlice *inner)
{
  guint8 type = ps_slice_u8 (slice, 0);

  if (type == 0 || type > PARAMETER || slice->quoted)
    return;
  ps_slice_enter (inner, &ps_ipv6_dissector, 8, G_MAXUINT32);
  inner->quoted = TRUE;
}

const PsDissector ps_icmpv6_dissector = {
  .name = "icmpv6",
  .title = N_ ("Internet Control Message Protocol version 6"),
  .protocol = "ICMPv6",
  .layer = PS_LAYER_NETWORK,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 4,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
  .next = next,
};
