/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-duration.h"

char *
ps_duration_format (gint64 ns)
{
  static const char *const units[] = { "ns", "µs", "ms", "s" };
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  double value = (double)ns;
  guint unit = 0;

  if (ns < 0)
    return g_strdup ("n/a");
  for (; value >= 999.5 && unit + 1 < G_N_ELEMENTS (units); unit++)
    value /= 1000;
  g_ascii_formatd (number, sizeof number,
                   unit == 0 || value >= 100 ? "%.0f"
                   : value >= 10             ? "%.1f"
                                             : "%.2f",
                   value);
  return g_strconcat (number, " ", units[unit], NULL);
}
