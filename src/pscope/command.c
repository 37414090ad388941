/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/command.h"

#include "client/ps-client.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <stdio.h>

G_DEFINE_QUARK (ps - usage - error - quark, ps_usage_error)

void
ps_set_usage_error (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (PS_USAGE_ERROR, 0, format, arguments);
  va_end (arguments);
}

/* The one that runs; a program runs one. */
static const PsCommand *current;

int
ps_command_run (const PsCommand *command, int argc, char **argv)
{
  current = command;
  return command->run (argc, argv);
}

static gboolean
check_words (int argc, char **argv, int min, int max, GError **error)
{
  if (argc - 1 < min)
    {
      ps_set_usage_error (error, _ ("“pscope %s” needs %s; “pscope %s --help” shows how."),
                          current->name, _ (current->arguments), current->name);
      return FALSE;
    }
  if (argc - 1 > max)
    {
      ps_set_usage_error (error,
                          _ ("“%s” is one word too many; “pscope %s --help” shows what it takes."),
                          argv[max + 1], current->name);
      return FALSE;
    }
  return TRUE;
}

gboolean
ps_command_parse (const GOptionEntry *entries,
                  int *argc,
                  char ***argv,
                  int min,
                  int max,
                  GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (_ (current->arguments));
  g_autoptr (GError) local_error = NULL;
  g_autofree char *program = g_strconcat ("pscope ", current->name, NULL);

  g_set_prgname (program);
  g_option_context_set_summary (context, _ (current->summary));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  if (!g_option_context_parse (context, argc, argv, &local_error))
    {
      ps_set_usage_error (error, _ ("%s; “%s --help” lists the options."), local_error->message,
                          program);
      return FALSE;
    }
  return check_words (*argc, *argv, min, max, error);
}

static PsExit
exit_code (const GError *error)
{
  if (error->domain == PS_USAGE_ERROR ||
      g_error_matches (error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_USAGE))
    return PS_EXIT_USAGE;
  if (g_error_matches (error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_PERMISSION) ||
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED) ||
      g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_ACCES) ||
      g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_PERM))
    return PS_EXIT_PERMISSION;
  if (g_error_matches (error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_KERNEL))
    return PS_EXIT_KERNEL;
  return PS_EXIT_FAILURE;
}

int
ps_command_fail (GError *error)
{
  PsExit code = exit_code (error);

  fflush (stdout);
  fprintf (stderr, "pscope: %s\n", error->message);
  g_error_free (error);
  return code;
}

int
ps_command_finish (void)
{
  if (fflush (stdout) == 0 && !ferror (stdout))
    return PS_EXIT_SUCCESS;
  fprintf (stderr,
           _ ("pscope: The output could not be written (%s); make room or write elsewhere.\n"),
           g_strerror (errno));
  return PS_EXIT_FAILURE;
}
