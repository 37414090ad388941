/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-call-notes.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

/* How a function tells, and what it says if it does not go on with the packet. */
typedef enum {
  HOOK, /* nf_hook_slow: 1 goes on, 0 somebody took it, -errno dropped */
  VERDICT, /* NF_* */
  ERRNO, /* 0, or -errno */
  TRANSMIT, /* NET_XMIT_*, or -errno */
  RECEIVE, /* NET_RX_* */
  REASON, /* 0, a drop reason (since 6.14), or -errno before */
  REFUSED, /* not 0: refused */
  HELD, /* not 0: kept for later */
} Kind;

/* The first that matches. Sentences are for the value that stops the packet. */
static const struct {
  const char *pattern;
  Kind kind;
  const char *stopped;
} functions[] = {
  { "nf_hook_slow", HOOK, N_ ("a netfilter hook dropped the packet") },
  { "nft_do_chain*", VERDICT, N_ ("the nftables rules dropped the packet") },
  { "*t_do_table", VERDICT, N_ ("the iptables rules dropped the packet") },
  { "nf_conntrack_in", VERDICT, N_ ("connection tracking dropped the packet") },
  { "ipv?_conntrack_*", VERDICT, N_ ("connection tracking dropped the packet") },
  { "ip_route_input_*", REASON, N_ ("there is no way to its destination") },
  { "ip_mc_validate_source", REASON, N_ ("its source address is not to be believed") },
  { "fib_validate_source", REASON, N_ ("its source address is not to be believed") },
  { "ip_rcv_finish_core*", RECEIVE, N_ ("the network layer did not accept it") },
  { "tcp_inbound_hash", REASON, N_ ("its TCP signature is wrong or missing") },
  { "ip_defrag", HELD, N_ ("kept until the other fragments come") },
  { "__neigh_event_send", HELD, N_ ("kept until the neighbour's address is known") },
  { "tcp_add_backlog", REFUSED, N_ ("the socket's backlog did not take the packet") },
  { "sk_filter_trim_cap", REASON, N_ ("the socket's filter refused the packet") },
  { "security_sock_rcv_skb", ERRNO, N_ ("the security module refused the packet") },
  { "__udp_enqueue_schedule_skb", ERRNO, N_ ("the socket's receive buffer is full") },
  { "*sock_queue_rcv_skb*", ERRNO, N_ ("the socket's receive buffer is full") },
  { "udp_queue_rcv*", REFUSED, N_ ("the socket did not take the packet") },
  { "udpv6_queue_rcv*", REFUSED, N_ ("the socket did not take the packet") },
  { "tcp_try_rmem_schedule", REFUSED, N_ ("there is no memory left for the socket") },
  { "__skb_checksum_complete*", REFUSED, N_ ("its checksum is wrong") },
  { "enqueue_to_backlog", RECEIVE, N_ ("the CPU's backlog is full") },
  { "netif_rx*", RECEIVE, N_ ("the CPU's backlog did not take the packet") },
  { "__netif_rx*", RECEIVE, N_ ("the CPU's backlog did not take the packet") },
  { "*netif_receive_skb*", RECEIVE, N_ ("no protocol took the packet") },
  { "ip_forward", RECEIVE, N_ ("it was not forwarded") },
  { "*_enqueue", TRANSMIT, N_ ("the queueing discipline dropped a packet") },
  { "__dev_queue_xmit", TRANSMIT, N_ ("the device's queue did not take the packet") },
  { "dev_queue_xmit*", TRANSMIT, N_ ("the device's queue did not take the packet") },
  { "neigh_*output", TRANSMIT, N_ ("it could not be sent") },
  { "ip_*output*", TRANSMIT, N_ ("it could not be sent") },
  { "ip6_*output*", TRANSMIT, N_ ("it could not be sent") },
  { "__ip*_local_out", HOOK, N_ ("a netfilter hook dropped the packet") },
  { "ip*_local_out", TRANSMIT, N_ ("it could not be sent") },
  { "*ip_queue_xmit", TRANSMIT, N_ ("it could not be sent") },
};

static int
find (const char *function)
{
  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    if (g_pattern_match_simple (functions[i].pattern, function))
      return (int)i;
  return -1;
}

/* Those that functions of the network stack return. */
static const char *
errno_name (gint32 value)
{
  static const struct {
    int number;
    const char *name;
  } names[] = {
    { EPERM, "-EPERM" },
    { ENOENT, "-ENOENT" },
    { ESRCH, "-ESRCH" },
    { EINTR, "-EINTR" },
    { EIO, "-EIO" },
    { ENXIO, "-ENXIO" },
    { EAGAIN, "-EAGAIN" },
    { ENOMEM, "-ENOMEM" },
    { EACCES, "-EACCES" },
    { EFAULT, "-EFAULT" },
    { EBUSY, "-EBUSY" },
    { EEXIST, "-EEXIST" },
    { EXDEV, "-EXDEV" },
    { ENODEV, "-ENODEV" },
    { EINVAL, "-EINVAL" },
    { EPIPE, "-EPIPE" },
    { EDESTADDRREQ, "-EDESTADDRREQ" },
    { EMSGSIZE, "-EMSGSIZE" },
    { EPROTO, "-EPROTO" },
    { EPROTONOSUPPORT, "-EPROTONOSUPPORT" },
    { EOPNOTSUPP, "-EOPNOTSUPP" },
    { EAFNOSUPPORT, "-EAFNOSUPPORT" },
    { EADDRINUSE, "-EADDRINUSE" },
    { EADDRNOTAVAIL, "-EADDRNOTAVAIL" },
    { ENETDOWN, "-ENETDOWN" },
    { ENETUNREACH, "-ENETUNREACH" },
    { ECONNABORTED, "-ECONNABORTED" },
    { ECONNRESET, "-ECONNRESET" },
    { ENOBUFS, "-ENOBUFS" },
    { EISCONN, "-EISCONN" },
    { ENOTCONN, "-ENOTCONN" },
    { ETIMEDOUT, "-ETIMEDOUT" },
    { ECONNREFUSED, "-ECONNREFUSED" },
    { EHOSTDOWN, "-EHOSTDOWN" },
    { EHOSTUNREACH, "-EHOSTUNREACH" },
    { EALREADY, "-EALREADY" },
    { EINPROGRESS, "-EINPROGRESS" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (value == -names[i].number)
      return names[i].name;
  return NULL;
}

static const char *
verdict_name (gint32 value)
{
  static const char *const names[] = { "NF_DROP",  "NF_ACCEPT", "NF_STOLEN",
                                       "NF_QUEUE", "NF_REPEAT", "NF_STOP" };

  /* Above the low byte stand an errno or the number of a queue. */
  value &= 0xff;
  return value < (gint32)G_N_ELEMENTS (names) ? names[value] : NULL;
}

static const char *
transmit_name (gint32 value)
{
  static const char *const names[] = { "NET_XMIT_SUCCESS", "NET_XMIT_DROP", "NET_XMIT_CN" };

  if (value < 0)
    return errno_name (value);
  /* Bits above say that a packet was stolen or that the queue was passed by. */
  value &= 0xf;
  return value < (gint32)G_N_ELEMENTS (names) ? names[value] : NULL;
}

const char *
ps_call_value_name (PsSession *session, const char *function, gint32 value)
{
  int found = find (function);

  if (found < 0)
    return value < 0 ? errno_name (value) : NULL;
  switch (functions[found].kind)
    {
    case HOOK:
      if (value == 0)
        return "NF_STOLEN";
      return value > 0 ? "NF_ACCEPT" : "NF_DROP";
    case VERDICT:
      return verdict_name (value);
    case TRANSMIT:
      return transmit_name (value);
    case RECEIVE:
      return value == 0 ? "NET_RX_SUCCESS" : value == 1 ? "NET_RX_DROP" : errno_name (value);
    case REASON:
      return value > 0 ? ps_session_get_name (session, PS_NAME_DROP_REASON, (guint32)value)
                       : errno_name (value);
    default:
      return errno_name (value);
    }
}

static gboolean
is_stop (Kind kind, gint32 value)
{
  switch (kind)
    {
    case HOOK:
      return value < 0;
    case VERDICT:
      return (value & 0xff) == 0;
    case ERRNO:
      return value < 0;
    case TRANSMIT:
      return value < 0 || (value & 0xf) == 1;
    case RECEIVE:
      return value == 1;
    case REASON:
      return value < 0 || value > 1; /* 0 is SKB_NOT_DROPPED_YET, 1 SKB_CONSUMED */
    default:
      return value != 0;
    }
}

const char *
ps_call_note (PsSession *session, const char *function, gint32 value)
{
  int found = find (function);

  if (found < 0 || !is_stop (functions[found].kind, value))
    return NULL;
  return _ (functions[found].stopped);
}
