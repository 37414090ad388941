/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 9260: the common header, and which chunks follow. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum {
  SRCPORT,
  DSTPORT,
  VERIFICATION_TAG,
  CHECKSUM,
  CHUNK_TYPE,
  CHUNK_FLAGS,
  CHUNK_LENGTH,
  DATA_TSN,
  DATA_SID,
  DATA_SSN,
  DATA_PPID,
  INIT_TAG,
  INIT_CREDIT,
  INIT_OUT,
  INIT_IN,
  INIT_TSN,
  INIT_ACK_TAG,
  INIT_ACK_CREDIT,
  INIT_ACK_OUT,
  INIT_ACK_IN,
  INIT_ACK_TSN,
  SACK_TSN,
  SACK_CREDIT,
  SACK_GAPS,
  SACK_DUPLICATES,
  SHUTDOWN_TSN,
};

enum { DATA = 0, INIT = 1, INIT_ACK = 2, SACK = 3, SHUTDOWN = 7 };

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
  [DATA_TSN] = { "sctp.data_tsn_raw", N_ ("Transmission sequence number"), PS_FIELD_UNSIGNED, -1,
                 4 },
  [DATA_SID] = { "sctp.data_sid", N_ ("Stream"), PS_FIELD_HEX, -1, 2 },
  [DATA_SSN] = { "sctp.data_ssn", N_ ("Stream sequence number"), PS_FIELD_UNSIGNED, -1, 2 },
  [DATA_PPID] = { "sctp.data_payload_proto_id", N_ ("Payload protocol"), PS_FIELD_UNSIGNED, -1, 4 },
  [INIT_TAG] = { "sctp.init_initiate_tag", N_ ("Initiate tag"), PS_FIELD_HEX, -1, 4 },
  [INIT_CREDIT] = { "sctp.init_credit", N_ ("Receiver window"), PS_FIELD_UNSIGNED, -1, 4 },
  [INIT_OUT] = { "sctp.init_nr_out_streams", N_ ("Outbound streams"), PS_FIELD_UNSIGNED, -1, 2 },
  [INIT_IN] = { "sctp.init_nr_in_streams", N_ ("Inbound streams"), PS_FIELD_UNSIGNED, -1, 2 },
  [INIT_TSN] = { "sctp.init_initial_tsn", N_ ("Initial sequence number"), PS_FIELD_UNSIGNED, -1,
                 4 },
  [INIT_ACK_TAG] = { "sctp.initack_initiate_tag", N_ ("Initiate tag"), PS_FIELD_HEX, -1, 4 },
  [INIT_ACK_CREDIT] = { "sctp.initack_credit", N_ ("Receiver window"), PS_FIELD_UNSIGNED, -1, 4 },
  [INIT_ACK_OUT] = { "sctp.initack_nr_out_streams", N_ ("Outbound streams"), PS_FIELD_UNSIGNED, -1,
                     2 },
  [INIT_ACK_IN] = { "sctp.initack_nr_in_streams", N_ ("Inbound streams"), PS_FIELD_UNSIGNED, -1,
                    2 },
  [INIT_ACK_TSN] = { "sctp.initack_initial_tsn", N_ ("Initial sequence number"), PS_FIELD_UNSIGNED,
                     -1, 4 },
  [SACK_TSN] = { "sctp.sack_cumulative_tsn_ack_raw", N_ ("Cumulative acknowledgment"),
                 PS_FIELD_UNSIGNED, -1, 4 },
  [SACK_CREDIT] = { "sctp.sack_a_rwnd", N_ ("Receiver window"), PS_FIELD_UNSIGNED, -1, 4 },
  [SACK_GAPS] = { "sctp.sack_number_of_gap_blocks", N_ ("Gap blocks"), PS_FIELD_UNSIGNED, -1, 2 },
  [SACK_DUPLICATES] = { "sctp.sack_number_of_duplicated_tsns", N_ ("Duplicates"), PS_FIELD_UNSIGNED,
                        -1, 2 },
  [SHUTDOWN_TSN] = { "sctp.shutdown_cumulative_tsn_ack", N_ ("Cumulative acknowledgment"),
                     PS_FIELD_UNSIGNED, -1, 4 },
};

/* What stands behind the header of a chunk, one field after the other: RFC 9260, 3.3. */
static const struct {
  guint8 type;
  guint8 from, to; /* fields */
} contents[] = {
  { DATA, DATA_TSN, DATA_PPID },
  { INIT, INIT_TAG, INIT_TSN },
  { INIT_ACK, INIT_ACK_TAG, INIT_ACK_TSN },
  { SACK, SACK_TSN, SACK_DUPLICATES },
  { SHUTDOWN, SHUTDOWN_TSN, SHUTDOWN_TSN },
};

static void
dissect_content (const PsSlice *slice, PsField *chunk, guint32 at)
{
  guint32 end = at + ps_slice_u16 (slice, at + 2);

  for (guint i = 0; i < G_N_ELEMENTS (contents); i++)
    {
      guint32 place = at + 4;

      if (contents[i].type != ps_slice_u8 (slice, at))
        continue;
      for (guint j = contents[i].from; j <= contents[i].to && place + fields[j].bytes <= end; j++)
        {
          ps_tree_add_at (chunk, slice, &fields[j], place, fields[j].bytes);
          place += fields[j].bytes;
        }
    }
}

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
      dissect_content (slice, chunk, at);
      at += length;
    }
}

static void
add_number (PsText *info, const char *name, guint64 number)
{
  ps_text_add (info, name);
  ps_text_add_number (info, number);
}

/* What tells a chunk from others of its type. */
static void
add_content (const PsSlice *slice, PsText *info, guint32 at)
{
  switch (ps_slice_u8 (slice, at))
    {
    case DATA:
      if (!ps_slice_has (slice, at, 16) || ps_slice_u16 (slice, at + 2) < 16)
        return;
      add_number (info, " TSN=", ps_slice_u32 (slice, at + 4));
      add_number (info, " SID=", ps_slice_u16 (slice, at + 8));
      add_number (info, " SSN=", ps_slice_u16 (slice, at + 10));
      add_number (info, " PPID=", ps_slice_u32 (slice, at + 12));
      add_number (info, " Len=", ps_slice_u16 (slice, at + 2) - 16u);
      break;
    case SACK:
      if (!ps_slice_has (slice, at, 16))
        return;
      add_number (info, " Ack=", ps_slice_u32 (slice, at + 4));
      add_number (info, " Win=", ps_slice_u32 (slice, at + 8));
      if (ps_slice_u16 (slice, at + 12) > 0)
        add_number (info, " gaps=", ps_slice_u16 (slice, at + 12));
      break;
    case INIT:
    case INIT_ACK:
      if (!ps_slice_has (slice, at, 20))
        return;
      add_number (info, " Win=", ps_slice_u32 (slice, at + 8));
      add_number (info, " OS=", ps_slice_u16 (slice, at + 12));
      add_number (info, " MIS=", ps_slice_u16 (slice, at + 14));
      add_number (info, " TSN=", ps_slice_u32 (slice, at + 16));
      break;
    default:
      break;
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

      ps_text_add (info, i > 0 ? ", " : "");
      ps_text_add (info, name ? name : "chunk");
      add_content (slice, info, at);
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
