/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions of the depth functions for the tests of journeys. Header only. */
#pragma once

#include "analysis/ps-journey.h"
#include "packets.h"
#include "sessions.h"

#define SEND(stage) ((stage) | PS_STAGE_SEND)

enum {
  UDP_SENDMSG = 1,
  IP_OUTPUT,
  DEV_QUEUE,
  COPY_HEADER,
  TCP_ACK,
  RELEASE,
  GRO_RECEIVE,
  TCP_SENDMSG,
  WAIT_MEMORY,
  TCP_RCV,
  ADD_BACKLOG,
  DO_RCV,
  QUEUE_RCV,
  COPY_ITER,
  HOOK,
  ROUTE_INPUT,
  ENQUEUE,
  XMIT,
  NETIF_RECEIVE,
  ENQUEUE_BACKLOG,
  SEGMENT,
  TCP_RECVMSG,
  RETRANSMIT,
};

static const PsCallsRecord in_task G_GNUC_UNUSED = { .tree = 5,
                                                     .time = 2000000000,
                                                     .pid = 40,
                                                     .tid = 41,
                                                     .comm = "sender",
                                                     .context = PS_CONTEXT_TASK };

static inline void
begin (Maker *maker)
{
  maker_init (maker);
  maker_hello (maker, "");
  maker_symbol (maker, UDP_SENDMSG, "udp_sendmsg", NULL);
  maker_symbol (maker, IP_OUTPUT, "ip_output", NULL);
  maker_symbol (maker, DEV_QUEUE, "__dev_queue_xmit", NULL);
  maker_symbol (maker, COPY_HEADER, "__copy_skb_header", NULL);
  maker_symbol (maker, TCP_ACK, "tcp_ack", NULL);
  maker_symbol (maker, RELEASE, "skb_release_data", NULL);
  maker_symbol (maker, GRO_RECEIVE, "skb_gro_receive", NULL);
  maker_symbol (maker, TCP_SENDMSG, "tcp_sendmsg_locked", NULL);
  maker_symbol (maker, WAIT_MEMORY, "sk_stream_wait_memory", NULL);
  maker_symbol (maker, TCP_RCV, "tcp_v4_rcv", NULL);
  maker_symbol (maker, ADD_BACKLOG, "tcp_add_backlog", NULL);
  maker_symbol (maker, DO_RCV, "tcp_v4_do_rcv", NULL);
  maker_symbol (maker, QUEUE_RCV, "tcp_queue_rcv", NULL);
  maker_symbol (maker, COPY_ITER, "skb_copy_datagram_iter", NULL);
  maker_symbol (maker, HOOK, "nf_hook_slow", NULL);
  maker_symbol (maker, ROUTE_INPUT, "ip_route_input_noref", NULL);
  maker_symbol (maker, ENQUEUE, "netem_enqueue", "sch_netem");
  maker_symbol (maker, XMIT, "dev_hard_start_xmit", NULL);
  maker_symbol (maker, NETIF_RECEIVE, "__netif_receive_skb", NULL);
  maker_symbol (maker, ENQUEUE_BACKLOG, "enqueue_to_backlog", NULL);
  maker_symbol (maker, SEGMENT, "skb_segment", NULL);
  maker_symbol (maker, TCP_RECVMSG, "tcp_recvmsg_locked", NULL);
  maker_symbol (maker, RETRANSMIT, "__tcp_retransmit_skb", NULL);
  maker_name (maker, PS_NAME_DROP_REASON, 39, "IP_RPFILTER");
  maker_interface (maker, 1, "eth0");
}

static inline void
add_packet (Maker *maker, guint64 id)
{
  static const PsStageRecord stages[] = { { 0, SEND (PS_STAGE_LINK) },
                                          { 500, SEND (PS_STAGE_QDISC) },
                                          { 3500, SEND (PS_STAGE_DEVICE) } };
  PsPacketRecord packet = { .id = id,
                            .time = 2000000000 + id,
                            .interface = 1,
                            .protocol = 0x0800,
                            .direction = PS_DIRECTION_OUT,
                            .n_stages = 3 };

  maker_packet (maker, &packet, stages, NULL,
                packet_ethernet (0x0800, packet_ipv4 (17, packet_udp (1, 2, packet_text ("x")))));
}

/* Packets 100, 101 and so on, and one tree of calls of a task; publishes them. */
static inline void
trace (Maker *maker, guint n_packets, const PsCallRecord *calls, guint n_calls)
{
  for (guint i = 0; i < n_packets; i++)
    add_packet (maker, 100 + i);
  maker_calls (maker, &in_task, calls, n_calls);
  maker_publish (maker);
}

/* A segment of socket 3 with `length` bytes from `sequence` on. */
static inline void
add_segment (Maker *maker, guint64 id, guint8 direction, guint32 sequence, guint length)
{
  PsPacketRecord packet = { .id = id,
                            .time = 2000000000 + id,
                            .socket = 3,
                            .interface = 1,
                            .protocol = 0x0800,
                            .direction = direction };
  GByteArray *payload = g_byte_array_new (), *tcp;

  g_byte_array_set_size (payload, length);
  memset (payload->data, 'x', length);
  tcp = packet_tcp (1, 2, 0x18, NULL, payload);
  for (guint i = 0; i < 4; i++)
    tcp->data[4 + i] = (guint8)(sequence >> (24 - 8 * i));
  maker_packet (maker, &packet, NULL, NULL, packet_ethernet (0x0800, packet_ipv4 (6, tcp)));
}

static inline void
add_write (Maker *maker, guint64 tree, guint32 symbol, guint32 first_seq, guint32 bytes)
{
  PsCallsRecord fixed = in_task;
  const PsCallRecord calls[] = {
    { .duration = 9000,
      .symbol = symbol,
      .packet = 3,
      .value = bytes,
      .first_seq = first_seq,
      .end_seq = first_seq + bytes,
      .flags = PS_CALL_SOCKET | PS_CALL_VALUE | PS_CALL_SEQUENCE },
    { .start = 100,
      .duration = 5000,
      .symbol = WAIT_MEMORY,
      .packet = 3,
      .depth = 1,
      .flags = PS_CALL_SOCKET },
  };

  fixed.tree = tree;
  fixed.time += tree;
  maker_calls (maker, &fixed, calls, G_N_ELEMENTS (calls));
}

static inline void
begin_functions (Maker *maker)
{
  begin (maker);
  maker_json (maker, PS_RECORD_HELLO,
              "{\"version\":1,\"record_version\":2,\"depth\":\"functions\","
              "\"monotonic_ns\":1000000000,\"realtime_ns\":5000000000}");
}
