/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few header fields the helper needs itself: whose socket a packet is for,
 * and what kind of packet it is. Everything else about bytes is dissection,
 * and no business of a privileged program.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  PS_TCP_NOT, /* no TCP, or its header was not captured */
  PS_TCP_SYN,
  PS_TCP_SYN_ACK,
  PS_TCP_FIN,
  PS_TCP_RESET,
  PS_TCP_DATA,
  PS_TCP_ACK, /* nothing but an acknowledgement */
} PsTcpClass;

typedef struct {
  guint8 source[16]; /* IPv4 as ::ffff:a.b.c.d */
  guint8 destination[16];
  guint16 source_port; /* of an ICMP echo: its identifier, in both */
  guint16 destination_port;
  guint8 protocol; /* IPPROTO_*, behind extension headers; 0: no IP found */
  guint8 tcp_class; /* PsTcpClass */
  gboolean has_ports;
} PsHeaders;

/* Reads what `size` bytes hold. `has_link_header`: they begin with Ethernet, else with IP. */
void
ps_headers_parse (const guint8 *data, gsize size, gboolean has_link_header, PsHeaders *ret_headers);

G_END_DECLS
