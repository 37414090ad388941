/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/command.h"

#include "analysis/ps-filter.h"
#include "pscope/load.h"
#include "pscope/select.h"

#include <glib/gi18n.h>

typedef struct {
  PsFilter *filter; /* nullable */
  gint64 from;
  gint64 to;
} Cut;

static gboolean
is_wanted (PsSession *session, const PsPacket *packet, gpointer user_data)
{
  const Cut *cut = user_data;

  return packet->number >= (guint64)cut->from && packet->number <= (guint64)cut->to &&
         (cut->filter == NULL || ps_filter_matches (cut->filter, session, packet));
}

static gboolean
parse (Cut *cut, const char *text, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gsize position = 0;

  if (cut->from < 1 || cut->to < cut->from)
    {
      ps_set_usage_error (error, _ ("--from and --to are numbers of packets: whole numbers from 1 "
                                    "up, the second not below the first."));
      return FALSE;
    }
  if (text == NULL)
    return TRUE;
  cut->filter = ps_filter_parse (text, &position, &local_error);
  if (cut->filter == NULL)
    ps_set_usage_error (error, "%s", local_error->message);
  return cut->filter != NULL;
}

int
ps_command_cut (int argc, char **argv)
{
  g_autofree char *output = NULL;
  g_autofree char *text = NULL;
  Cut cut = { .from = 1, .to = G_MAXINT64 };
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output,
      N_ ("The file to write; compressed if its name ends in .zst"), N_ ("OUT") },
    { "filter", 'f', 0, G_OPTION_ARG_STRING, &text,
      N_ ("Only packets for which this display filter holds"), N_ ("EXPR") },
    { "from", 0, 0, G_OPTION_ARG_INT64, &cut.from, N_ ("The first packet"), N_ ("N") },
    { "to", 0, 0, G_OPTION_ARG_INT64, &cut.to, N_ ("The last packet"), N_ ("N") },
    { NULL },
  };
  g_autoptr (PsSession) session = NULL;
  g_autoptr (PsFilter) filter = NULL;
  PsSessionPart part = { .wanted = is_wanted, .user_data = &cut };
  GError *error = NULL;

  if (!ps_command_parse (entries, &argc, &argv, 1, 1, &error) || !parse (&cut, text, &error))
    return ps_command_fail (error);
  filter = cut.filter;
  session = ps_command_load (argv[1], &error);
  if (session == NULL)
    return ps_command_fail (error);

  part.session = session;
  /* Without a question it is a copy, and a copy keeps what belongs to the whole. */
  if (filter == NULL && cut.from == 1 && cut.to == G_MAXINT64)
    part.wanted = NULL;
  if (!ps_command_write_parts (&part, 1, argv + 1, output, &error))
    return ps_command_fail (error);
  return PS_EXIT_SUCCESS;
}
