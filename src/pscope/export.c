/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/command.h"

#include "analysis/export/ps-export.h"
#include "pscope/load.h"
#include "pscope/selection.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <sys/stat.h>

static char *
list_formats (void)
{
  GString *text = g_string_new (NULL);
  guint n;
  const PsExportFormat *formats = ps_export_get_formats (&n);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s%s",
                            i == 0      ? ""
                            : i + 1 < n ? ", "
                                        : _ (" or "),
                            formats[i].name);
  return g_string_free (text, FALSE);
}

static const PsExportFormat *
choose_format (const char *name, const char *output, GError **error)
{
  const PsExportFormat *format =
      name != NULL ? ps_export_find_format (name) : ps_export_guess_format (output);
  g_autofree char *known = NULL;

  if (format != NULL)
    return format;
  known = list_formats ();
  if (name != NULL)
    ps_set_usage_error (error, _ ("--format “%s” is not known; say %s."), name, known);
  else
    ps_set_usage_error (error, _ ("The name “%s” does not tell a format; add --format %s."), output,
                        known);
  return NULL;
}

/* The recording that is read must not be the file that is replaced. */
static gboolean
check_output (const char *input, const char *output, GError **error)
{
  struct stat in, out;

  if (output == NULL)
    {
      ps_set_usage_error (error, _ ("Say where to write: -o FILE, or -o - for standard output."));
      return FALSE;
    }
  if (stat (input, &in) == 0 && stat (output, &out) == 0 && in.st_dev == out.st_dev &&
      in.st_ino == out.st_ino)
    {
      ps_set_usage_error (error, _ ("“%s” is the recording itself; choose another name for -o."),
                          output);
      return FALSE;
    }
  return TRUE;
}

int
ps_command_export (int argc, char **argv)
{
  g_autofree char *output = NULL;
  g_autofree char *format_name = NULL;
  g_autofree char *filter_text = NULL;
  g_autofree char *weight_name = NULL;
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output,
      N_ ("The file to write; “-” is standard output"), N_ ("FILE") },
    { "format", 0, 0, G_OPTION_ARG_STRING, &format_name,
      N_ ("pcapng, csv, jsonl, folded, speedscope, perfetto, svg, charts, png or html; by default "
          "what the name of the file says"),
      N_ ("FORMAT") },
    { "filter", 'f', 0, G_OPTION_ARG_STRING, &filter_text,
      N_ ("Only packets for which this display filter holds"), N_ ("EXPR") },
    { "weight", 0, 0, G_OPTION_ARG_STRING, &weight_name,
      N_ ("What flame graphs count: packets, drops, total_time or self_time"), N_ ("WEIGHT") },
    { NULL },
  };
  g_autoptr (PsSession) session = NULL;
  g_autoptr (PsFilter) filter = NULL;
  g_autofree char *title = NULL;
  const PsExportFormat *format;
  PsExportSource source = { .weight = PS_FLAME_PACKETS };
  GError *error = NULL;

  if (!ps_command_parse (entries, &argc, &argv, 1, 1, &error) ||
      !check_output (argv[1], output, &error))
    return ps_command_fail (error);
  format = choose_format (format_name, output, &error);
  if (format == NULL || !ps_command_read_filter (filter_text, &filter, &error))
    return ps_command_fail (error);
  if (weight_name != NULL && !ps_flame_weight_from_name (weight_name, &source.weight))
    {
      ps_set_usage_error (
          &error, _ ("--weight “%s” is not known; say packets, drops, total_time or self_time."),
          weight_name);
      return ps_command_fail (error);
    }
  session = ps_command_load (argv[1], &error);
  if (session == NULL)
    return ps_command_fail (error);

  title = g_path_get_basename (argv[1]);
  source.session = session;
  source.title = title;
  if (filter != NULL)
    {
      source.predicate = ps_packet_matches_filter;
      source.user_data = filter;
    }
  if (!ps_export (format, &source, output, NULL, &error))
    return ps_command_fail (error);
  return PS_EXIT_SUCCESS;
}
