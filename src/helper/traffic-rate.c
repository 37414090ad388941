/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/traffic-rate.h"

#define COUNTS_FILE "/proc/net/softnet_stat" /* a line for each processor, of all namespaces */

guint64
ps_traffic_sum (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint64 sum = 0;

  for (guint i = 0; lines[i]; i++)
    sum += g_ascii_strtoull (lines[i], NULL, 16);
  return sum;
}

gboolean
ps_traffic_count (PsTrafficCount *ret_count)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents (COUNTS_FILE, &text, NULL, NULL))
    return FALSE;
  ret_count->packets = ps_traffic_sum (text);
  ret_count->time = g_get_monotonic_time ();
  return TRUE;
}

guint64
ps_traffic_rate (const PsTrafficCount *before, const PsTrafficCount *after)
{
  gint64 elapsed = after->time - before->time;

  /* The kernel's counters are of 32 bits, and wrap around. */
  if (elapsed <= 0 || after->packets < before->packets)
    return 0;
  return (after->packets - before->packets) * G_USEC_PER_SEC / (guint64)elapsed;
}
