/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BSD loopback: an address family in the byte order of the machine that captured. */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

static const PsFieldInfo fields[] = {
  { "null.family", N_ ("Family"), PS_FIELD_UNSIGNED, -1, 4 },
};

/* Families are small numbers: whichever order gives one is the order. */
static guint32
family (const PsSlice *slice)
{
  guint32 big = ps_slice_u32 (slice, 0);

  return big < 0x10000 ? big : GUINT32_SWAP_LE_BE (big);
}

static guint32
header_length (const PsSlice *slice)
{
  return 4;
}

static void
dissect (const PsSlice *slice, PsField *heading)
{
  ps_tree_add_printf (heading, slice, &fields[0], 0, 4, family (slice), "%u", family (slice));
}

static void
next (const PsSlice *slice, PsSlice *inner)
{
  guint32 af = family (slice);

  /* AF_INET is 2 everywhere; AF_INET6 is 24 on NetBSD, 28 on FreeBSD, 30 on macOS, 10 on Linux. */
  if (af == 2)
    ps_slice_enter (inner, &ps_ipv4_dissector, 4, G_MAXUINT32);
  else if (af == 10 || af == 24 || af == 28 || af == 30)
    ps_slice_enter (inner, &ps_ipv6_dissector, 4, G_MAXUINT32);
}

const PsDissector ps_null_dissector = {
  .name = "null",
  .title = N_ ("Loopback"),
  .protocol = "Loopback",
  .layer = PS_LAYER_LINK,
  .fields = fields,
  .n_fields = G_N_ELEMENTS (fields),
  .least = 4,
  .header_length = header_length,
  .dissect = dissect,
  .next = next,
};
