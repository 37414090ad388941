/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building the bytes of synthetic packets: Ethernet, ARP, IPv4, IPv6, TCP, UDP
 * and ICMP, with their checksums.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define FRAME_MAX 256u

/* The head of a packet; `length` on the wire may be more than the `size` that is here. */
typedef struct {
  guint8 data[FRAME_MAX];
  guint32 size;
  guint32 length;
  guint16 ethertype;
} Frame;

/* An end of a conversation. IPv4 in the first four bytes. */
typedef struct {
  guint8 address[16];
  guint16 port;
  guint8 mac[6];
} Endpoint;

typedef struct {
  const Endpoint *from;
  const Endpoint *to;
  gboolean ipv6;
  guint8 protocol; /* IPPROTO_* */
  guint8 ttl;
  guint8 tcp_flags;
  guint32 sequence;
  guint32 acknowledgement;
  guint8 icmp_type;
  guint8 icmp_code;
  guint16 icmp_id;
  guint16 icmp_sequence;
  const void *payload; /* what of the payload is worth showing */
  guint32 payload_size; /* of it; the rest is filled */
  guint32 payload_length; /* on the wire */
} Packet;

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10

void frame_build (Frame *frame, const Packet *packet);
void frame_build_arp (Frame *frame, gboolean reply, const Endpoint *from, const Endpoint *to);

/* A DNS message for the A record of `name`; returns its size (at most 120). */
guint32 frame_dns (guint8 *buffer, guint16 id, const char *name, gboolean answer);

G_END_DECLS
