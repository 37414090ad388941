/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/command.h"

#include "analysis/ps-filter-cursor.h"
#include "pscope/load.h"
#include "pscope/packet-json.h"
#include "pscope/packet-table.h"

#include <glib/gi18n.h>
#include <stdio.h>

typedef struct {
  PsSession *session;
  PsFilter *filter; /* nullable */
  PsFilterCursor cursor;
  guint64 limit;
  guint64 n_shown;
} Listing;

/* The next packet to show; FALSE if there is none. */
static gboolean
next_packet (Listing *listing, PsPacket *ret_packet)
{
  guint64 number = listing->n_shown < listing->limit ? ps_filter_cursor_next (&listing->cursor) : 0;

  if (number == 0 || !ps_session_get_packet (listing->session, number, ret_packet))
    return FALSE;
  listing->n_shown++;
  return TRUE;
}

static void
print_json (Listing *listing)
{
  g_autoptr (PsPathCache) cache = ps_path_cache_new (listing->session);
  PsPacket packet;
  PsJson json;

  ps_json_init (&json);
  while (!ferror (stdout) && next_packet (listing, &packet))
    {
      PsPacketFacts facts;

      ps_packet_facts_init (&facts, listing->session, &packet);
      ps_json_begin_object (&json, NULL);
      ps_packet_json_add (&json, cache, &facts);
      ps_json_end_object (&json);
      ps_json_print (&json);
    }
  ps_json_clear (&json);
}

static void
print_table (Listing *listing, const PsTerminal *terminal)
{
  PsPacketTable table;
  PsPacket packet;

  ps_packet_table_init (&table, terminal, listing->session, FALSE);
  while (!ferror (stdout) && next_packet (listing, &packet))
    ps_packet_table_add (&table, &packet);
  ps_packet_table_finish (&table);
  if (listing->n_shown == 0)
    fprintf (stderr, "pscope: %s\n",
             listing->filter != NULL
                 ? _ ("No packet matches the filter; without --filter all are shown.")
                 : _ ("There are no packets in this file."));
}

/* Nothing found is one thing, nobody having looked another. */
static void
note_findings (PsSession *session, PsFilter *filter)
{
  if (filter != NULL && (ps_filter_get_needs (filter) & PS_FILTER_NEEDS_FINDINGS) &&
      ps_session_get_n_findings (session) == 0)
    fprintf (stderr, "pscope: %s\n",
             _ ("This recording holds no findings: no detection rule was asked while it was made, "
                "so that “finding” is not known of any packet."));
}

static gboolean
parse_filter (const char *text, PsFilter **ret_filter, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gsize position = 0;

  if (text == NULL)
    return TRUE;
  *ret_filter = ps_filter_parse (text, &position, &local_error);
  if (*ret_filter != NULL)
    return TRUE;
  ps_set_usage_error (error, "%s", local_error->message);
  return FALSE;
}

int
ps_command_packets (int argc, char **argv)
{
  g_autofree char *filter_text = NULL;
  g_autofree char *color = NULL;
  gint64 limit = 0;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "filter", 'f', 0, G_OPTION_ARG_STRING, &filter_text,
      N_ ("Only packets for which this display filter holds, as in “verdict == dropped”"),
      N_ ("EXPR") },
    { "limit", 'n', 0, G_OPTION_ARG_INT64, &limit, N_ ("At most so many"), N_ ("N") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("One JSON object a line, for scripts"), NULL },
    { "color", 0, 0, G_OPTION_ARG_STRING, &color, N_ ("auto, always or never"), N_ ("WHEN") },
    { NULL },
  };
  g_autoptr (PsSession) session = NULL;
  g_autoptr (PsFilter) filter = NULL;
  Listing listing = { 0 };
  PsTerminal terminal;
  GError *error = NULL;

  if (!ps_command_parse (entries, &argc, &argv, 1, 1, &error) ||
      !ps_terminal_init (&terminal, color, &error) || !parse_filter (filter_text, &filter, &error))
    return ps_command_fail (error);
  if (limit < 0)
    {
      ps_set_usage_error (&error, _ ("--limit must be a whole number from 1 up."));
      return ps_command_fail (error);
    }
  session = ps_command_load (argv[1], &error);
  if (session == NULL)
    return ps_command_fail (error);

  note_findings (session, filter);
  listing.session = session;
  listing.filter = filter;
  ps_filter_cursor_init (&listing.cursor, filter, session, 1);
  listing.limit = limit > 0 ? (guint64)limit : G_MAXUINT64;
  if (json)
    print_json (&listing);
  else
    print_table (&listing, &terminal);
  return ps_command_finish ();
}
