/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 9260: the common header, and which chunks follow. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum { SRCPORT, DSTPORT, VERIFICATION_TAG, CHECKSUM, CHUNK_TYPE, CHUNK_FLAGS, CHUNK_LENGTH };

static const PsValueName chunk_types[] = {
  { 0, "DATA" },
  { 1, "INIT" },
  { 2, "INIT_ACK" },
  { 3, "SACK" },
  { 4, "HEARTBEAT" },
  { 5, "HEARTBEAT_ACK" },
  { 6, "ABORT" },
  { 7, "SHUTDOWN" },
  { 8, "SHUTDOWN_ACK" },
  { 9, "ERROR" },
  { 10, "COOKIE_ECHO" },
  { 11, "COOKIE_ACK" },
  { 14, "SHUTDOWN_COMPLETE" },
  { 0, NULL },
};

static const PsFieldInfo fields[] = {
  [SRCPORT] = { "sctp.srcport", N_ ("Source port"), PS_FIELD_UNSIGNED, 0, 2 },
  [DSTPORT] = { "sctp.dstport", N_ ("Destination port"), PS_FIELD_UNSIGNED, 2, 2 },
  [VERIFICATION_TAG] = { "sctp.verification_tag", N_ ("Verification tag"), PS_FIELD_HEX, 4, 4 },
  [CHECKSUM] = { "sctp.checksum", N_ ("Checksum"), PS_FIELD_HEX, 8, 4 },
  [CHUNK_TYPE] = { "sctp.chunk_type", N_ ("Chunk"), PS_FIELD_UNSIGNED, -1, 1, 0, chunk_types },
  [CHUNK_FLAGS] = { "sctp.chunk_flags", N_ ("Flags"), PS_FIELD_HEX, -1, 1 },
  [CHUNK_LENGTH] = { "sctp.chunk_length", N_ ("Length"), PS_FIELD_UNSIGNED, -1, 2 },
};

static guint32
header_length (const PsSlice *slice)
{
  return ps_slice_length (slice);
}

/* The bytes the chunk at `at` takes, padding included; 0 if there is no whole chunk header. */
static guint32
chunk_length (const PsSlice *slice, guint32 at)
{
  guint32 length = ps_slice_u16 (slice, at + 2);

  return ps_slice_has (slice, at, 4) && length >= 4 ? (length + 3u) & ~3u : 0;
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  guint32 at = 12, length;

  ps_tree_add_range (heading, slice, fields, SRCPORT, CHECKSUM);
  for (guint i = 0; i < PS_DISSECT_ITEMS_MAX && (length = chunk_length (slice, at)) > 0; i++)
    {
      PsField *chunk = ps_tree_add_at (heading, slice, &fields[CHUNK_TYPE], at, 1);

      ps_tree_add_at (chunk, slice, &fields[CHUNK_FLAGS], at + 1, 1);
      ps_tree_add_at (chunk, slice, &fields[CHUNK_LENGTH], at + 2, 2);
      at += length;
    }
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  guint32 at = 12, length;

  summary->source_port = ps_slice_u16 (slice, 0);
  summary->destination_port = ps_slice_u16 (slice, 2);
  for (guint i = 0; i < 8 && (length = chunk_length (slice, at)) > 0; i++)
    {
      const char *name = ps_value_name (chunk_types, ps_slice_u8 (slice, at));

      ps_text_add (info, i > 0 ? " " : "");
      ps_text_add (info, name ? name : "chunk");
      at += length;
    }
}

const PsDissector ps_sctp_dissector = {
  .name = "sctp",
  .title = N_ ("Stream Control Transmission Protocol"),
  .protocol = "SCTP",
  .layer = PS_LAYER_TRANSPORT,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 12,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
};
