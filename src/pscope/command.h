/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a subcommand is, and what all of them share: exit codes, options, and
 * the one place where an error becomes a sentence on standard error.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  PS_EXIT_SUCCESS = 0,
  PS_EXIT_FAILURE = 1,
  PS_EXIT_USAGE = 2,
  PS_EXIT_PERMISSION = 3,
  PS_EXIT_KERNEL = 4,
} PsExit;

#define PS_USAGE_ERROR (ps_usage_error_quark ())
GQuark ps_usage_error_quark (void);

typedef struct {
  const char *name;
  const char *arguments; /* as in "FILE PACKET"; translatable */
  const char *summary; /* translatable */
  /* argv[0] is the name of the subcommand. Returns a PsExit or the status of a recorded command. */
  int (*run) (int argc, char **argv);
} PsCommand;

int ps_command_cut (int argc, char **argv);
int ps_command_doctor (int argc, char **argv);
int ps_command_info (int argc, char **argv);
int ps_command_diff (int argc, char **argv);
int ps_command_doctor (int argc, char **argv);
int ps_command_export (int argc, char **argv);
int ps_command_journey (int argc, char **argv);
int ps_command_merge (int argc, char **argv);
int ps_command_packets (int argc, char **argv);
int ps_command_paths (int argc, char **argv);
int ps_command_record (int argc, char **argv);
int ps_command_sockets (int argc, char **argv);
int ps_command_stack (int argc, char **argv);

/* Runs it; returns the status to exit with. */
int ps_command_run (const PsCommand *command, int argc, char **argv);

/*
 * Takes the options out of `argv`; what is left, argv[0] included, must be
 * `min` to `max` words more. Asking for --help prints it and exits.
 */
gboolean ps_command_parse (const GOptionEntry *entries,
                           int *argc,
                           char ***argv,
                           int min,
                           int max,
                           GError **error);

/* Says what went wrong, once, and returns the exit code for it. Takes `error`. */
int ps_command_fail (GError *error);

/* Ends a subcommand that printed: output that could not be written is a failure. */
int ps_command_finish (void);

void ps_set_usage_error (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

G_END_DECLS
