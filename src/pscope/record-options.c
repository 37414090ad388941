/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/record-options.h"

#include "analysis/ps-layers.h"
#include "client/ps-filter-names.h"
#include "pscope/command.h"

#include <glib/gi18n.h>
#include <math.h>
#include <unistd.h>

#define DURATION_MAX (366.0 * 24 * 3600)

/* As they stand on the command line, before anything is checked. */
typedef struct {
  char *depth;
  char *interface;
  char *netns;
  char *process;
  char **functions;
  char **layers;
  char *mechanism;
  char **functions_of;
  gint64 sample;
  gint64 max_cost;
  gint64 pid;
  gint64 packets;
  gint64 snaplen;
  gint64 memory;
  gint64 stacks;
  gint64 rotate_size;
  gint64 rotate_seconds;
  gint64 rotate_keep;
} Words;

/* A number that was not given is -1: 0 may be a mistake that must not pass for "not given". */
#define NOT_GIVEN (-1)

static gboolean
check_range (const char *option, gint64 value, gint64 min, gint64 max, GError **error)
{
  if (value == NOT_GIVEN || (value >= min && value <= max))
    return TRUE;
  ps_set_usage_error (
      error,
      _ ("%s must be from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ", not %" G_GINT64_FORMAT "."),
      option, min, max, value);
  return FALSE;
}

static gboolean
check_not_empty (const char *option, const char *value, GError **error)
{
  if (value == NULL || *value != '\0')
    return TRUE;
  ps_set_usage_error (error, _ ("%s is empty; give a value or leave it out."), option);
  return FALSE;
}

static gboolean
check_depth (const char *depth, GError **error)
{
  static const char *const known[] = { "auto", "paths", "functions", "counters", NULL };

  if (depth == NULL || g_strv_contains (known, depth))
    return TRUE;
  ps_set_usage_error (
      error, _ ("--depth “%s” is not known; say auto, paths, functions or counters."), depth);
  return FALSE;
}

static gboolean
check_output (const PsRecordOptions *options, GError **error)
{
  if (g_strcmp0 (options->output, "-") != 0)
    return check_not_empty ("--output", options->output, error);
  if (isatty (STDOUT_FILENO))
    {
      ps_set_usage_error (error,
                          _ ("A recording is not for a terminal; redirect standard output or "
                             "name a file after -o."));
      return FALSE;
    }
  if (options->live)
    {
      ps_set_usage_error (error, _ ("-o - and --live both want standard output; name a file after "
                                    "-o."));
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_duration (const char *text, double *ret_duration, GError **error)
{
  char *end;

  if (text == NULL)
    return TRUE;
  *ret_duration = g_ascii_strtod (text, &end);
  if (end != text && *end == '\0' && isfinite (*ret_duration) && *ret_duration > 0 &&
      *ret_duration <= DURATION_MAX)
    return TRUE;
  ps_set_usage_error (error,
                      _ ("--duration must be a number of seconds above 0, as in 5 or 0.5, not "
                         "“%s”."),
                      text);
  return FALSE;
}

static gboolean
check_words (const Words *words, GError **error)
{
  return check_depth (words->depth, error) &&
         check_not_empty ("--interface", words->interface, error) &&
         check_not_empty ("--netns", words->netns, error) &&
         check_not_empty ("--process", words->process, error) &&
         check_not_empty ("--mechanism", words->mechanism, error) &&
         check_range ("--sample", words->sample, 1, 1000 * 1000, error) &&
         check_range ("--max-cost", words->max_cost, 0, 100 * 1000, error) &&
         check_range ("--pid", words->pid, 1, G_MAXINT32, error) &&
         check_range ("--packets", words->packets, 1, G_MAXINT64, error) &&
         check_range ("--snaplen", words->snaplen, 1, PS_SNAPLEN_MAX, error) &&
         check_range ("--memory", words->memory, 1, 1024 * 1024, error) &&
         check_range ("--stacks", words->stacks, 0, 1000 * 1000, error) &&
         check_range ("--rotate-size", words->rotate_size, 1, 1024 * 1024, error) &&
         check_range ("--rotate-seconds", words->rotate_seconds, 1, 366 * 24 * 3600, error) &&
         check_range ("--rotate-keep", words->rotate_keep, 1, 99999, error);
}

/* What narrows the functions means nothing where no function is traced. */
static gboolean
check_functions (const Words *words, GError **error)
{
  gboolean narrowed = words->functions || words->layers || words->mechanism ||
                      words->functions_of || words->sample != NOT_GIVEN;

  if (!narrowed || g_strcmp0 (words->depth, "functions") == 0)
    return TRUE;
  ps_set_usage_error (error,
                      _ ("--function, --layer, --mechanism, --functions-of and --sample need "
                         "--depth functions."));
  return FALSE;
}

#define SOCKET_PREFIX "socket:"

/* "8080" or "socket:4711" */
static gboolean
take_chosen (const char *word, GArray *ports, GArray *sockets, GError **error)
{
  gboolean is_socket = g_str_has_prefix (word, SOCKET_PREFIX);
  const char *digits = is_socket ? word + strlen (SOCKET_PREFIX) : word;
  guint64 number;
  guint16 port;

  if (!g_ascii_string_to_unsigned (digits, 10, 1, is_socket ? G_MAXINT64 : G_MAXUINT16, &number,
                                   NULL))
    {
      ps_set_usage_error (
          error,
          _ ("--functions-of takes a port, as in 8080, or a socket by its cookie in "
             "“pscope sockets --json”, as in socket:4711, not “%s”."),
          word);
      return FALSE;
    }
  port = (guint16)number;
  if (is_socket)
    g_array_append_val (sockets, number);
  else
    g_array_append_val (ports, port);
  return TRUE;
}

static gboolean
take_all_chosen (PsRecordOptions *options, const Words *words, GError **error)
{
  g_autoptr (GArray) ports = g_array_new (FALSE, FALSE, sizeof (guint16));
  g_autoptr (GArray) sockets = g_array_new (FALSE, FALSE, sizeof (guint64));

  for (guint i = 0; words->functions_of != NULL && words->functions_of[i] != NULL; i++)
    if (!take_chosen (words->functions_of[i], ports, sockets, error))
      return FALSE;
  if (ports->len > PS_CHOSEN_MAX || sockets->len > PS_CHOSEN_MAX)
    {
      ps_set_usage_error (error,
                          _ ("--functions-of can be given for at most %u ports and as many "
                             "sockets."),
                          PS_CHOSEN_MAX);
      return FALSE;
    }
  options->capture.n_ports = ports->len;
  options->capture.n_sockets = sockets->len;
  options->capture.ports = (guint16 *)(gpointer)g_array_free (g_steal_pointer (&ports), FALSE);
  options->capture.sockets = (guint64 *)(gpointer)g_array_free (g_steal_pointer (&sockets), FALSE);
  return TRUE;
}

static gboolean
check_rotation (const PsRecordOptions *options, const Words *words, GError **error)
{
  gboolean rotates = words->rotate_size != NOT_GIVEN || words->rotate_seconds != NOT_GIVEN;

  if (rotates && g_strcmp0 (options->output, "-") == 0)
    ps_set_usage_error (error, _ ("Standard output cannot be rotated; name a file after -o."));
  else if (words->rotate_keep != NOT_GIVEN && !rotates)
    ps_set_usage_error (error, _ ("--rotate-keep needs --rotate-size or --rotate-seconds."));
  else
    return TRUE;
  return FALSE;
}

static guint32
given_or_default (gint64 value)
{
  return value == NOT_GIVEN ? 0 : (guint32)value;
}

static void
take_words (PsRecordOptions *options, const Words *words)
{
  options->capture.depth = words->depth;
  options->capture.interface = words->interface;
  options->capture.netns = words->netns;
  options->capture.process = words->process;
  options->capture.functions = words->functions ? g_strjoinv (",", words->functions) : NULL;
  options->capture.layers = words->layers ? g_strjoinv (",", words->layers) : NULL;
  options->capture.own_layers = words->layers ? ps_layers_get_own () : NULL;
  options->capture.mechanism = words->mechanism;
  options->capture.sample = given_or_default (words->sample);
  options->capture.max_cost =
      words->max_cost == 0 ? PS_MAX_COST_NEVER : given_or_default (words->max_cost);
  options->capture.pid = given_or_default (words->pid);
  options->capture.snaplen = given_or_default (words->snaplen);
  options->capture.memory_mib = given_or_default (words->memory);
  options->capture.stacks_per_second =
      words->stacks == 0 ? G_MAXUINT32 : given_or_default (words->stacks);
  options->series.size = (guint64)given_or_default (words->rotate_size) << 20;
  options->series.seconds = given_or_default (words->rotate_seconds);
  options->series.keep = given_or_default (words->rotate_keep);
  options->packets = words->packets == NOT_GIVEN ? 0 : (guint64)words->packets;
}

/*
 * With a command to record, --process may name what it only starts later; but
 * no process will bear the name of a program that does not exist.
 */
static gboolean
may_start (const PsRecordOptions *options)
{
  const char *process = options->capture.process;
  g_autofree char *command = NULL;
  g_autofree char *program = NULL;

  if (options->command == NULL || process == NULL)
    return FALSE;
  command = g_path_get_basename (options->command[0]);
  program = g_find_program_in_path (process);
  return program != NULL || g_str_equal (command, process);
}

static gboolean
parse_words (PsRecordOptions *options, int *argc, char ***argv, GError **error)
{
  Words words = { .sample = NOT_GIVEN,
                  .max_cost = NOT_GIVEN,
                  .pid = NOT_GIVEN,
                  .packets = NOT_GIVEN,
                  .snaplen = NOT_GIVEN,
                  .memory = NOT_GIVEN,
                  .stacks = NOT_GIVEN,
                  .rotate_size = NOT_GIVEN,
                  .rotate_seconds = NOT_GIVEN,
                  .rotate_keep = NOT_GIVEN };
  g_autofree char *duration = NULL;
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output,
      N_ ("The file to write, “-” for standard output [packetscope-DATE.pcapng]"), N_ ("FILE") },
    { "depth", 'd', 0, G_OPTION_ARG_STRING, &words.depth,
      N_ ("How deep to look: auto, paths, functions, counters"), N_ ("DEPTH") },
    { "duration", 't', 0, G_OPTION_ARG_STRING, &duration, N_ ("End after so many seconds"),
      N_ ("S") },
    { "packets", 'c', 0, G_OPTION_ARG_INT64, &words.packets, N_ ("End after so many packets"),
      N_ ("N") },
    { "interface", 'i', 0, G_OPTION_ARG_STRING, &words.interface, N_ ("Only this interface"),
      N_ ("IF") },
    { "netns", 0, 0, G_OPTION_ARG_STRING, &words.netns,
      N_ ("Only this network namespace, by name or by a process in it"), N_ ("NAME|PID") },
    { "pid", 'p', 0, G_OPTION_ARG_INT64, &words.pid, N_ ("Only this process"), N_ ("PID") },
    { "process", 0, 0, G_OPTION_ARG_STRING, &words.process, N_ ("Only processes of this name"),
      N_ ("NAME") },
    { "function", 0, 0, G_OPTION_ARG_STRING_ARRAY, &words.functions,
      N_ ("Depth functions: only functions like this, as in tcp_*"), N_ ("GLOB") },
    { "layer", 0, 0, G_OPTION_ARG_STRING_ARRAY, &words.layers,
      N_ ("Depth functions: only functions of this layer"), N_ ("NAME") },
    { "mechanism", 0, 0, G_OPTION_ARG_STRING, &words.mechanism,
      N_ ("Depth functions: by this mechanism or not at all"), N_ ("NAME") },
    { "functions-of", 0, 0, G_OPTION_ARG_STRING_ARRAY, &words.functions_of,
      N_ ("Depth functions: only of packets of this port or socket"), N_ ("PORT|socket:NUMBER") },
    { "sample", 0, 0, G_OPTION_ARG_INT64, &words.sample,
      N_ ("Depth functions: only of one packet in so many"), N_ ("N") },
    { "max-cost", 0, 0, G_OPTION_ARG_INT64, &words.max_cost,
      N_ ("Go less deep if tracing takes more of one processor; 0: never"), N_ ("PERCENT") },
    { "snaplen", 's', 0, G_OPTION_ARG_INT64, &words.snaplen, N_ ("Bytes kept of each packet [128]"),
      N_ ("N") },
    { "live", 'l', 0, G_OPTION_ARG_NONE, &options->live, N_ ("Print the packets as they come"),
      NULL },
    { "memory", 0, 0, G_OPTION_ARG_INT64, &words.memory,
      N_ ("The most memory the capture may take, in MiB"), N_ ("MIB") },
    { "stacks", 0, 0, G_OPTION_ARG_INT64, &words.stacks,
      N_ ("Kernel call paths taken a second at most; 0: none [2000]"), N_ ("N") },
    { "compress", 'z', 0, G_OPTION_ARG_NONE, &options->series.compress,
      N_ ("Compress the file with Zstandard"), NULL },
    { "rotate-size", 0, 0, G_OPTION_ARG_INT64, &words.rotate_size,
      N_ ("Begin a new file after so many MiB"), N_ ("MIB") },
    { "rotate-seconds", 0, 0, G_OPTION_ARG_INT64, &words.rotate_seconds,
      N_ ("Begin a new file after so many seconds"), N_ ("S") },
    { "rotate-keep", 0, 0, G_OPTION_ARG_INT64, &words.rotate_keep,
      N_ ("Keep only so many files, the latest"), N_ ("N") },
    { "color", 0, 0, G_OPTION_ARG_STRING, &options->color, N_ ("auto, always or never"),
      N_ ("WHEN") },
    { NULL },
  };
  gboolean parsed = ps_command_parse (entries, argc, argv, 0, G_MAXINT - 1, error) &&
                    check_words (&words, error) &&
                    check_duration (duration, &options->duration, error) &&
                    check_output (options, error) && check_rotation (options, &words, error) &&
                    check_functions (&words, error) && take_all_chosen (options, &words, error);

  take_words (options, &words);
  g_strfreev (words.functions);
  g_strfreev (words.layers);
  g_strfreev (words.functions_of);
  options->capture.process_may_start = may_start (options);
  return parsed;
}

gboolean
ps_record_options_parse (PsRecordOptions *options, int argc, char **argv, GError **error)
{
  g_autoptr (GStrvBuilder) filter = g_strv_builder_new ();
  g_auto (GStrv) words = NULL;

  *options = (PsRecordOptions){ 0 };
  /* What follows "--" belongs to the command, its own options included. */
  for (int i = 1; i < argc; i++)
    if (g_str_equal (argv[i], "--"))
      {
        if (i + 1 == argc)
          {
            ps_set_usage_error (error, _ ("“--” must be followed by the command to record."));
            return FALSE;
          }
        options->command = argv + i + 1;
        argv[i] = NULL;
        argc = i;
        break;
      }

  if (!parse_words (options, &argc, &argv, error))
    return FALSE;
  for (int i = 1; i < argc; i++)
    g_strv_builder_add (filter, argv[i]);
  words = g_strv_builder_end (filter);
  if (words[0] != NULL)
    {
      g_autofree char *expression = g_strjoinv (" ", words);

      options->capture.filter = ps_filter_look_up_names (expression, /* hosts = */ TRUE);
    }
  return TRUE;
}

void
ps_record_options_clear (PsRecordOptions *options)
{
  g_free ((char *)options->capture.depth);
  g_free ((char *)options->capture.filter);
  g_free ((char *)options->capture.interface);
  g_free ((char *)options->capture.netns);
  g_free ((char *)options->capture.process);
  g_free ((char *)options->capture.functions);
  g_free ((char *)options->capture.layers);
  g_free ((char *)options->capture.own_layers);
  g_free ((char *)options->capture.mechanism);
  g_free ((gpointer)options->capture.ports);
  g_free ((gpointer)options->capture.sockets);
  g_free (options->output);
  g_free (options->color);
}
