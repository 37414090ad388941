/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a packet passes. */
#include "config.h"

#include <string.h>

#include "analysis/ps-filter-private.h"

static int
compare_bytes (const PsFilterValue *a, const PsFilterValue *b)
{
  int order = memcmp (a->bytes, b->bytes, MIN (a->length, b->length));

  if (order != 0)
    return order;
  return a->length < b->length ? -1 : a->length > b->length;
}

int
ps_filter_compare (const PsFilterValue *a, const PsFilterValue *b)
{
  switch (a->type)
    {
    case PS_VALUE_UNSIGNED:
    case PS_VALUE_BOOLEAN:
    case PS_VALUE_NAMED:
      return a->number < b->number ? -1 : a->number > b->number;
    case PS_VALUE_REAL:
      return a->real < b->real ? -1 : a->real > b->real;
    case PS_VALUE_TIME:
      return a->time < b->time ? -1 : a->time > b->time;
    default:
      return compare_bytes (a, b);
    }
}

static gboolean
in_network (const PsFilterValue *value, const PsFilterLiteral *literal)
{
  guint whole = literal->prefix / 8, rest = literal->prefix % 8;
  guint8 mask = (guint8)(0xff00 >> rest);

  if (value->length != literal->value.length ||
      memcmp (value->bytes, literal->value.bytes, whole) != 0)
    return FALSE;
  return rest == 0 || ((value->bytes[whole] ^ literal->value.bytes[whole]) & mask) == 0;
}

static gboolean
equals (const PsFilterValue *value, const PsFilterLiteral *literal)
{
  if (value->type == PS_VALUE_IPV4 || value->type == PS_VALUE_IPV6)
    return in_network (value, literal);
  return ps_filter_compare (value, &literal->value) == 0;
}

static gboolean
in_range (const PsFilterValue *value, const PsFilterLiteral *literal)
{
  if (literal->to.type == PS_VALUE_NONE)
    return equals (value, literal);
  return ps_filter_compare (value, &literal->value) >= 0 &&
         ps_filter_compare (value, &literal->to) <= 0;
}

static gboolean
is_in (const PsFilterValue *value, const GArray *literals)
{
  for (guint i = 0; i < literals->len; i++)
    {
      if (in_range (value, &g_array_index (literals, PsFilterLiteral, i)))
        return TRUE;
    }
  return FALSE;
}

static gboolean
passes (const PsFilterNode *node, const PsFilterValue *value, const PsFilterLiteral *literal)
{
  switch (node->test)
    {
    case PS_TEST_PRESENT:
      return TRUE;
    case PS_TEST_EQUAL:
    case PS_TEST_NOT_EQUAL: /* turned round by the caller */
      return equals (value, literal);
    case PS_TEST_LESS:
      return ps_filter_compare (value, &literal->value) < 0;
    case PS_TEST_LESS_EQUAL:
      return ps_filter_compare (value, &literal->value) <= 0;
    case PS_TEST_GREATER:
      return ps_filter_compare (value, &literal->value) > 0;
    case PS_TEST_GREATER_EQUAL:
      return ps_filter_compare (value, &literal->value) >= 0;
    case PS_TEST_CONTAINS:
      return literal->value.length == 0 ||
             memmem (value->bytes, value->length, literal->value.bytes, literal->value.length) !=
                 NULL;
    case PS_TEST_MATCHES:
      return g_regex_match_full (node->regex, (const char *)value->bytes, (gssize)value->length, 0,
                                 0, NULL, NULL);
    case PS_TEST_IN:
      return is_in (value, node->literals);
    case PS_TEST_BITS:
      return (value->number & literal->value.number) != 0;
    default:
      return FALSE;
    }
}

typedef struct {
  const PsFilterNode *node;
  PsFilterContext *context;
  const PsFilterLiteral *literal; /* nullable */
  const PsFilterValue *left; /* while the other field's values are visited */
  gboolean there;
  gboolean passed;
} Test;

static gboolean
test_value (const PsFilterValue *value, gpointer user_data)
{
  Test *test = user_data;

  test->there = TRUE;
  if (value->bytes == NULL && value->type >= PS_VALUE_IPV4)
    return FALSE;
  test->passed = passes (test->node, value, test->literal);
  return test->passed;
}

static gboolean
test_right (const PsFilterValue *value, gpointer user_data)
{
  Test *test = user_data;
  PsFilterLiteral literal = { .value = *value, .prefix = (guint)value->length * 8 };

  test->passed = passes (test->node, test->left, &literal);
  return test->passed;
}

static gboolean
test_left (const PsFilterValue *value, gpointer user_data)
{
  Test *test = user_data;

  test->there = TRUE;
  test->left = value;
  ps_filter_visit (test->context, &test->node->other, test_right, test);
  return test->passed;
}

gboolean
ps_filter_values_pass (const PsFilterNode *test, const PsFilterValue *values, guint n)
{
  const PsFilterLiteral *literal =
      test->literals->len > 0 ? &g_array_index (test->literals, PsFilterLiteral, 0) : NULL;
  gboolean passed = FALSE;

  for (guint i = 0; i < n && !passed; i++)
    passed = passes (test, &values[i], literal);
  return test->test == PS_TEST_NOT_EQUAL ? n > 0 && !passed : passed;
}

gboolean
ps_filter_number_passes (const PsFilterNode *test, guint64 number)
{
  const PsFilterValue value = { .type = PS_VALUE_UNSIGNED, .number = number };
  gboolean passed =
      passes (test, &value,
              test->literals->len > 0 ? &g_array_index (test->literals, PsFilterLiteral, 0) : NULL);

  return test->test == PS_TEST_NOT_EQUAL ? !passed : passed;
}

static gboolean
test_matches (const PsFilterNode *node, PsFilterContext *context)
{
  Test test = { .node = node, .context = context };

  if (node->test == PS_TEST_PRESENT && node->operand.protocol != NULL)
    return ps_filter_has_protocol (context, node->operand.protocol);
  if (node->literals->len > 0)
    test.literal = &g_array_index (node->literals, PsFilterLiteral, 0);
  ps_filter_visit (context, &node->operand, node->other.name ? test_left : test_value, &test);
  if (node->test == PS_TEST_NOT_EQUAL)
    return test.there && !test.passed;
  return test.passed;
}

gboolean
ps_filter_node_matches (const PsFilterNode *node, PsFilterContext *context)
{
  if (node->kind == PS_NODE_TEST)
    return test_matches (node, context);
  if (node->kind == PS_NODE_NOT)
    return !ps_filter_node_matches (g_ptr_array_index (node->children, 0), context);

  for (guint i = 0; i < node->children->len; i++)
    {
      gboolean matched = ps_filter_node_matches (g_ptr_array_index (node->children, i), context);

      if (matched != (node->kind == PS_NODE_AND))
        return matched;
    }
  return node->kind == PS_NODE_AND;
}

/* The slices are filled by the walk; clearing them would cost more than most filters. */
void
ps_filter_context_init (PsFilterContext *context, PsSession *session, const PsPacket *packet)
{
  context->session = session;
  context->packet = packet;
  context->connections = NULL;
  context->walked = FALSE;
  context->n_slices = 0;
}

gboolean
ps_filter_tree_matches (const PsFilterNode *tree, PsSession *session, const PsPacket *packet)
{
  PsFilterContext context;

  ps_filter_context_init (&context, session, packet);
  return ps_filter_node_matches (tree, &context);
}

void
ps_filter_context_enter (PsFilterContext *context,
                         const PsFilterNode *test,
                         const PsPacketHeaders *headers)
{
  if (test->place == PS_PLACE_ANY)
    return;
  context->walked = TRUE;
  context->n_slices =
      ps_filter_plain_slice (test->place, headers, context->packet, &context->slices[0]) ? 1 : 0;
}

gboolean
ps_filter_test_matches_plain (const PsFilterNode *test,
                              PsSession *session,
                              const PsPacket *packet,
                              const PsPacketHeaders *headers)
{
  PsFilterContext context;

  ps_filter_context_init (&context, session, packet);
  ps_filter_context_enter (&context, test, headers);
  return ps_filter_node_matches (test, &context);
}

gboolean
ps_filter_segment_matches (const PsFilterNode *test,
                           PsSession *session,
                           const PsPacket *packet,
                           const PsTcpConnections *connections)
{
  PsFilterContext context;

  ps_filter_context_init (&context, session, packet);
  context.connections = connections;
  return ps_filter_node_matches (test, &context);
}
