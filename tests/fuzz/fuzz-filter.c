/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A text that nobody meant, taken for a display filter: either it is refused
 * with a sentence and a place inside of the text, or it can be asked of any
 * packet.
 */
#include <string.h>

#include "analysis/ps-filter.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* A TCP segment and a DNS query. */
static const guint8 segment[] = {
  2,    0, 0,  0, 0, 2, 2,    0,    0, 0, 0,   1,  8,   0, 0x45, 0,    0, 44,   1, 2,
  0x40, 0, 64, 6, 0, 0, 192,  0,    2, 1, 198, 51, 100, 2, 0x9c, 0x40, 0, 80,   0, 0,
  0,    1, 0,  0, 0, 2, 0x60, 0x18, 1, 0, 0,   0,  0,   0, 2,    4,    5, 0xb4,
};
static const guint8 query[] = {
  0x45, 0,    0,    57,  1,   2,   0x40, 0,   64,  17,   0,    0,   192, 0,   2, 1, 198, 51, 100,
  2,    0x9c, 0x40, 0,   53,  0,   37,   0,   0,   0xab, 0xcd, 1,   0,   0,   1, 0, 0,   0,  0,
  0,    0,    7,    'e', 'x', 'a', 'm',  'p', 'l', 'e',  3,    'o', 'r', 'g', 0, 0, 1,   0,  1,
};
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);
  g_autoptr (PsSession) session = ps_session_new (0);
  g_autoptr (PsFilter) filter = NULL;
  g_autoptr (GError) error = NULL;
  gsize position = 0;
  const PsPacket packets[] = {
    { .number = 1,
      .link_type = 1,
      .data = segment,
      .captured = sizeof segment,
      .length = sizeof segment },
    { .number = 2,
      .link_type = 101,
      .data = query,
      .captured = sizeof query,
      .length = sizeof query },
    { .number = 3,
      .link_type = 1,
      .n_stages = 2,
      .stages = { { 0, PS_STAGE_LINK }, { 900, PS_STAGE_NETWORK } } },
  };

  filter = ps_filter_parse (text, &position, &error);
  if (filter == NULL)
    {
      if (error == NULL || position > strlen (text))
        g_error ("refused without a reason, or at a place that is not there");
      if (!g_utf8_validate (error->message, -1, NULL))
        g_error ("the reason is not text");
      return 0;
    }
  for (guint i = 0; i < G_N_ELEMENTS (packets); i++)
    ps_filter_matches (filter, session, &packets[i]);
  return 0;
}
