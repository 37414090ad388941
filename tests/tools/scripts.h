/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conversations of the synthetic capture: who sends what in which order.
 */
#pragma once

#include "routes.h"

G_BEGIN_DECLS

typedef struct {
  gboolean from_remote;
  RouteName route; /* on the sender's side, or, from a remote machine, on ours */
  RouteName arrival; /* on loopback: how it is received again */
  guint8 tcp_flags;
  guint8 protocol; /* 0: that of the script */
  guint8 type, code; /* ICMP */
  guint32 payload_max; /* bytes; the real number is random, at least payload_min */
  guint32 payload_min;
  const char *payload; /* how it begins; NULL: filler */
  guint8 repeat_max; /* 0: once */
} Step;

typedef struct {
  const char *interface; /* lo, eth0, eth1 */
  gboolean ipv6;
  gboolean arp;
  gboolean dns;
  gboolean forwarded;
  gboolean no_socket;
  guint8 protocol;
  guint16 port; /* of the remote end */
  const char *process;
  const char *server; /* on loopback: who owns the other end; NULL: nobody */
  guint8 weight; /* how often, against the others */
  guint8 n_steps;
  Step steps[12];
} Script;

extern const Script scripts[];
extern const guint n_scripts;

G_END_DECLS
