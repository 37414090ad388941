/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/command.h"

#include "client/ps-client.h"
#include "pscope/load.h"
#include "pscope/socket-answer.h"
#include "pscope/socket-row.h"

#include <glib/gi18n.h>
#include <stdio.h>

typedef struct {
  PsTerminal terminal;
  PsTable *table; /* NULL: as JSON */
  PsJson json;
  guint n_shown;
} Listing;

static void
begin (Listing *listing, gboolean json)
{
  ps_json_init (&listing->json);
  if (!json)
    listing->table = ps_socket_list_new (&listing->terminal);
}

static void
show (Listing *listing,
      const PsSocket *socket,
      const char *netns_name,
      const char *interface,
      gboolean from_file)
{
  listing->n_shown++;
  if (listing->table != NULL)
    {
      ps_socket_list_add (listing->table, &listing->terminal, socket, netns_name);
      return;
    }
  ps_json_begin_object (&listing->json, NULL);
  ps_socket_json_add (&listing->json, socket, netns_name, interface);
  if (from_file)
    {
      ps_json_int (&listing->json, "first_seen_ns", socket->first_seen_ns);
      ps_json_known (&listing->json, "closed_ns", socket->closed_ns != 0 ? socket->closed_ns : -1);
      ps_json_uint (&listing->json, "packets", socket->n_packets);
    }
  ps_json_end_object (&listing->json);
  ps_json_print (&listing->json);
}

static void
end (Listing *listing)
{
  if (listing->table != NULL && listing->n_shown > 0)
    ps_table_finish (listing->table);
  if (listing->n_shown == 0)
    fprintf (stderr, "pscope: %s\n", _ ("There are no sockets here."));
  ps_json_clear (&listing->json);
}

static gboolean
show_file (Listing *listing, const char *path, gboolean json, GError **error)
{
  g_autoptr (PsSession) session = ps_command_load (path, error);
  PsSocket socket;

  if (session == NULL)
    return FALSE;
  begin (listing, json);
  for (guint i = 0; i < ps_session_get_n_sockets (session); i++)
    {
      const PsInterface *interface = NULL;

      if (!ps_session_get_nth_socket (session, i, &socket))
        continue;
      if (socket.record.interface != 0)
        interface =
            ps_session_get_interface (session, socket.record.netns, socket.record.interface);
      show (listing, &socket, ps_session_get_netns_name (session, socket.record.netns),
            interface != NULL ? interface->name : NULL, TRUE);
    }
  end (listing);
  return TRUE;
}

/* Listening ones first, then by protocol and own port: what a person looks for stands together. */
static int
compare_sockets (gconstpointer a, gconstpointer b)
{
  const PsSocketRecord *left = &((const PsAnsweredSocket *)a)->socket.record;
  const PsSocketRecord *right = &((const PsAnsweredSocket *)b)->socket.record;
  gboolean left_listens = (left->flags & PS_SOCKET_LISTENING) != 0;
  gboolean right_listens = (right->flags & PS_SOCKET_LISTENING) != 0;

  if (left_listens != right_listens)
    return left_listens ? -1 : 1;
  if (left->protocol != right->protocol)
    return (int)left->protocol - (int)right->protocol;
  if (left->source_port != right->source_port)
    return (int)left->source_port - (int)right->source_port;
  return left->cookie < right->cookie ? -1 : left->cookie > right->cookie;
}

static gboolean
show_live (Listing *listing, const char *netns, gboolean json, GError **error)
{
  const PsCaptureOptions options = { .netns = netns };
  g_autoptr (JsonNode) answer = ps_client_query ("sockets", &options, NULL, error);
  g_autoptr (GArray) sockets = g_array_new (FALSE, FALSE, sizeof (PsAnsweredSocket));
  JsonArray *rows;
  PsAnsweredSocket row;

  if (answer == NULL)
    return FALSE;
  begin (listing, json);
  rows = JSON_NODE_HOLDS_ARRAY (answer) ? json_node_get_array (answer) : NULL;
  for (guint i = 0; rows != NULL && i < json_array_get_length (rows); i++)
    if (ps_socket_answer_read (json_array_get_element (rows, i), &row))
      g_array_append_val (sockets, row);
  g_array_sort (sockets, compare_sockets);
  for (guint i = 0; i < sockets->len && !ferror (stdout); i++)
    {
      PsAnsweredSocket *socket = &g_array_index (sockets, PsAnsweredSocket, i);

      /* The array has moved it since it was read. */
      socket->socket.processes = socket->processes;
      show (listing, &socket->socket, socket->netns_name, socket->interface, FALSE);
    }
  end (listing);
  return TRUE;
}

int
ps_command_sockets (int argc, char **argv)
{
  g_autofree char *color = NULL;
  g_autofree char *netns = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "netns", 0, 0, G_OPTION_ARG_STRING, &netns,
      N_ ("Only this network namespace, by name or by a process in it"), N_ ("NAME|PID") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("One JSON object a line, for scripts"), NULL },
    { "color", 0, 0, G_OPTION_ARG_STRING, &color, N_ ("auto, always or never"), N_ ("WHEN") },
    { NULL },
  };
  Listing listing = { 0 };
  GError *error = NULL;
  gboolean shown;

  if (!ps_command_parse (entries, &argc, &argv, 0, 1, &error) ||
      !ps_terminal_init (&listing.terminal, color, &error))
    return ps_command_fail (error);
  if (argc > 1 && netns != NULL)
    {
      ps_set_usage_error (&error,
                          _ ("--netns is for the running machine; leave it out for a file."));
      return ps_command_fail (error);
    }
  shown = argc > 1 ? show_file (&listing, argv[1], json, &error)
                   : show_live (&listing, netns, json, &error);
  return shown ? ps_command_finish () : ps_command_fail (error);
}
