/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/command.h"

#include "pscope/load.h"
#include "pscope/select.h"

#include <glib/gi18n.h>

/* Every file is held open and in memory; this many are a mistake. */
#define FILES_MAX 64

int
ps_command_merge (int argc, char **argv)
{
  g_autofree char *output = NULL;
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output,
      N_ ("The file to write; compressed if its name ends in .zst"), N_ ("OUT") },
    { NULL },
  };
  PsSessionPart parts[FILES_MAX] = { { NULL } };
  guint n_parts = 0;
  GError *error = NULL;
  gboolean good;

  if (!ps_command_parse (entries, &argc, &argv, 2, FILES_MAX, &error))
    return ps_command_fail (error);
  do
    {
      parts[n_parts].session = ps_command_load (argv[n_parts + 1], &error);
      good = parts[n_parts].session != NULL;
      n_parts += good;
    }
  while (good && n_parts + 1 < (guint)argc);

  good = good && ps_command_write_parts (parts, n_parts, argv + 1, output, &error);
  for (guint i = 0; i < n_parts; i++)
    g_object_unref (parts[i].session);
  return good ? PS_EXIT_SUCCESS : ps_command_fail (error);
}
