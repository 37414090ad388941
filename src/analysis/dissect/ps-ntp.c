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

/* A reference of fewer than four letters ends with zero bytes. */
static guint32
name_length (const PsSlice *slice)
{
  guint32 length = 4;

  while (length > 0 && ps_slice_u8 (slice, 11 + length) == 0)
    length--;
  return length;
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
  if (!ps_slice_has (slice, 0, 48) || (flags & 7) > 5)
    return;
  /* Only who has a clock to offer has a stratum and somebody it follows: RFC 5905, 7.3. */
  if (ps_slice_u8 (slice, 1) > 0)
    {
      ps_text_add (info, ", stratum ");
      ps_text_add_number (info, ps_slice_u8 (slice, 1));
      ps_text_add (info, " from ");
      if (ps_slice_u8 (slice, 1) > 1)
        ps_text_add_ipv4 (info, slice->data + slice->offset + 12);
      else
        ps_text_add_untrusted (info, slice->data + slice->offset + 12, name_length (slice));
    }
  else if ((flags & 7) == 4 || (flags & 7) == 2)
    {
      ps_text_add (info, ", kiss of death ");
      ps_text_add_untrusted (info, slice->data + slice->offset + 12, name_length (slice));
    }
  if (flags >> 6 == 3)
    ps_text_add (info, ", not synchronized");
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
