/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asserts that two sessions hold the same.
 */
#pragma once

#include <string.h>

#include "session/ps-session.h"

static inline void
assert_same_packet (const PsPacket *a, const PsPacket *b)
{
  PsPacket x = *a, y = *b;

  g_assert_cmpmem (x.stages, x.n_stages * sizeof *x.stages, y.stages,
                   y.n_stages * sizeof *y.stages);
  g_assert_cmpmem (x.paths, x.n_paths * sizeof *x.paths, y.paths, y.n_paths * sizeof *y.paths);
  g_assert_cmpmem (x.data, x.captured, y.data, y.captured);
  g_assert_cmpstr (x.comm, ==, y.comm);
  g_assert_cmpint (x.time_ns, ==, y.time_ns);
  g_assert_cmpuint (x.id, ==, y.id);
  g_assert_cmpuint (x.parent, ==, y.parent);
  g_assert_cmpuint (x.socket, ==, y.socket);
  g_assert_cmpuint (x.length, ==, y.length);
  g_assert_cmpuint (x.netns, ==, y.netns);
  g_assert_cmpuint (x.interface, ==, y.interface);
  g_assert_cmpuint (x.out_interface, ==, y.out_interface);
  g_assert_cmpuint (x.pid, ==, y.pid);
  g_assert_cmpuint (x.tid, ==, y.tid);
  g_assert_cmpuint (x.drop_reason, ==, y.drop_reason);
  g_assert_cmpuint (x.drop_symbol, ==, y.drop_symbol);
  g_assert_cmpuint (x.drop_offset, ==, y.drop_offset);
  g_assert_cmpuint (x.flags, ==, y.flags);
  g_assert_cmpuint (x.protocol, ==, y.protocol);
  g_assert_cmpuint (x.link_type, ==, y.link_type);
  g_assert_cmpuint (x.gso_segments, ==, y.gso_segments);
  g_assert_cmpuint (x.gso_size, ==, y.gso_size);
  g_assert_cmpuint (x.direction, ==, y.direction);
  g_assert_cmpuint (x.verdict, ==, y.verdict);
  g_assert_cmpuint (x.context, ==, y.context);
  g_assert_cmpuint (x.relation, ==, y.relation);
  g_assert_cmpint (x.from_kernel, ==, y.from_kernel);
}

static inline void
assert_same_packets (PsSession *a, PsSession *b)
{
  g_assert_cmpuint (ps_session_get_n_packets (a), ==, ps_session_get_n_packets (b));
  for (guint64 number = 1; number <= ps_session_get_n_packets (a); number++)
    {
      PsPacket x, y;

      g_assert_true (ps_session_get_packet (a, number, &x));
      g_assert_true (ps_session_get_packet (b, number, &y));
      assert_same_packet (&x, &y);
    }
}

static inline void
assert_same_sockets (PsSession *a, PsSession *b)
{
  g_assert_cmpuint (ps_session_get_n_sockets (a), ==, ps_session_get_n_sockets (b));
  for (guint i = 0; i < ps_session_get_n_sockets (a); i++)
    {
      PsSocket x, y;

      g_assert_true (ps_session_get_nth_socket (a, i, &x));
      g_assert_true (ps_session_get_nth_socket (b, i, &y));
      g_assert_cmpmem (&x.record, sizeof x.record, &y.record, sizeof y.record);
      g_assert_cmpint (x.first_seen_ns, ==, y.first_seen_ns);
      g_assert_cmpint (x.closed_ns, ==, y.closed_ns);
      g_assert_cmpuint (x.n_packets, ==, y.n_packets);
      g_assert_cmpmem (x.processes, x.n_processes * sizeof *x.processes, y.processes,
                       y.n_processes * sizeof *y.processes);
    }
}

static inline void
assert_same_dictionaries (PsSession *a, PsSession *b)
{
  g_assert_cmpuint (ps_session_get_n_paths (a), ==, ps_session_get_n_paths (b));
  for (guint32 i = 0; i < ps_session_get_n_paths (a); i++)
    {
      PsPath x, y;

      g_assert_true (ps_session_get_nth_path (a, i, &x));
      g_assert_true (ps_session_get_path (b, x.id, &y));
      g_assert_cmpuint (x.flags, ==, y.flags);
      g_assert_cmpuint (x.n_packets, ==, y.n_packets);
      g_assert_cmpmem (x.frames, x.n_frames * sizeof *x.frames, y.frames,
                       y.n_frames * sizeof *y.frames);
      for (guint f = 0; f < x.n_frames; f++)
        {
          const PsSymbol *p = ps_session_get_symbol (a, x.frames[f].symbol);
          const PsSymbol *q = ps_session_get_symbol (b, x.frames[f].symbol);

          g_assert_cmpstr (p->name, ==, q->name);
          g_assert_cmpstr (p->module, ==, q->module);
        }
    }
  g_assert_cmpuint (ps_session_get_n_interfaces (a), ==, ps_session_get_n_interfaces (b));
  for (guint i = 0; i < ps_session_get_n_interfaces (a); i++)
    {
      const PsInterface *x = ps_session_get_nth_interface (a, i);
      const PsInterface *y = ps_session_get_interface (b, x->netns, x->index);

      g_assert_cmpstr (x->name, ==, y->name);
      g_assert_cmpuint (x->mtu, ==, y->mtu);
      g_assert_cmpstr (ps_session_get_netns_name (a, x->netns), ==,
                       ps_session_get_netns_name (b, x->netns));
    }
  for (guint32 i = 0; i < 16; i++)
    g_assert_cmpstr (ps_session_get_name (a, PS_NAME_DROP_REASON, i), ==,
                     ps_session_get_name (b, PS_NAME_DROP_REASON, i));
}

static inline void
assert_same_metrics (PsSession *a, PsSession *b)
{
  g_assert_cmpuint (ps_session_get_n_metrics (a), ==, ps_session_get_n_metrics (b));
  for (guint i = 0; i < ps_session_get_n_metrics (a); i++)
    {
      PsMetricsSample x, y;

      g_assert_true (ps_session_get_nth_metrics (a, i, &x));
      g_assert_true (ps_session_get_nth_metrics (b, i, &y));
      g_assert_cmpint (x.time_ns, ==, y.time_ns);
      g_assert_cmpmem (x.metrics, x.n_metrics * sizeof *x.metrics, y.metrics,
                       y.n_metrics * sizeof *y.metrics);
    }
  for (guint cause = 0; cause < PS_N_LOSSES; cause++)
    g_assert_cmpuint (ps_session_get_loss (a, cause), ==, ps_session_get_loss (b, cause));
}

static inline void
assert_same_session (PsSession *a, PsSession *b)
{
  assert_same_packets (a, b);
  assert_same_sockets (a, b);
  assert_same_dictionaries (a, b);
  assert_same_metrics (a, b);
  g_assert_cmpstr (ps_session_get_hello (a), ==, ps_session_get_hello (b));
  g_assert_cmpstr (ps_session_get_end (a), ==, ps_session_get_end (b));
}
