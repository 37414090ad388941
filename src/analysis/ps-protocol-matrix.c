/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-protocol-matrix.h"

#include <glib/gi18n-lib.h>
#include <netinet/in.h>
#include <string.h>

#include "analysis/ps-call-tree.h"

/* Functions that change a state, as of Linux 5.15 to 7.x; what they are called by does not matter.
 */
static const struct {
  const char *function;
  const char *state;
} rules[] = {
  { "tcp_v4_err", "TCP" },
  { "tcp_v6_err", "TCP" },
  { "tcp_v4_mtu_reduced", "TCP" },
  { "tcp_v6_mtu_reduced", "TCP" },
  { "tcp_v4_send_reset", "TCP" },
  { "tcp_v6_send_reset", "TCP" },
  { "udp_err", "UDP" },
  { "udpv6_err", "UDP" },
  { "__udp4_lib_err", "UDP" },
  { "__udp6_lib_err", "UDP" },
  { "raw_err", N_ ("raw socket") },
  { "raw_icmp_error", N_ ("raw socket") },
  { "rawv6_err", N_ ("raw socket") },
  { "ping_err", "ICMP" },
  { "__icmp_send", "ICMP" },
  { "icmp_send", "ICMP" },
  { "icmp6_send", "ICMPv6" },
  { "icmpv6_send", "ICMPv6" },
  { "sctp_v4_err", "SCTP" },
  { "sctp_v6_err", "SCTP" },
  { "ipip_err", N_ ("tunnel") },
  { "ipgre_err", N_ ("tunnel") },
  { "gre_err", N_ ("tunnel") },
  { "tunnel4_err", N_ ("tunnel") },
  { "vxlan_err_lookup", N_ ("tunnel") },
  { "neigh_update", N_ ("neighbour") },
  { "__neigh_update", N_ ("neighbour") },
  { "neigh_event_ns", N_ ("neighbour") },
  { "neigh_resolve_output", N_ ("neighbour") },
  { "__neigh_event_send", N_ ("neighbour") },
  { "ip_rt_update_pmtu", N_ ("route") },
  { "__ip_do_redirect", N_ ("route") },
  { "ipv4_update_pmtu", N_ ("route") },
  { "ip6_rt_update_pmtu", N_ ("route") },
  { "ip6_update_pmtu", N_ ("route") },
  { "rt6_do_redirect", N_ ("route") },
  { "ndisc_router_discovery", N_ ("route") },
  { "addrconf_prefix_rcv", N_ ("address") },
  { "nf_conntrack_in", N_ ("connection tracking") },
  { "nf_nat_inet_fn", N_ ("address translation") },
  { "br_fdb_update", N_ ("bridge table") },
  { "ip_mc_check_igmp", N_ ("multicast group") },
  { "igmp_rcv", N_ ("multicast group") },
  { "igmp6_event_query", N_ ("multicast group") },
};

G_STATIC_ASSERT (G_N_ELEMENTS (rules) <= 64);

/* The rule of a function, whatever the compiler put behind its name; -1: none. */
static int
find_rule (const char *function)
{
  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    {
      gsize length = strlen (rules[i].function);

      if (strncmp (function, rules[i].function, length) == 0 &&
          (function[length] == '\0' || function[length] == '.'))
        return (int)i;
    }
  return -1;
}

/* What carried it counts, not what was in it: DNS is UDP's affair. */
static void
name_protocol (const PsPacket *packet, char name[16])
{
  PsSummary summary;

  ps_summarize (packet->data, packet->captured, packet->length, packet->link_type, &summary);
  switch (summary.ip_protocol)
    {
    case IPPROTO_TCP:
      g_strlcpy (name, "TCP", 16);
      break;
    case IPPROTO_UDP:
      g_strlcpy (name, "UDP", 16);
      break;
    default:
      g_strlcpy (name, *summary.protocol != '\0' ? summary.protocol : "?", 16);
    }
}

static PsProtocolCell *
find_cell (GPtrArray *cells, const char *from, const char *to)
{
  PsProtocolCell *cell;

  for (guint i = 0; i < cells->len; i++)
    {
      cell = g_ptr_array_index (cells, i);
      if (g_str_equal (cell->from, from) && g_str_equal (cell->to, to))
        return cell;
    }
  cell = g_new0 (PsProtocolCell, 1);
  g_strlcpy (cell->from, from, sizeof cell->from);
  cell->to = to;
  g_ptr_array_add (cells, cell);
  return cell;
}

/* Whose packet is at work in these functions. */
static const struct {
  const char *function;
  const char *protocol;
} receivers[] = {
  { "udp_rcv", "UDP" },        { "__udp4_lib_rcv", "UDP" }, { "udpv6_rcv", "UDP" },
  { "__udp6_lib_rcv", "UDP" }, { "tcp_v4_rcv", "TCP" },     { "tcp_v6_rcv", "TCP" },
  { "ip_forward", "IP" },      { "ip6_forward", "IPv6" },   { "icmp_rcv", "ICMP" },
  { "icmpv6_rcv", "ICMPv6" },
};

typedef struct {
  guint64 rules; /* a bit for each */
  const char *cause; /* protocol of the packet that made the kernel send this one; nullable */
} Found;

/* The receiver under which `nth` was called, in the same context. */
static const char *
find_cause (const GArray *calls, guint nth)
{
  for (guint at = nth; at < calls->len && !g_array_index (calls, PsCall, at).boundary;
       at = g_array_index (calls, PsCall, at).parent)
    for (guint i = 0; i < G_N_ELEMENTS (receivers); i++)
      if (g_str_equal (g_array_index (calls, PsCall, at).function, receivers[i].function))
        return receivers[i].protocol;
  return NULL;
}

/*
 * A softirq on top of a sender works on another packet than the sender: what
 * has one below it is not this packet's doing.
 */
static guint64 *
find_foreign (const GArray *calls)
{
  guint64 *foreign = g_new0 (guint64, calls->len / 64 + 1);

  for (guint i = 0; i < calls->len; i++)
    if (g_array_index (calls, PsCall, i).boundary)
      for (guint at = g_array_index (calls, PsCall, i).parent; at < calls->len;
           at = g_array_index (calls, PsCall, at).parent)
        foreign[at / 64] |= G_GUINT64_CONSTANT (1) << at % 64;
  return foreign;
}

static Found
find_rules (PsPathTable *table, const PsPathRow *row)
{
  g_autoptr (PsCallTree) tree = NULL;
  g_autofree guint64 *foreign = NULL;
  Found found = { 0 };
  PsPacket packet;

  if (!ps_session_get_packet (table->session, row->example, &packet))
    return found;
  tree = ps_call_tree_new (table->session, &packet);
  foreign = find_foreign (tree->calls);
  for (guint i = 0; i < tree->calls->len; i++)
    {
      int rule = find_rule (g_array_index (tree->calls, PsCall, i).function);

      if (rule < 0 || foreign[i / 64] >> i % 64 & 1)
        continue;
      found.rules |= G_GUINT64_CONSTANT (1) << rule;
      if (g_str_has_prefix (rules[rule].state, "ICMP"))
        found.cause = find_cause (tree->calls, i);
    }
  return found;
}

static void
add_packet (GPtrArray *cells, const PsPacket *packet, const PsPathRow *row, const Found *found)
{
  char own[16];
  const char *counted = NULL;

  name_protocol (packet, own);
  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    {
      gboolean is_sent = found->cause != NULL && g_str_has_prefix (rules[i].state, "ICMP");
      const char *from = is_sent ? found->cause : own;
      PsProtocolCell *cell;

      /* Rules of one state stand together: two of them are one change. */
      if (!(found->rules >> i & 1) || g_str_equal (from, rules[i].state) ||
          g_strcmp0 (counted, rules[i].state) == 0)
        continue;
      counted = rules[i].state;
      cell = find_cell (cells, from, rules[i].state);
      if (cell->packets++ == 0)
        {
          cell->function = rules[i].function;
          cell->example = packet->number;
        }
      if (row->inferred)
        cell->inferred++;
    }
}

static int
compare_cells (gconstpointer a, gconstpointer b)
{
  const PsProtocolCell *x = *(const PsProtocolCell *const *)a;
  const PsProtocolCell *y = *(const PsProtocolCell *const *)b;

  if (x->packets != y->packets)
    return x->packets < y->packets ? 1 : -1;
  return g_strcmp0 (x->from, y->from);
}

GPtrArray *
ps_protocol_matrix_new (PsSession *session, PsPacketPredicate predicate, gpointer user_data)
{
  g_autoptr (PsPathTable) table = ps_path_table_new (session, predicate, user_data);
  g_autoptr (GHashTable) by_row = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  GPtrArray *cells = g_ptr_array_new_with_free_func (g_free);
  guint64 first = ps_session_get_first_packet (session);
  guint64 n = ps_session_get_n_packets (session);
  PsPacket packet;

  for (guint i = 0; i < table->rows->len; i++)
    {
      const PsPathRow *row = g_ptr_array_index (table->rows, i);
      Found found = find_rules (table, row);

      if (found.rules != 0)
        g_hash_table_insert (by_row, (gpointer)row, g_memdup2 (&found, sizeof found));
    }
  /* Several protocols may share a path, so those that matter are looked at one by one. */
  for (guint64 i = 0; i < n && g_hash_table_size (by_row) > 0; i++)
    {
      const PsPathRow *row;
      const Found *found;

      if (!ps_session_get_packet (session, first + i, &packet) || packet.n_paths == 0)
        continue;
      row = ps_path_table_find (table, &packet);
      found = row != NULL ? g_hash_table_lookup (by_row, row) : NULL;
      if (found != NULL && (predicate == NULL || predicate (session, &packet, user_data)))
        add_packet (cells, &packet, row, found);
    }
  g_ptr_array_sort (cells, compare_cells);
  return cells;
}
