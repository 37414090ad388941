/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A filter over many packets: each test makes a bit a packet (ps-filter-run.c),
 * and "and", "or" and "not" work on words of them. Several threads share the
 * packets, as nothing is written that two of them see.
 */
#include "config.h"

#include "analysis/ps-filter-run.h"

#include <string.h>

#include "analysis/ps-journey-shapes.h"

static gboolean
is_empty (const PsFilterRun *run, const guint64 *words)
{
  for (guint i = 0; i < ps_filter_run_words (run); i++)
    if (words[i] != 0)
      return FALSE;
  return TRUE;
}

static void select_node (PsFilterRun *run, const PsFilterNode *node, guint64 *bits);

/* What the columns answer comes first: less is left to look at. */
static void
select_all (PsFilterRun *run, const PsFilterNode *node, guint64 *bits)
{
  for (guint pass = 0; pass < 2; pass++)
    for (guint i = 0; i < node->children->len; i++)
      {
        const PsFilterNode *child = g_ptr_array_index (node->children, i);

        if (child->in_columns == (pass == 0) && !is_empty (run, bits))
          select_node (run, child, bits);
      }
}

static void
select_any (PsFilterRun *run, const PsFilterNode *node, guint64 *bits)
{
  guint64 left[PS_FILTER_WORDS_MAX], passed[PS_FILTER_WORDS_MAX] = { 0 }, some[PS_FILTER_WORDS_MAX];

  memcpy (left, bits, sizeof left);
  for (guint pass = 0; pass < 2; pass++)
    for (guint i = 0; i < node->children->len; i++)
      {
        const PsFilterNode *child = g_ptr_array_index (node->children, i);

        if (child->in_columns != (pass == 0) || is_empty (run, left))
          continue;
        memcpy (some, left, sizeof some);
        select_node (run, child, some);
        for (guint w = 0; w < ps_filter_run_words (run); w++)
          {
            passed[w] |= some[w];
            left[w] &= ~some[w];
          }
      }
  memcpy (bits, passed, sizeof passed);
}

static void
select_not (PsFilterRun *run, const PsFilterNode *node, guint64 *bits)
{
  guint64 passed[PS_FILTER_WORDS_MAX];

  memcpy (passed, bits, sizeof passed);
  select_node (run, g_ptr_array_index (node->children, 0), passed);
  for (guint i = 0; i < ps_filter_run_words (run); i++)
    bits[i] &= ~passed[i];
}

static void
select_node (PsFilterRun *run, const PsFilterNode *node, guint64 *bits)
{
  switch (node->kind)
    {
    case PS_NODE_TEST:
      ps_filter_run_test (run, node, bits);
      break;
    case PS_NODE_NOT:
      select_not (run, node, bits);
      break;
    case PS_NODE_OR:
      select_any (run, node, bits);
      break;
    case PS_NODE_AND:
    default:
      select_all (run, node, bits);
      break;
    }
}

/* Bits of a run go to where its first packet is in the whole. */
static void
put_bits (guint64 *to, guint64 at, const guint64 *words, guint n)
{
  for (guint i = 0; i < (n + 63) / 64; i++)
    {
      guint64 place = at + i * 64u;

      to[place / 64] |= words[i] << place % 64;
      if (place % 64 != 0 && words[i] >> (64 - place % 64) != 0)
        to[place / 64 + 1] |= words[i] >> (64 - place % 64);
    }
}

/* Whether any test of a tree is one of those. */
static gboolean
has_test (const PsFilterNode *node, gboolean (*is_one) (const PsFilterNode *test))
{
  if (node->kind == PS_NODE_TEST)
    return is_one (node);
  for (guint i = 0; i < node->children->len; i++)
    if (has_test (g_ptr_array_index (node->children, i), is_one))
      return TRUE;
  return FALSE;
}

static gboolean
asks_for_journey (const PsFilterNode *test)
{
  return test->by_journey;
}

static gboolean
asks_for_segments (const PsFilterNode *test)
{
  return test->decider == PS_DECIDED_BY_SEGMENT;
}

static gboolean
has_shapes (PsSession *session, guint64 number, guint64 end)
{
  guint64 published = ps_session_get_first_packet (session) + ps_session_get_n_packets (session);

  end = MIN (end, published);
  return number < end && ps_journey_shapes_prepare (session, end - number);
}

static void
prepare_columns (PsFilterRun *run, const PsFilterNode *node, guint64 n)
{
  if (node->kind != PS_NODE_TEST)
    {
      for (guint i = 0; i < node->children->len; i++)
        prepare_columns (run, g_ptr_array_index (node->children, i), n);
      return;
    }
  if (g_hash_table_size (run->field_columns) < PS_FILTER_COLUMNS_MAX)
    {
      PsFilterColumn *column = ps_filter_column_prepare (run->session, node, n);

      if (column != NULL)
        g_hash_table_insert (run->field_columns, (gpointer)node, column);
    }
}

/* What is found out once, before many packets are asked about. */
static void
prepare (PsFilterRun *run, const PsFilterNode *tree, guint64 number, guint64 end)
{
  run->has_calls = has_test (tree, ps_filter_asks_for_calls) && ps_session_has_calls (run->session);
  run->has_shapes = has_test (tree, asks_for_journey) && has_shapes (run->session, number, end);
  prepare_columns (run, tree, end - MIN (number, end));
  run->connections =
      has_test (tree, asks_for_segments) ? ps_tcp_analysis_prepare (run->session) : NULL;
}

/* `bits` are those of packets from `first` on, `number` one of them at a multiple of 64. */
static void
select_part (PsFilterRun *run,
             const PsFilterNode *tree,
             guint64 first,
             guint64 number,
             guint64 end,
             guint64 *bits)
{
  for (; number < end && ps_session_get_columns (run->session, number, &run->columns);
       number += run->columns.n)
    {
      guint64 words[PS_FILTER_WORDS_MAX] = { 0 };

      run->number = number;
      run->columns.n = (guint)MIN (MIN (run->columns.n, PS_FILTER_ROWS_MAX), end - number);
      for (guint i = 0; i < run->columns.n; i += 64)
        words[i / 64] = G_MAXUINT64 >> (64 - MIN (run->columns.n - i, 64u));
      select_node (run, tree, words);
      put_bits (bits, number - first, words, run->columns.n);
    }
}

/* Parts that threads take one after the other; of whole words, which no two of them share. */
#define PART_ROWS 16384u
#define THREADS_MAX 8u

typedef struct {
  const PsFilterNode *tree;
  const PsFilterRun *prepared;
  guint64 first, end; /* of the packets, and of the bits */
  guint64 *bits;
  gint next; /* part */
} Work;

static gpointer
work (gpointer data)
{
  Work *self = data;
  g_autofree PsFilterRun *run = g_new (PsFilterRun, 1);
  g_autoptr (GHashTable) answers_of =
      g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)g_byte_array_unref);
  guint64 from, oldest = ps_session_get_first_packet (self->prepared->session);

  run->session = self->prepared->session;
  run->has_shapes = self->prepared->has_shapes;
  run->has_calls = self->prepared->has_calls;
  run->connections = self->prepared->connections;
  run->field_columns = self->prepared->field_columns;
  run->answers_of = answers_of;
  while ((from = self->first + (guint64)g_atomic_int_add (&self->next, 1) * PART_ROWS) < self->end)
    {
      guint64 end = MIN (from + PART_ROWS, self->end);

      if (end > oldest)
        select_part (run, self->tree, self->first, MAX (from, oldest), end, self->bits);
    }
  return NULL;
}

/* Of calls a session decodes more while it is asked: one thread at a time. */
static guint
n_helpers (const PsFilterRun *prepared, guint64 n)
{
  guint64 parts = n / PART_ROWS;

  return prepared->has_calls || parts < 2
             ? 0
             : (guint)MIN (parts, MIN (g_get_num_processors (), THREADS_MAX)) - 1;
}

gboolean
ps_filter_tree_needs_calls (const PsFilterNode *tree)
{
  return has_test (tree, ps_filter_asks_for_calls);
}

void
ps_filter_select_tree (const PsFilterNode *tree,
                       PsSession *session,
                       guint64 first,
                       guint64 n,
                       guint64 *bits)
{
  g_autofree PsFilterRun *prepared = g_new (PsFilterRun, 1);
  g_autoptr (GHashTable) columns =
      g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)ps_filter_column_unref);
  Work all = { .tree = tree, .prepared = prepared, .first = first, .end = first + n, .bits = bits };
  GThread *threads[THREADS_MAX];
  guint helpers;

  memset (bits, 0, (n + 63) / 64 * sizeof *bits);
  prepared->session = session;
  prepared->field_columns = columns;
  prepare (prepared, tree, MAX (first, ps_session_get_first_packet (session)), first + n);
  helpers = n_helpers (prepared, n);
  for (guint i = 0; i < helpers; i++)
    threads[i] = g_thread_new ("filter", work, &all);
  work (&all);
  for (guint i = 0; i < helpers; i++)
    g_thread_join (threads[i]);
}
