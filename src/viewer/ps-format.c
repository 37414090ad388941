/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-format.h"

#include <glib/gi18n.h>

char *
ps_format_count (guint64 count)
{
  return g_strdup_printf ("%'" G_GUINT64_FORMAT, count);
}

/* Three significant digits, and the prefix that makes that possible. */
static char *
format_scaled (double value, const char *const *units, guint n_units, double step)
{
  guint unit = 0;

  while (value >= step * 0.9995 && unit + 1 < n_units)
    {
      value /= step;
      unit++;
    }
  if (value >= 99.95 || value == (double)(guint64)value)
    return g_strdup_printf ("%.0f %s", value, _ (units[unit]));
  if (value >= 9.995)
    return g_strdup_printf ("%.1f %s", value, _ (units[unit]));
  return g_strdup_printf ("%.2f %s", value, _ (units[unit]));
}

char *
ps_format_bytes (double bytes)
{
  static const char *const units[] = { N_ ("B"), N_ ("kB"), N_ ("MB"), N_ ("GB"), N_ ("TB") };

  return format_scaled (MAX (bytes, 0), units, G_N_ELEMENTS (units), 1000);
}

char *
ps_format_bit_rate (double bytes_per_second)
{
  static const char *const units[] = { N_ ("bit/s"), N_ ("kbit/s"), N_ ("Mbit/s"), N_ ("Gbit/s"),
                                       N_ ("Tbit/s") };

  return format_scaled (MAX (bytes_per_second, 0) * 8, units, G_N_ELEMENTS (units), 1000);
}

char *
ps_format_rate (double per_second)
{
  if (per_second >= 10000)
    /* Translators: thousands, as in "12.4 k packets/s" */
    return g_strdup_printf (_ ("%.1f k"), per_second / 1000);
  return g_strdup_printf (
      per_second >= 100 || per_second == (double)(gint64)per_second ? "%'.0f" : "%.1f", per_second);
}

char *
ps_format_duration (gint64 ns)
{
  static const char *const units[] = { N_ ("ns"), N_ ("µs"), N_ ("ms"), N_ ("s") };

  if (ns < 0)
    return g_strdup (_ ("n/a"));
  return format_scaled ((double)ns, units, G_N_ELEMENTS (units), 1000);
}

char *
ps_format_clock (gint64 epoch_ns)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (epoch_ns / 1000000000);
  g_autofree char *clock = time != NULL ? g_date_time_format (time, "%H:%M:%S") : g_strdup ("");

  return g_strdup_printf ("%s.%06d", clock, (int)(epoch_ns % 1000000000 / 1000));
}
