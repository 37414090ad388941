/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 1035; AAAA: RFC 3596; multicast: RFC 6762. Over TCP a length comes first. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum {
  LENGTH,
  ID,
  FLAGS,
  FLAG_RESPONSE,
  FLAG_OPCODE,
  FLAG_AUTHORITATIVE,
  FLAG_TRUNCATED,
  FLAG_RECDESIRED,
  FLAG_RECAVAIL,
  FLAG_RCODE,
  COUNT_QUERIES,
  COUNT_ANSWERS,
  COUNT_AUTH,
  COUNT_ADD,
  QRY_NAME,
  QRY_TYPE,
  QRY_CLASS,
  RESP_NAME,
  RESP_TYPE,
  RESP_CLASS,
  RESP_TTL,
  RESP_LEN,
  A,
  AAAA,
  CNAME,
  PTR,
  NS,
};

/* Names are at most 255 bytes (RFC 1035, 2.3.4); in text, each byte may take four. */
#define NAME_SIZE 256
/* Pointers followed in one name: more than any honest encoder makes. */
#define JUMPS_MAX 16

static const PsValueName types[] = {
  { 1, "A" },     { 2, "NS" },     { 5, "CNAME" },  { 6, "SOA" },   { 12, "PTR" },
  { 15, "MX" },   { 16, "TXT" },   { 28, "AAAA" },  { 33, "SRV" },  { 35, "NAPTR" },
  { 41, "OPT" },  { 43, "DS" },    { 46, "RRSIG" }, { 47, "NSEC" }, { 48, "DNSKEY" },
  { 64, "SVCB" }, { 65, "HTTPS" }, { 252, "AXFR" }, { 255, "ANY" }, { 257, "CAA" },
  { 0, NULL },
};

static const PsValueName rcodes[] = {
  { 0, "No error" },     { 1, "Format error" },    { 2, "Server failure" },
  { 3, "No such name" }, { 4, "Not implemented" }, { 5, "Refused" },
  { 0, NULL },
};

static const PsValueName opcodes[] = {
  { 0, "Standard query" },           { 1, "Inverse query" },  { 2, "Server status request" },
  { 4, "Zone change notification" }, { 5, "Dynamic update" }, { 0, NULL },
};

/* Over TCP all is two bytes on: no field has a fixed place. */
static const PsFieldInfo fields[] = {
  [LENGTH] = { "dns.length", N_ ("Length"), PS_FIELD_UNSIGNED, -1, 2 },
  [ID] = { "dns.id", N_ ("Transaction id"), PS_FIELD_HEX, -1, 2 },
  [FLAGS] = { "dns.flags", N_ ("Flags"), PS_FIELD_HEX, -1, 2 },
  [FLAG_RESPONSE] = { "dns.flags.response", N_ ("Response"), PS_FIELD_BOOLEAN, -1, 2, 0x8000 },
  [FLAG_OPCODE] = { "dns.flags.opcode", N_ ("Operation"), PS_FIELD_UNSIGNED, -1, 2, 0x7800,
                    opcodes },
  [FLAG_AUTHORITATIVE] = { "dns.flags.authoritative", N_ ("Authoritative"), PS_FIELD_BOOLEAN, -1, 2,
                           0x0400 },
  [FLAG_TRUNCATED] = { "dns.flags.truncated", N_ ("Truncated"), PS_FIELD_BOOLEAN, -1, 2, 0x0200 },
  [FLAG_RECDESIRED] = { "dns.flags.recdesired", N_ ("Recursion desired"), PS_FIELD_BOOLEAN, -1, 2,
                        0x0100 },
  [FLAG_RECAVAIL] = { "dns.flags.recavail", N_ ("Recursion available"), PS_FIELD_BOOLEAN, -1, 2,
                      0x0080 },
  [FLAG_RCODE] = { "dns.flags.rcode", N_ ("Reply code"), PS_FIELD_UNSIGNED, -1, 2, 0x000f, rcodes },
  [COUNT_QUERIES] = { "dns.count.queries", N_ ("Questions"), PS_FIELD_UNSIGNED, -1, 2 },
  [COUNT_ANSWERS] = { "dns.count.answers", N_ ("Answers"), PS_FIELD_UNSIGNED, -1, 2 },
  [COUNT_AUTH] = { "dns.count.auth_rr", N_ ("Authority records"), PS_FIELD_UNSIGNED, -1, 2 },
  [COUNT_ADD] = { "dns.count.add_rr", N_ ("Additional records"), PS_FIELD_UNSIGNED, -1, 2 },
  [QRY_NAME] = { "dns.qry.name", N_ ("Name"), PS_FIELD_STRING, -1, 0 },
  [QRY_TYPE] = { "dns.qry.type", N_ ("Type"), PS_FIELD_UNSIGNED, -1, 2, 0, types },
  [QRY_CLASS] = { "dns.qry.class", N_ ("Class"), PS_FIELD_HEX, -1, 2 },
  [RESP_NAME] = { "dns.resp.name", N_ ("Name"), PS_FIELD_STRING, -1, 0 },
  [RESP_TYPE] = { "dns.resp.type", N_ ("Type"), PS_FIELD_UNSIGNED, -1, 2, 0, types },
  [RESP_CLASS] = { "dns.resp.class", N_ ("Class"), PS_FIELD_HEX, -1, 2 },
  [RESP_TTL] = { "dns.resp.ttl", N_ ("Time to live"), PS_FIELD_UNSIGNED, -1, 4 },
  [RESP_LEN] = { "dns.resp.len", N_ ("Data length"), PS_FIELD_UNSIGNED, -1, 2 },
  [A] = { "dns.a", N_ ("Address"), PS_FIELD_IPV4, -1, 4 },
  [AAAA] = { "dns.aaaa", N_ ("Address"), PS_FIELD_IPV6, -1, 16 },
  [CNAME] = { "dns.cname", N_ ("Canonical name"), PS_FIELD_STRING, -1, 0 },
  [PTR] = { "dns.ptr.domain_name", N_ ("Domain name"), PS_FIELD_STRING, -1, 0 },
  [NS] = { "dns.ns", N_ ("Name server"), PS_FIELD_STRING, -1, 0 },
};

/* Where the message begins. */
static guint32
message_at (const PsSlice *slice)
{
  return slice->dissector == &ps_dns_tcp_dissector ? 2 : 0;
}

/*
 * Writes the name at `at` and returns the bytes it takes there, 0 if it is cut
 * or malformed. A pointer must lead backwards, so that the walk ends.
 */
static guint32
read_name (const PsSlice *slice, guint32 at, PsText *text)
{
  guint32 start = message_at (slice), taken = 0, limit = at, from = at;
  guint jumps = 0;
  gboolean first = TRUE;

  for (;;)
    {
      guint8 length = ps_slice_u8 (slice, at);

      if (!ps_slice_has (slice, at, 1))
        return 0;
      if ((length & 0xc0) == 0xc0)
        {
          guint32 target = start + (ps_slice_u16 (slice, at) & 0x3fffu);

          if (!ps_slice_has (slice, at, 2) || target >= limit || ++jumps > JUMPS_MAX)
            return 0;
          if (taken == 0)
            taken = at + 2 - from;
          at = limit = target;
          continue;
        }
      if (length & 0xc0 || !ps_slice_has (slice, at + 1, length))
        return 0;
      if (length == 0)
        break;
      if (!first)
        ps_text_add_char (text, '.');
      ps_text_add_untrusted (text, slice->data + slice->offset + at + 1, length);
      first = FALSE;
      at += 1u + length;
    }
  if (first)
    ps_text_add (text, "<Root>");
  return taken > 0 ? taken : at + 1 - from;
}

/* Adds a name; returns the bytes it takes, 0 if it cannot be read. */
static guint32
add_name (const PsSlice *slice, PsField *parent, const PsFieldInfo *info, guint32 at)
{
  char name[NAME_SIZE];
  guint32 length;
  PsText text;

  ps_text_init (&text, name, sizeof name);
  length = read_name (slice, at, &text);
  if (length > 0)
    ps_tree_add_value (parent, slice, info, at, length, 0, g_strdup (name));
  return length;
}

static guint32
header_length (const PsSlice *slice)
{
  return ps_slice_length (slice);
}

static guint32
dissect_question (const PsSlice *slice, PsField *heading, guint32 at)
{
  guint32 length = add_name (slice, heading, &fields[QRY_NAME], at);

  if (length == 0)
    return 0;
  ps_tree_add_at (heading, slice, &fields[QRY_TYPE], at + length, 2);
  if (ps_tree_add_at (heading, slice, &fields[QRY_CLASS], at + length + 2, 2) == NULL)
    return 0;
  return at + length + 4;
}

static guint32
dissect_record (const PsSlice *slice, PsField *heading, guint32 at)
{
  guint32 length = add_name (slice, heading, &fields[RESP_NAME], at);
  guint16 type, data_length;

  if (length == 0 || !ps_slice_has (slice, at + length, 10))
    return 0;
  at += length;
  type = ps_slice_u16 (slice, at);
  data_length = ps_slice_u16 (slice, at + 8);
  ps_tree_add_at (heading, slice, &fields[RESP_TYPE], at, 2);
  if (type != 41) /* OPT gives class and TTL other meanings: RFC 6891 */
    {
      ps_tree_add_at (heading, slice, &fields[RESP_CLASS], at + 2, 2);
      ps_tree_add_at (heading, slice, &fields[RESP_TTL], at + 4, 4);
      ps_tree_add_at (heading, slice, &fields[RESP_LEN], at + 8, 2);
    }
  at += 10;
  if (type == 1 && data_length == 4)
    ps_tree_add_at (heading, slice, &fields[A], at, 4);
  else if (type == 28 && data_length == 16)
    ps_tree_add_at (heading, slice, &fields[AAAA], at, 16);
  else if (type == 5)
    add_name (slice, heading, &fields[CNAME], at);
  else if (type == 12)
    add_name (slice, heading, &fields[PTR], at);
  else if (type == 2)
    add_name (slice, heading, &fields[NS], at);
  return at + data_length;
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  guint32 start = message_at (slice), at = start + 12;
  guint questions = ps_slice_u16 (slice, start + 4);
  guint records = (guint)ps_slice_u16 (slice, start + 6) + ps_slice_u16 (slice, start + 8) +
                  ps_slice_u16 (slice, start + 10);
  gboolean response = (ps_slice_u16 (slice, start + 2) & 0x8000) != 0;
  PsField *flags;

  if (start > 0)
    ps_tree_add_at (heading, slice, &fields[LENGTH], 0, 2);
  ps_tree_add_at (heading, slice, &fields[ID], start, 2);
  flags = ps_tree_add_at (heading, slice, &fields[FLAGS], start + 2, 2);
  for (guint i = FLAG_RESPONSE; i <= FLAG_RCODE; i++)
    {
      /* Some mean something only in a response. */
      if (response || (i != FLAG_AUTHORITATIVE && i != FLAG_RECAVAIL && i != FLAG_RCODE))
        ps_tree_add_at (flags, slice, &fields[i], start + 2, 2);
    }
  for (guint i = 0; i < 4; i++)
    ps_tree_add_at (heading, slice, &fields[COUNT_QUERIES + i], start + 4 + 2 * i, 2);

  for (guint i = 0; i < MIN (questions, PS_DISSECT_ITEMS_MAX) && at > 0; i++)
    at = dissect_question (slice, heading, at);
  for (guint i = 0; i < MIN (records, PS_DISSECT_ITEMS_MAX) && at > 0; i++)
    at = dissect_record (slice, heading, at);
}

/* The first few answers: "A 192.0.2.1". Returns nothing: what is cut is not shown. */
static void
add_answers (const PsSlice *slice, PsText *info, guint32 at, guint n)
{
  for (guint i = 0; i < MIN (n, 4); i++)
    {
      char name[NAME_SIZE];
      const char *type_name;
      guint32 length;
      guint16 type;
      PsText text;

      ps_text_init (&text, name, sizeof name);
      length = read_name (slice, at, &text);
      if (length == 0 || !ps_slice_has (slice, at + length, 10))
        return;
      at += length;
      type = ps_slice_u16 (slice, at);
      type_name = ps_value_name (types, type);
      if (type_name != NULL)
        {
          ps_text_add_char (info, ' ');
          ps_text_add (info, type_name);
        }
      if (type == 1 && ps_slice_has (slice, at + 10, 4))
        {
          ps_text_add_char (info, ' ');
          ps_text_add_ipv4 (info, slice->data + slice->offset + at + 10);
        }
      else if (type == 28 && ps_slice_has (slice, at + 10, 16))
        {
          ps_text_add_char (info, ' ');
          ps_text_add_ipv6 (info, slice->data + slice->offset + at + 10);
        }
      at += 10u + ps_slice_u16 (slice, at + 8);
    }
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  guint32 start = message_at (slice), at = start + 12, length;
  guint16 flags = ps_slice_u16 (slice, start + 2);
  const char *opcode = ps_value_name (opcodes, flags >> 11 & 15);
  const char *rcode = ps_value_name (rcodes, flags & 15);

  if (slice->destination_port == 5353 || slice->source_port == 5353)
    g_strlcpy (summary->protocol, "MDNS", sizeof summary->protocol);
  else if (slice->destination_port == 5355 || slice->source_port == 5355)
    g_strlcpy (summary->protocol, "LLMNR", sizeof summary->protocol);

  ps_text_add (info, opcode ? opcode : "Unknown operation");
  if (flags & 0x8000)
    ps_text_add (info, " response");
  ps_text_add (info, " 0x");
  ps_text_add_hex (info, ps_slice_u16 (slice, start), 4);
  if (flags & 0x8000 && (flags & 15) != 0)
    {
      ps_text_add_char (info, ' ');
      ps_text_add (info, rcode ? rcode : "error");
    }
  if (ps_slice_u16 (slice, start + 4) > 0)
    {
      char name[NAME_SIZE];
      const char *type;
      PsText text;

      ps_text_init (&text, name, sizeof name);
      length = read_name (slice, at, &text);
      if (length == 0)
        {
          ps_text_add (info, " [name cut]");
          return;
        }
      type = ps_value_name (types, ps_slice_u16 (slice, at + length));
      ps_text_add_char (info, ' ');
      ps_text_add (info, type ? type : "type");
      if (type == NULL)
        ps_text_add_number (info, ps_slice_u16 (slice, at + length));
      ps_text_add_char (info, ' ');
      ps_text_add (info, name);
      at += length + 4;
    }
  if (flags & 0x8000 && ps_slice_u16 (slice, start + 4) <= 1)
    add_answers (slice, info, at, ps_slice_u16 (slice, start + 6));
}

const PsDissector ps_dns_dissector = {
  .name = "dns",
  .title = N_ ("Domain Name System"),
  .protocol = "DNS",
  .layer = PS_LAYER_SOCKET,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 12,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
};

const PsDissector ps_dns_tcp_dissector = {
  .name = "dns",
  .title = N_ ("Domain Name System"),
  .protocol = "DNS",
  .layer = PS_LAYER_SOCKET,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 14,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
};
