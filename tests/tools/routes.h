/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways packets take through a kernel: stages, and the call paths seen at
 * them, as a 6.x kernel really has them.
 */
#pragma once

#include <glib.h>

#include "record/record.h"

G_BEGIN_DECLS

typedef enum {
  ROUTE_TCP_CONNECT,
  ROUTE_TCP_SEND,
  ROUTE_TCP_ACK, /* sent from softirq */
  ROUTE_TCP_CLOSE,
  ROUTE_TCP_RECEIVE,
  ROUTE_TCP_RECEIVE_LOOPBACK,
  ROUTE_TCP_HANDSHAKE, /* received, and ends in TCP itself */
  ROUTE_TCP_REFUSED,
  ROUTE_TCP_RESET, /* sent by the refusing kernel */
  ROUTE_TCP6_RECEIVE,
  ROUTE_UDP_SEND,
  ROUTE_UDP_RECEIVE,
  ROUTE_UDP_RECEIVE_LOOPBACK,
  ROUTE_UDP_REFUSED,
  ROUTE_ICMP_SEND,
  ROUTE_ICMP_ERROR, /* sent by the refusing kernel */
  ROUTE_ICMP_ERROR_RECEIVE,
  ROUTE_ICMP_RECEIVE,
  ROUTE_ARP_RECEIVE,
  ROUTE_ARP_SEND,
  ROUTE_FORWARD,
  ROUTE_FILTERED,
  N_ROUTES,
} RouteName;

#define ROUTE_STAGES_MAX 8
#define ROUTE_PATHS_MAX 3

typedef struct {
  guint8 stage;
  guint8 event; /* enum ps_stack_event */
  guint8 flags; /* PS_PATH_* */
  const char *functions; /* outermost first; "module:function" */
} RoutePath;

typedef struct {
  guint8 n_stages;
  guint8 stages[ROUTE_STAGES_MAX];
  guint8 n_paths;
  RoutePath paths[ROUTE_PATHS_MAX];
  const char *dropped_by; /* the function, NULL if it is not dropped */
  const char *drop_reason;
} Route;

extern const Route routes[N_ROUTES];

G_END_DECLS
