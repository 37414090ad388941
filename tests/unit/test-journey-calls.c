/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journeys at the depth functions: what is made of call trees. */
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
};

static const PsCallsRecord in_task = { .tree = 5,
                                       .time = 2000000000,
                                       .pid = 40,
                                       .tid = 41,
                                       .comm = "sender",
                                       .context = PS_CONTEXT_TASK };

static void
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
  maker_interface (maker, 1, "eth0");
}

static void
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

static void
test_self_time_is_what_the_calls_inside_leave (void)
{
  static const PsCallRecord calls[] = {
    { .duration = 9000, .symbol = UDP_SENDMSG, .packet = 3, .flags = PS_CALL_SOCKET },
    { .start = 100, .duration = 5000, .symbol = IP_OUTPUT, .packet = 100, .depth = 1 },
    { .start = 200, .duration = 1000, .symbol = DEV_QUEUE, .packet = 100, .depth = 2 },
    /* On another packet: not shown in this journey, and not ip_output's own time either. */
    { .start = 2000, .duration = 500, .symbol = RELEASE, .packet = 101, .depth = 2 },
    { .start = 6000, .symbol = IP_OUTPUT, .packet = 100, .depth = 1, .flags = PS_CALL_UNMATCHED },
  };
  g_autoptr (PsJourney) journey = NULL;
  Maker maker;

  begin (&maker);
  add_packet (&maker, 100);
  maker_calls (&maker, &in_task, calls, G_N_ELEMENTS (calls));
  maker_publish (&maker);
  journey = ps_journey_new (maker.session, 1);
  g_assert_cmpuint (ps_journey_get_n_calls (journey), ==, 5);
  g_assert_cmpint (ps_journey_get_call (journey, 1)->self_ns, ==, 3500);
  g_assert_cmpint (ps_journey_get_call (journey, 2)->self_ns, ==, 1000);
  /* The call around one whose end is not known. */
  g_assert_cmpint (ps_journey_get_call (journey, 0)->self_ns, ==, -1);
  g_assert_cmpint (ps_journey_get_call (journey, 4)->duration_ns, ==, -1);
  g_assert_cmpuint (ps_journey_get_call (journey, 4)->marks, ==, PS_CALL_MARK_UNMATCHED);
  maker_clear (&maker);
}

static const PsJourneyEdge *
find_edge (PsJourney *journey, PsJourneyEdgeKind kind)
{
  for (guint i = 0; i < ps_journey_get_n_edges (journey); i++)
    if (ps_journey_get_edge (journey, i)->kind == kind)
      return ps_journey_get_edge (journey, i);
  return NULL;
}

static void
test_a_copy_is_told_on_both_sides (void)
{
  static const PsCallRecord calls[] = {
    { .duration = 9000, .symbol = IP_OUTPUT, .packet = 100 },
    { .start = 100, .duration = 50, .symbol = COPY_HEADER, .packet = 101, .depth = 1 },
    { .start = 110,
      .packet = 101,
      .origin = 100,
      .value = PS_EDGE_COPIED,
      .depth = 2,
      .flags = PS_CALL_EDGE },
  };
  g_autoptr (PsJourney) original = NULL, copy = NULL;
  const PsJourneyEdge *edge;
  Maker maker;

  begin (&maker);
  add_packet (&maker, 100);
  add_packet (&maker, 101);
  maker_calls (&maker, &in_task, calls, G_N_ELEMENTS (calls));
  maker_publish (&maker);
  original = ps_journey_new (maker.session, 1);
  copy = ps_journey_new (maker.session, 2);
  g_assert_cmpuint (ps_journey_get_n_edges (original), ==, 1);
  edge = ps_journey_get_edge (original, 0);
  g_assert_cmpuint (edge->kind, ==, PS_JOURNEY_EDGE_COPIED);
  g_assert_false (edge->incoming);
  g_assert_cmpuint (edge->number, ==, 2);
  g_assert_cmpuint (edge->call, ==, 1);
  g_assert_cmpint (edge->time_ns, ==, 6000000110);
  g_assert_cmpstr (edge->sentence, ==, "copied into packet 2");
  edge = find_edge (copy, PS_JOURNEY_EDGE_COPIED);
  g_assert_nonnull (edge);
  g_assert_true (edge->incoming);
  g_assert_cmpstr (edge->sentence, ==, "copied from packet 1");
  maker_clear (&maker);
}

static void
test_a_merge_runs_from_the_later_to_the_earlier (void)
{
  static const PsCallRecord calls[] = {
    { .duration = 50, .symbol = GRO_RECEIVE, .packet = 101 },
    { .start = 10,
      .packet = 101,
      .origin = 100,
      .value = PS_EDGE_MERGED,
      .depth = 1,
      .flags = PS_CALL_EDGE },
  };
  g_autoptr (PsJourney) whole = NULL, part = NULL;
  Maker maker;

  begin (&maker);
  add_packet (&maker, 100);
  add_packet (&maker, 101);
  maker_calls (&maker, &in_task, calls, G_N_ELEMENTS (calls));
  maker_publish (&maker);
  whole = ps_journey_new (maker.session, 1);
  part = ps_journey_new (maker.session, 2);
  g_assert_cmpstr (ps_journey_get_edge (whole, 0)->sentence, ==, "took up the bytes of packet 2");
  g_assert_cmpstr (ps_journey_get_edge (part, 0)->sentence, ==, "merged into packet 1");
  /* The call is in both trees, in the whole one's as work on another packet. */
  g_assert_cmpuint (ps_journey_get_edge (whole, 0)->call, ==, 0);
  g_assert_cmpuint (ps_journey_get_call (whole, 0)->packet, ==, 101);
  maker_clear (&maker);
}

static void
test_a_call_on_another_packet_is_an_edge_to_it (void)
{
  static const PsCallRecord calls[] = {
    { .duration = 9000, .symbol = TCP_ACK, .packet = 100 },
    { .start = 100, .duration = 50, .symbol = RELEASE, .packet = 77, .depth = 1 },
    { .start = 200, .duration = 50, .symbol = RELEASE, .packet = 77, .depth = 1 },
  };
  g_autoptr (PsJourney) journey = NULL;
  const PsJourneyEdge *edge;
  Maker maker;

  begin (&maker);
  add_packet (&maker, 100);
  maker_calls (&maker, &in_task, calls, G_N_ELEMENTS (calls));
  maker_publish (&maker);
  journey = ps_journey_new (maker.session, 1);
  g_assert_cmpuint (ps_journey_get_n_edges (journey), ==, 1);
  edge = ps_journey_get_edge (journey, 0);
  g_assert_cmpuint (edge->kind, ==, PS_JOURNEY_EDGE_WORKS_ON);
  g_assert_cmpuint (edge->packet, ==, 77);
  g_assert_cmpuint (edge->number, ==, 0);
  g_assert_cmpuint (edge->call, ==, 1);
  g_assert_nonnull (strstr (edge->sentence, "not listed"));
  maker_clear (&maker);
}

static void
test_waiting_is_told_apart_from_running (void)
{
  g_autoptr (PsJourney) journey = NULL;
  const PsJourneyWait *wait;
  Maker maker;

  begin (&maker);
  add_packet (&maker, 100);
  maker_publish (&maker);
  journey = ps_journey_new (maker.session, 1);
  g_assert_cmpuint (ps_journey_get_n_waits (journey), ==, 1);
  wait = ps_journey_get_wait (journey, 0);
  g_assert_cmpuint (wait->kind, ==, PS_JOURNEY_WAIT_QDISC);
  g_assert_cmpint (wait->duration_ns, ==, 3000);
  g_assert_false (wait->exact);
  g_assert_cmpstr (wait->sentence, ==, "waited 3.00 µs in the queue of eth0");
  g_assert_cmpint (ps_journey_get_waiting_ns (journey), ==, 3000);
  g_assert_cmpint (ps_journey_get_running_ns (journey), ==, 500);
  maker_clear (&maker);
}

static void
test_a_datagram_belongs_to_one_call_of_its_program (void)
{
  static const PsCallRecord calls[] = {
    { .duration = 9000,
      .symbol = UDP_SENDMSG,
      .packet = 3,
      .value = 200,
      .flags = PS_CALL_SOCKET | PS_CALL_VALUE },
    { .start = 100, .duration = 5000, .symbol = IP_OUTPUT, .packet = 100, .depth = 1 },
  };
  g_autoptr (PsJourney) journey = NULL;
  const PsJourneySpan *span;
  Maker maker;

  begin (&maker);
  add_packet (&maker, 100);
  maker_calls (&maker, &in_task, calls, G_N_ELEMENTS (calls));
  maker_publish (&maker);
  journey = ps_journey_new (maker.session, 1);
  g_assert_cmpuint (ps_journey_get_n_spans (journey), ==, 1);
  g_assert_null (ps_journey_get_spans_note (journey));
  span = ps_journey_get_span (journey, 0);
  g_assert_true (span->send);
  g_assert_cmpstr (span->function, ==, "udp_sendmsg");
  g_assert_cmpstr (span->comm, ==, "sender");
  g_assert_cmpuint (span->bytes, ==, 200);
  g_assert_cmpint (span->duration_ns, ==, 9000);
  g_assert_cmpuint (span->n_packets, ==, 1);
  g_assert_cmpuint (span->packets[0], ==, 1);
  maker_clear (&maker);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/journey/calls/self-time-is-what-the-calls-inside-leave",
                   test_self_time_is_what_the_calls_inside_leave);
  g_test_add_func ("/journey/calls/a-copy-is-told-on-both-sides",
                   test_a_copy_is_told_on_both_sides);
  g_test_add_func ("/journey/calls/a-merge-runs-from-the-later-to-the-earlier",
                   test_a_merge_runs_from_the_later_to_the_earlier);
  g_test_add_func ("/journey/calls/a-call-on-another-packet-is-an-edge-to-it",
                   test_a_call_on_another_packet_is_an_edge_to_it);
  g_test_add_func ("/journey/calls/waiting-is-told-apart-from-running",
                   test_waiting_is_told_apart_from_running);
  g_test_add_func ("/journey/calls/a-datagram-belongs-to-one-call-of-its-program",
                   test_a_datagram_belongs_to_one_call_of_its_program);
  return g_test_run ();
}
