/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet's calls against those of its like. */
#include "analysis/ps-usual.h"
#include "packets.h"
#include "sessions.h"

#define START 2000000000u

enum { SENDMSG = 1, SOFTIRQ, OUTPUT, QUEUE, DESTRUCT };

static void
begin (Maker *maker)
{
  maker_init (maker);
  maker_hello (maker, "");
  maker_symbol (maker, SENDMSG, "udp_sendmsg", NULL);
  maker_symbol (maker, SOFTIRQ, "net_tx_action", NULL);
  maker_symbol (maker, OUTPUT, "ip_output", NULL);
  maker_symbol (maker, QUEUE, "__dev_queue_xmit", NULL);
  maker_symbol (maker, DESTRUCT, "sock_wfree", NULL);
  maker_interface (maker, 1, "eth0");
}

/* ip_output › __dev_queue_xmit, which takes `queue_ns` of the 5,000 + queue_ns of ip_output; its
 * caller takes `around_ns` more. */
static void
add_around (Maker *maker,
            guint64 id,
            guint32 caller,
            guint32 around_ns,
            guint32 queue_ns,
            guint8 direction)
{
  PsPacketRecord packet = { .id = id,
                            .time = START + id * 1000000,
                            .interface = 1,
                            .protocol = 0x0800,
                            .verdict = PS_VERDICT_SENT,
                            .direction = direction };
  PsCallsRecord tree = { .tree = id, .time = START + id * 1000000, .pid = 40, .tid = 40 };
  PsCallRecord calls[] = {
    { .duration = 5000 + around_ns + queue_ns,
      .symbol = caller,
      .packet = 3,
      .flags = PS_CALL_SOCKET },
    { .start = 100, .duration = 5000 + queue_ns, .symbol = OUTPUT, .packet = id, .depth = 1 },
    { .start = 200, .duration = queue_ns, .symbol = QUEUE, .packet = id, .depth = 2 },
  };

  maker_packet (maker, &packet, NULL, NULL,
                packet_ethernet (0x0800, packet_ipv4 (17, packet_udp (1, 2, packet_text ("x")))));
  maker_calls (maker, &tree, calls, G_N_ELEMENTS (calls));
}

static void
add (Maker *maker, guint64 id, guint32 caller, guint32 queue_ns, guint8 direction)
{
  add_around (maker, id, caller, 45000, queue_ns, direction);
}

static PsUsual *
compare (Maker *maker, guint64 number)
{
  PsUsual *usual;

  maker_publish (maker);
  usual = ps_usual_new (maker->session, number);
  g_assert_nonnull (usual);
  while (!ps_usual_step (usual, 100))
    ;
  return usual;
}

static void
test_names_the_guilty_call (void)
{
  g_autoptr (PsUsual) usual = NULL;
  const guint32 *guilty;
  Maker maker;
  guint n;

  begin (&maker);
  for (guint i = 1; i <= 9; i++)
    add (&maker, i, SENDMSG, i == 4 ? 90000 : 1000 + i, PS_DIRECTION_OUT);
  usual = compare (&maker, 4);
  g_assert_cmpuint (ps_usual_get_n_peers (usual), ==, 8);
  g_assert_cmpuint (ps_usual_get_call (usual, 2)->n, ==, 8);
  g_assert_cmpint (ps_usual_get_call (usual, 2)->self_median_ns, ==, 1006);
  g_assert_cmpint (ps_usual_get_call (usual, 2)->excess_ns, ==, 90000 - 1006);
  g_assert_cmpfloat_with_epsilon (ps_usual_get_factor (usual, 1), 1, 1e-9);
  guilty = ps_usual_get_guilty (usual, &n);
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (guilty[0], ==, 2);
  g_assert_nonnull (strstr (ps_usual_get_sentence (usual), "__dev_queue_xmit"));
  maker_clear (&maker);
}

static void
test_nothing_is_guilty_of_a_usual_packet (void)
{
  g_autoptr (PsUsual) usual = NULL;
  Maker maker;
  guint n;

  begin (&maker);
  for (guint i = 1; i <= 9; i++)
    add (&maker, i, SENDMSG, 1000 + i, PS_DIRECTION_OUT);
  usual = compare (&maker, 1);
  ps_usual_get_guilty (usual, &n);
  g_assert_cmpuint (n, ==, 0);
  g_assert_nonnull (strstr (ps_usual_get_sentence (usual), "6.00 µs"));
  maker_clear (&maker);
}

static void
test_what_is_around_it_is_not_its_work (void)
{
  g_autoptr (PsUsual) usual = NULL;
  Maker maker;
  guint n;

  begin (&maker);
  for (guint i = 1; i <= 9; i++)
    add_around (&maker, i, SENDMSG, i == 4 ? 900000 : 45000, 1000, PS_DIRECTION_OUT);
  usual = compare (&maker, 4);
  ps_usual_get_guilty (usual, &n);
  g_assert_cmpuint (n, ==, 0);
  g_assert_true (g_str_has_prefix (ps_usual_get_sentence (usual), "Nothing unusual: 6.00 µs"));
  g_assert_nonnull (strstr (ps_usual_get_sentence (usual), "Around it: udp_sendmsg 855 µs more"));
  maker_clear (&maker);
}

static void
test_who_ran_it_does_not_matter (void)
{
  g_autoptr (PsUsual) usual = NULL;
  Maker maker;

  begin (&maker);
  for (guint i = 1; i <= 9; i++)
    add (&maker, i, i % 2 == 0 ? SENDMSG : SOFTIRQ, 1000, PS_DIRECTION_OUT);
  usual = compare (&maker, 1);
  g_assert_cmpuint (ps_usual_get_n_peers (usual), ==, 8);
  g_assert_cmpuint (ps_usual_get_call (usual, 2)->n, ==, 8);
  maker_clear (&maker);
}

static void
test_too_few_are_not_called_usual (void)
{
  g_autoptr (PsUsual) usual = NULL;
  Maker maker;

  begin (&maker);
  for (guint i = 1; i <= PS_USUAL_PEERS_MIN; i++)
    add (&maker, i, SENDMSG, 1000, PS_DIRECTION_OUT);
  /* Another direction is another kind. */
  for (guint i = 11; i <= 20; i++)
    add (&maker, i, SENDMSG, 1000, PS_DIRECTION_IN);
  usual = compare (&maker, 1);
  g_assert_cmpuint (ps_usual_get_n_peers (usual), ==, PS_USUAL_PEERS_MIN - 1);
  g_assert_null (ps_usual_get_call (usual, 2));
  g_assert_cmpfloat (ps_usual_get_factor (usual, 2), <, 0);
  g_assert_nonnull (ps_usual_get_sentence (usual));
  maker_clear (&maker);
}

static void
test_a_packet_without_times_says_so (void)
{
  g_autoptr (PsUsual) usual = NULL;
  PsPacketRecord packet = { .id = 1, .time = START, .interface = 1, .protocol = 0x0800 };
  Maker maker;

  begin (&maker);
  maker_packet (&maker, &packet, NULL, NULL, NULL);
  usual = compare (&maker, 1);
  g_assert_cmpuint (ps_usual_get_n_peers (usual), ==, 0);
  g_assert_nonnull (strstr (ps_usual_get_sentence (usual), "not timed"));
  g_assert_null (ps_usual_new (maker.session, 2));
  maker_clear (&maker);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add_func ("/usual/" name, test)
  ADD ("the guilty call is named", test_names_the_guilty_call);
  ADD ("nothing is guilty of a usual packet", test_nothing_is_guilty_of_a_usual_packet);
  ADD ("what is around it is not its work", test_what_is_around_it_is_not_its_work);
  ADD ("who ran it does not matter", test_who_ran_it_does_not_matter);
  ADD ("too few are not called usual", test_too_few_are_not_called_usual);
  ADD ("a packet without times says so", test_a_packet_without_times_says_so);
#undef ADD
  return g_test_run ();
}
