/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is different between two selections, A and B, of one session or of two:
 * paths that only one of them took, took more often, or took longer for; each
 * with how sure that is. Paths of two sessions are the same if their functions
 * are, in the same order.
 *
 * Shares are compared by Fisher's exact test, or by the two-proportion z-test
 * where at least ten packets are to be expected in each cell; latencies by the
 * Mann-Whitney test over their buckets, with the correction for ties. As many
 * tests are made at once, a difference counts as significant only if its p is
 * below 0.05 divided by the number of tests (Bonferroni).
 */
#pragma once

#include "analysis/ps-path-table.h"

G_BEGIN_DECLS

typedef enum {
  PS_CHANGE_NONE, /* nothing that is significant */
  PS_CHANGE_GAINED, /* only in B */
  PS_CHANGE_LOST, /* only in A */
  PS_CHANGE_SLOWER, /* B takes longer */
  PS_CHANGE_FASTER,
  PS_CHANGE_MORE, /* a larger share of B */
  PS_CHANGE_LESS,
  PS_N_CHANGES,
} PsChange;

typedef struct {
  PsChange change; /* the first of the list above that holds */
  gboolean significant; /* FALSE for gained and lost paths that may be chance */
  char *title; /* as ps_path_row_dup_title(), with what tells it from the other rows */
  char *signature;
  char *sentence; /* the change in words; translated */
  guint64 packets_a;
  guint64 packets_b;
  double share_a; /* 0 … 1 */
  double share_b;
  double share_p; /* of the share test */
  gboolean share_exact; /* it is Fisher's */
  gint64 p50_a_ns; /* -1: not known */
  gint64 p50_b_ns;
  gint64 p99_a_ns;
  gint64 p99_b_ns;
  double latency_p; /* of the latency test; -1: fewer than 5 samples on a side */
  double slower_chance; /* that a packet of B takes longer than one of A, ties half; -1 as above */
  guint64 example_a; /* number of a packet; 0: none */
  guint64 example_b;
} PsDiffRow;

typedef struct {
  GPtrArray *rows; /* PsDiffRow; what changed first, most packets first */
  guint64 n_packets_a;
  guint64 n_packets_b;
  guint64 n_without_path_a;
  guint64 n_without_path_b;
  guint n_tests;
} PsDiff;

/* Transfer full. The tables may be of one session or of two. */
PsDiff *ps_diff_new (PsPathTable *a, PsPathTable *b);
void ps_diff_free (PsDiff *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsDiff, ps_diff_free)

/* "gained", "lost", "slower", "faster", "more", "less", "none"; never translated. */
const char *ps_change_name (PsChange change);

/* Two-sided p that `a` of `n` and `b` of `m` are the same share; 1 if n or m is 0. */
double ps_test_shares (guint64 a, guint64 n, guint64 b, guint64 m);

/* Which of the two tests that is: Fisher's, which is exact. */
gboolean ps_test_shares_is_exact (guint64 a, guint64 n, guint64 b, guint64 m);

/*
 * Two-sided p that two samples, given as latency buckets, are the same; -1 if
 * one has fewer than five. `ret_chance` (nullable): that one of b is above one of a.
 */
double ps_test_latencies (const guint64 *a, const guint64 *b, double *ret_chance);

G_END_DECLS
