/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/ps-conversations.h"
#include "analysis/ps-diff.h"
#include "analysis/ps-duration.h"
#include "analysis/ps-path-titles.h"
#include "analysis/ps-protocol-matrix.h"
#include "packets.h"
#include "sessions.h"

/* The ids of a session, which must not matter to a comparison. */
static void
set_up (Maker *maker, guint32 base)
{
  const guint32 tcp[] = { base, 1, base + 1, 1, 0 };
  const guint32 udp[] = { base, 1, base + 2, 1, 0 };
  const guint32 icmp[] = { base, 1, base + 3, 1, 0 };

  maker_init (maker);
  maker_hello (maker, "");
  maker_symbol (maker, base, "ip_rcv", NULL);
  maker_symbol (maker, base + 1, "tcp_v4_rcv", NULL);
  maker_symbol (maker, base + 2, "udp_rcv", NULL);
  maker_symbol (maker, base + 3, "tcp_v4_err", NULL);
  maker_path (maker, base + 10, 0, tcp);
  maker_path (maker, base + 11, 0, udp);
  maker_path (maker, base + 12, 0, icmp);
}

static void
add (Maker *maker, guint n, guint32 path, guint8 protocol, guint64 latency)
{
  for (guint i = 0; i < n; i++)
    {
      const PsStageRecord stages[] = {
        { .stage = PS_STAGE_LINK },
        { .delta = latency + i % 7 * (latency / 10), .stage = PS_STAGE_TRANSPORT },
      };
      const PsPathReference reference = { .path = path, .stage = PS_STAGE_TRANSPORT };
      static guint64 id;
      const PsPacketRecord packet = { .id = ++id,
                                      .time = 2000000000 + id,
                                      .n_stages = 2,
                                      .n_paths = 1,
                                      .direction = PS_DIRECTION_IN,
                                      .flags = PS_PACKET_HAS_PROCESS,
                                      .pid = 7,
                                      .comm = "server",
                                      .verdict = PS_VERDICT_DELIVERED };
      Bytes *inner = protocol == 17 ? packet_udp (1000, (guint16)(i % 2 ? 53 : 54), NULL)
                                    : packet_icmp (3, 3, 0, NULL);

      maker_packet (maker, &packet, stages, &reference,
                    packet_ethernet (0x0800, packet_ipv4 (protocol, inner)));
    }
}

static const PsDiffRow *
find (const PsDiff *diff, const char *function)
{
  for (guint i = 0; i < diff->rows->len; i++)
    {
      const PsDiffRow *row = g_ptr_array_index (diff->rows, i);

      if (strstr (row->title, function) != NULL)
        return row;
    }
  return NULL;
}

static void
test_two_sessions (void)
{
  Maker a, b;
  g_autoptr (PsPathTable) table_a = NULL;
  g_autoptr (PsPathTable) table_b = NULL;
  g_autoptr (PsDiff) diff = NULL;

  set_up (&a, 1);
  set_up (&b, 100);
  add (&a, 200, 11, 17, 1000); /* tcp_v4_rcv: becomes slower */
  add (&b, 200, 110, 17, 5000);
  add (&a, 100, 12, 17, 1000); /* udp_rcv: is lost */
  add (&b, 100, 112, 1, 1000); /* tcp_v4_err: is new */
  maker_publish (&a);
  maker_publish (&b);
  table_a = ps_path_table_new (a.session, NULL, NULL);
  table_b = ps_path_table_new (b.session, NULL, NULL);
  diff = ps_diff_new (table_a, table_b);
  g_assert_cmpuint (diff->rows->len, ==, 3);
  g_assert_cmpint (find (diff, "tcp_v4_rcv")->change, ==, PS_CHANGE_SLOWER);
  g_assert_cmpfloat (find (diff, "tcp_v4_rcv")->slower_chance, >, 0.95);
  g_assert_true (g_str_has_prefix (find (diff, "tcp_v4_rcv")->sentence, "Slower"));
  g_assert_cmpint (find (diff, "udp_rcv")->change, ==, PS_CHANGE_LOST);
  g_assert_true (find (diff, "udp_rcv")->significant);
  g_assert_cmpint (find (diff, "tcp_v4_err")->change, ==, PS_CHANGE_GAINED);
  g_assert_cmpuint (find (diff, "tcp_v4_err")->example_a, ==, 0);
  maker_clear (&a);
  maker_clear (&b);
}

static void
test_the_same_is_no_difference (void)
{
  Maker a;
  g_autoptr (PsPathTable) table = NULL;
  g_autoptr (PsDiff) diff = NULL;
  const PsDiffRow *row;

  set_up (&a, 1);
  add (&a, 200, 11, 17, 1000);
  add (&a, 3, 12, 17, 1000);
  maker_publish (&a);
  table = ps_path_table_new (a.session, NULL, NULL);
  diff = ps_diff_new (table, table);
  for (guint i = 0; i < diff->rows->len; i++)
    {
      row = g_ptr_array_index (diff->rows, i);
      g_assert_cmpint (row->change, ==, PS_CHANGE_NONE);
      g_assert_false (row->significant);
    }
  /* Three samples are too few to compare how long they took. */
  row = find (diff, "udp_rcv");
  g_assert_cmpfloat (row->latency_p, ==, -1);
  maker_clear (&a);
}

static void
test_one_packet_proves_nothing (void)
{
  Maker a, b;
  g_autoptr (PsPathTable) table_a = NULL;
  g_autoptr (PsPathTable) table_b = NULL;
  g_autoptr (PsDiff) diff = NULL;

  set_up (&a, 1);
  set_up (&b, 1);
  add (&a, 20, 11, 17, 1000);
  add (&b, 20, 11, 17, 1000);
  add (&b, 1, 12, 17, 1000);
  maker_publish (&a);
  maker_publish (&b);
  table_a = ps_path_table_new (a.session, NULL, NULL);
  table_b = ps_path_table_new (b.session, NULL, NULL);
  diff = ps_diff_new (table_a, table_b);
  g_assert_cmpint (find (diff, "udp_rcv")->change, ==, PS_CHANGE_GAINED);
  g_assert_false (find (diff, "udp_rcv")->significant);
  g_assert_nonnull (strstr (find (diff, "udp_rcv")->sentence, "chance"));
  maker_clear (&a);
  maker_clear (&b);
}

/* Wanted values worked out apart, from exact binomials and the normal
 * distribution. */
static void
test_shares (void)
{
  g_assert_cmpfloat_with_epsilon (ps_test_shares (3, 10, 7, 10), 0.1788954, 1e-6);
  g_assert_cmpfloat_with_epsilon (ps_test_shares (0, 10, 5, 10), 0.0325077, 1e-6);
  g_assert_cmpfloat_with_epsilon (ps_test_shares (10, 10, 5, 10), 0.0325077, 1e-6);
  g_assert_cmpfloat_with_epsilon (ps_test_shares (100, 1000, 130, 1000), 0.0354885, 1e-6);
  g_assert_cmpfloat (ps_test_shares (5, 5, 8, 8), ==, 1);
  g_assert_cmpfloat (ps_test_shares (0, 0, 3, 8), ==, 1);
  g_assert_cmpfloat (ps_test_shares (1, 100000000, 0, 100000000), >, 0.9);
}

static void
test_latencies (void)
{
  guint64 a[PS_LATENCY_BUCKETS] = { 0 }, b[PS_LATENCY_BUCKETS] = { 0 };
  double chance;

  g_assert_cmpfloat (ps_test_latencies (a, b, &chance), ==, -1);
  g_assert_cmpfloat (chance, ==, -1);
  a[40] = b[40] = 50;
  g_assert_cmpfloat (ps_test_latencies (a, b, &chance), ==, 1);
  g_assert_cmpfloat_with_epsilon (chance, 0.5, 1e-9);
  b[40] = 0;
  b[60] = 50;
  g_assert_cmpfloat (ps_test_latencies (a, b, &chance), <, 1e-9);
  g_assert_cmpfloat_with_epsilon (chance, 1, 1e-9);
  g_assert_cmpfloat (ps_test_latencies (b, a, &chance), <, 1e-9);
  g_assert_cmpfloat_with_epsilon (chance, 0, 1e-9);
}

static void
test_icmp_changes_tcp (void)
{
  Maker a;
  g_autoptr (GPtrArray) cells = NULL;
  const PsProtocolCell *cell;

  set_up (&a, 1);
  add (&a, 5, 13, 1, 1000);
  add (&a, 50, 12, 17, 1000);
  maker_publish (&a);
  cells = ps_protocol_matrix_new (a.session, NULL, NULL);
  g_assert_cmpuint (cells->len, ==, 1);
  cell = g_ptr_array_index (cells, 0);
  g_assert_cmpstr (cell->from, ==, "ICMP");
  g_assert_cmpstr (cell->to, ==, "TCP");
  g_assert_cmpstr (cell->function, ==, "tcp_v4_err");
  g_assert_cmpuint (cell->packets, ==, 5);
  g_assert_cmpuint (cell->example, ==, 1);
  maker_clear (&a);
}

static void
test_conversations_and_processes (void)
{
  Maker a;
  g_autoptr (PsConversations) conversations = NULL;
  g_autoptr (GPtrArray) processes = NULL;
  const PsConversation *one;
  const PsProcessRow *process;

  set_up (&a, 1);
  add (&a, 9, 12, 17, 1000);
  maker_publish (&a);
  conversations = ps_conversations_new (a.session, NULL, NULL);
  g_assert_cmpuint (conversations->rows->len, ==, 2);
  one = g_ptr_array_index (conversations->rows, 0);
  g_assert_cmpuint (one->packets_a_to_b, ==, 5);
  g_assert_cmpuint (one->packets_b_to_a, ==, 0);
  g_assert_cmpuint (one->b_port, ==, 54);
  processes = ps_process_table_new (a.session, NULL, NULL);
  g_assert_cmpuint (processes->len, ==, 1);
  process = g_ptr_array_index (processes, 0);
  g_assert_cmpstr (process->comm, ==, "server");
  g_assert_cmpuint (process->packets[PS_DIRECTION_IN], ==, 9);
  maker_clear (&a);
}

static void
test_durations (void)
{
  const struct {
    gint64 ns;
    const char *text;
  } cases[] = { { -1, "n/a" },           { 0, "0 ns" },
                { 999, "999 ns" },       { 1500, "1.50 µs" },
                { 12345, "12.3 µs" },    { 999999, "1.00 ms" },
                { 123456789, "123 ms" }, { G_MAXINT64, "9223372037 s" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = ps_duration_format (cases[i].ns);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

static void
test_alike_titles (void)
{
  static const char *const signatures[] = {
    "0:tcp_sendmsg;1:tcp_write_xmit;2:ip_output;3:__dev_queue_xmit;",
    "0:tcp_sendmsg;1:release_sock;2:tcp_v4_do_rcv;3:tcp_ack;4:ip_output;5:__dev_queue_xmit;",
    "0:tcp_sendmsg;1:release_sock;2:tcp_v4_do_rcv;4:ip_output;5:__dev_queue_xmit;",
    "0:tcp_sendmsg;1:release_sock;2:tcp_v4_do_rcv;4:ip_output;5:ip_output;6:__dev_queue_xmit;",
    "0:udp_sendmsg;1:__dev_queue_xmit;",
  };
  static const char alike[] = "tcp_sendmsg → … → ip_output → __dev_queue_xmit";
  char *titles[] = { g_strdup (alike), g_strdup (alike), g_strdup (alike), g_strdup (alike),
                     g_strdup ("udp_sendmsg → __dev_queue_xmit") };

  ps_path_titles_tell_apart (titles, signatures, G_N_ELEMENTS (titles));
  g_assert_cmpstr (titles[0], ==,
                   "tcp_sendmsg → … → tcp_write_xmit → … → ip_output → __dev_queue_xmit");
  g_assert_cmpstr (titles[1], ==, "tcp_sendmsg → … → tcp_ack → … → ip_output → __dev_queue_xmit");
  g_assert_nonnull (strstr (titles[2], "(without tcp_ack) (5 functions, variant"));
  g_assert_cmpstr (titles[4], ==, "udp_sendmsg → __dev_queue_xmit");
  for (guint i = 0; i < G_N_ELEMENTS (titles); i++)
    for (guint j = 0; j < i; j++)
      g_assert_cmpstr (titles[i], !=, titles[j]);
  for (guint i = 0; i < G_N_ELEMENTS (titles); i++)
    g_free (titles[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/diff/titles-that-are-alike-are-told-apart", test_alike_titles);
  g_test_add_func ("/diff/paths gained, lost and slower are told", test_two_sessions);
  g_test_add_func ("/diff/a recording does not differ from itself", test_the_same_is_no_difference);
  g_test_add_func ("/diff/one packet proves nothing", test_one_packet_proves_nothing);
  g_test_add_func ("/significance/shares", test_shares);
  g_test_add_func ("/significance/latencies", test_latencies);
  g_test_add_func ("/protocols/an ICMP error changes a TCP connection", test_icmp_changes_tcp);
  g_test_add_func ("/conversations/ends and processes are counted",
                   test_conversations_and_processes);
  g_test_add_func ("/duration/three digits count", test_durations);
  return g_test_run ();
}
