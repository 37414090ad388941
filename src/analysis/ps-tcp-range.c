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

void
ps_tcp_range_for_each (PsSession *session,
                       const PsPacket *packet,
                       const PsTcpRange *range,
                       PsTcpRangeFunc func,
                       gpointer user_data)
{
  guint64 first = ps_session_get_first_packet (session);
  guint64 end = first + ps_session_get_n_packets (session);
  guint64 from = MAX (first, packet->number - MIN (packet->number, PS_TCP_RANGE_ROWS));
  guint64 socket = packet->socket;
  guint8 direction = packet->direction;
  PsPacket other;
  PsTcpRange bytes;

  if (socket == 0)
    return;
  end = MIN (end, packet->number + PS_TCP_RANGE_ROWS + 1);
  for (guint64 n = from; n < end; n++)
    if (ps_session_get_packet (session, n, &other) && other.socket == socket &&
        other.direction == direction && ps_tcp_range_of_packet (&other, &bytes) &&
        ps_tcp_range_overlap (&bytes, range))
      func (&other, &bytes, user_data);
}
