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
};

#define OPTIONS_AT 240
#define MAGIC_COOKIE 0x63825363u

static const PsValueName types[] = { { 1, "request" }, { 2, "reply" }, { 0, NULL } };

static const PsValueName messages[] = {
  { 1, "Discover" }, { 2, "Offer" },   { 3, "Request" }, { 4, "Decline" }, { 5, "ACK" },
  { 6, "NAK" },      { 7, "Release" }, { 8, "Inform" },  { 0, NULL },
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
};

/* Which field an option's value is, if its length fits. */
static const struct {
  guint8 option;
  guint8 length; /* 0: any */
  guint8 field;
} options[] = {
  { 1, 4, OPT_MASK },   { 3, 4, OPT_ROUTER }, { 12, 0, OPT_HOSTNAME }, { 50, 4, OPT_REQUESTED },
  { 51, 4, OPT_LEASE }, { 53, 1, OPT_DHCP },  { 54, 4, OPT_SERVER },
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
      if (options[i].option == type && (options[i].length == 0 || options[i].length == length))
        ps_tree_add_at (parent, slice, &fields[options[i].field], at + 2, length);
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

/* The value of option 53, which is nearly always the first. */
static guint8
message_type (const PsSlice *slice)
{
  guint32 at = OPTIONS_AT;

  for (guint i = 0; i < PS_DISSECT_ITEMS_MAX && ps_slice_has (slice, at, 3); i++)
    {
      if (ps_slice_u8 (slice, at) == 53)
        return ps_slice_u8 (slice, at + 2);
      at += ps_slice_u8 (slice, at) == 0 ? 1u : 2u + ps_slice_u8 (slice, at + 1);
    }
  return 0;
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  const char *name = ps_value_name (messages, message_type (slice));

  ps_text_add (info, "DHCP ");
  ps_text_add (info, name ? name : ps_slice_u8 (slice, 0) == 2 ? "reply" : "request");
  ps_text_add (info, " id=0x");
  ps_text_add_hex (info, ps_slice_u32 (slice, 4), 8);
  if (ps_slice_u8 (slice, 2) == 6 && ps_slice_has (slice, 28, 6))
    {
      ps_text_add (info, " for ");
      ps_text_add_ether (info, slice->data + slice->offset + 28);
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
