/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/load.h"

#include "pscope/command.h"
#include "session/ps-capture-file.h"

#include <glib/gi18n.h>
#include <stdio.h>

PsSession *
ps_command_load (const char *path, GError **error)
{
  g_autoptr (PsSession) session = ps_session_new (0);
  const char *const *warnings;

  if (!ps_capture_file_load (path, session, NULL, error))
    return NULL;
  warnings = ps_session_get_warnings (session);
  for (guint i = 0; warnings != NULL && warnings[i] != NULL; i++)
    fprintf (stderr, _ ("pscope: %s: %s\n"), path, warnings[i]);
  return g_steal_pointer (&session);
}

gboolean
ps_command_read_number (const char *what, const char *word, guint64 *ret_number, GError **error)
{
  if (g_ascii_string_to_unsigned (word, 10, 1, G_MAXUINT64, ret_number, NULL))
    return TRUE;
  ps_set_usage_error (error, _ ("%s must be a whole number from 1 up, not “%s”."), what, word);
  return FALSE;
}
