/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/load.h"

#include "pscope/command.h"
#include "session/ps-capture-file.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <stdio.h>

/* The reader speaks of "it"; here it gets its name. */
static void
name_file (const char *path, GError **error)
{
  int code = (*error)->code;

  if (g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    {
      g_clear_error (error);
      g_set_error (error, G_IO_ERROR, code, _ ("There is no file %s; check its name."), path);
    }
  else if (g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY))
    {
      g_clear_error (error);
      g_set_error (error, G_IO_ERROR, code, _ ("%s is a folder; name a file in it."), path);
    }
  else if (g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    {
      g_clear_error (error);
      g_set_error (error, G_IO_ERROR, code,
                   _ ("You may not read %s; ask its owner, or run this as root (sudo)."), path);
    }
  else
    g_prefix_error (error, "%s: ", path);
}

PsSession *
ps_command_load (const char *path, GError **error)
{
  g_autoptr (PsSession) session = ps_session_new (0);
  g_autoptr (GError) local_error = NULL;
  const char *const *warnings;

  if (!ps_capture_file_load (path, session, NULL, &local_error))
    {
      name_file (path, &local_error);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
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
