/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal program. A subcommand is a file here and a row in this table.
 */
#include "config.h"

#include "pscope/command.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

static const PsCommand commands[] = {
  { "doctor", "", N_ ("What this kernel allows, what it does not, and why"), ps_command_doctor },
  { "record", N_ ("[CAPTURE FILTER] [-- COMMAND ARG…]"),
    N_ ("Record packets and their kernel paths"), ps_command_record },
  { "packets", N_ ("FILE"), N_ ("One line for each packet"), ps_command_packets },
  { "sockets", N_ ("[FILE]"), N_ ("The sockets of a recording or, without one, of this machine"),
    ps_command_sockets },
  { "journey", N_ ("FILE PACKET…"), N_ ("Stages and call path of one packet"), ps_command_journey },
  { "stack", N_ ("FILE"), N_ ("Traffic, latency, interaction and loss of the layers"),
    ps_command_stack },
  { "paths", N_ ("FILE"), N_ ("The call paths that were seen, and how often"), ps_command_paths },
  { "info", N_ ("FILE"), N_ ("What a recording is: how much, from when, by whom"),
    ps_command_info },
  { "cut", N_ ("FILE -o OUT"), N_ ("Write a part of a recording to a new file"), ps_command_cut },
  { "merge", N_ ("FILE FILE… -o OUT"), N_ ("Write several recordings to one, by time"),
    ps_command_merge },
  { "diff", N_ ("FILE [FILE]"), N_ ("What is different between two recordings or two filters"),
    ps_command_diff },
  { "export", N_ ("FILE -o FILE"), N_ ("Packets and call paths as files of other programs"),
    ps_command_export },
  { NULL },
};

/* JSON is for programs: what is in it must not depend on the language of the person. */
static void
set_up_locale (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  for (int i = 1; i < argc && !g_str_equal (argv[i], "--"); i++)
    if (g_str_equal (argv[i], "--json"))
      {
        setlocale (LC_MESSAGES, "C");
        setlocale (LC_NUMERIC, "C");
        setlocale (LC_TIME, "C");
      }
  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}

static int
print_help (void)
{
  g_print (_ ("Usage: pscope COMMAND …\n\nSee where in the kernel your packets go.\n\n"));
  for (const PsCommand *command = commands; command->name != NULL; command++)
    g_print ("  %-8s  %s\n", command->name, _ (command->summary));
  g_print (_ ("\n“pscope COMMAND --help” explains one of them; the manual is pscope(1).\n"
              "First steps:\n"
              "  pscope record -o try.pcapng -- curl http://localhost/\n"
              "  pscope packets try.pcapng\n"
              "  pscope journey try.pcapng 1\n"));
  return PS_EXIT_SUCCESS;
}

int
main (int argc, char **argv)
{
  GError *error = NULL;

  set_up_locale (argc, argv);
  g_set_prgname ("pscope");

  if (argc < 2)
    {
      ps_set_usage_error (&error, _ ("Say what to do; “pscope --help” lists the commands."));
      return ps_command_fail (error);
    }
  if (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h") ||
      g_str_equal (argv[1], "help"))
    return print_help ();
  if (g_str_equal (argv[1], "--version"))
    {
      g_print ("pscope (PacketScope) " PACKAGE_VERSION "\n");
      return PS_EXIT_SUCCESS;
    }
  for (const PsCommand *command = commands; command->name != NULL; command++)
    if (g_str_equal (argv[1], command->name))
      return ps_command_run (command, argc - 1, argv + 1);

  ps_set_usage_error (&error, _ ("There is no command “%s”; “pscope --help” lists them."), argv[1]);
  return ps_command_fail (error);
}
