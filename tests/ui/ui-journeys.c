/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui-journeys.h"

#include "packets.h"
#include "sessions.h"

#define SEND(stage) ((stage) | PS_STAGE_SEND)
#define START 2000000000u
#define LEVELS 10u

enum { UDP_SENDMSG = 1, IP_OUTPUT, DEV_QUEUE, DESTRUCT };

static void
begin (Maker *maker)
{
  maker_init (maker);
  maker_hello (maker, "");
  maker_symbol (maker, UDP_SENDMSG, "udp_sendmsg", NULL);
  maker_symbol (maker, IP_OUTPUT, "ip_output", NULL);
  maker_symbol (maker, DEV_QUEUE, "__dev_queue_xmit", NULL);
  maker_symbol (maker, DESTRUCT, "udp_destruct", NULL);
  maker_interface (maker, 1, "eth0");
}

static void
add_packet (Maker *maker, guint64 id, guint64 time, guint64 parent)
{
  static const PsStageRecord stages[] = { { 0, SEND (PS_STAGE_NETWORK) },
                                          { 2500, SEND (PS_STAGE_LINK) } };
  PsPacketRecord packet = { .id = id,
                            .time = time,
                            .parent = parent,
                            .relation = parent != 0 ? PS_RELATION_CROSSED : PS_RELATION_NONE,
                            .interface = 1,
                            .protocol = 0x0800,
                            .verdict = PS_VERDICT_SENT,
                            .direction = PS_DIRECTION_OUT,
                            .n_stages = 2 };

  maker_packet (maker, &packet, stages, NULL,
                packet_ethernet (0x0800, packet_ipv4 (17, packet_udp (1, 2, packet_text ("x")))));
}

static void
add_calls (Maker *maker, guint64 id, guint64 time, guint32 slow)
{
  PsCallsRecord tree = { .tree = id, .time = time, .pid = 40, .tid = 40, .comm = "sender" };
  PsCallRecord calls[] = {
    { .duration = 9000 + slow, .symbol = UDP_SENDMSG, .packet = 3, .flags = PS_CALL_SOCKET },
    { .start = 1000, .duration = 6000 + slow, .symbol = IP_OUTPUT, .packet = id, .depth = 1 },
    { .start = 2000, .duration = 1000, .symbol = DEV_QUEUE, .packet = id, .depth = 2 },
    { .start = 4000, .duration = 1500 + slow, .symbol = DEV_QUEUE, .packet = id, .depth = 2 },
    { .start = 7500 + slow, .duration = 500, .symbol = DESTRUCT, .packet = id, .depth = 1 },
  };

  maker_calls (maker, &tree, calls, G_N_ELEMENTS (calls));
}

PsSession *
ui_journeys_new (void)
{
  Maker maker;
  PsSession *session;

  begin (&maker);
  for (guint i = 1; i <= UI_N_JOURNEYS; i++)
    {
      guint64 time = START + i * 1000000u;

      add_packet (&maker, 100 + i, time + 1000, i == 2 ? 101 : 0);
      add_calls (&maker, 100 + i, time, i == UI_SLOW_JOURNEY ? 150000 : 10 * i);
    }
  maker_publish (&maker);
  session = g_object_ref (maker.session);
  maker_clear (&maker);
  return session;
}

static void
add_tree (Maker *maker, guint64 nth, guint64 time)
{
  PsCallsRecord tree = { .tree = nth, .time = time, .pid = 40, .tid = 40, .comm = "sender" };
  PsCallRecord calls[LEVELS];

  for (guint depth = 0; depth < LEVELS; depth++)
    calls[depth] = (PsCallRecord){ .start = 10 * depth,
                                   .duration = 1000 - 20 * depth,
                                   .symbol = depth % 2 == 0 ? IP_OUTPUT : DEV_QUEUE,
                                   .packet = 101,
                                   .depth = (guint16)depth };
  maker_calls (maker, &tree, calls, LEVELS);
}

PsSession *
ui_large_journey_new (guint n_calls)
{
  Maker maker;
  PsSession *session;

  begin (&maker);
  add_packet (&maker, 101, START, 0);
  for (guint i = 0; i < n_calls / LEVELS; i++)
    add_tree (&maker, i + 1, START + i * 1200u);
  maker_publish (&maker);
  session = g_object_ref (maker.session);
  maker_clear (&maker);
  return session;
}
