/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <gio/gio.h>

#include "analysis/ps-flame.h"
#include "analysis/ps-heat-map.h"
#include "analysis/ps-slowness.h"
#include "packets.h"
#include "sessions.h"

enum { SYSCALL = 1, IP_RCV, TCP_RCV, UDP_RCV, ICMP_ERR, HOOK };

/* Two paths from ip_rcv: tcp_v4_rcv and udp_rcv; a third one ends in a filter
 * that drops. */
static void
set_up (Maker *maker)
{
  const guint32 tcp[] = { SYSCALL, 1, IP_RCV, 1, TCP_RCV, 1, 0 };
  const guint32 udp[] = { SYSCALL, 1, IP_RCV, 1, UDP_RCV, 1, 0 };
  const guint32 hook[] = { SYSCALL, 1, IP_RCV, 1, HOOK, 1, 0 };

  maker_init (maker);
  maker_hello (maker, "");
  maker_symbol (maker, SYSCALL, "net_rx_action", NULL);
  maker_symbol (maker, IP_RCV, "ip_rcv", NULL);
  maker_symbol (maker, TCP_RCV, "tcp_v4_rcv", NULL);
  maker_symbol (maker, UDP_RCV, "udp_rcv", NULL);
  maker_symbol (maker, HOOK, "nf_hook_slow", NULL);
  maker_name (maker, PS_NAME_DROP_REASON, 6, "NETFILTER_DROP");
  maker_path (maker, 1, 0, tcp);
  maker_path (maker, 2, 0, udp);
  maker_path (maker, 3, 0, hook);
}

/* A received packet on `path` (0: none) that takes `latency` ns from link to
 * transport. */
static void
add (Maker *maker, guint64 id, guint32 path, guint64 latency, guint16 flags)
{
  const PsStageRecord stages[] = {
    { .stage = PS_STAGE_LINK },
    { .delta = 100, .stage = PS_STAGE_NETWORK },
    { .delta = 100 + latency, .stage = PS_STAGE_TRANSPORT },
  };
  const PsPathReference reference = { .path = path,
                                      .stage = PS_STAGE_TRANSPORT,
                                      .event = path == 3 ? PS_STACK_AT_DROP : PS_STACK_AT_STAGE,
                                      .flags = flags };
  const PsPacketRecord packet = { .id = id,
                                  .time = 2000000000 + id * 1000,
                                  .n_stages = G_N_ELEMENTS (stages),
                                  .n_paths = path != 0,
                                  .direction = PS_DIRECTION_IN,
                                  .drop_reason = path == 3 ? 6 : 0,
                                  .drop_symbol = path == 3 ? HOOK : 0,
                                  .verdict =
                                      path == 3 ? PS_VERDICT_DROPPED : PS_VERDICT_DELIVERED };

  maker_packet (maker, &packet, stages, &reference,
                packet_ethernet (0x0800, packet_ipv4 (17, packet_udp (1, 2, NULL))));
}

static const PsFlameNode *
find (const PsFlame *flame, const char *function)
{
  for (guint i = 0; i < flame->nodes->len; i++)
    if (g_str_equal (g_array_index (flame->nodes, PsFlameNode, i).function, function))
      return &g_array_index (flame->nodes, PsFlameNode, i);
  return NULL;
}

static PsFlame *
make (Maker *maker, PsFlameWeight weight)
{
  g_autoptr (GError) error = NULL;
  PsFlame *flame = ps_flame_new (maker->session, NULL, NULL, weight, &error);

  g_assert_no_error (error);
  return flame;
}

static void
test_paths_merge (void)
{
  Maker maker;
  g_autoptr (PsFlame) flame = NULL;

  set_up (&maker);
  for (guint i = 1; i <= 10; i++)
    add (&maker, i, i <= 7 ? 1 : 2, 100, 0);
  add (&maker, 11, 0, 100, 0);
  maker_publish (&maker);
  flame = make (&maker, PS_FLAME_PACKETS);
  g_assert_cmpuint (flame->nodes->len, ==, 5);
  g_assert_cmpuint (find (flame, "ip_rcv")->value, ==, 10);
  g_assert_cmpuint (find (flame, "ip_rcv")->self, ==, 0);
  g_assert_cmpuint (find (flame, "tcp_v4_rcv")->value, ==, 7);
  g_assert_cmpuint (find (flame, "udp_rcv")->self, ==, 3);
  g_assert_cmpuint (find (flame, "udp_rcv")->packets, ==, 3);
  g_assert_cmpuint (find (flame, "tcp_v4_rcv")->layer, ==, PS_LAYER_TRANSPORT);
  /* What has no path is said, not drawn. */
  g_assert_cmpuint (flame->n_packets, ==, 11);
  g_assert_cmpuint (flame->n_without_path, ==, 1);
  maker_clear (&maker);
}

/* Every node's children are in order, behind it, and fill no more than its
 * width. */
static void
test_the_tree_can_be_drawn (void)
{
  Maker maker;
  g_autoptr (PsFlame) flame = NULL;

  set_up (&maker);
  for (guint i = 1; i <= 30; i++)
    add (&maker, i, 1 + i % 3, 100, 0);
  maker_publish (&maker);
  flame = make (&maker, PS_FLAME_PACKETS);
  for (guint32 i = 0; i < flame->nodes->len; i++)
    {
      const PsFlameNode *node = &g_array_index (flame->nodes, PsFlameNode, i);
      const char *before = "";
      guint64 sum = node->self;

      for (guint32 at = node->first_child; at != 0;)
        {
          const PsFlameNode *child = &g_array_index (flame->nodes, PsFlameNode, at);

          g_assert_cmpuint (at, >, i);
          g_assert_cmpuint (child->parent, ==, i);
          g_assert_cmpint (child->depth, ==, node->depth + 1);
          g_assert_cmpstr (before, <, child->function);
          before = child->function;
          sum += child->value;
          at = child->next_sibling;
        }
      g_assert_cmpuint (sum, ==, node->value);
    }
  maker_clear (&maker);
}

static void
test_drops_count_where_they_happened (void)
{
  Maker maker;
  g_autoptr (PsFlame) flame = NULL;

  set_up (&maker);
  for (guint i = 1; i <= 9; i++)
    add (&maker, i, i <= 4 ? 3 : 1, 100, 0);
  maker_publish (&maker);
  flame = make (&maker, PS_FLAME_DROPS);
  g_assert_cmpuint (g_array_index (flame->nodes, PsFlameNode, 0).value, ==, 4);
  g_assert_cmpuint (find (flame, "nf_hook_slow")->self, ==, 4);
  g_assert_null (find (flame, "tcp_v4_rcv"));
  maker_clear (&maker);
}

static void
test_times_are_not_invented (void)
{
  Maker maker;
  g_autoptr (GError) error = NULL;

  set_up (&maker);
  add (&maker, 1, 1, 100, 0);
  maker_publish (&maker);
  g_assert_null (ps_flame_new (maker.session, NULL, NULL, PS_FLAME_TOTAL_TIME, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  g_assert_null (ps_flame_new (maker.session, NULL, NULL, PS_FLAME_SELF_TIME, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  maker_clear (&maker);
}

static gboolean
is_even (PsSession *session, const PsPacket *packet, gpointer user_data)
{
  return packet->number % 2 == 0;
}

static void
test_a_selection_is_a_part (void)
{
  Maker maker;
  g_autoptr (PsFlame) flame = NULL;
  g_autoptr (PsFlame) empty = NULL;

  set_up (&maker);
  maker_publish (&maker);
  empty = make (&maker, PS_FLAME_PACKETS);
  g_assert_cmpuint (empty->nodes->len, ==, 1);
  for (guint i = 1; i <= 10; i++)
    add (&maker, i, i % 2 == 0 ? 1 : 2, 100, 0);
  maker_publish (&maker);
  flame = ps_flame_new (maker.session, is_even, NULL, PS_FLAME_PACKETS, NULL);
  g_assert_cmpuint (flame->n_packets, ==, 5);
  g_assert_null (find (flame, "udp_rcv"));
  maker_clear (&maker);
}

static void
test_path_table (void)
{
  Maker maker;
  g_autoptr (PsPathTable) table = NULL;
  const PsPathRow *row;
  g_autofree char *title = NULL;

  set_up (&maker);
  for (guint i = 1; i <= 2000; i++)
    add (&maker, i, i == 1500 ? 3 : 1, 1000, 0);
  add (&maker, 2001, 1, 1000, PS_PATH_REFERENCE_INFERRED);
  maker_publish (&maker);
  table = ps_path_table_new (maker.session, NULL, NULL);
  g_assert_cmpuint (table->rows->len, ==, 3);
  g_assert_cmpuint (table->n_drops, ==, 1);
  row = g_ptr_array_index (table->rows, 0);
  g_assert_cmpuint (row->packets, ==, 1999);
  g_assert_cmpuint (row->example, ==, 1);
  g_assert_cmpfloat (row->rarity, <, 0.1);
  g_assert_false (row->inferred);
  g_assert_cmpint (row->latency.p50_ns, >=, 900);
  g_assert_cmpint (row->latency.p50_ns, <=, 1400);
  g_assert_cmpint (row->latency.max_ns, ==, 1100);
  g_assert_cmpint (row->last_seen_ns - row->first_seen_ns, ==, 1999000);
  row = g_ptr_array_index (table->rows, 1);
  g_assert_cmpuint (row->packets, ==, 1);
  g_assert_cmpfloat (row->rarity, >=, PS_PATH_RARE_BITS);
  title = ps_path_row_dup_title (table, row);
  g_assert_nonnull (strstr (title, "dropped by nf_hook_slow (NETFILTER_DROP)"));
  /* A path that was not seen is kept apart from the same one that was. */
  row = g_ptr_array_index (table->rows, 2);
  g_assert_true (row->inferred);
  maker_clear (&maker);
}

static void
test_why_a_packet_is_slow (void)
{
  Maker maker;
  g_autoptr (PsSlowness) slow = NULL;
  g_autoptr (PsSlowness) usual = NULL;
  g_autoptr (PsSlowness) alone = NULL;

  set_up (&maker);
  for (guint i = 1; i <= 100; i++)
    add (&maker, i, 1, i == 60 ? 500000 : 1000 + i, 0);
  add (&maker, 101, 2, 1000, 0);
  maker_publish (&maker);
  slow = ps_slowness_new (maker.session, 60);
  g_assert_cmpuint (slow->n_peers, ==, 99);
  g_assert_cmpint (slow->guilty, ==, 1);
  g_assert_cmpfloat (slow->rank, ==, 1);
  g_assert_true (g_str_has_prefix (slow->sentence, "Slower than 100 of 100"));
  g_assert_nonnull (strstr (slow->sentence, "tcp_v4_rcv"));
  usual = ps_slowness_new (maker.session, 50);
  g_assert_true (g_str_has_prefix (usual->sentence, "Not slow"));
  alone = ps_slowness_new (maker.session, 101);
  g_assert_true (g_str_has_prefix (alone->sentence, "Only 0 other packets"));
  g_assert_null (ps_slowness_new (maker.session, 5000));
  maker_clear (&maker);
}

static void
test_heat_map (void)
{
  Maker maker;
  g_autoptr (PsHeatMap) map = NULL;
  g_autoptr (PsHeatMap) none = NULL;
  guint64 sum = 0;

  set_up (&maker);
  for (guint i = 1; i <= 100; i++)
    add (&maker, i, 1, i <= 50 ? 1000 : 64000, 0);
  maker_publish (&maker);
  map = ps_heat_map_new (maker.session, NULL, NULL, PS_STAGE_NETWORK, PS_STAGE_TRANSPORT, 2);
  g_assert_cmpuint (map->count, ==, 100);
  g_assert_cmpuint (ps_heat_map_get (map, 0, 0), ==, 50);
  g_assert_cmpuint (ps_heat_map_get (map, 1, map->n_rows - 1), ==, 50);
  for (guint column = 0; column < map->n_columns; column++)
    for (guint row = 0; row < map->n_rows; row++)
      sum += ps_heat_map_get (map, column, row);
  g_assert_cmpuint (sum, ==, 100);
  none = ps_heat_map_new (maker.session, NULL, NULL, PS_STAGE_TRANSPORT, PS_STAGE_LINK, 10);
  g_assert_cmpuint (none->count, ==, 0);
  g_assert_cmpuint (none->n_rows, ==, 0);
  maker_clear (&maker);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/flame/paths merge from the outermost function on", test_paths_merge);
  g_test_add_func ("/flame/the tree can be drawn", test_the_tree_can_be_drawn);
  g_test_add_func ("/flame/drops count where they happened", test_drops_count_where_they_happened);
  g_test_add_func ("/flame/times that are not known are refused", test_times_are_not_invented);
  g_test_add_func ("/flame/a selection is a part", test_a_selection_is_a_part);
  g_test_add_func ("/paths/a table tells share, latency and rarity", test_path_table);
  g_test_add_func ("/slowness/the stretch that took the time is named", test_why_a_packet_is_slow);
  g_test_add_func ("/heat-map/every sample is in one cell", test_heat_map);
  return g_test_run ();
}
