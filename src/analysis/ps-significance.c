/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tests behind a difference; see ps-diff.h for which is used when. */
#include "config.h"

#include "analysis/ps-diff.h"

#include <math.h>

#define SAMPLES_MIN 5u
#define EXPECTED_MIN 10.0
/* Fisher's test walks over a margin of the table; where it is used this is long enough. */
#define MARGIN_MAX 100000u

static double
two_sided (double z)
{
  return erfc (fabs (z) / G_SQRT2);
}

static double
log_choose (double n, double k)
{
  return lgamma (n + 1) - lgamma (k + 1) - lgamma (n - k + 1);
}

/* The sum over all tables with these margins that are no more likely than this one. */
static double
fisher (double a, double n, double b, double m)
{
  double hits = a + b, all = log_choose (n + m, hits);
  double low = MAX (0, hits - m), high = MIN (hits, n);
  double here = log_choose (n, a) + log_choose (m, b) - all, p = 0;

  for (double x = low; x <= high; x++)
    {
      double one = log_choose (n, x) + log_choose (m, hits - x) - all;

      if (one <= here + 1e-7)
        p += exp (one);
    }
  return MIN (p, 1);
}

gboolean
ps_test_shares_is_exact (guint64 a, guint64 n, guint64 b, guint64 m)
{
  double hits = (double)a + (double)b, all = (double)n + (double)m;
  double least = MIN ((double)n, (double)m) * MIN (hits, all - hits) / MAX (all, 1);

  return least < EXPECTED_MIN && MIN (MIN (hits, all - hits), (double)MIN (n, m)) < MARGIN_MAX;
}

double
ps_test_shares (guint64 a, guint64 n, guint64 b, guint64 m)
{
  double hits = (double)a + (double)b, all = (double)n + (double)m;
  double pooled, error;

  if (n == 0 || m == 0 || hits == 0 || hits == all)
    return 1;
  if (ps_test_shares_is_exact (a, n, b, m))
    {
      /* The walk is over the smaller of hits and misses. */
      if (hits * 2 > all)
        return fisher ((double)(n - a), (double)n, (double)(m - b), (double)m);
      return fisher ((double)a, (double)n, (double)b, (double)m);
    }
  pooled = hits / all;
  error = sqrt (pooled * (1 - pooled) * (1 / (double)n + 1 / (double)m));
  return two_sided (((double)a / (double)n - (double)b / (double)m) / error);
}

double
ps_test_latencies (const guint64 *a, const guint64 *b, double *ret_chance)
{
  double n = 0, m = 0, below = 0, u = 0, ties = 0, all, variance, z;

  for (guint i = 0; i < PS_LATENCY_BUCKETS; i++)
    {
      double tied = (double)a[i] + (double)b[i];

      /* A sample of b is above all of a in lower buckets, and level with those in its own. */
      u += (double)b[i] * (below + (double)a[i] / 2);
      below += (double)a[i];
      n += (double)a[i];
      m += (double)b[i];
      ties += tied * tied * tied - tied;
    }
  if (ret_chance != NULL)
    *ret_chance = n < SAMPLES_MIN || m < SAMPLES_MIN ? -1 : u / (n * m);
  if (n < SAMPLES_MIN || m < SAMPLES_MIN)
    return -1;
  all = n + m;
  variance = n * m / 12 * (all + 1 - ties / (all * (all - 1)));
  if (variance <= 0)
    return 1;
  z = MAX (fabs (u - n * m / 2) - 0.5, 0) / sqrt (variance);
  return two_sided (z);
}
