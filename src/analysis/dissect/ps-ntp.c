/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 5905. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

enum { FLAGS, LI, VN, MODE, STRATUM, PPOLL, PRECISION, REFID };

static const PsValueName modes[] = {
  { 1, "symmetric active" }, { 2, "symmetric passive" }, { 3, "client" },  { 4, "server" },
  { 5, "broadcast" },        { 6, "control" },           { 7, "private" }, { 0, NULL },
};

static const PsFieldInfo fields[] = {
  [FLAGS] = { "ntp.flags", N_ ("Flags"), PS_FIELD_HEX, 0, 1 },
  [LI] = { "ntp.flags.li", N_ ("Leap indicator"), PS_FIELD_UNSIGNED, 0, 1, 0xc0 },
  [VN] = { "ntp.flags.vn", N_ ("Version"), PS_FIELD_UNSIGNED, 0, 1, 0x38 },
  [MODE] = { "ntp.flags.mode", N_ ("Mode"), PS_FIELD_UNSIGNED, 0, 1, 0x07, modes },
  [STRATUM] = { "ntp.stratum", N_ ("Stratum"), PS_FIELD_UNSIGNED, 1, 1 },
  [PPOLL] = { "ntp.ppoll", N_ ("Polling interval"), PS_FIELD_UNSIGNED, 2, 1 },
  [PRECISION] = { "ntp.precision", N_ ("Precision"), PS_FIELD_HEX, 3, 1 },
  [REFID] = { "ntp.refid", N_ ("Reference"), PS_FIELD_BYTES, 12, 4 },
};

static guint32
header_length (const PsSlice *slice)
{
  return ps_slice_length (slice);
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  PsField *flags = ps_tree_add (heading, slice, &fields[FLAGS]);

  ps_tree_add_range (flags, slice, fields, LI, MODE);
  ps_tree_add_range (heading, slice, fields, STRATUM, REFID);
}

static void
summarize (const PsSlice *slice, PsSummary *summary, PsText *info)
{
  guint8 flags = ps_slice_u8 (slice, 0);
  const char *mode = ps_value_name (modes, flags & 7);

  ps_text_add (info, "NTP version ");
  ps_text_add_number (info, flags >> 3 & 7);
  ps_text_add (info, ", ");
  ps_text_add (info, mode ? mode : "reserved mode");
}

const PsDissector ps_ntp_dissector = {
  .name = "ntp",
  .title = N_ ("Network Time Protocol"),
  .protocol = "NTP",
  .layer = PS_LAYER_SOCKET,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 4,
  .header_length = header_length,
  .dissect = dissect,
  .summarize = summarize,
};
