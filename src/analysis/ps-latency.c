/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Percentiles out of the buckets that src/record defines. */
#include "config.h"

#include <math.h>

#include "analysis/ps-stack-statistics.h"

/*
 * Inside a bucket the samples are taken to be spread evenly, so the result is
 * interpolated between the bucket's floor and the next one's; it is off by at
 * most a bucket's width, 19 %. The last bucket has no ceiling: its floor.
 */
gint64
ps_latency_percentile (const guint64 *buckets, double fraction)
{
  guint64 total = 0, below = 0;
  double wanted;

  for (guint i = 0; i < PS_LATENCY_BUCKETS; i++)
    total += buckets[i];
  if (total == 0)
    return -1;
  wanted = CLAMP (fraction, 0.0, 1.0) * (double)total;

  for (guint i = 0; i < PS_LATENCY_BUCKETS; i++)
    {
      double floor_ns, width, share;

      if (buckets[i] == 0 || (double)(below + buckets[i]) < wanted)
        {
          below += buckets[i];
          continue;
        }
      floor_ns = (double)ps_latency_bucket_floor (i);
      width = i + 1 < PS_LATENCY_BUCKETS ? (double)ps_latency_bucket_floor (i + 1) - floor_ns : 0;
      share = (wanted - (double)below) / (double)buckets[i];
      return (gint64)llround (floor_ns + width * CLAMP (share, 0.0, 1.0));
    }
  return -1;
}

gint64
ps_latency_percentile_below (const guint64 *buckets, double fraction, gint64 max_ns)
{
  return MIN (ps_latency_percentile (buckets, fraction), max_ns);
}
