/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a packet passes. A field with a fixed place is read from the bytes;
 * the packet is walked once, without allocation. Only a field that must be
 * searched for (a DNS name, a TCP option) has the packet dissected.
 */
#include "config.h"

#include <string.h>

#include "analysis/ps-filter-private.h"

/* The nth protocol of the packet, outermost first; walks no further than asked. NULL if none. */
static const PsSlice *
nth_slice (PsFilterContext *context, guint nth)
{
  const PsPacket *packet = context->packet;
  PsSlice *next;

  if (nth < context->n_slices)
    return &context->slices[nth];
  if (context->walked || nth >= PS_DISSECT_DEPTH_MAX)
    return NULL;
  /* Asked in order: this is the one behind the last. */
  next = &context->slices[nth];
  if (nth == 0)
    context->walked =
        !ps_slice_first (next, packet->data, packet->captured, packet->length, packet->link_type);
  else
    {
      *next = context->slices[nth - 1];
      context->walked = !ps_slice_next (next);
    }
  if (context->walked)
    return NULL;
  context->n_slices++;
  return next;
}

static gboolean
visit_fixed (const PsSlice *slice,
             const PsFieldInfo *info,
             PsValueType type,
             PsFilterVisit func,
             gpointer user_data)
{
  PsFilterValue value = { .type = type };

  if (type == PS_VALUE_UNSIGNED || type == PS_VALUE_BOOLEAN)
    {
      if (!ps_slice_field (slice, info, &value.number))
        return FALSE;
    }
  else
    {
      value.bytes = ps_slice_bytes (slice, (guint32)info->at, info->bytes);
      value.length = info->bytes;
      if (value.bytes == NULL)
        return FALSE;
    }
  return func (&value, user_data);
}

static gboolean
visit_tree (PsFilterContext *context,
            const GPtrArray *fields,
            const char *name,
            PsValueType type,
            PsFilterVisit func,
            gpointer user_data)
{
  for (guint i = 0; fields != NULL && i < fields->len; i++)
    {
      const PsField *field = g_ptr_array_index (fields, i);

      /* Names of fields are static and each has one: its table's. */
      if (strcmp (field->name, name) == 0)
        {
          PsFilterValue value = { .type = type, .number = field->number };

          if (type == PS_VALUE_STRING && field->value != NULL)
            {
              value.bytes = (const guint8 *)field->value;
              value.length = strlen (field->value);
            }
          else if (type != PS_VALUE_UNSIGNED && type != PS_VALUE_BOOLEAN)
            {
              value.bytes = context->packet->data + field->offset;
              value.length = field->length;
            }
          if (func (&value, user_data))
            return TRUE;
        }
      if (visit_tree (context, field->children, name, type, func, user_data))
        return TRUE;
    }
  return FALSE;
}

static void
visit_header (PsFilterContext *context,
              const PsFilterOperand *operand,
              PsFilterVisit func,
              gpointer user_data)
{
  const PsSlice *slice;

  for (guint i = 0; (slice = nth_slice (context, i)) != NULL; i++)
    {
      for (guint j = 0; j < G_N_ELEMENTS (operand->info); j++)
        {
          if (operand->info[j] == NULL || slice->dissector != operand->dissector[j])
            continue;
          if (visit_fixed (slice, operand->info[j], operand->type, func, user_data))
            return;
        }
    }
}

/* Whether a field must be searched for: its place depends on what stands before it. */
static gboolean
is_searched (const PsFilterOperand *operand)
{
  const PsFieldInfo *info = operand->info[0];

  return info != NULL && info->at < 0 && info->compute == NULL;
}

static gboolean
has_protocol (PsFilterContext *context, const char *name)
{
  const PsSlice *slice;

  for (guint i = 0; (slice = nth_slice (context, i)) != NULL; i++)
    {
      if (strcmp (slice->dissector->name, name) == 0)
        return TRUE;
    }
  return FALSE;
}

/* The bytes of a protocol and of all it carries. */
static void
visit_protocol (PsFilterContext *context,
                const PsFilterOperand *operand,
                PsFilterVisit func,
                gpointer user_data)
{
  const PsSlice *slice;

  for (guint i = 0; (slice = nth_slice (context, i)) != NULL; i++)
    {
      PsFilterValue value = { .type = PS_VALUE_NONE };

      if (strcmp (slice->dissector->name, operand->protocol) != 0)
        continue;
      value.bytes = slice->data + slice->offset;
      value.length = ps_slice_captured (slice);
      if (func (&value, user_data))
        return;
    }
}

static void
visit_searched (PsFilterContext *context,
                const PsFilterOperand *operand,
                PsFilterVisit func,
                gpointer user_data)
{
  const PsPacket *packet = context->packet;

  for (guint j = 0; j < G_N_ELEMENTS (operand->info); j++)
    {
      if (operand->info[j] == NULL || !has_protocol (context, operand->dissector[j]->name))
        continue;
      if (context->tree == NULL)
        context->tree =
            ps_dissect (packet->data, packet->captured, packet->length, packet->link_type);
      if (visit_tree (context, context->tree, operand->info[j]->name, operand->type, func,
                      user_data))
        return;
    }
}

typedef struct {
  const PsFilterOperand *operand;
  PsFilterVisit func;
  gpointer user_data;
} Slicing;

static gboolean
visit_slice (const PsFilterValue *whole, gpointer user_data)
{
  const Slicing *slicing = user_data;
  PsFilterValue value = { .type = PS_VALUE_BYTES };
  gsize from = (gsize)slicing->operand->slice_from, length;

  if (whole->bytes == NULL || from >= whole->length)
    return FALSE;
  length = slicing->operand->slice_length < 0 ? whole->length - from
                                              : (gsize)slicing->operand->slice_length;
  if (length > whole->length - from)
    return FALSE;
  value.bytes = whole->bytes + from;
  value.length = length;
  return slicing->func (&value, slicing->user_data);
}

static void
visit (PsFilterContext *context,
       const PsFilterOperand *operand,
       PsFilterVisit func,
       gpointer user_data)
{
  if (operand->sliced)
    {
      PsFilterOperand whole = *operand;
      Slicing slicing = { operand, func, user_data };

      whole.sliced = FALSE;
      if (operand->info[0] != NULL && operand->info[0]->kind == PS_FIELD_STRING)
        whole.type = PS_VALUE_STRING;
      visit (context, &whole, visit_slice, &slicing);
    }
  else if (operand->own != NULL)
    operand->own->visit (context, operand, func, user_data);
  else if (operand->protocol != NULL)
    visit_protocol (context, operand, func, user_data);
  else if (is_searched (operand))
    visit_searched (context, operand, func, user_data);
  else
    visit_header (context, operand, func, user_data);
}

static int
compare_bytes (const PsFilterValue *a, const PsFilterValue *b)
{
  int order = memcmp (a->bytes, b->bytes, MIN (a->length, b->length));

  if (order != 0)
    return order;
  return a->length < b->length ? -1 : a->length > b->length;
}

static int
compare (const PsFilterValue *a, const PsFilterValue *b)
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
  return compare (value, &literal->value) == 0;
}

static gboolean
in_range (const PsFilterValue *value, const PsFilterLiteral *literal)
{
  if (literal->to.type == PS_VALUE_NONE)
    return equals (value, literal);
  return compare (value, &literal->value) >= 0 && compare (value, &literal->to) <= 0;
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
      return compare (value, &literal->value) < 0;
    case PS_TEST_LESS_EQUAL:
      return compare (value, &literal->value) <= 0;
    case PS_TEST_GREATER:
      return compare (value, &literal->value) > 0;
    case PS_TEST_GREATER_EQUAL:
      return compare (value, &literal->value) >= 0;
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
  visit (test->context, &test->node->other, test_right, test);
  return test->passed;
}

static gboolean
test_matches (const PsFilterNode *node, PsFilterContext *context)
{
  Test test = { .node = node, .context = context };

  if (node->test == PS_TEST_PRESENT && node->operand.protocol != NULL)
    return has_protocol (context, node->operand.protocol);
  if (node->literals->len > 0)
    test.literal = &g_array_index (node->literals, PsFilterLiteral, 0);
  visit (context, &node->operand, node->other.name ? test_left : test_value, &test);
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
