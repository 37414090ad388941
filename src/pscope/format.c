/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/format.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <string.h>

/* Three digits are what a person compares at a glance. */
static char *
format_scaled (double value, const char *unit)
{
  if (value < 9.995)
    return g_strdup_printf ("%.2f %s", value, unit);
  if (value < 99.95)
    return g_strdup_printf ("%.1f %s", value, unit);
  return g_strdup_printf ("%.0f %s", value, unit);
}

char *
ps_format_duration (gint64 ns, gboolean utf8)
{
  if (ns < 0)
    return g_strdup (_ ("n/a"));
  if (ns < 1000)
    return g_strdup_printf ("%" G_GINT64_FORMAT " ns", ns);
  if (ns < 999500)
    return format_scaled (ns / 1e3, utf8 ? "µs" : "us");
  if (ns < 999500000)
    return format_scaled (ns / 1e6, "ms");
  return format_scaled (ns / 1e9, "s");
}

/* In threes, with a comma where the locale has no sign of its own: C has none. */
char *
ps_format_count (guint64 count)
{
  const char *sign = localeconv ()->thousands_sep;
  g_autofree char *digits = g_strdup_printf ("%" G_GUINT64_FORMAT, count);
  gsize n = strlen (digits);
  GString *text = g_string_new (NULL);

  if (*sign == '\0' || !g_utf8_validate (sign, -1, NULL))
    sign = ",";
  for (gsize i = 0; i < n; i++)
    {
      if (i > 0 && (n - i) % 3 == 0)
        g_string_append (text, sign);
      g_string_append_c (text, digits[i]);
    }
  return g_string_free (text, FALSE);
}

char *
ps_format_bytes (guint64 bytes)
{
  static const char *const units[] = { "kB", "MB", "GB", "TB" };
  double value = bytes / 1000.0;
  guint unit = 0;

  if (bytes < 1000)
    return g_strdup_printf ("%" G_GUINT64_FORMAT " B", bytes);
  while (value >= 999.5 && unit + 1 < G_N_ELEMENTS (units))
    {
      value /= 1000.0;
      unit++;
    }
  return format_scaled (value, units[unit]);
}

char *
ps_format_rate (double rate)
{
  if (rate < 99.95)
    return g_strdup_printf ("%.1f", rate);
  return ps_format_count ((guint64)(rate + 0.5));
}

char *
ps_format_time (gint64 epoch_ns)
{
  gint64 seconds = epoch_ns / G_GINT64_CONSTANT (1000000000);
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (seconds);
  g_autofree char *date = time != NULL ? g_date_time_format (time, "%Y-%m-%d %H:%M:%S") : NULL;

  if (date == NULL)
    return g_strdup (_ ("n/a"));
  return g_strdup_printf ("%s.%09d", date, (int)(epoch_ns % G_GINT64_CONSTANT (1000000000)));
}

void
ps_format_endpoint (char *buffer, gsize size, const char *address, guint16 port)
{
  if (port == 0)
    g_strlcpy (buffer, address, size);
  else if (strchr (address, ':') != NULL)
    g_snprintf (buffer, size, "[%s]:%u", address, port);
  else
    g_snprintf (buffer, size, "%s:%u", address, port);
}
