/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-tcp-range.h"

#include <string.h>

#include "analysis/dissect/ps-dissector.h"

#define TCP_SYN 0x02

gboolean
ps_tcp_range_of_packet (const PsPacket *packet, PsTcpRange *ret_range)
{
  PsSlice slice;
  gboolean more, found = FALSE;

  more = ps_slice_first (&slice, packet->data, packet->captured, packet->length, packet->link_type);
  for (guint i = 0; more && !slice.quoted && i < PS_DISSECT_DEPTH_MAX; i++)
    {
      if (strcmp (slice.dissector->name, "tcp") == 0 && ps_slice_has (&slice, 0, 14))
        {
          guint32 header = ps_slice_u8 (&slice, 12) / 16 * 4u, length = ps_slice_length (&slice);

          found = header >= 20;
          ret_range->first_seq =
              ps_slice_u32 (&slice, 4) + (ps_slice_u8 (&slice, 13) & TCP_SYN ? 1 : 0);
          ret_range->end_seq = ret_range->first_seq + (length > header ? length - header : 0);
        }
      more = ps_slice_next (&slice);
    }
  return found;
}

gboolean
ps_tcp_range_overlap (const PsTcpRange *a, const PsTcpRange *b)
{
  return (gint32)(a->first_seq - b->end_seq) < 0 && (gint32)(b->first_seq - a->end_seq) < 0 &&
         a->first_seq != a->end_seq && b->first_seq != b->end_seq;
}
