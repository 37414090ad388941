/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Long headers: RFC 9000, 17.2; version 2: RFC 9369. Short headers cannot be told from noise. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum { HEADER_FORM, FIXED_BIT, PACKET_TYPE, VERSION, DCIL, DCID, SCIL, SCID };

#define VERSION_1 0x00000001u
#define VERSION_2 0x6b3343cfu
#define CONNECTION_ID_MAX 20

static const PsValueName packet_types[] = {
  { 0, "Initial" }, { 1, "0-RTT" }, { 2, "Handshake" }, { 3, "Retry" }, { 0, NULL },
};

static const PsValueName versions[] = {
  { 0, "version negotiation" },
  { VERSION_1, "1" },
  { VERSION_2, "2" },
  { 0, NULL },
};

static const PsFieldInfo fields[] = {
  [HEADER_FORM] = { "quic.header_form", N_ ("Long header"), PS_FIELD_UNSIGNED, 0, 1, 0x80 },
  [FIXED_BIT] = { "quic.fixed_bit", N_ ("Fixed bit"), PS_FIELD_UNSIGNED, 0, 1, 0x40 },
  [PACKET_TYPE] = { "quic.long.packet_type", N_ ("Packet type"), PS_FIELD_UNSIGNED, 0, 1, 0x30,
                    packet_types },
  [VERSION] = { "quic.version", N_ ("Version"), PS_FIELD_HEX, 1, 4, 0, versions },
  [DCIL] = { "quic.dcil", N_ ("Destination connection id length"), PS_FIELD_UNSIGNED, 5, 1 },
  [DCID] = { "quic.dcid", N_ ("Destination connection id"), PS_FIELD_BYTES, -1, 0 },
  [SCIL] = { "quic.scil", N_ ("Source connection id length"), PS_FIELD_UNSIGNED, -1, 1 },
  [SCID] = { "quic.scid", N_ ("Source connection id"), PS_FIELD_BYTES, -1, 0 },
};

gboolean
ps_quic_looks_like (const PsSlice *slice)
{
  guint32 version = ps_slice_u32 (slice, 1);

  return ps_slice_has (slice, 0, 7) && (ps_slice_u8 (slice, 0) & 0xc0) == 0xc0 &&
         (version == VERSION_1 || version == VERSION_2) &&
         ps_slice_u8 (slice, 5) <= CONNECTION_ID_MAX;
}

static guint32
header_length (const PsSlice *slice)
{
  return ps_slice_length (slice);
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  guint32 length = ps_slice_u8 (slice, 5), at = 6 + length;

  ps_tree_add_range (heading, slice, fields, HEADER_FORM, DCIL);
  if (length > 0)
    ps_tree_add_at (heading, slice, &fields[DCID], 6, length);
  ps_tree_add_at (heading, slice, &fields[SCIL], at, 1);
  length = ps_slice_u8 (slice, at);
  if (length > 0 && length <= CONNECTION_ID_MAX)
    ps_tree_add_at (heading, slice, &fields[SCID], at + 1, length);
}

static void
add_source (const PsSlice *slice, PsText *info)
{
  guint32 at = 6u + ps_slice_u8 (slice, 5), length = ps_slice_u8 (slice, at);
  const guint8 *id = ps_slice_bytes (slice, at + 1, length);

  if (id == NULL || length == 0 || length > CONNECTION_ID_MAX)
    return;
  ps_text_add (info, ", SCID=");
  for (guint32 i = 0; i < length; i++)
    ps_text_add_hex (info, id[i], 2);
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  const guint8 *id = ps_slice_bytes (slice, 6, ps_slice_u8 (slice, 5));
  guint type = ps_slice_u8 (slice, 0) >> 4 & 3;

  /* Version 2 counts its types one on. */
  if (ps_slice_u32 (slice, 1) == VERSION_2)
    type = (type + 3) & 3;
  ps_text_add (info, ps_value_name (packet_types, type));
  if (id != NULL && ps_slice_u8 (slice, 5) > 0)
    {
      ps_text_add (info, ", DCID=");
      for (guint i = 0; i < ps_slice_u8 (slice, 5); i++)
        ps_text_add_hex (info, id[i], 2);
    }
  add_source (slice, info);
}

const PsDissector ps_quic_dissector = {
  .name = "quic",
  .title = N_ ("QUIC"),
  .protocol = "QUIC",
  .layer = PS_LAYER_SOCKET,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 7,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
};
