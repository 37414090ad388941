/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asserts that two sessions give the same call trees, whatever way they came
 * in. */
#pragma once

#include <string.h>

#include "session/ps-session.h"

static inline void
assert_same_view (PsCallsView *a, PsCallsView *b)
{
  PsCallRecord x, y;

  g_assert_cmpmem (a->calls, sizeof *a->calls, b->calls, sizeof *b->calls);
  while (ps_calls_view_next (a, &x))
    {
      g_assert_true (ps_calls_view_next (b, &y));
      g_assert_cmpmem (&x, sizeof x, &y, sizeof y);
    }
  g_assert_false (ps_calls_view_next (b, &y));
}

/* By its number, and the parts around it; the views are taken one after the
 * other. */
static inline void
assert_same_parts (PsSession *a, PsSession *b, guint64 tree, guint part)
{
  PsCallsView x, y;
  gint64 x_time, y_time;

  for (guint i = part > 0 ? part - 1 : 0; i <= part + 1; i++)
    {
      gboolean there = ps_session_get_tree_part (a, tree, i, &x, &x_time);

      g_assert_cmpint (there, ==, ps_session_get_tree_part (b, tree, i, &y, &y_time));
      if (!there)
        continue;
      g_assert_cmpint (x_time, ==, y_time);
      assert_same_view (&x, &y);
    }
}

static inline void
assert_same_trees_of (PsSession *a, PsSession *b, guint64 id)
{
  guint n = ps_session_get_n_trees (a, id);
  PsCallsView x, y;
  gint64 x_time, y_time;

  g_assert_cmpuint (n, ==, ps_session_get_n_trees (b, id));
  for (guint i = 0; i < n; i++)
    {
      guint64 tree;
      guint part;

      g_assert_true (ps_session_get_tree (a, id, i, &x, &x_time));
      tree = x.calls->tree;
      part = x.calls->part;
      g_assert_true (ps_session_get_tree (b, id, i, &y, &y_time));
      g_assert_cmpint (x_time, ==, y_time);
      assert_same_view (&x, &y);
      assert_same_parts (a, b, tree, part);
    }
  g_assert_false (ps_session_get_tree (b, id, n, &y, &y_time));
}

static inline gint
compare_spans (gconstpointer one, gconstpointer other)
{
  const PsSessionSpan *a = one, *b = other;

  if (a->tree != b->tree)
    return a->tree < b->tree ? -1 : 1;
  return a->part != b->part ? a->part - b->part : a->nth - b->nth;
}

static inline void
assert_same_spans (PsSession *a, PsSession *b, guint64 socket, guint32 first, guint32 end)
{
  g_autoptr (GArray) x = g_array_new (FALSE, FALSE, sizeof (PsSessionSpan));
  g_autoptr (GArray) y = g_array_new (FALSE, FALSE, sizeof (PsSessionSpan));

  ps_session_find_spans (a, socket, first, end, x);
  ps_session_find_spans (b, socket, first, end, y);
  g_array_sort (x, compare_spans);
  g_array_sort (y, compare_spans);
  g_assert_cmpuint (x->len, ==, y->len);
  for (guint i = 0; i < x->len; i++)
    {
      const PsSessionSpan *p = &g_array_index (x, PsSessionSpan, i);
      const PsSessionSpan *q = &g_array_index (y, PsSessionSpan, i);

      g_assert_cmpint (compare_spans (p, q), ==, 0);
      g_assert_cmpuint (p->depth, ==, q->depth);
      g_assert_cmpuint (p->lacking, ==, q->lacking);
      g_assert_cmpuint (p->symbol, ==, q->symbol);
      g_assert_cmpuint (p->first_seq, ==, q->first_seq);
      g_assert_cmpuint (p->end_seq, ==, q->end_seq);
    }
}

/* The trees of all packets. */
static inline void
assert_same_trees (PsSession *a, PsSession *b)
{
  g_assert_cmpuint (ps_session_get_n_calls (a), ==, ps_session_get_n_calls (b));
  g_assert_cmpuint (ps_session_get_n_packets (a), ==, ps_session_get_n_packets (b));
  for (guint64 n = 1; n <= ps_session_get_n_packets (a); n++)
    {
      PsPacket packet;

      g_assert_true (ps_session_get_packet (a, n, &packet));
      assert_same_trees_of (a, b, packet.id);
      if (packet.socket)
        assert_same_spans (a, b, packet.socket, 0, G_MAXINT32);
    }
}
