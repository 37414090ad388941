/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small exchanges over loopback, both ends in one thread. Each aborts the test
 * if it fails. */
#pragma once

#include <glib.h>

/* `rounds` datagrams of `size` bytes there and back. */
void ps_traffic_udp (guint rounds, guint size);

/* Connects, sends `rounds` times `size` bytes there and back, closes. */
void ps_traffic_tcp (guint rounds, guint size);

/* A datagram to a port nobody listens on. */
void ps_traffic_udp_refused (void);

/* A connection to a port nobody listens on. */
void ps_traffic_tcp_refused (void);
