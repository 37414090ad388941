/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>

#include "analysis/ps-journey.h"
#include "analysis/ps-layers.h"
#include "packets.h"
#include "sessions.h"

#define SEND(stage) ((stage) | PS_STAGE_SEND)

/* Symbols of the sessions below. */
enum {
  SYSCALL = 1,
  SENDTO,
  UDP_SENDMSG,
  IP_OUTPUT,
  DEV_QUEUE,
  HARD_START,
  LOCAL_BH,
  DO_SOFTIRQ,
  PROCESS_BACKLOG,
  NETIF_RECEIVE,
  TCP_V4_RCV,
  KFREE_SKB,
  NEIGH_UPDATE,
};

static void
add_symbols (Maker *maker)
{
  maker_symbol (maker, SYSCALL, "do_syscall_64", NULL);
  maker_symbol (maker, SENDTO, "__x64_sys_sendto", NULL);
  maker_symbol (maker, UDP_SENDMSG, "udp_sendmsg", NULL);
  maker_symbol (maker, IP_OUTPUT, "ip_output", NULL);
  maker_symbol (maker, DEV_QUEUE, "__dev_queue_xmit", NULL);
  maker_symbol (maker, HARD_START, "dev_hard_start_xmit", NULL);
  maker_symbol (maker, LOCAL_BH, "__local_bh_enable_ip", NULL);
  maker_symbol (maker, DO_SOFTIRQ, "do_softirq.part.0", NULL);
  maker_symbol (maker, PROCESS_BACKLOG, "process_backlog", NULL);
  maker_symbol (maker, NETIF_RECEIVE, "__netif_receive_skb", NULL);
  maker_symbol (maker, TCP_V4_RCV, "tcp_v4_rcv", NULL);
  maker_symbol (maker, KFREE_SKB, "sk_skb_reason_drop", NULL);
  maker_symbol (maker, NEIGH_UPDATE, "__neigh_update", NULL);
  maker_name (maker, PS_NAME_DROP_REASON, 3, "NO_SOCKET");
  maker_name (maker, PS_NAME_DROP_REASON, 4, "BRAND_NEW");
  maker_interface (maker, 1, "lo");
}

/* A sent datagram, seen at the queue and at the device. */
static void
add_sent (Maker *maker)
{
  static const guint32 at_queue[] = { SYSCALL, 10,        SENDTO, 20, UDP_SENDMSG, 30, IP_OUTPUT,
                                      40,      DEV_QUEUE, 50,     0 };
  static const guint32 at_device[] = { SYSCALL,    10,        SENDTO, 20,        UDP_SENDMSG,
                                       30,         IP_OUTPUT, 40,     DEV_QUEUE, 60,
                                       HARD_START, 70,        0 };
  static const PsStageRecord stages[] = {
    { 0, SEND (PS_STAGE_LINK), PS_CONTEXT_TASK },
    { 1500, SEND (PS_STAGE_DEVICE), PS_CONTEXT_TASK },
  };
  static const PsPathReference paths[] = {
    { 1, SEND (PS_STAGE_LINK), PS_STACK_AT_STAGE },
    { 2, SEND (PS_STAGE_DEVICE), PS_STACK_AT_STAGE },
  };
  PsPacketRecord packet = {
    .id = 100,
    .time = 2000000000,
    .interface = 1,
    .protocol = 0x0800,
    .direction = PS_DIRECTION_OUT,
    .verdict = PS_VERDICT_SENT,
    .context = PS_CONTEXT_TASK,
    .n_stages = 2,
    .n_paths = 2,
  };

  maker_path (maker, 1, 0, at_queue);
  maker_path (maker, 2, 0, at_device);
  maker_packet (maker, &packet, stages, paths,
                packet_ethernet (0x0800, packet_ipv4 (17, packet_udp (1, 2, packet_text ("x")))));
}

/* The same on the other side of lo, dropped: nobody listens. */
static void
add_dropped (Maker *maker, guint32 reason, guint16 flags)
{
  static const guint32 at_link[] = { SYSCALL,    10, SENDTO,          20, LOCAL_BH,      1,
                                     DO_SOFTIRQ, 2,  PROCESS_BACKLOG, 3,  NETIF_RECEIVE, 4,
                                     0 };
  static const guint32 at_drop[] = {
    SYSCALL,       10, SENDTO,     20, LOCAL_BH,  1, DO_SOFTIRQ, 2, PROCESS_BACKLOG, 3,
    NETIF_RECEIVE, 9,  TCP_V4_RCV, 5,  KFREE_SKB, 6, 0
  };
  static const PsStageRecord stages[] = {
    { 0, PS_STAGE_LINK, PS_CONTEXT_SOFTIRQ },
    { 700, PS_STAGE_NETWORK, PS_CONTEXT_SOFTIRQ },
  };
  const PsPathReference paths[] = {
    { 4, PS_STAGE_NETWORK, PS_STACK_AT_DROP, flags, 412, 415 },
    { 3, PS_STAGE_LINK, PS_STACK_AT_STAGE, flags, 400, 415 },
  };
  PsPacketRecord packet = {
    .id = 101,
    .parent = 100,
    .time = 2000002000,
    .interface = 1,
    .protocol = 0x0800,
    .direction = PS_DIRECTION_IN,
    .verdict = PS_VERDICT_DROPPED,
    .context = PS_CONTEXT_SOFTIRQ,
    .relation = PS_RELATION_CROSSED,
    .drop_reason = reason,
    .drop_symbol = TCP_V4_RCV,
    .flags = PS_PACKET_RESET_SENT,
    .n_stages = 2,
    .n_paths = 2,
  };

  maker_path (maker, 3, PS_PATH_NESTED, at_link);
  maker_path (maker, 4, PS_PATH_NESTED, at_drop);
  maker_packet (maker, &packet, stages, paths,
                packet_ethernet (0x0800, packet_ipv4 (6, packet_tcp (1, 81, 2, NULL, NULL))));
}

static void
test_paths_merge_by_common_prefix (void)
{
  static const char *const functions[] = { "do_syscall_64",    "__x64_sys_sendto",
                                           "udp_sendmsg",      "ip_output",
                                           "__dev_queue_xmit", "dev_hard_start_xmit" };
  g_autoptr (PsJourney) journey = NULL;
  const PsCall *call;
  Maker maker;

  maker_init (&maker);
  maker_hello (&maker, "");
  add_symbols (&maker);
  add_sent (&maker);
  maker_publish (&maker);
  journey = ps_journey_new (maker.session, 1);

  g_assert_cmpuint (ps_journey_get_n_calls (journey), ==, G_N_ELEMENTS (functions));
  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    {
      call = ps_journey_get_call (journey, i);
      g_assert_cmpstr (call->function, ==, functions[i]);
      g_assert_cmpuint (call->depth, ==, i);
      g_assert_cmpuint (call->parent, ==, i > 0 ? i - 1 : G_MAXUINT32);
      g_assert_cmpint (call->duration_ns, ==, -1);
      g_assert_false (call->inferred);
    }
  call = ps_journey_get_call (journey, 4);
  g_assert_cmpint (call->stage, ==, SEND (PS_STAGE_LINK));
  g_assert_cmpint (call->seen_ns, ==, 6000000000);
  g_assert_cmpuint (call->packet, ==, 100);
  g_assert_cmpuint (call->layer, ==, PS_LAYER_LINK);
  call = ps_journey_get_call (journey, 5);
  g_assert_cmpint (call->stage, ==, SEND (PS_STAGE_DEVICE));
  g_assert_cmpuint (call->layer, ==, PS_LAYER_DEVICE);
  g_assert_null (ps_journey_get_calls_note (journey));
  g_assert_null (ps_journey_get_inferred_note (journey));
  g_assert_cmpstr (ps_journey_get_end (journey), ==, "Sent by lo.");
  maker_clear (&maker);
}

static void
test_another_call_site_is_another_call (void)
{
  static const guint32 first[] = { NETIF_RECEIVE, 10, IP_OUTPUT, 20, DEV_QUEUE, 1, 0 };
  static const guint32 second[] = { NETIF_RECEIVE, 11, IP_OUTPUT, 20, HARD_START, 1, 0 };
  static const PsStageRecord stages[] = { { 0, SEND (PS_STAGE_LINK) },
                                          { 9, SEND (PS_STAGE_DEVICE) } };
  static const PsPathReference paths[] = { { 1, SEND (PS_STAGE_LINK) },
                                           { 2, SEND (PS_STAGE_DEVICE) } };
  PsPacketRecord packet = { .id = 1, .n_stages = 2, .n_paths = 2, .direction = PS_DIRECTION_OUT };
  g_autoptr (PsJourney) journey = NULL;
  Maker maker;

  maker_init (&maker);
  maker_hello (&maker, "");
  add_symbols (&maker);
  maker_path (&maker, 1, 0, first);
  maker_path (&maker, 2, 0, second);
  maker_packet (&maker, &packet, stages, paths, NULL);
  maker_publish (&maker);
  journey = ps_journey_new (maker.session, 1);

  /* One __netif_receive_skb, two times ip_output. */
  g_assert_cmpuint (ps_journey_get_n_calls (journey), ==, 5);
  g_assert_cmpstr (ps_journey_get_call (journey, 3)->function, ==, "ip_output");
  g_assert_cmpuint (ps_journey_get_call (journey, 3)->parent, ==, 0);
  maker_clear (&maker);
}

static void
test_two_system_calls_are_two_trees (void)
{
  static const guint32 first[] = { SYSCALL, 10, SENDTO, 20, DEV_QUEUE, 1, 0 };
  static const guint32 second[] = { SYSCALL, 10, UDP_SENDMSG, 20, HARD_START, 1, 0 };
  static const PsStageRecord stages[] = { { 0, PS_STAGE_LINK }, { 9, PS_STAGE_APPLICATION } };
  static const PsPathReference paths[] = { { 1, PS_STAGE_LINK }, { 2, PS_STAGE_APPLICATION } };
  PsPacketRecord packet = { .id = 1, .n_stages = 2, .n_paths = 2, .direction = PS_DIRECTION_IN };
  g_autoptr (PsJourney) journey = NULL;
  Maker maker;

  maker_init (&maker);
  maker_hello (&maker, "");
  add_symbols (&maker);
  maker_path (&maker, 1, 0, first);
  maker_path (&maker, 2, 0, second);
  maker_packet (&maker, &packet, stages, paths, NULL);
  maker_publish (&maker);
  journey = ps_journey_new (maker.session, 1);
  g_assert_cmpuint (ps_journey_get_n_calls (journey), ==, 6);
  g_assert_cmpuint (ps_journey_get_call (journey, 3)->parent, ==, G_MAXUINT32);
  maker_clear (&maker);
}

static PsJourney *
make_dropped (Maker *maker, guint32 reason, guint16 flags)
{
  maker_init (maker);
  maker_hello (maker, "{\"stage\":\"deliver\",\"why\":\"no netfilter\"},{\"stage\":7},"
                      "{\"stage\":\"device\",\"why\":[1]}");
  add_symbols (maker);
  add_sent (maker);
  add_dropped (maker, reason, flags);
  maker_publish (maker);
  return ps_journey_new (maker->session, 2);
}

static void
test_boundary_and_drop_are_marked (void)
{
  g_autoptr (PsJourney) journey = NULL;
  const PsCall *call;
  Maker maker;

  journey = make_dropped (&maker, 3, 0);
  g_assert_cmpuint (ps_journey_get_n_calls (journey), ==, 8);
  for (guint i = 0; i < 8; i++)
    {
      call = ps_journey_get_call (journey, i);
      g_assert_cmpint (call->boundary, ==, i == 3);
      g_assert_cmpint (call->dropped_here, ==, i == 6);
      g_assert_cmpuint (call->context, ==, i < 3 ? PS_CONTEXT_TASK : PS_CONTEXT_SOFTIRQ);
      g_assert_cmpuint (call->layer, <, PS_N_LAYERS);
    }
  /* In time order, though the drop was listed first. */
  g_assert_cmpint (ps_journey_get_call (journey, 5)->stage, ==, PS_STAGE_LINK);
  /* Plumbing belongs to its caller. */
  g_assert_cmpuint (ps_journey_get_call (journey, 7)->layer, ==, PS_LAYER_TRANSPORT);
  maker_clear (&maker);
}

static void
test_end_says_why (void)
{
  g_autoptr (PsJourney) known = NULL, unknown = NULL;
  Maker maker;

  known = make_dropped (&maker, 3, 0);
  g_assert_cmpstr (ps_journey_get_end (known), ==,
                   "Dropped by tcp_v4_rcv: no socket listens on 198.51.100.2 "
                   "port 81 (NO_SOCKET). "
                   "The sender was told with a reset.");
  maker_clear (&maker);
  unknown = make_dropped (&maker, 4, 0);
  g_assert_cmpstr (ps_journey_get_end (unknown), ==,
                   "Dropped by tcp_v4_rcv (BRAND_NEW). The sender was told with a reset.");
  maker_clear (&maker);
}

static void
test_crossing_links_both_packets (void)
{
  g_autoptr (PsJourney) received = NULL, sent = NULL;
  Maker maker;

  received = make_dropped (&maker, 3, 0);
  sent = ps_journey_new (maker.session, 1);
  g_assert_cmpuint (ps_journey_get_parent (received), ==, 1);
  g_assert_cmpuint (ps_journey_get_child (received), ==, 0);
  g_assert_cmpuint (ps_journey_get_parent (sent), ==, 0);
  g_assert_cmpuint (ps_journey_get_child (sent), ==, 2);
  g_assert_cmpstr (ps_journey_get_end (sent), ==, "Sent by lo; goes on as packet 2.");
  maker_clear (&maker);
}

static void
test_unseen_stages_have_reasons (void)
{
  static const struct {
    guint8 stage;
    gint64 time_ns;
    gint64 since_ns;
    const char *missing;
  } expected[] = {
    { PS_STAGE_DEVICE, -1, -1, "It came from this machine: no driver received it." },
    { PS_STAGE_LINK, 6000002000, -1, NULL },
    { PS_STAGE_NETWORK, 6000002700, 700, NULL },
    { PS_STAGE_DELIVER, -1, -1, "It was dropped before it got there." },
    { PS_STAGE_TRANSPORT, -1, -1, "It was dropped before it got there." },
    { PS_STAGE_SOCKET, -1, -1, "It was dropped before it got there." },
    { PS_STAGE_APPLICATION, -1, -1, "It was dropped before it got there." },
  };
  g_autoptr (PsJourney) journey = NULL;
  Maker maker;

  journey = make_dropped (&maker, 3, 0);
  g_assert_cmpuint (ps_journey_get_n_stages (journey), ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      const PsJourneyStage *stage = ps_journey_get_stage (journey, i);

      g_assert_cmpuint (stage->stage, ==, expected[i].stage);
      g_assert_false (stage->send);
      g_assert_cmpint (stage->time_ns, ==, expected[i].time_ns);
      g_assert_cmpint (stage->since_previous_ns, ==, expected[i].since_ns);
      g_assert_cmpstr (stage->missing, ==, expected[i].missing);
    }
  maker_clear (&maker);
}

static void
test_hello_tells_what_a_kernel_cannot_show (void)
{
  static const PsStageRecord stages[] = { { 0, PS_STAGE_LINK }, { 9, PS_STAGE_SOCKET } };
  PsPacketRecord packet = { .id = 1,
                            .n_stages = 2,
                            .direction = PS_DIRECTION_IN,
                            .verdict = PS_VERDICT_DELIVERED,
                            .flags = PS_PACKET_QUEUED,
                            .protocol = 0x0800 };
  g_autoptr (PsJourney) journey = NULL;
  Maker maker;

  maker_init (&maker);
  maker_hello (&maker, "{\"stage\":\"network\",\"why\":\"this kernel has no netfilter hooks\"},"
                       "{\"stage\":\"send network\",\"why\":\"another\"}");
  maker_packet (&maker, &packet, stages, NULL,
                packet_ethernet (0x0800, packet_ipv4 (17, packet_udp (1, 2, NULL))));
  maker_publish (&maker);
  journey = ps_journey_new (maker.session, 1);
  g_assert_cmpstr (ps_journey_get_stage (journey, 2)->missing, ==,
                   "this kernel has no netfilter hooks");
  g_assert_cmpstr (ps_journey_get_stage (journey, 6)->missing, ==,
                   "No program had read it when the capture last saw it.");
  g_assert_cmpstr (ps_journey_get_end (journey), ==, "Delivered to a socket.");
  g_assert_nonnull (ps_journey_get_calls_note (journey));
  maker_clear (&maker);
}

static void
test_held_back_is_not_made_by_the_kernel (void)
{
  static const guint32 frames[] = { SYSCALL,      1, UDP_SENDMSG, 2, DO_SOFTIRQ, 3,
                                    NEIGH_UPDATE, 4, DEV_QUEUE,   5, 0 };
  static const PsStageRecord stages[] = { { 0, SEND (PS_STAGE_LINK), PS_CONTEXT_SOFTIRQ } };
  static const PsPathReference paths[] = { { 1, SEND (PS_STAGE_LINK) } };
  PsPacketRecord packet = { .id = 1,
                            .n_stages = 1,
                            .n_paths = 1,
                            .direction = PS_DIRECTION_OUT,
                            .verdict = PS_VERDICT_SENT,
                            .context = PS_CONTEXT_SOFTIRQ,
                            .protocol = 0x0800 };
  g_autoptr (PsJourney) held = NULL, made = NULL;
  Maker maker;

  maker_init (&maker);
  maker_hello (&maker, "");
  add_symbols (&maker);
  maker_path (&maker, 1, PS_PATH_NESTED, frames);
  maker_packet (&maker, &packet, stages, paths,
                packet_ethernet (0x0800, packet_ipv4 (17, packet_udp (1, 2, NULL))));
  packet.id = 2;
  packet.n_paths = 0;
  maker_packet (&maker, &packet, stages, NULL,
                packet_ethernet (0x0800, packet_ipv4 (17, packet_udp (1, 2, NULL))));
  maker_publish (&maker);
  held = ps_journey_new (maker.session, 1);
  made = ps_journey_new (maker.session, 2);
  g_assert_null (strstr (ps_journey_get_stage (held, 0)->missing, "no program asked"));
  g_assert_nonnull (strstr (ps_journey_get_stage (made, 0)->missing, "no program asked"));
  maker_clear (&maker);
}

static void
test_only_the_end_was_seen (void)
{
  PsPacketRecord packet = {
    .id = 1, .direction = PS_DIRECTION_IN, .verdict = PS_VERDICT_DROPPED, .protocol = 0x0800
  };
  g_autoptr (PsJourney) journey = NULL;
  Maker maker;

  maker_init (&maker);
  maker_hello (&maker, "");
  maker_packet (&maker, &packet, NULL, NULL, NULL);
  maker_publish (&maker);
  journey = ps_journey_new (maker.session, 1);
  g_assert_cmpstr (ps_journey_get_stage (journey, 0)->missing, ==,
                   "The capture saw nothing of it before its end.");
  maker_clear (&maker);
}

static void
test_inferred_is_never_shown_as_seen (void)
{
  g_autoptr (PsJourney) journey = NULL;
  Maker maker;

  journey = make_dropped (&maker, 3, PS_PATH_REFERENCE_INFERRED);
  for (guint i = 0; i < ps_journey_get_n_calls (journey); i++)
    g_assert_true (ps_journey_get_call (journey, i)->inferred);
  /* Of several, the one that fewest agree on. */
  g_assert_cmpstr (ps_journey_get_inferred_note (journey), ==, "path of its kind, 400 of 415");
  maker_clear (&maker);
}

static void
test_no_such_packet (void)
{
  Maker maker;

  maker_init (&maker);
  g_assert_null (ps_journey_new (maker.session, 1));
  maker_clear (&maker);
}

static void
test_a_path_that_was_lost_is_said (void)
{
  static const PsStageRecord stages[] = { { 0, PS_STAGE_LINK } };
  static const PsPathReference paths[] = { { 77, PS_STAGE_LINK } };
  PsPacketRecord packet = { .id = 1, .n_stages = 1, .n_paths = 1, .direction = PS_DIRECTION_IN };
  g_autoptr (PsJourney) journey = NULL;
  Maker maker;

  maker_init (&maker);
  maker_hello (&maker, "");
  maker_packet (&maker, &packet, stages, paths, NULL);
  maker_publish (&maker);
  journey = ps_journey_new (maker.session, 1);
  g_assert_cmpuint (ps_journey_get_n_calls (journey), ==, 0);
  g_assert_nonnull (strstr (ps_journey_get_calls_note (journey), "lost"));
  maker_clear (&maker);
}

static void
test_layers (void)
{
  static const struct {
    const char *function;
    const char *module;
    guint layer;
  } cases[] = {
    { "__x64_sys_sendto", "", PS_LAYER_SOCKET },
    { "inet_sendmsg", "", PS_LAYER_SOCKET },
    { "sock_def_readable", "", PS_LAYER_SOCKET },
    { "tcp_v4_rcv", "", PS_LAYER_TRANSPORT },
    { "__udp4_lib_rcv", "", PS_LAYER_TRANSPORT },
    { "raw_local_deliver", "", PS_LAYER_TRANSPORT },
    { "icmp_rcv", "", PS_LAYER_NETWORK },
    { "__icmp_send", "", PS_LAYER_NETWORK },
    { "ip_local_deliver_finish", "", PS_LAYER_NETWORK },
    { "ip6_output", "", PS_LAYER_NETWORK },
    { "fib_table_lookup", "", PS_LAYER_NETWORK },
    { "nf_hook_slow", "", PS_LAYER_FILTER },
    { "nft_do_chain", "nf_tables", PS_LAYER_FILTER },
    { "ipt_do_table", "ip_tables", PS_LAYER_FILTER },
    { "sk_filter_trim_cap", "", PS_LAYER_FILTER },
    { "__dev_queue_xmit", "", PS_LAYER_LINK },
    { "fq_codel_enqueue", "sch_fq_codel", PS_LAYER_LINK },
    { "neigh_resolve_output", "", PS_LAYER_LINK },
    { "br_handle_frame", "bridge", PS_LAYER_LINK },
    { "__netif_receive_skb_core.constprop.0", "", PS_LAYER_LINK },
    { "dev_hard_start_xmit", "", PS_LAYER_DEVICE },
    { "veth_xmit", "veth", PS_LAYER_DEVICE },
    { "loopback_xmit", "", PS_LAYER_DEVICE },
    { "__napi_poll", "", PS_LAYER_DEVICE },
    { "some_rule", "xt_comment", PS_LAYER_FILTER },
    { "schedule", "", PS_N_LAYERS },
    { "kfree_skb_reason", "", PS_N_LAYERS },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].function);
      g_assert_cmpuint (ps_function_layer (cases[i].function, cases[i].module), ==, cases[i].layer);
    }
}

static void
test_layer_table_takes_the_longest_pattern (void)
{
  guint bad, layer;
  g_autoptr (PsLayerTable) table =
      ps_layer_table_new ("# comment\na* link\nab* network\nabc socket\nwrong\n", &bad);

  g_assert_cmpuint (bad, ==, 5);
  g_assert_true (ps_layer_table_find (table, "abcd", NULL, &layer));
  g_assert_cmpuint (layer, ==, PS_LAYER_NETWORK);
  g_assert_true (ps_layer_table_find (table, "abc", NULL, &layer));
  g_assert_cmpuint (layer, ==, PS_LAYER_SOCKET);
  g_assert_true (ps_layer_table_find (table, "a", NULL, &layer));
  g_assert_cmpuint (layer, ==, PS_LAYER_LINK);
  g_assert_false (ps_layer_table_find (table, "b", NULL, &layer));
}

/* main() has put a table of the user's own in place. */
static void
test_own_table_comes_first (void)
{
  g_assert_cmpuint (ps_function_layer ("tcp_of_our_own", NULL), ==, PS_LAYER_FILTER);
  g_assert_cmpuint (ps_function_layer ("tcp_of_theirs", NULL), ==, PS_LAYER_TRANSPORT);
}

static void
test_every_drop_reason_is_found (void)
{
  static const char *const some[] = { "ARP_PVLAN_DISABLE",   "NO_SOCKET",   "NETFILTER_DROP",
                                      "SOCKET_RCVBUFF",      "IP_RPFILTER", "QDISC_DROP",
                                      "TCP_LISTEN_OVERFLOW", "XFRM_POLICY", "NOT_SPECIFIED" };

  for (guint i = 0; i < G_N_ELEMENTS (some); i++)
    g_assert_nonnull (ps_drop_reason_sentence (some[i]));
  g_assert_cmpstr (ps_drop_reason_sentence ("SKB_DROP_REASON_NO_SOCKET"), ==,
                   "no socket listens there");
  g_assert_null (ps_drop_reason_sentence ("BRAND_NEW"));
  g_assert_null (ps_drop_reason_sentence (NULL));
  g_assert_nonnull (ps_drop_reason_advice ("NO_SOCKET"));
  g_assert_null (ps_drop_reason_advice ("BRAND_NEW"));
}

/* The running kernel's own list, where it can be read. */
static void
test_this_kernels_drop_reasons_have_sentences (void)
{
  g_autofree char *output = NULL;
  g_auto (GStrv) lines = NULL;
  guint n = 0;

  if (!g_spawn_command_line_sync ("bpftool btf dump file /sys/kernel/btf/vmlinux", &output, NULL,
                                  NULL, NULL))
    {
      g_test_skip ("bpftool is not here to read this kernel's drop reasons");
      return;
    }
  lines = g_strsplit (output, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *name = strstr (lines[i], "'SKB_DROP_REASON_");
      g_autofree char *reason = NULL;

      if (name == NULL || strstr (lines[i], "ENUM") != NULL)
        continue;
      name += strlen ("'SKB_DROP_REASON_");
      reason = g_strndup (name, strcspn (name, "'"));
      if (g_str_equal (reason, "MAX") || g_str_has_prefix (reason, "SUBSYS_"))
        continue;
      n++;
      if (ps_drop_reason_sentence (reason) == NULL)
        g_test_message ("no sentence for %s", reason);
      g_assert_nonnull (ps_drop_reason_sentence (reason));
    }
  if (n == 0)
    g_test_skip ("this kernel's BTF names no drop reasons");
}

static char *
write_own_table (void)
{
  g_autofree char *config = g_dir_make_tmp ("packetscope-XXXXXX", NULL);
  g_autofree char *folder = g_build_filename (config, "packetscope", NULL);
  g_autofree char *file = g_build_filename (folder, "layers.conf", NULL);

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (file, "tcp_of_our_own filter\n", -1, NULL));
  g_setenv ("XDG_CONFIG_HOME", config, TRUE);
  return g_steal_pointer (&config);
}

static void
remove_own_table (const char *config)
{
  g_autofree char *folder = g_build_filename (config, "packetscope", NULL);
  g_autofree char *file = g_build_filename (folder, "layers.conf", NULL);

  g_unlink (file);
  g_rmdir (folder);
  g_rmdir (config);
}

int
main (int argc, char **argv)
{
  g_autofree char *config = write_own_table ();
  int status;

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/journey/paths-merge-by-their-common-prefix",
                   test_paths_merge_by_common_prefix);
  g_test_add_func ("/journey/another-call-site-is-another-call",
                   test_another_call_site_is_another_call);
  g_test_add_func ("/journey/two-system-calls-are-two-trees", test_two_system_calls_are_two_trees);
  g_test_add_func ("/journey/boundary-and-drop-are-marked", test_boundary_and_drop_are_marked);
  g_test_add_func ("/journey/the-end-says-why", test_end_says_why);
  g_test_add_func ("/journey/crossing-links-both-packets", test_crossing_links_both_packets);
  g_test_add_func ("/journey/unseen-stages-have-reasons", test_unseen_stages_have_reasons);
  g_test_add_func ("/journey/the-hello-tells-what-a-kernel-cannot-show",
                   test_hello_tells_what_a_kernel_cannot_show);
  g_test_add_func ("/journey/what-waited-for-a-neighbour-was-not-made-by-the-kernel",
                   test_held_back_is_not_made_by_the_kernel);
  g_test_add_func ("/journey/only-its-end-may-have-been-seen", test_only_the_end_was_seen);
  g_test_add_func ("/journey/inferred-is-never-shown-as-seen",
                   test_inferred_is_never_shown_as_seen);
  g_test_add_func ("/journey/a-packet-that-is-not-there-has-none", test_no_such_packet);
  g_test_add_func ("/journey/a-path-that-was-lost-is-said", test_a_path_that_was_lost_is_said);
  g_test_add_func ("/layers/functions-have-layers", test_layers);
  g_test_add_func ("/layers/the-longest-pattern-wins", test_layer_table_takes_the_longest_pattern);
  g_test_add_func ("/layers/the-users-own-table-comes-first", test_own_table_comes_first);
  g_test_add_func ("/drop-reasons/known-ones-have-sentences", test_every_drop_reason_is_found);
  g_test_add_func ("/drop-reasons/all-of-this-kernel-have-sentences",
                   test_this_kernels_drop_reasons_have_sentences);
  status = g_test_run ();
  remove_own_table (config);
  return status;
}
