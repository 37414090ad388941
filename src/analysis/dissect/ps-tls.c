/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records and hellos: RFC 8446 (and 5246); server name: RFC 6066; ALPN: RFC 7301. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum {
  RECORD,
  CONTENT_TYPE,
  RECORD_VERSION,
  RECORD_LENGTH,
  HANDSHAKE_TYPE,
  HANDSHAKE_LENGTH,
  HANDSHAKE_VERSION,
  RANDOM,
  CIPHERSUITE,
  SERVER_NAME,
  ALPN,
};

/* Records of one segment that the summary names. */
#define RECORDS_SHOWN 6

enum { HANDSHAKE = 22, CLIENT_HELLO = 1, SERVER_HELLO = 2 };

static const PsValueName content_types[] = {
  { 20, "Change Cipher Spec" }, { 21, "Alert" },     { 22, "Handshake" },
  { 23, "Application Data" },   { 24, "Heartbeat" }, { 0, NULL },
};

static const PsValueName handshake_types[] = {
  { 0, "Hello Request" },
  { 1, "Client Hello" },
  { 2, "Server Hello" },
  { 4, "New Session Ticket" },
  { 8, "Encrypted Extensions" },
  { 11, "Certificate" },
  { 12, "Server Key Exchange" },
  { 13, "Certificate Request" },
  { 14, "Server Hello Done" },
  { 15, "Certificate Verify" },
  { 16, "Client Key Exchange" },
  { 20, "Finished" },
  { 0, NULL },
};

static const PsValueName versions[] = {
  { 0x0300, "SSL 3.0" }, { 0x0301, "TLS 1.0" }, { 0x0302, "TLS 1.1" },
  { 0x0303, "TLS 1.2" }, { 0x0304, "TLS 1.3" }, { 0, NULL },
};

static const PsFieldInfo fields[] = {
  [RECORD] = { "tls.record", N_ ("Record"), PS_FIELD_NONE, -1, 0 },
  [CONTENT_TYPE] = { "tls.record.content_type", N_ ("Content type"), PS_FIELD_UNSIGNED, -1, 1, 0,
                     content_types },
  [RECORD_VERSION] = { "tls.record.version", N_ ("Version"), PS_FIELD_HEX, -1, 2, 0, versions },
  [RECORD_LENGTH] = { "tls.record.length", N_ ("Length"), PS_FIELD_UNSIGNED, -1, 2 },
  [HANDSHAKE_TYPE] = { "tls.handshake.type", N_ ("Handshake type"), PS_FIELD_UNSIGNED, -1, 1, 0,
                       handshake_types },
  [HANDSHAKE_LENGTH] = { "tls.handshake.length", N_ ("Length"), PS_FIELD_UNSIGNED, -1, 3 },
  [HANDSHAKE_VERSION] = { "tls.handshake.version", N_ ("Version"), PS_FIELD_HEX, -1, 2, 0,
                          versions },
  [RANDOM] = { "tls.handshake.random", N_ ("Random"), PS_FIELD_BYTES, -1, 32 },
  [CIPHERSUITE] = { "tls.handshake.ciphersuite", N_ ("Cipher suite"), PS_FIELD_HEX, -1, 2 },
  [SERVER_NAME] = { "tls.handshake.extensions_server_name", N_ ("Server name"), PS_FIELD_STRING, -1,
                    0 },
  [ALPN] = { "tls.handshake.extensions_alpn_str", N_ ("Application protocol"), PS_FIELD_STRING, -1,
             0 },
};

gboolean
ps_tls_looks_like (const PsSlice *slice)
{
  guint8 type = ps_slice_u8 (slice, 0);

  return ps_slice_has (slice, 0, 5) && type >= 20 && type <= 24 && ps_slice_u8 (slice, 1) == 3 &&
         ps_slice_u8 (slice, 2) <= 4 && ps_slice_u16 (slice, 3) <= 16384 + 2048 &&
         ps_slice_u16 (slice, 3) > 0;
}

static guint32
header_length (const PsSlice *slice)
{
  return ps_slice_length (slice);
}

/* Where the extensions of the hello at `at` (its handshake header) begin; 0: cut or malformed. */
static guint32
extensions_at (const PsSlice *slice, guint32 at)
{
  guint8 type = ps_slice_u8 (slice, at);

  at += 4 + 2 + 32;
  if (!ps_slice_has (slice, at, 1))
    return 0;
  at += 1u + ps_slice_u8 (slice, at); /* session id */
  if (type == CLIENT_HELLO)
    {
      if (!ps_slice_has (slice, at, 2))
        return 0;
      at += 2u + ps_slice_u16 (slice, at); /* cipher suites */
      if (!ps_slice_has (slice, at, 1))
        return 0;
      at += 1u + ps_slice_u8 (slice, at); /* compression */
    }
  else
    at += 3;
  return ps_slice_has (slice, at, 2) ? at + 2 : 0;
}

/* Finds an extension; returns where its content begins, 0 if it is not (whole) there. */
static guint32
find_extension (const PsSlice *slice, guint32 hello, guint16 wanted, guint32 *ret_length)
{
  guint32 at = extensions_at (slice, hello);

  for (guint i = 0; at > 0 && i < PS_DISSECT_ITEMS_MAX && ps_slice_has (slice, at, 4); i++)
    {
      guint32 length = ps_slice_u16 (slice, at + 2);

      if (ps_slice_u16 (slice, at) == wanted)
        {
          *ret_length = length;
          return ps_slice_has (slice, at + 4, length) ? at + 4 : 0;
        }
      at += 4 + length;
    }
  return 0;
}

/* The first host name of the server name extension. */
static guint32
find_server_name (const PsSlice *slice, guint32 hello, guint32 *ret_length)
{
  guint32 length = 0, at = find_extension (slice, hello, 0, &length);

  if (at == 0 || length < 5 || ps_slice_u8 (slice, at + 2) != 0 ||
      ps_slice_u16 (slice, at + 3) > length - 5)
    return 0;
  *ret_length = ps_slice_u16 (slice, at + 3);
  return at + 5;
}

static void
dissect_hello (const PsSlice *slice, PsField *record, guint32 at)
{
  guint32 length = 0, place;

  ps_tree_add_at (record, slice, &fields[HANDSHAKE_VERSION], at + 4, 2);
  ps_tree_add_at (record, slice, &fields[RANDOM], at + 6, 32);
  if (ps_slice_u8 (slice, at) == SERVER_HELLO && ps_slice_has (slice, at + 38, 1))
    ps_tree_add_at (record, slice, &fields[CIPHERSUITE], at + 39 + ps_slice_u8 (slice, at + 38), 2);
  place = find_server_name (slice, at, &length);
  if (place > 0)
    ps_tree_add_at (record, slice, &fields[SERVER_NAME], place, length);

  place = find_extension (slice, at, 16, &length);
  for (guint32 i = 2; place > 0 && i < length;)
    {
      guint32 n = ps_slice_u8 (slice, place + i);

      if (n == 0 || n > length - i - 1)
        break;
      ps_tree_add_at (record, slice, &fields[ALPN], place + i + 1, n);
      i += 1 + n;
    }
}

/* A handshake type that is known and whose length fits its record is not encrypted. */
static gboolean
is_plain_handshake (const PsSlice *slice, guint32 record)
{
  return ps_slice_u8 (slice, record) == HANDSHAKE &&
         ps_value_name (handshake_types, ps_slice_u8 (slice, record + 5)) != NULL &&
         ps_slice_number (slice, record + 6, 3) + 4 <= ps_slice_u16 (slice, record + 3);
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  guint32 at = 0;

  for (guint i = 0; i < PS_DISSECT_ITEMS_MAX; i++)
    {
      PsSlice rest = *slice;
      guint32 length;
      PsField *record;

      rest.offset = slice->offset + at;
      if (at > ps_slice_captured (slice) || !ps_tls_looks_like (&rest))
        return;
      length = 5u + ps_slice_u16 (slice, at + 3);
      record = ps_tree_add_at (heading, slice, &fields[RECORD], at,
                               MIN (length, ps_slice_captured (slice) - at));
      ps_tree_add_at (record, slice, &fields[CONTENT_TYPE], at, 1);
      ps_tree_add_at (record, slice, &fields[RECORD_VERSION], at + 1, 2);
      ps_tree_add_at (record, slice, &fields[RECORD_LENGTH], at + 3, 2);
      if (is_plain_handshake (slice, at))
        {
          guint8 type = ps_slice_u8 (slice, at + 5);

          ps_tree_add_at (record, slice, &fields[HANDSHAKE_TYPE], at + 5, 1);
          ps_tree_add_at (record, slice, &fields[HANDSHAKE_LENGTH], at + 6, 3);
          if (type == CLIENT_HELLO || type == SERVER_HELLO)
            dissect_hello (slice, record, at + 5);
        }
      at += length;
    }
}

/* One record: "Client Hello (SNI=example.org)", "Application Data". */
static void
add_record (const PsSlice *slice, PsText *info, guint32 at)
{
  guint32 length = 0, place;

  if (!is_plain_handshake (slice, at))
    {
      ps_text_add (info, ps_value_name (content_types, ps_slice_u8 (slice, at)));
      return;
    }
  ps_text_add (info, ps_value_name (handshake_types, ps_slice_u8 (slice, at + 5)));
  place =
      ps_slice_u8 (slice, at + 5) == CLIENT_HELLO ? find_server_name (slice, at + 5, &length) : 0;
  if (place > 0)
    {
      ps_text_add (info, " (SNI=");
      ps_text_add_untrusted (info, slice->data + slice->offset + place, length);
      ps_text_add_char (info, ')');
    }
}

/* As Wireshark says it: what the records of the segment are, one after the other. */
static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  const char *version = ps_value_name (versions, ps_slice_u16 (slice, 1));
  guint32 at = 0, captured = ps_slice_captured (slice);
  PsSlice rest = *slice;

  for (guint i = 0; i < RECORDS_SHOWN && at < captured && ps_tls_looks_like (&rest); i++)
    {
      if (i > 0)
        ps_text_add (info, ", ");
      add_record (slice, info, at);
      at += 5u + ps_slice_u16 (slice, at + 3);
      rest.offset = slice->offset + at;
    }
  if (version != NULL && !is_plain_handshake (slice, 0))
    {
      ps_text_add (info, ", ");
      ps_text_add (info, version);
    }
  ps_text_add (info, " Len=");
  ps_text_add_number (info, ps_slice_u16 (slice, 3));
  if (at > ps_slice_length (slice))
    ps_text_add (info, " [continues in the next segment]");
}

const PsDissector ps_tls_dissector = {
  .name = "tls",
  .title = N_ ("Transport Layer Security"),
  .protocol = "TLS",
  .layer = PS_LAYER_SOCKET,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 5,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
};
