/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 2131; options RFC 2132. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum {
  TYPE,
  HW_TYPE,
  HW_LEN,
  HOPS,
  ID,
  SECS,
  FLAGS,
  IP_CLIENT,
  IP_YOUR,
  IP_SERVER,
  IP_RELAY,
  HW_MAC,
  COOKIE,
  OPT_TYPE,
  OPT_LENGTH,
  OPT_DHCP,
  OPT_REQUESTED,
  OPT_SERVER,
  OPT_HOSTNAME,
  OPT_ROUTER,
  OPT_MASK,
  OPT_LEASE,
  OPT_DNS,
  OPT_DOMAIN,
  OPT_BROADCAST,
  OPT_REQUEST_LIST,
  OPT_MAX_SIZE,
  OPT_RENEWAL,
  OPT_REBINDING,
  OPT_VENDOR,
};

#define OPTIONS_AT 240
#define MAGIC_COOKIE 0x63825363u

static const PsValueName types[] = { { 1, "request" }, { 2, "reply" }, { 0, NULL } };

static const PsValueName messages[] = {
  { 1, "Discover" }, { 2, "Offer" },   { 3, "Request" }, { 4, "Decline" }, { 5, "ACK" },
  { 6, "NAK" },      { 7, "Release" }, { 8, "Inform" },  { 0, NULL },
};

/* RFC 2132, RFC 3046, RFC 3442, RFC 8910. */
static const PsValueName option_names[] = {
  { 1, "Subnet mask" },
  { 2, "Time offset" },
  { 3, "Router" },
  { 6, "Domain name server" },
  { 12, "Host name" },
  { 15, "Domain name" },
  { 26, "Interface MTU" },
  { 28, "Broadcast address" },
  { 33, "Static route" },
  { 42, "NTP servers" },
  { 43, "Vendor information" },
  { 44, "NetBIOS name server" },
  { 50, "Requested address" },
  { 51, "Lease time" },
  { 52, "Overload" },
  { 53, "Message type" },
  { 54, "Server" },
  { 55, "Parameter list" },
  { 56, "Message" },
  { 57, "Longest message" },
  { 58, "Renewal time" },
  { 59, "Rebinding time" },
  { 60, "Vendor class" },
  { 61, "Client id" },
  { 66, "TFTP server" },
  { 67, "Boot file" },
  { 82, "Relay agent information" },
  { 114, "Captive portal" },
  { 119, "Domain search" },
  { 121, "Classless static routes" },
  { 0, NULL },
};

static const PsFieldInfo fields[] = {
  [TYPE] = { "dhcp.type", N_ ("Message"), PS_FIELD_UNSIGNED, 0, 1, 0, types },
  [HW_TYPE] = { "dhcp.hw.type", N_ ("Hardware type"), PS_FIELD_HEX, 1, 1 },
  [HW_LEN] = { "dhcp.hw.len", N_ ("Hardware address length"), PS_FIELD_UNSIGNED, 2, 1 },
  [HOPS] = { "dhcp.hops", N_ ("Hops"), PS_FIELD_UNSIGNED, 3, 1 },
  [ID] = { "dhcp.id", N_ ("Transaction id"), PS_FIELD_HEX, 4, 4 },
  [SECS] = { "dhcp.secs", N_ ("Seconds elapsed"), PS_FIELD_UNSIGNED, 8, 2 },
  [FLAGS] = { "dhcp.flags", N_ ("Flags"), PS_FIELD_HEX, 10, 2 },
  [IP_CLIENT] = { "dhcp.ip.client", N_ ("Client address"), PS_FIELD_IPV4, 12, 4 },
  [IP_YOUR] = { "dhcp.ip.your", N_ ("Your address"), PS_FIELD_IPV4, 16, 4 },
  [IP_SERVER] = { "dhcp.ip.server", N_ ("Next server address"), PS_FIELD_IPV4, 20, 4 },
  [IP_RELAY] = { "dhcp.ip.relay", N_ ("Relay address"), PS_FIELD_IPV4, 24, 4 },
  [HW_MAC] = { "dhcp.hw.mac_addr", N_ ("Client MAC address"), PS_FIELD_ETHER, -1, 6 },
  [COOKIE] = { "dhcp.cookie", N_ ("Magic cookie"), PS_FIELD_IPV4, -1, 4 },
  [OPT_TYPE] = { "dhcp.option.type", N_ ("Option"), PS_FIELD_UNSIGNED, -1, 1 },
  [OPT_LENGTH] = { "dhcp.option.length", N_ ("Length"), PS_FIELD_UNSIGNED, -1, 1 },
  [OPT_DHCP] = { "dhcp.option.dhcp", N_ ("Message type"), PS_FIELD_UNSIGNED, -1, 1, 0, messages },
  [OPT_REQUESTED] = { "dhcp.option.requested_ip_address", N_ ("Requested address"), PS_FIELD_IPV4,
                      -1, 4 },
  [OPT_SERVER] = { "dhcp.option.dhcp_server_id", N_ ("Server"), PS_FIELD_IPV4, -1, 4 },
  [OPT_HOSTNAME] = { "dhcp.option.hostname", N_ ("Host name"), PS_FIELD_STRING, -1, 0 },
  [OPT_ROUTER] = { "dhcp.option.router", N_ ("Router"), PS_FIELD_IPV4, -1, 4 },
  [OPT_MASK] = { "dhcp.option.subnet_mask", N_ ("Subnet mask"), PS_FIELD_IPV4, -1, 4 },
  [OPT_LEASE] = { "dhcp.option.ip_address_lease_time", N_ ("Lease time"), PS_FIELD_UNSIGNED, -1,
                  4 },
  [OPT_DNS] = { "dhcp.option.domain_name_server", N_ ("Domain name server"), PS_FIELD_IPV4, -1, 4 },
  [OPT_DOMAIN] = { "dhcp.option.domain_name", N_ ("Domain name"), PS_FIELD_STRING, -1, 0 },
  [OPT_BROADCAST] = { "dhcp.option.broadcast_address", N_ ("Broadcast address"), PS_FIELD_IPV4, -1,
                      4 },
  [OPT_REQUEST_LIST] = { "dhcp.option.request_list_item", N_ ("Asks for option"), PS_FIELD_UNSIGNED,
                         -1, 1, 0, option_names },
  [OPT_MAX_SIZE] = { "dhcp.option.dhcp_max_message_size", N_ ("Longest message"), PS_FIELD_UNSIGNED,
                     -1, 2 },
  [OPT_RENEWAL] = { "dhcp.option.renewal_time_value", N_ ("Renewal time"), PS_FIELD_UNSIGNED, -1,
                    4 },
  [OPT_REBINDING] = { "dhcp.option.rebinding_time_value", N_ ("Rebinding time"), PS_FIELD_UNSIGNED,
                      -1, 4 },
  [OPT_VENDOR] = { "dhcp.option.vendor_class_id", N_ ("Vendor class"), PS_FIELD_STRING, -1, 0 },
};

/* Which field an option's value is: one, or several of that size one behind the other. */
static const struct {
  guint8 option;
  guint8 size; /* 0: any */
  guint8 field;
  gboolean several;
} options[] = {
  { 1, 4, OPT_MASK, FALSE },         { 3, 4, OPT_ROUTER, TRUE },
  { 6, 4, OPT_DNS, TRUE },           { 12, 0, OPT_HOSTNAME, FALSE },
  { 15, 0, OPT_DOMAIN, FALSE },      { 28, 4, OPT_BROADCAST, FALSE },
  { 50, 4, OPT_REQUESTED, FALSE },   { 51, 4, OPT_LEASE, FALSE },
  { 53, 1, OPT_DHCP, FALSE },        { 54, 4, OPT_SERVER, FALSE },
  { 55, 1, OPT_REQUEST_LIST, TRUE }, { 57, 2, OPT_MAX_SIZE, FALSE },
  { 58, 4, OPT_RENEWAL, FALSE },     { 59, 4, OPT_REBINDING, FALSE },
  { 60, 0, OPT_VENDOR, FALSE },
};

static guint32
header_length (const PsSlice *slice)
{
  return ps_slice_length (slice);
}

static void
dissect_option (const PsSlice *slice, PsField *parent, guint32 at)
{
  guint8 type = ps_slice_u8 (slice, at), length = ps_slice_u8 (slice, at + 1);

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    {
      const PsFieldInfo *field = &fields[options[i].field];
      guint size = options[i].size;

      if (options[i].option != type)
        continue;
      if (size == 0 || size == length)
        ps_tree_add_at (parent, slice, field, at + 2, length);
      else if (options[i].several)
        for (guint j = 0; j + size <= length && j / size < PS_DISSECT_ITEMS_MAX; j += size)
          ps_tree_add_at (parent, slice, field, at + 2 + j, size);
    }
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  guint32 at = OPTIONS_AT;

  ps_tree_add_range (heading, slice, fields, TYPE, IP_RELAY);
  if (ps_slice_u8 (slice, 2) == 6)
    ps_tree_add_at (heading, slice, &fields[HW_MAC], 28, 6);
  if (ps_slice_u32 (slice, 236) != MAGIC_COOKIE)
    return;
  ps_tree_add_at (heading, slice, &fields[COOKIE], 236, 4);
  for (guint i = 0; i < PS_DISSECT_ITEMS_MAX && ps_slice_has (slice, at, 1); i++)
    {
      guint8 type = ps_slice_u8 (slice, at);
      guint32 length;
      PsField *option;

      if (type == 255)
        return;
      if (type == 0)
        {
          at++;
          continue;
        }
      length = 2u + ps_slice_u8 (slice, at + 1);
      option = ps_tree_add_printf (heading, slice, &fields[OPT_TYPE], at, length, type, "%u", type);
      if (option == NULL)
        return;
      ps_tree_add_at (option, slice, &fields[OPT_LENGTH], at + 1, 1);
      dissect_option (slice, option, at);
      at += length;
    }
}

/* Where the value of an option begins, if it has at least so many bytes; 0: it is not there. */
static guint32
find_option (const PsSlice *slice, guint8 option, guint8 least, guint8 *ret_length)
{
  guint32 at = OPTIONS_AT;

  for (guint i = 0; i < PS_DISSECT_ITEMS_MAX && ps_slice_has (slice, at, 2); i++)
    {
      guint8 type = ps_slice_u8 (slice, at), length = ps_slice_u8 (slice, at + 1);

      if (type == 255)
        return 0;
      if (type == option && length >= least && ps_slice_has (slice, at + 2, length))
        {
          *ret_length = length;
          return at + 2;
        }
      at += type == 0 ? 1u : 2u + length;
    }
  return 0;
}

static void
add_address (const PsSlice *slice, PsText *info, const char *what, guint32 at)
{
  if (at == 0 || !ps_slice_has (slice, at, 4) || ps_slice_u32 (slice, at) == 0)
    return;
  ps_text_add (info, what);
  ps_text_add_ipv4 (info, slice->data + slice->offset + at);
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  guint8 length = 0;
  guint32 at = find_option (slice, 53, 1, &length);
  const char *name = at > 0 ? ps_value_name (messages, ps_slice_u8 (slice, at)) : NULL;

  ps_text_add (info, "DHCP ");
  ps_text_add (info, name ? name : ps_slice_u8 (slice, 0) == 2 ? "reply" : "request");
  ps_text_add (info, " id=0x");
  ps_text_add_hex (info, ps_slice_u32 (slice, 4), 8);
  if (ps_slice_u8 (slice, 2) == 6 && ps_slice_has (slice, 28, 6))
    {
      ps_text_add (info, " for ");
      ps_text_add_ether (info, slice->data + slice->offset + 28);
    }
  at = find_option (slice, 12, 1, &length);
  if (at > 0)
    {
      ps_text_add (info, " (");
      ps_text_add_untrusted (info, slice->data + slice->offset + at, length);
      ps_text_add_char (info, ')');
    }
  add_address (slice, info, ", asks for ", find_option (slice, 50, 4, &length));
  add_address (slice, info, ", has ", 12);
  add_address (slice, info, ", gets ", 16);
  add_address (slice, info, ", server ", find_option (slice, 54, 4, &length));
  add_address (slice, info, ", relay ", 24);
  at = find_option (slice, 51, 4, &length);
  if (at > 0)
    {
      ps_text_add (info, ", for ");
      ps_text_add_number (info, ps_slice_u32 (slice, at));
      ps_text_add (info, " s");
    }
}

const PsDissector ps_dhcp_dissector = {
  .name = "dhcp",
  .title = N_ ("Dynamic Host Configuration Protocol"),
  .protocol = "DHCP",
  .layer = PS_LAYER_SOCKET,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 28,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
};
