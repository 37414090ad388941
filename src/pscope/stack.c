/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/stack.h"

#include "pscope/command.h"
#include "analysis/ps-path-table.h"
#include "analysis/ps-protocol-matrix.h"
#include "pscope/load.h"
#include "pscope/selection.h"

#include <glib/gi18n.h>
#include <stdio.h>

static const struct {
  const char *word;
  PsStackBy by;
} groupings[] = {
  { "interface", PS_STACK_BY_INTERFACE },
  { "socket", PS_STACK_BY_SOCKET },
  { "process", PS_STACK_BY_PROCESS },
  { "conversation", PS_STACK_BY_CONVERSATION },
};

static gboolean
find_grouping (const char *word, PsStackBy *ret_by, GError **error)
{
  if (word == NULL)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (groupings); i++)
    if (g_str_equal (groupings[i].word, word))
      {
        *ret_by = groupings[i].by;
        return TRUE;
      }
  ps_set_usage_error (error,
                      _ ("--by “%s” is not known; say interface, socket, process or "
                         "conversation."),
                      word);
  return FALSE;
}

/* Counters of the kernel know nothing of a filter: with one it is the packets that count. */
static void
print_whole (PsSession *session, PsFilter *filter, gboolean json, const PsTerminal *terminal)
{
  g_autoptr (PsStackStatistics) statistics =
      filter != NULL
          ? ps_stack_statistics_new_from_packets (session, ps_packet_matches_filter, filter)
          : ps_stack_statistics_new (session);
  g_autoptr (GPtrArray) protocols =
      ps_protocol_matrix_new (session, filter != NULL ? ps_packet_matches_filter : NULL, filter);

  if (json)
    ps_stack_print_json (statistics, NULL, NULL);
  else
    ps_stack_print_text (terminal, statistics, NULL);
  ps_stack_print_protocols (terminal, protocols, json);
  ps_stack_print_cost (terminal, session, json);
}

static void
print_groups (PsSession *session,
              const char *word,
              PsStackBy by,
              PsFilter *filter,
              gboolean json,
              const PsTerminal *terminal)
{
  g_autoptr (GPtrArray) groups = ps_stack_statistics_group (
      session, by, filter != NULL ? ps_packet_matches_filter : NULL, filter);

  for (guint i = 0; i < groups->len && !ferror (stdout); i++)
    {
      const PsStackGroup *group = g_ptr_array_index (groups, i);

      if (json)
        {
          ps_stack_print_json (group->statistics, word, group->key != NULL ? group->key : "others");
          continue;
        }
      if (i > 0)
        fputc ('\n', stdout);
      ps_stack_print_text (terminal, group->statistics,
                           group->key != NULL ? group->key : _ ("all others"));
    }
}

int
ps_command_stack (int argc, char **argv)
{
  g_autofree char *color = NULL;
  g_autofree char *word = NULL;
  g_autofree char *filter_text = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "by", 0, 0, G_OPTION_ARG_STRING, &word,
      N_ ("Apart for each interface, socket, process or conversation"),
      N_ ("interface|socket|process|conversation") },
    { "filter", 'f', 0, G_OPTION_ARG_STRING, &filter_text,
      N_ ("Only packets for which this display filter holds"), N_ ("EXPR") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("One JSON object a line, for scripts"), NULL },
    { "color", 0, 0, G_OPTION_ARG_STRING, &color, N_ ("auto, always or never"), N_ ("WHEN") },
    { NULL },
  };
  g_autoptr (PsSession) session = NULL;
  g_autoptr (PsFilter) filter = NULL;
  PsTerminal terminal;
  PsStackBy by = PS_STACK_BY_INTERFACE;
  GError *error = NULL;

  if (!ps_command_parse (entries, &argc, &argv, 1, 1, &error) ||
      !ps_terminal_init (&terminal, color, &error) || !find_grouping (word, &by, &error) ||
      !ps_command_read_filter (filter_text, &filter, &error))
    return ps_command_fail (error);
  session = ps_command_load (argv[1], &error);
  if (session == NULL)
    return ps_command_fail (error);

  if (word == NULL)
    print_whole (session, filter, json, &terminal);
  else
    print_groups (session, word, by, filter, json, &terminal);
  return ps_command_finish ();
}
