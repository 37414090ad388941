/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "session/ps-pcapng-carried.h"
#include "session/ps-pcapng.h"

gboolean
ps_pcapng_is_carried (guint32 type)
{
  return type == PS_BLOCK_NAME_RESOLUTION || type == PS_BLOCK_SECRETS;
}

gboolean
ps_pcapng_is_own_comment (const char *text, gsize length)
{
  static const char *const beginnings[] = { "dropped by ", "dropped: " };

  for (guint i = 0; i < G_N_ELEMENTS (beginnings); i++)
    if (length >= strlen (beginnings[i]) &&
        memcmp (text, beginnings[i], strlen (beginnings[i])) == 0)
      return TRUE;
  return FALSE;
}

static guint16
swap16 (guint8 *at)
{
  guint16 value;

  memcpy (&value, at, sizeof value);
  value = GUINT16_SWAP_LE_BE (value);
  memcpy (at, &value, sizeof value);
  return value;
}

static guint32
swap32 (guint8 *at)
{
  guint32 value;

  memcpy (&value, at, sizeof value);
  value = GUINT32_SWAP_LE_BE (value);
  memcpy (at, &value, sizeof value);
  return value;
}

/* Options and name records alike: {u16 code, u16 length}, padded to 32 bits, ended by a code of 0.
 */
static gboolean
swap_list (guint8 **at, const guint8 *end)
{
  while (end - *at >= 4)
    {
      guint16 code = swap16 (*at);
      guint16 length = swap16 (*at + 2);
      gsize padded = (length + 3u) & ~3u;

      *at += 4;
      if (code == PS_OPTION_END)
        return TRUE;
      if (padded > (gsize)(end - *at))
        return FALSE;
      *at += padded;
    }
  return *at == end;
}

gboolean
ps_pcapng_swap_carried (guint32 type, guint8 *body, gsize size)
{
  guint8 *at = body;
  const guint8 *end = body + size;

  if (type == PS_BLOCK_SECRETS)
    {
      guint64 padded;

      if (size < 8)
        return FALSE;
      swap32 (at);
      padded = ((guint64)swap32 (at + 4) + 3u) & ~G_GUINT64_CONSTANT (3);
      at += 8;
      if (padded > (gsize)(end - at))
        return FALSE;
      at += padded;
      return swap_list (&at, end);
    }
  return swap_list (&at, end) && swap_list (&at, end);
}
