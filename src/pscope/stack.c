/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "pscope/stack.h"

#include "pscope/command.h"
#include "pscope/load.h"
#include "pscope/socket-row.h"

#include <glib/gi18n.h>
#include <stdio.h>

#define GROUPS_MAX 50

/* A packet's group, by one of the words of --by. Transfer full. */
typedef char *(*GroupFunc) (PsSession *session, const PsPacket *packet);

static char *
group_by_interface (PsSession *session, const PsPacket *packet)
{
  const PsInterface *interface =
      ps_session_get_interface (session, packet->netns, packet->interface);
  const char *netns = ps_session_get_netns_name (session, packet->netns);

  if (interface == NULL)
    return g_strdup (_ ("n/a"));
  if (netns == NULL || *netns == '\0')
    return g_strdup (interface->name);
  return g_strdup_printf ("%s (%s)", interface->name, netns);
}

static char *
group_by_process (PsSession *session, const PsPacket *packet)
{
  guint32 pid;
  const char *name;
  gboolean is_owner;

  if (!ps_session_get_process (session, packet, &pid, &name, &is_owner))
    return g_strdup (_ ("n/a"));
  return g_strdup_printf ("%s (%u)", name, pid);
}

static char *
group_by_socket (PsSession *session, const PsPacket *packet)
{
  PsSocket socket;

  if (packet->socket == 0)
    return g_strdup (_ ("n/a"));
  if (!ps_session_find_socket (session, packet->socket, &socket))
    return g_strdup_printf ("%" G_GUINT64_FORMAT, packet->socket);
  return ps_socket_describe (&socket.record);
}

static const struct {
  const char *word;
  GroupFunc func;
} groupings[] = {
  { "interface", group_by_interface },
  { "socket", group_by_socket },
  { "process", group_by_process },
};

/* Every packet belongs to one group. */
typedef struct {
  PsSession *session;
  GHashTable *indices; /* name -> index + 1 */
  GPtrArray *names;
  GArray *sizes; /* guint64 */
  guint32 *of_packet; /* by packet number, from the first one */
  guint32 wanted;
} Groups;

static guint32
find_group (Groups *groups, char *name)
{
  guint32 index = GPOINTER_TO_UINT (g_hash_table_lookup (groups->indices, name));
  guint64 none = 0;

  if (index > 0)
    {
      g_free (name);
      return index - 1;
    }
  g_ptr_array_add (groups->names, name);
  g_array_append_val (groups->sizes, none);
  g_hash_table_insert (groups->indices, name, GUINT_TO_POINTER (groups->names->len));
  return groups->names->len - 1;
}

static void
sort_packets_into_groups (Groups *groups, GroupFunc func)
{
  guint64 first = ps_session_get_first_packet (groups->session);
  guint64 n = ps_session_get_n_packets (groups->session);
  PsPacket packet;

  groups->of_packet = g_new0 (guint32, n);
  for (guint64 i = 0; i < n; i++)
    {
      if (!ps_session_get_packet (groups->session, first + i, &packet))
        continue;
      groups->of_packet[i] = find_group (groups, func (groups->session, &packet));
      g_array_index (groups->sizes, guint64, groups->of_packet[i])++;
    }
}

static gboolean
is_in_group (PsSession *session, const PsPacket *packet, gpointer user_data)
{
  const Groups *groups = user_data;

  return groups->of_packet[packet->number - ps_session_get_first_packet (session)] ==
         groups->wanted;
}

static int
compare_sizes (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const GArray *sizes = user_data;
  guint64 size_a = g_array_index (sizes, guint64, *(const guint32 *)a);
  guint64 size_b = g_array_index (sizes, guint64, *(const guint32 *)b);

  return size_a < size_b ? 1 : size_a > size_b ? -1 : 0;
}

static gboolean
find_grouping (const char *word, GroupFunc *ret_func, GError **error)
{
  if (word == NULL)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (groupings); i++)
    if (g_str_equal (groupings[i].word, word))
      {
        *ret_func = groupings[i].func;
        return TRUE;
      }
  ps_set_usage_error (error, _ ("--by “%s” is not known; say interface, socket or process."), word);
  return FALSE;
}

static void
print (const PsTerminal *terminal,
       gboolean json,
       const PsStackStatistics *statistics,
       const char *by,
       const char *group)
{
  if (json)
    ps_stack_print_json (statistics, by, group);
  else
    ps_stack_print_text (terminal, statistics, group);
}

/* The largest groups, each with a pass of its own over the packets: hence a bound. */
static void
print_groups (
    PsSession *session, GroupFunc func, const char *by, gboolean json, const PsTerminal *terminal)
{
  Groups groups = { .session = session,
                    .indices = g_hash_table_new (g_str_hash, g_str_equal),
                    .names = g_ptr_array_new_with_free_func (g_free),
                    .sizes = g_array_new (FALSE, FALSE, sizeof (guint64)) };
  g_autofree guint32 *order = NULL;

  sort_packets_into_groups (&groups, func);
  order = g_new0 (guint32, groups.names->len);
  for (guint32 i = 0; i < groups.names->len; i++)
    order[i] = i;
  g_qsort_with_data (order, groups.names->len, sizeof *order, compare_sizes, groups.sizes);

  for (guint i = 0; i < MIN (groups.names->len, GROUPS_MAX) && !ferror (stdout); i++)
    {
      g_autoptr (PsStackStatistics) statistics = NULL;

      groups.wanted = order[i];
      statistics = ps_stack_statistics_new_from_packets (session, is_in_group, &groups);
      if (i > 0 && !json)
        fputc ('\n', stdout);
      print (terminal, json, statistics, by, g_ptr_array_index (groups.names, order[i]));
    }
  if (groups.names->len > GROUPS_MAX)
    fprintf (stderr, _ ("pscope: only the %d largest of %u groups are shown.\n"), GROUPS_MAX,
             groups.names->len);

  g_hash_table_unref (groups.indices);
  g_ptr_array_unref (groups.names);
  g_array_unref (groups.sizes);
  g_free (groups.of_packet);
}

int
ps_command_stack (int argc, char **argv)
{
  g_autofree char *color = NULL;
  g_autofree char *by = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "by", 0, 0, G_OPTION_ARG_STRING, &by, N_ ("Apart for each interface, socket or process"),
      N_ ("interface|socket|process") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("One JSON object a line, for scripts"), NULL },
    { "color", 0, 0, G_OPTION_ARG_STRING, &color, N_ ("auto, always or never"), N_ ("WHEN") },
    { NULL },
  };
  g_autoptr (PsSession) session = NULL;
  PsTerminal terminal;
  GroupFunc func = NULL;
  GError *error = NULL;

  if (!ps_command_parse (entries, &argc, &argv, 1, 1, &error) ||
      !ps_terminal_init (&terminal, color, &error) || !find_grouping (by, &func, &error))
    return ps_command_fail (error);
  session = ps_command_load (argv[1], &error);
  if (session == NULL)
    return ps_command_fail (error);

  if (func == NULL)
    {
      g_autoptr (PsStackStatistics) statistics = ps_stack_statistics_new (session);

      print (&terminal, json, statistics, NULL, NULL);
    }
  else
    print_groups (session, func, by, json, &terminal);
  return ps_command_finish ();
}
