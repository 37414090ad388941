/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The addresses and ports of a packet as they stand in its headers, for the
 * columns a session keeps. Only packets that leave no doubt have them: one IP
 * header, not a fragment, and behind it TCP, UDP or ICMP that carries no further
 * IP; or ARP, which has none of all this. Of all others the bytes have to be
 * looked at.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  guint8 source[16]; /* IPv4 in the first four, the rest zero */
  guint8 destination[16];
  guint16 source_port;
  guint16 destination_port;
  guint8 ip_version; /* 4 or 6; 0: no IP */
  guint8 ip_protocol;
  guint16 known; /* 1; 0: not such a packet */
} PsPacketHeaders;

G_STATIC_ASSERT (sizeof (PsPacketHeaders) == 40);

/*
 * FALSE, with zeroes, if it is not such a packet. `ret_tcp_bits` gets bytes 12
 * and 13 of a TCP header, which are never 0 (length, flags), else 0. `captured`
 * bytes of a packet of `length` bytes on the wire.
 */
gboolean ps_packet_headers_read (guint16 link_type,
                                 const guint8 *data,
                                 guint32 captured,
                                 guint32 length,
                                 PsPacketHeaders *ret_headers,
                                 guint16 *ret_tcp_bits);

/* A packet with these headers and no more: raw IP, PS_PACKET_HEADERS_MAX bytes at most. */
#define PS_PACKET_HEADERS_MAX 60u
guint32 ps_packet_headers_write (const PsPacketHeaders *headers, guint16 tcp_bits, guint8 *to);

G_END_DECLS
