/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/command.h"

#include "pscope/journey-json.h"
#include "pscope/journey-view.h"
#include "pscope/load.h"

#include <glib/gi18n.h>

/* With the other packets of its path, where there are enough of them. */
static void
compare (PsJourneyView *view, guint64 number)
{
  if (!view->packet.from_kernel)
    return;
  view->slowness = ps_slowness_new (view->session, number);
  if (view->slowness != NULL && view->slowness->n_peers < PS_SLOWNESS_PEERS_MIN)
    g_clear_pointer (&view->slowness, ps_slowness_free);
  /* Pointers into the packet may have moved with the others that were read. */
  ps_session_get_packet (view->session, number, &view->packet);
}

static void
close_packet (PsJourneyView *view)
{
  ps_journey_selection_clear (&view->selection);
  g_clear_pointer (&view->slowness, ps_slowness_free);
  g_clear_object (&view->journey);
}

/* Of the session that is open already. */
static gboolean
open_packet (PsJourneyView *view, const char *file, guint64 number, GError **error)
{
  guint64 first;

  if (ps_session_get_packet (view->session, number, &view->packet))
    view->journey = ps_journey_new (view->session, number);
  if (view->journey != NULL)
    {
      compare (view, number);
      ps_packet_facts_init (&view->facts, view->session, &view->packet);
      return TRUE;
    }
  first = ps_session_get_first_packet (view->session);
  if (ps_session_get_n_packets (view->session) == 0)
    ps_set_usage_error (error, _ ("There are no packets in %s."), file);
  else
    ps_set_usage_error (error,
                        _ ("There is no packet %" G_GUINT64_FORMAT
                           " in %s; it has %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT "."),
                        number, file, first, first + ps_session_get_n_packets (view->session) - 1);
  return FALSE;
}

typedef struct {
  char *find;
  gboolean slowest;
  gboolean json;
} Options;

static gboolean
print_packet (PsJourneyView *view,
              const Options *options,
              const char *file,
              guint64 number,
              GError **error)
{
  if (!open_packet (view, file, number, error))
    return FALSE;
  ps_journey_selection_init (&view->selection, view->journey, options->slowest, options->find);
  if (options->json)
    ps_journey_json_print (view);
  else
    ps_journey_view_print (view);
  close_packet (view);
  return TRUE;
}

/* The packets asked for, of type guint64; NULL if a word is no number. */
static GArray *
read_numbers (int n, char **words, GError **error)
{
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (guint64));

  for (int i = 0; i < n; i++)
    {
      guint64 number;

      if (!ps_command_read_number ("PACKET", words[i], &number, error))
        return NULL;
      g_array_append_val (numbers, number);
    }
  return g_steal_pointer (&numbers);
}

int
ps_command_journey (int argc, char **argv)
{
  g_autoptr (GArray) numbers = NULL;
  g_autofree char *color = NULL;
  Options options = { 0 };
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, N_ ("One JSON object, for scripts"), NULL },
    { "slowest", 0, 0, G_OPTION_ARG_NONE, &options.slowest,
      N_ ("Of the calls only those that took most time themselves, and what leads there"), NULL },
    { "find", 0, 0, G_OPTION_ARG_STRING, &options.find,
      N_ ("Of the calls only those whose function matches, and what leads there"), N_ ("GLOB") },
    { "color", 0, 0, G_OPTION_ARG_STRING, &color, N_ ("auto, always or never"), N_ ("WHEN") },
    { NULL },
  };
  PsJourneyView view = { 0 };
  GError *error = NULL;
  gboolean good;

  good = ps_command_parse (entries, &argc, &argv, 2, G_MAXINT, &error) &&
         ps_terminal_init (&view.terminal, color, &error) &&
         (numbers = read_numbers (argc - 2, argv + 2, &error)) != NULL &&
         (view.session = ps_command_load (argv[1], &error)) != NULL;
  for (guint i = 0; good && i < numbers->len; i++)
    good = print_packet (&view, &options, argv[1], g_array_index (numbers, guint64, i), &error);
  close_packet (&view);
  g_clear_object (&view.session);
  g_free (options.find);
  return good ? ps_command_finish () : ps_command_fail (error);
}
