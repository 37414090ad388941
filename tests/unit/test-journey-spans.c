/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose bytes a packet carries: a program's calls, and other packets with the same bytes. */
#include "traced.h"

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
  trace (&maker, 1, calls, G_N_ELEMENTS (calls));
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

static void
test_writes_are_tied_to_segments_by_sequence (void)
{
  g_autoptr (PsJourney) both = NULL, second = NULL, read = NULL;
  const PsJourneySpan *span;
  Maker maker;

  /* The numbers run round in the first write: 32 bytes before, 68 behind. */
  begin_functions (&maker);
  add_segment (&maker, 100, PS_DIRECTION_OUT, 0xffffffe0u, 150);
  add_segment (&maker, 101, PS_DIRECTION_OUT, 118, 50);
  add_segment (&maker, 102, PS_DIRECTION_OUT, 0xffffffe0u, 10);
  add_segment (&maker, 103, PS_DIRECTION_IN, 0xffffffe0u, 10);
  add_write (&maker, 10, TCP_SENDMSG, 0xffffffe0u, 100);
  add_write (&maker, 20, TCP_SENDMSG, 68, 100);
  maker_publish (&maker);
  both = ps_journey_new (maker.session, 1);
  second = ps_journey_new (maker.session, 2);
  read = ps_journey_new (maker.session, 4);

  g_assert_cmpuint (ps_journey_get_n_spans (both), ==, 2);
  span = ps_journey_get_span (both, 0);
  g_assert_true (span->send);
  g_assert_true (span->has_sequence);
  g_assert_cmpuint (span->first_seq, ==, 0xffffffe0u);
  g_assert_cmpuint (span->end_seq, ==, 68);
  g_assert_cmpuint (span->bytes, ==, 100);
  g_assert_cmpstr (span->comm, ==, "sender");
  g_assert_cmpint (span->duration_ns, ==, 9000);
  g_assert_cmpint (span->blocked_ns, ==, 5000);
  /* The retransmission of a part of it is one of its packets, what came in is not. */
  g_assert_cmpuint (span->n_packets, ==, 2);
  g_assert_cmpuint (span->packets[0], ==, 1);
  g_assert_cmpuint (span->packets[1], ==, 3);
  g_assert_cmpuint (ps_journey_get_span (both, 1)->n_packets, ==, 2);

  g_assert_cmpuint (ps_journey_get_n_spans (second), ==, 1);
  g_assert_cmpuint (ps_journey_get_span (second, 0)->first_seq, ==, 68);
  g_assert_cmpuint (ps_journey_get_n_spans (read), ==, 0);
  g_assert_nonnull (ps_journey_get_spans_note (read));
  maker_clear (&maker);
}

static void
test_reads_are_tied_to_what_came_in (void)
{
  g_autoptr (PsJourney) in = NULL, empty = NULL;
  Maker maker;

  begin_functions (&maker);
  add_segment (&maker, 100, PS_DIRECTION_IN, 1000, 100);
  add_segment (&maker, 101, PS_DIRECTION_IN, 1100, 0);
  add_write (&maker, 10, TCP_RECVMSG, 1050, 20);
  /* Looked at what is there, and took nothing. */
  add_write (&maker, 20, TCP_RECVMSG, 1000, 0);
  maker_publish (&maker);
  in = ps_journey_new (maker.session, 1);
  empty = ps_journey_new (maker.session, 2);
  g_assert_cmpuint (ps_journey_get_n_spans (in), ==, 1);
  g_assert_false (ps_journey_get_span (in, 0)->send);
  g_assert_cmpuint (ps_journey_get_span (in, 0)->bytes, ==, 20);
  g_assert_cmpuint (ps_journey_get_n_spans (empty), ==, 0);
  g_assert_cmpstr (ps_journey_get_spans_note (empty), ==, "It carries no bytes of a program.");
  maker_clear (&maker);
}

/* A half of what was sent before, and a segment with the same bytes that TCP did not send again. */
static void
test_retransmissions_are_found_by_sequence (void)
{
  static const PsCallRecord calls[] = {
    { .duration = 9000, .symbol = RETRANSMIT, .packet = 55 },
    { .start = 100, .duration = 5000, .symbol = IP_OUTPUT, .packet = 102, .depth = 1 },
  };
  g_autoptr (PsJourney) first = NULL, again = NULL;
  Maker maker;

  begin_functions (&maker);
  add_segment (&maker, 100, PS_DIRECTION_OUT, 500, 100);
  add_segment (&maker, 101, PS_DIRECTION_OUT, 600, 100);
  add_segment (&maker, 102, PS_DIRECTION_OUT, 550, 50);
  add_segment (&maker, 103, PS_DIRECTION_OUT, 550, 50);
  maker_calls (&maker, &in_task, calls, G_N_ELEMENTS (calls));
  maker_publish (&maker);
  first = ps_journey_new (maker.session, 1);
  again = ps_journey_new (maker.session, 3);
  g_assert_cmpuint (ps_journey_get_n_edges (first), ==, 1);
  g_assert_cmpuint (ps_journey_get_edge (first, 0)->number, ==, 3);
  g_assert_cmpstr (ps_journey_get_edge (first, 0)->sentence, ==, "sent again as packet 3");
  g_assert_cmpuint (ps_journey_get_n_edges (again), ==, 1);
  g_assert_cmpstr (ps_journey_get_edge (again, 0)->sentence, ==, "a retransmission of packet 1");
  maker_clear (&maker);
}

/* Where only functions that were named are traced, a sleep would not be seen. */
static void
test_a_sleep_is_known_only_where_it_would_be_seen (void)
{
  g_autoptr (PsJourney) journey = NULL;
  Maker maker;

  begin (&maker);
  maker_json (&maker, PS_RECORD_HELLO,
              "{\"version\":1,\"depth\":\"functions\",\"monotonic_ns\":1000000000,"
              "\"realtime_ns\":5000000000,\"options\":{\"functions\":\"tcp_*\"}}");
  add_segment (&maker, 100, PS_DIRECTION_OUT, 500, 100);
  add_write (&maker, 10, TCP_SENDMSG, 500, 100);
  maker_publish (&maker);
  journey = ps_journey_new (maker.session, 1);
  g_assert_cmpuint (ps_journey_get_n_spans (journey), ==, 1);
  g_assert_cmpint (ps_journey_get_span (journey, 0)->blocked_ns, ==, -1);
  maker_clear (&maker);
}

static void
check_write_in_parts (gboolean backwards)
{
  const guint16 marks = PS_CALL_SOCKET | PS_CALL_SEQUENCE;
  const PsCallRecord halves[] = {
    { .symbol = TCP_SENDMSG,
      .packet = 3,
      .first_seq = 500,
      .end_seq = 500,
      .flags = marks | PS_CALL_OPEN },
    { .symbol = TCP_SENDMSG,
      .packet = 3,
      .first_seq = 700,
      .end_seq = 700,
      .duration = 4000,
      .flags = marks | PS_CALL_CONTINUED },
  };
  PsCallsRecord fixed = in_task;
  g_autoptr (PsJourney) journey = NULL;
  const PsJourneySpan *span;
  Maker maker;

  begin_functions (&maker);
  add_segment (&maker, 100, PS_DIRECTION_OUT, 500, 100);
  for (guint i = 0; i < 2; i++)
    {
      fixed.part = backwards ? 1 - i : i;
      fixed.flags = fixed.part == 0 ? PS_CALLS_PARTIAL : 0;
      maker_calls (&maker, &fixed, &halves[fixed.part], 1);
    }
  maker_publish (&maker);
  journey = ps_journey_new (maker.session, 1);
  g_assert_cmpuint (ps_journey_get_n_spans (journey), ==, 1);
  span = ps_journey_get_span (journey, 0);
  g_assert_cmpuint (span->first_seq, ==, 500);
  g_assert_cmpuint (span->end_seq, ==, 700);
  g_assert_cmpint (span->duration_ns, ==, 4000);
  maker_clear (&maker);
}

static void
test_a_write_in_parts_is_one (void)
{
  check_write_in_parts (/* backwards= */ FALSE);
}

/* Its thread went on on another processor, whose records were read first. */
static void
test_parts_may_come_in_any_order (void)
{
  check_write_in_parts (/* backwards= */ TRUE);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/journey/spans/a-datagram-belongs-to-one-call-of-its-program",
                   test_a_datagram_belongs_to_one_call_of_its_program);
  g_test_add_func ("/journey/spans/writes-are-tied-to-segments-by-sequence",
                   test_writes_are_tied_to_segments_by_sequence);
  g_test_add_func ("/journey/spans/reads-are-tied-to-what-came-in",
                   test_reads_are_tied_to_what_came_in);
  g_test_add_func ("/journey/spans/retransmissions-are-found-by-sequence",
                   test_retransmissions_are_found_by_sequence);
  g_test_add_func ("/journey/spans/a-write-in-parts-is-one", test_a_write_in_parts_is_one);
  g_test_add_func ("/journey/spans/parts-may-come-in-any-order", test_parts_may_come_in_any_order);
  g_test_add_func ("/journey/spans/a-sleep-is-known-only-where-it-would-be-seen",
                   test_a_sleep_is_known_only_where_it_would_be_seen);
  return g_test_run ();
}
