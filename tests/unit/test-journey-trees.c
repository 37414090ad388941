/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journeys at the depth functions: what belongs to the packet, and under which call. */
#include "traced.h"

/* Three parts; the packet is in the first and the last, where other calls stand open. */
static void
test_a_part_about_others_may_lie_between (void)
{
  static const PsCallRecord first[] = {
    { .symbol = UDP_SENDMSG, .packet = 3, .flags = PS_CALL_SOCKET | PS_CALL_OPEN },
    { .start = 100, .duration = 900, .symbol = IP_OUTPUT, .packet = 100, .depth = 1 },
    { .start = 200, .duration = 100, .symbol = DEV_QUEUE, .packet = 100, .depth = 2 },
  };
  static const PsCallRecord second[] = {
    { .symbol = UDP_SENDMSG,
      .packet = 3,
      .flags = PS_CALL_SOCKET | PS_CALL_OPEN | PS_CALL_CONTINUED },
    { .start = 2000, .symbol = IP_OUTPUT, .packet = 101, .depth = 1, .flags = PS_CALL_OPEN },
  };
  static const PsCallRecord third[] = {
    { .duration = 9000,
      .symbol = UDP_SENDMSG,
      .packet = 3,
      .flags = PS_CALL_SOCKET | PS_CALL_CONTINUED },
    { .start = 2000,
      .duration = 5000,
      .symbol = IP_OUTPUT,
      .packet = 101,
      .depth = 1,
      .flags = PS_CALL_CONTINUED },
    { .start = 3000, .duration = 1000, .symbol = RELEASE, .packet = 100, .depth = 2 },
  };
  PsCallsRecord part = in_task;
  g_autoptr (PsJourney) journey = NULL;
  Maker maker;

  begin (&maker);
  add_packet (&maker, 100);
  part.flags = PS_CALLS_PARTIAL;
  maker_calls (&maker, &part, first, G_N_ELEMENTS (first));
  part.part = 1;
  maker_calls (&maker, &part, second, G_N_ELEMENTS (second));
  part.part = 2;
  part.flags = 0;
  maker_calls (&maker, &part, third, G_N_ELEMENTS (third));
  maker_publish (&maker);
  journey = ps_journey_new (maker.session, 1);
  g_assert_cmpuint (ps_journey_get_n_calls (journey), ==, 5);
  /* The freeing is inside of the other packet's ip_output, not of this one's. */
  g_assert_cmpint (ps_journey_get_call (journey, 3)->start_ns, ==, 6000002000);
  g_assert_cmpuint (ps_journey_get_call (journey, 3)->packet, ==, 101);
  g_assert_cmpuint (ps_journey_get_call (journey, 3)->parent, ==, 0);
  g_assert_cmpstr (ps_journey_get_call (journey, 4)->function, ==, "skb_release_data");
  g_assert_cmpuint (ps_journey_get_call (journey, 4)->parent, ==, 3);
  g_assert_cmpint (ps_journey_get_call (journey, 1)->duration_ns, ==, 900);
  maker_clear (&maker);
}

static void
test_what_an_interrupt_does_is_not_the_packets (void)
{
  static const PsCallRecord calls[] = {
    { .duration = 9000, .symbol = IP_OUTPUT, .packet = 100 },
    { .start = 100,
      .duration = 50,
      .symbol = TCP_ACK,
      .packet = 7,
      .depth = 1,
      .context = PS_CONTEXT_SOFTIRQ,
      .flags = PS_CALL_SOCKET | PS_CALL_BOUNDARY },
    { .start = 200,
      .duration = 50,
      .symbol = TCP_ACK,
      .packet = 8,
      .depth = 1,
      .flags = PS_CALL_SOCKET },
  };
  g_autoptr (PsJourney) journey = NULL;
  Maker maker;

  begin (&maker);
  trace (&maker, 1, calls, G_N_ELEMENTS (calls));
  journey = ps_journey_new (maker.session, 1);
  g_assert_cmpuint (ps_journey_get_n_calls (journey), ==, 2);
  g_assert_cmpint (ps_journey_get_call (journey, 1)->start_ns, ==, 6000000200);
  maker_clear (&maker);
}

/* What dropped it was jumped to, and the tracer stood where the caller should have been. */
static void
test_the_call_that_frees_a_dropped_packet_dropped_it (void)
{
  static const PsCallRecord calls[] = {
    { .duration = 9000, .symbol = IP_OUTPUT, .packet = 100 },
    { .start = 100, .duration = 500, .symbol = DEV_QUEUE, .packet = 100, .depth = 1 },
    { .start = 200, .duration = 50, .symbol = RELEASE, .packet = 100, .depth = 2 },
  };
  PsPacketRecord packet = { .id = 100,
                            .time = 2000000100,
                            .interface = 1,
                            .protocol = 0x0800,
                            .direction = PS_DIRECTION_OUT,
                            .verdict = PS_VERDICT_DROPPED };
  g_autoptr (PsJourney) journey = NULL;
  Maker maker;

  begin (&maker);
  maker_packet (&maker, &packet, NULL, NULL,
                packet_ethernet (0x0800, packet_ipv4 (17, packet_udp (1, 2, packet_text ("x")))));
  maker_calls (&maker, &in_task, calls, G_N_ELEMENTS (calls));
  maker_publish (&maker);
  journey = ps_journey_new (maker.session, 1);
  g_assert_false (ps_journey_get_call (journey, 0)->dropped_here);
  g_assert_true (ps_journey_get_call (journey, 1)->dropped_here);
  g_assert_false (ps_journey_get_call (journey, 2)->dropped_here);
  maker_clear (&maker);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/journey/trees/a-part-about-others-may-lie-between",
                   test_a_part_about_others_may_lie_between);
  g_test_add_func ("/journey/trees/what-an-interrupt-does-is-not-the-packets",
                   test_what_an_interrupt_does_is_not_the_packets);
  g_test_add_func ("/journey/trees/the-call-that-frees-a-dropped-packet-dropped-it",
                   test_the_call_that_frees_a_dropped_packet_dropped_it);
  return g_test_run ();
}
