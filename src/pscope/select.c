/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/select.h"

#include "pscope/command.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
check_output (char **inputs, guint n_inputs, const char *output, GError **error)
{
  struct stat in, out;

  if (output == NULL || *output == '\0')
    {
      ps_set_usage_error (error, _ ("Name the file to write after -o."));
      return FALSE;
    }
  if (g_str_equal (output, "-") && isatty (STDOUT_FILENO))
    {
      ps_set_usage_error (error, _ ("A recording is not for a terminal; redirect standard output "
                                    "or name a file after -o."));
      return FALSE;
    }
  if (stat (output, &out) < 0)
    return TRUE;
  for (guint i = 0; i < n_inputs; i++)
    if (stat (inputs[i], &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
      {
        ps_set_usage_error (error,
                            _ ("“%s” is read and written at once; name another file after "
                               "-o."),
                            output);
        return FALSE;
      }
  return TRUE;
}

gboolean
ps_command_write_parts (const PsSessionPart *parts,
                        guint n_parts,
                        char **inputs,
                        const char *output,
                        GError **error)
{
  g_autoptr (PsCaptureWriter) writer = NULL;

  if (!check_output (inputs, n_parts, output, error))
    return FALSE;
  writer = g_str_has_suffix (output, ".zst") ? ps_capture_writer_new_compressed (output, error)
                                             : ps_capture_writer_new (output, error);
  if (writer == NULL || !ps_session_write_parts (parts, n_parts, writer, NULL, error) ||
      !ps_capture_writer_close (writer, error))
    return FALSE;
  fprintf (stderr,
           g_dngettext (GETTEXT_PACKAGE, "%" G_GUINT64_FORMAT " packet in %s\n",
                        "%" G_GUINT64_FORMAT " packets in %s\n",
                        (gulong)ps_capture_writer_get_n_packets (writer)),
           ps_capture_writer_get_n_packets (writer), output);
  return TRUE;
}
