/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journeys at the depth functions: calls, edges and waits that call trees tell of. */
#include "traced.h"

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
  trace (&maker, 1, calls, G_N_ELEMENTS (calls));
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
  trace (&maker, 2, calls, G_N_ELEMENTS (calls));
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
  trace (&maker, 2, calls, G_N_ELEMENTS (calls));
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
  trace (&maker, 1, calls, G_N_ELEMENTS (calls));
  journey = ps_journey_new (maker.session, 1);
  g_assert_cmpuint (ps_journey_get_n_edges (journey), ==, 1);
  edge = ps_journey_get_edge (journey, 0);
  g_assert_cmpuint (edge->kind, ==, PS_JOURNEY_EDGE_WORKS_ON);
  g_assert_cmpuint (edge->packet, ==, 77);
  g_assert_cmpuint (edge->number, ==, 0);
  g_assert_cmpuint (edge->call, ==, 1);
  g_assert_cmpstr (edge->sentence, ==, "tcp_ack works on a packet that is not listed");
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
test_where_it_waited_is_told_from_its_calls (void)
{
  static const PsCallRecord delivered[] = {
    { .duration = 1000, .symbol = TCP_RCV, .packet = 100 },
    { .start = 500, .duration = 400, .symbol = ADD_BACKLOG, .packet = 100, .depth = 1 },
  };
  static const PsCallRecord taken[] = {
    { .duration = 3000, .symbol = TCP_SENDMSG, .packet = 3, .flags = PS_CALL_SOCKET },
    { .start = 1000, .duration = 600, .symbol = DO_RCV, .packet = 100, .depth = 1 },
    { .start = 1100, .duration = 300, .symbol = QUEUE_RCV, .packet = 100, .depth = 2 },
  };
  static const PsCallRecord read[] = {
    { .duration = 100, .symbol = COPY_ITER, .packet = 100 },
  };
  PsCallsRecord fixed = in_task;
  g_autoptr (PsJourney) journey = NULL;
  Maker maker;

  begin_functions (&maker);
  add_segment (&maker, 100, PS_DIRECTION_IN, 500, 100);
  maker_calls (&maker, &fixed, delivered, G_N_ELEMENTS (delivered));
  fixed.tree = 6;
  fixed.time += 5000;
  maker_calls (&maker, &fixed, taken, G_N_ELEMENTS (taken));
  fixed.tree = 7;
  fixed.time += 10000;
  maker_calls (&maker, &fixed, read, G_N_ELEMENTS (read));
  maker_publish (&maker);
  journey = ps_journey_new (maker.session, 1);
  g_assert_cmpuint (ps_journey_get_n_waits (journey), ==, 2);
  g_assert_cmpuint (ps_journey_get_wait (journey, 0)->kind, ==, PS_JOURNEY_WAIT_SOCKET_BACKLOG);
  g_assert_cmpint (ps_journey_get_wait (journey, 0)->duration_ns, ==, 5000);
  g_assert_true (ps_journey_get_wait (journey, 0)->exact);
  g_assert_cmpuint (ps_journey_get_wait (journey, 1)->kind, ==, PS_JOURNEY_WAIT_SOCKET_QUEUE);
  g_assert_cmpint (ps_journey_get_wait (journey, 1)->duration_ns, ==, 8400);
  g_assert_cmpint (ps_journey_get_running_ns (journey), ==, 1000 + 600 + 100);
  g_assert_cmpint (ps_journey_get_waiting_ns (journey), ==, 13400);
  g_assert_null (ps_journey_get_times_note (journey));
  maker_clear (&maker);
}

/* The qdisc puts it in and takes it out within one call; an interrupt on top is not its own time.
 */
static void
test_a_queue_inside_of_a_call_is_waiting (void)
{
  static const PsCallRecord calls[] = {
    { .duration = 9000, .symbol = DEV_QUEUE, .packet = 100 },
    { .start = 100, .duration = 900, .symbol = ENQUEUE, .packet = 100, .depth = 1 },
    { .start = 3000, .duration = 1000, .symbol = XMIT, .packet = 100, .depth = 1 },
    { .start = 5000,
      .duration = 2000,
      .symbol = NETIF_RECEIVE,
      .packet = 200,
      .depth = 1,
      .flags = PS_CALL_BOUNDARY },
  };
  g_autoptr (PsJourney) journey = NULL;
  Maker maker;

  begin_functions (&maker);
  trace (&maker, 1, calls, G_N_ELEMENTS (calls));
  journey = ps_journey_new (maker.session, 1);
  g_assert_cmpuint (ps_journey_get_n_waits (journey), ==, 1);
  g_assert_cmpuint (ps_journey_get_wait (journey, 0)->kind, ==, PS_JOURNEY_WAIT_QDISC);
  g_assert_cmpuint (ps_journey_get_wait (journey, 0)->call, ==, 1);
  g_assert_cmpint (ps_journey_get_waiting_ns (journey), ==, 2000);
  g_assert_cmpint (ps_journey_get_running_ns (journey), ==, 9000 - 2000 - 2000);
  /* Nor does this packet work on the one that the interrupt was for. */
  g_assert_cmpuint (ps_journey_get_n_edges (journey), ==, 0);
  maker_clear (&maker);
}

/* A queueing discipline that drops says so later: the buffer is freed in the same call. */
static void
test_what_is_dropped_at_once_did_not_wait (void)
{
  static const PsCallRecord calls[] = {
    { .duration = 9000, .symbol = DEV_QUEUE, .packet = 100 },
    { .start = 100, .duration = 900, .symbol = ENQUEUE, .packet = 100, .depth = 1 },
    { .start = 3000, .duration = 1000, .symbol = RELEASE, .packet = 100, .depth = 1 },
  };
  PsPacketRecord packet = {
    .id = 100, .time = 2000000000, .direction = PS_DIRECTION_OUT, .verdict = PS_VERDICT_DROPPED
  };
  g_autoptr (PsJourney) journey = NULL;
  Maker maker;

  begin_functions (&maker);
  maker_packet (&maker, &packet, NULL, NULL, NULL);
  maker_calls (&maker, &in_task, calls, G_N_ELEMENTS (calls));
  maker_publish (&maker);
  journey = ps_journey_new (maker.session, 1);
  g_assert_cmpuint (ps_journey_get_n_waits (journey), ==, 0);
  g_assert_cmpint (ps_journey_get_running_ns (journey), ==, 9000);
  maker_clear (&maker);
}

static void
test_values_that_decide_are_named (void)
{
  static const struct {
    guint32 symbol;
    gint32 value;
    const char *name;
    gboolean noted;
  } cases[] = {
    { HOOK, 1, "NF_ACCEPT", FALSE },
    { HOOK, -1, "NF_DROP", TRUE },
    { ROUTE_INPUT, 0, NULL, FALSE },
    { ROUTE_INPUT, -113, "-EHOSTUNREACH", TRUE },
    { ROUTE_INPUT, 39, "IP_RPFILTER", TRUE },
    { ENQUEUE, 0, "NET_XMIT_SUCCESS", FALSE },
    { ENQUEUE, 1, "NET_XMIT_DROP", TRUE },
    { ENQUEUE_BACKLOG, 1, "NET_RX_DROP", TRUE },
    { ADD_BACKLOG, 0, NULL, FALSE },
    { ADD_BACKLOG, 1, NULL, TRUE },
    { TCP_ACK, 1, NULL, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const PsCallRecord call = { .duration = 1,
                                  .symbol = cases[i].symbol,
                                  .packet = 100,
                                  .value = (guint32)cases[i].value,
                                  .flags = PS_CALL_VALUE };
      g_autoptr (PsJourney) journey = NULL;
      const PsCall *found;
      Maker maker;

      begin_functions (&maker);
      add_packet (&maker, 100);
      maker_calls (&maker, &in_task, &call, 1);
      maker_publish (&maker);
      journey = ps_journey_new (maker.session, 1);
      found = ps_journey_get_call (journey, 0);
      g_test_message ("%s returned %d", found->function, cases[i].value);
      g_assert_true (found->has_value);
      g_assert_cmpint (found->value, ==, cases[i].value);
      g_assert_cmpstr (found->value_name, ==, cases[i].name);
      g_assert_cmpint (found->note != NULL, ==, cases[i].noted);
      maker_clear (&maker);
    }
}

/* The kernel makes each fragment's header from the one before it. */
static void
test_all_fragments_name_the_original (void)
{
  static const PsCallRecord calls[] = {
    { .duration = 9000, .symbol = IP_OUTPUT, .packet = 100 },
    { .start = 110,
      .packet = 101,
      .origin = 100,
      .value = PS_EDGE_FRAGMENT,
      .depth = 1,
      .flags = PS_CALL_EDGE },
    { .start = 210,
      .packet = 102,
      .origin = 101,
      .value = PS_EDGE_FRAGMENT,
      .depth = 1,
      .flags = PS_CALL_EDGE },
  };
  g_autoptr (PsJourney) whole = NULL, last = NULL;
  Maker maker;

  begin_functions (&maker);
  trace (&maker, 3, calls, G_N_ELEMENTS (calls));
  whole = ps_journey_new (maker.session, 1);
  last = ps_journey_new (maker.session, 3);
  g_assert_cmpuint (ps_journey_get_n_edges (whole), ==, 2);
  g_assert_cmpuint (ps_journey_get_edge (whole, 1)->number, ==, 3);
  g_assert_cmpuint (ps_journey_get_n_edges (last), ==, 1);
  g_assert_cmpstr (ps_journey_get_edge (last, 0)->sentence, ==, "a fragment of packet 1");
  maker_clear (&maker);
}

static void
test_segments_are_told_from_copies (void)
{
  static const PsCallRecord calls[] = {
    { .duration = 9000, .symbol = SEGMENT, .packet = 100 },
    { .start = 100, .duration = 50, .symbol = COPY_HEADER, .packet = 101, .depth = 1 },
    { .start = 110,
      .packet = 101,
      .origin = 100,
      .value = PS_EDGE_COPIED,
      .depth = 2,
      .flags = PS_CALL_EDGE },
  };
  g_autoptr (PsJourney) segment = NULL;
  Maker maker;

  begin_functions (&maker);
  trace (&maker, 2, calls, G_N_ELEMENTS (calls));
  segment = ps_journey_new (maker.session, 2);
  g_assert_nonnull (find_edge (segment, PS_JOURNEY_EDGE_SEGMENT));
  g_assert_null (find_edge (segment, PS_JOURNEY_EDGE_COPIED));
  maker_clear (&maker);
}

/* What had not returned when the packet was done with it may return in a part about others. */
static void
test_a_call_ends_in_a_later_part (void)
{
  static const PsCallRecord first[] = {
    { .symbol = TCP_SENDMSG, .packet = 3, .flags = PS_CALL_SOCKET | PS_CALL_OPEN },
    { .start = 100, .duration = 200, .symbol = IP_OUTPUT, .packet = 100, .depth = 1 },
  };
  static const PsCallRecord second[] = {
    { .duration = 7000,
      .symbol = TCP_SENDMSG,
      .packet = 3,
      .flags = PS_CALL_SOCKET | PS_CALL_CONTINUED },
    { .start = 400, .duration = 200, .symbol = IP_OUTPUT, .packet = 101, .depth = 1 },
  };
  PsCallsRecord fixed = in_task;
  g_autoptr (PsJourney) journey = NULL;
  Maker maker;

  begin_functions (&maker);
  add_packet (&maker, 100);
  fixed.flags = PS_CALLS_PARTIAL;
  maker_calls (&maker, &fixed, first, G_N_ELEMENTS (first));
  fixed.flags = 0;
  fixed.part = 1;
  maker_calls (&maker, &fixed, second, G_N_ELEMENTS (second));
  maker_publish (&maker);
  journey = ps_journey_new (maker.session, 1);
  g_assert_cmpuint (ps_journey_get_n_calls (journey), ==, 2);
  g_assert_cmpint (ps_journey_get_call (journey, 0)->duration_ns, ==, 7000);
  g_assert_cmpuint (ps_journey_get_call (journey, 0)->marks, ==, 0);
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
  g_test_add_func ("/journey/calls/where-it-waited-is-told-from-its-calls",
                   test_where_it_waited_is_told_from_its_calls);
  g_test_add_func ("/journey/calls/a-queue-inside-of-a-call-is-waiting",
                   test_a_queue_inside_of_a_call_is_waiting);
  g_test_add_func ("/journey/calls/values-that-decide-are-named",
                   test_values_that_decide_are_named);
  g_test_add_func ("/journey/calls/all-fragments-name-the-original",
                   test_all_fragments_name_the_original);
  g_test_add_func ("/journey/calls/segments-are-told-from-copies",
                   test_segments_are_told_from_copies);
  g_test_add_func ("/journey/calls/a-call-ends-in-a-later-part", test_a_call_ends_in_a_later_part);
  g_test_add_func ("/journey/calls/what-is-dropped-at-once-did-not-wait",
                   test_what_is_dropped_at_once_did_not_wait);
  return g_test_run ();
}
