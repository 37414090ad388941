/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The classic format (draft-ietf-opsawg-pcap), either byte order, micro- or
 * nanoseconds.
 */
#include "config.h"

#include <string.h>

#include "session/ps-capture-source.h"

#define MAGIC_MICROSECONDS 0xa1b2c3d4u
#define MAGIC_NANOSECONDS 0xa1b23c4du
#define HEADER_SIZE 24u
#define PACKET_HEADER_SIZE 16u

static guint32
get32 (const guint8 *at, gboolean swapped)
{
  guint32 value;

  memcpy (&value, at, sizeof value);
  return swapped ? GUINT32_SWAP_LE_BE (value) : value;
}

void
ps_pcap_read (PsCaptureSource *source)
{
  const guint8 *at = ps_capture_source_peek (source, HEADER_SIZE);
  gboolean swapped, nanoseconds;
  guint16 link_type;

  if (!at)
    {
      ps_capture_source_warn_truncated (source);
      return;
    }
  swapped = get32 (at, FALSE) != MAGIC_MICROSECONDS && get32 (at, FALSE) != MAGIC_NANOSECONDS;
  nanoseconds = get32 (at, swapped) == MAGIC_NANOSECONDS;
  link_type = (guint16)get32 (at + 20, swapped); /* the upper half says whether there is an FCS */
  ps_capture_source_skip (source, HEADER_SIZE);

  while ((at = ps_capture_source_peek (source, PACKET_HEADER_SIZE)))
    {
      guint64 seconds = get32 (at, swapped), fraction = get32 (at + 4, swapped);
      guint32 captured = get32 (at + 8, swapped), length = get32 (at + 12, swapped);

      if (captured > PS_SOURCE_MAX)
        {
          ps_capture_source_warn_damaged (source);
          return;
        }
      at = ps_capture_source_peek (source, PACKET_HEADER_SIZE + captured);
      if (!at)
        break;
      ps_capture_source_import (source, seconds * 1000000000u + fraction * (nanoseconds ? 1 : 1000),
                                0, link_type, PS_DIRECTION_UNKNOWN, length, captured,
                                at + PACKET_HEADER_SIZE);
      ps_capture_source_deliver (source);
      ps_capture_source_skip (source, PACKET_HEADER_SIZE + captured);
    }
  if (source->end > source->start)
    ps_capture_source_warn_truncated (source);
}
