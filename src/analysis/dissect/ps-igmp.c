/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 2236 (version 2), RFC 3376 (version 3). */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum {
  TYPE,
  MAX_RESP,
  CHECKSUM,
  MADDR,
  NUM_SRC,
  SADDR,
  NUM_GRP_RECS,
  RECORD_TYPE,
};

enum { QUERY = 0x11, REPORT_2 = 0x16, LEAVE = 0x17, REPORT_3 = 0x22 };

static const PsValueName types[] = {
  { 0x11, "Membership query" }, { 0x12, "Membership report v1" }, { 0x16, "Membership report v2" },
  { 0x17, "Leave group" },      { 0x22, "Membership report v3" }, { 0, NULL },
};

static const PsValueName record_types[] = {
  { 1, "is_in" }, { 2, "is_ex" }, { 3, "to_in" }, { 4, "to_ex" },
  { 5, "allow" }, { 6, "block" }, { 0, NULL },
};

static const PsFieldInfo fields[] = {
  [TYPE] = { "igmp.type", N_ ("Type"), PS_FIELD_HEX, 0, 1, 0, types },
  [MAX_RESP] = { "igmp.max_resp", N_ ("Maximum response time"), PS_FIELD_UNSIGNED, -1, 1 },
  [CHECKSUM] = { "igmp.checksum", N_ ("Checksum"), PS_FIELD_HEX, 2, 2 },
  [MADDR] = { "igmp.maddr", N_ ("Group"), PS_FIELD_IPV4, -1, 4 },
  [NUM_SRC] = { "igmp.num_src", N_ ("Sources"), PS_FIELD_UNSIGNED, -1, 2 },
  [SADDR] = { "igmp.saddr", N_ ("Source"), PS_FIELD_IPV4, -1, 4 },
  [NUM_GRP_RECS] = { "igmp.num_grp_recs", N_ ("Group records"), PS_FIELD_UNSIGNED, -1, 2 },
  [RECORD_TYPE] = { "igmp.record_type", N_ ("Record"), PS_FIELD_UNSIGNED, -1, 1, 0, record_types },
};

static guint32
header_length (const PsSlice *slice)
{
  return ps_slice_length (slice);
}

/* The sources at `at`, as far as they were captured. */
static void
dissect_sources (const PsSlice *slice, PsField *parent, guint32 at, guint n)
{
  for (guint i = 0; i < MIN (n, PS_DISSECT_ITEMS_MAX); i++)
    ps_tree_add_at (parent, slice, &fields[SADDR], at + 4 * i, 4);
}

/* Bytes of the group record at `at`: RFC 3376, 4.2.4; 0 if its header was not captured. */
static guint32
record_length (const PsSlice *slice, guint32 at)
{
  return ps_slice_has (slice, at, 8)
             ? 8u + 4u * ps_slice_u16 (slice, at + 2) + 4u * ps_slice_u8 (slice, at + 1)
             : 0;
}

static void
dissect_records (const PsSlice *slice, PsField *heading)
{
  guint n = MIN (ps_slice_u16 (slice, 6), PS_DISSECT_ITEMS_MAX);
  guint32 at = 8, length;

  for (guint i = 0; i < n && (length = record_length (slice, at)) > 0; i++, at += length)
    {
      PsField *record = ps_tree_add_at (heading, slice, &fields[RECORD_TYPE], at, 1);

      ps_tree_add_at (record, slice, &fields[NUM_SRC], at + 2, 2);
      ps_tree_add_at (record, slice, &fields[MADDR], at + 4, 4);
      dissect_sources (slice, record, at + 8, ps_slice_u16 (slice, at + 2));
    }
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  guint8 type = ps_slice_u8 (slice, 0);

  ps_tree_add (heading, slice, &fields[TYPE]);
  if (type == QUERY || type == REPORT_2 || type == LEAVE)
    ps_tree_add_at (heading, slice, &fields[MAX_RESP], 1, 1);
  ps_tree_add (heading, slice, &fields[CHECKSUM]);
  if (type == REPORT_3)
    {
      ps_tree_add_at (heading, slice, &fields[NUM_GRP_RECS], 6, 2);
      dissect_records (slice, heading);
      return;
    }
  ps_tree_add_at (heading, slice, &fields[MADDR], 4, 4);
  /* A query of version 3 is longer. */
  if (type == QUERY && ps_slice_length (slice) >= 12)
    {
      ps_tree_add_at (heading, slice, &fields[NUM_SRC], 10, 2);
      dissect_sources (slice, heading, 12, ps_slice_u16 (slice, 10));
    }
}

/* "[224.0.0.251 to_ex, 2 sources]", of the first few. */
static void
add_records (const PsSlice *slice, PsText *info)
{
  guint n = ps_slice_u16 (slice, 6);
  guint32 at = 8, length;

  for (guint i = 0; i < MIN (n, 4) && (length = record_length (slice, at)) > 0; i++, at += length)
    {
      const char *name = ps_value_name (record_types, ps_slice_u8 (slice, at));

      ps_text_add (info, " [");
      ps_text_add_ipv4 (info, slice->data + slice->offset + at + 4);
      ps_text_add_char (info, ' ');
      ps_text_add (info, name ? name : "unknown record");
      if (ps_slice_u16 (slice, at + 2) > 0)
        {
          ps_text_add (info, ", sources: ");
          ps_text_add_number (info, ps_slice_u16 (slice, at + 2));
        }
      ps_text_add_char (info, ']');
    }
  if (n > 4)
    ps_text_add (info, " …");
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  guint8 type = ps_slice_u8 (slice, 0);
  const char *name = ps_value_name (types, type);

  ps_text_add (info, name ? name : "Type 0x");
  if (name == NULL)
    ps_text_add_hex (info, type, 2);
  else if (type == REPORT_3)
    {
      ps_text_add (info, ", groups: ");
      ps_text_add_number (info, ps_slice_u16 (slice, 6));
      add_records (slice, info);
    }
  else if (type == QUERY && ps_slice_u32 (slice, 4) == 0)
    ps_text_add (info, ", general");
  else
    {
      ps_text_add (info, ", group ");
      ps_text_add_ipv4 (info, slice->data + slice->offset + 4);
    }
}

const PsDissector ps_igmp_dissector = {
  .name = "igmp",
  .title = N_ ("Internet Group Management Protocol"),
  .protocol = "IGMP",
  .layer = PS_LAYER_NETWORK,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 8,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
};
