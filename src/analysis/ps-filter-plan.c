/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which parts of a filter can be answered once for many packets. */
#include "config.h"

#include <string.h>

#include "analysis/ps-filter-private.h"

/*
 * Fields of headers that a session keeps in columns for packets of one IP header
 * (session/ps-packet-headers.h). A packet of another kind is always looked at itself.
 */
static const char *const header_fields[] = {
  "ip.version", "ip.proto",    "ip.src",      "ip.dst",      "ipv6.version", "ipv6.src",
  "ipv6.dst",   "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport",
};
static const char *const header_protocols[] = { "ip", "ipv6", "tcp", "udp", "icmp", "icmpv6" };

static gboolean
is_one_of (const char *name, const char *const *names, guint n)
{
  for (guint i = 0; i < n; i++)
    if (strcmp (name, names[i]) == 0)
      return TRUE;
  return FALSE;
}

static PsDecider
decider_of_field (const PsFieldInfo *info)
{
  if (is_one_of (info->name, header_fields, G_N_ELEMENTS (header_fields)))
    return PS_DECIDED_BY_HEADER;
  if (g_str_has_prefix (info->name, "tcp.flags") || strcmp (info->name, "tcp.hdr_len") == 0)
    return PS_DECIDED_BY_TCP_BITS;
  return PS_DECIDED_BY_PACKET;
}

static PsDecider
decider_of_operand (const PsFilterOperand *operand, PsTest test)
{
  PsDecider decider;

  if (operand->own != NULL)
    return operand->own->decider;
  if (operand->protocol != NULL)
    return test == PS_TEST_PRESENT && !operand->sliced &&
                   is_one_of (operand->protocol, header_protocols, G_N_ELEMENTS (header_protocols))
               ? PS_DECIDED_BY_HEADER
               : PS_DECIDED_BY_PACKET;
  decider = decider_of_field (operand->info[0]);
  if (operand->info[1] != NULL && decider_of_field (operand->info[1]) != decider)
    return PS_DECIDED_BY_PACKET;
  return decider;
}

static PsDecider
decider_of_test (const PsFilterNode *test)
{
  PsDecider decider = decider_of_operand (&test->operand, test->test);

  /* Of several paths one must pass; that none is equal is not told by them one by one. */
  if (decider == PS_DECIDED_BY_PATHS &&
      (test->test == PS_TEST_NOT_EQUAL || test->other.name != NULL))
    return PS_DECIDED_BY_PACKET;
  if (test->other.name == NULL)
    return decider;
  /* Two fields are answered together if the same thing decides both, and is not the value itself.
   */
  return decider < PS_DECIDED_BY_LENGTH && decider_of_operand (&test->other, test->test) == decider
             ? decider
             : PS_DECIDED_BY_PACKET;
}

static gboolean
needs_tail (const PsFilterOperand *operand)
{
  return operand->own != NULL &&
         (operand->own->needs & (PS_FILTER_NEEDS_STAGES | PS_FILTER_NEEDS_PATHS)) != 0;
}

static gboolean
is_of_journey (const PsFilterOperand *operand)
{
  return operand->own != NULL && (operand->own->decider == PS_DECIDED_BY_STAGES ||
                                  operand->own->decider == PS_DECIDED_BY_PATHS);
}

void
ps_filter_plan (PsFilterNode *node)
{
  if (node->kind == PS_NODE_TEST)
    {
      node->decider = decider_of_test (node);
      /* Stages and paths have to be decoded: what the columns answer goes before. */
      node->in_columns =
          node->decider != PS_DECIDED_BY_PACKET && node->decider != PS_DECIDED_BY_STAGES &&
          node->decider != PS_DECIDED_BY_STAGE_TIMES && node->decider != PS_DECIDED_BY_PATHS;
      node->by_journey = is_of_journey (&node->operand) &&
                         (node->other.name == NULL || is_of_journey (&node->other));
      node->bytes_only = node->operand.own == NULL && node->other.own == NULL;
      ps_filter_plan_carriers (node);
      node->needs_tail = needs_tail (&node->operand) || needs_tail (&node->other);
      return;
    }
  node->in_columns = TRUE;
  for (guint i = 0; i < node->children->len; i++)
    {
      PsFilterNode *child = g_ptr_array_index (node->children, i);

      ps_filter_plan (child);
      node->in_columns &= child->in_columns;
    }
}
