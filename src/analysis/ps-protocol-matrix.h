/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which protocol's packets change another protocol's state: an ICMP error that
 * ends a TCP connection's retransmissions, a datagram that makes the kernel
 * send an ICMP message, any packet that a neighbour entry learns from. Read off
 * the functions on a packet's path, so it shows what was really run, and misses
 * what no recorded call path passed.
 */
#pragma once

#include "analysis/ps-path-table.h"

G_BEGIN_DECLS

typedef struct {
  char from[16]; /* protocol of the packet that did it: "ICMP", "UDP", "TCP", "ARP", … */
  const char *to; /* whose state: "TCP", "neighbour", "route", …; static, translatable */
  const char *function; /* that does it, of the first such packet; static */
  guint64 packets; /* that ran it; of ICMP messages sent: those messages */
  guint64 inferred; /* of these, by the usual path of their kind only */
  guint64 example; /* number of a packet */
} PsProtocolCell;

/* Transfer full, element PsProtocolCell; most packets first. Cells that are not there are 0. */
GPtrArray *
ps_protocol_matrix_new (PsSession *session, PsPacketPredicate predicate, gpointer user_data);

G_END_DECLS
