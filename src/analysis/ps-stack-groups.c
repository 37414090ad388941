/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-stack-statistics.h"

#include <glib/gi18n-lib.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "analysis/ps-conversations.h"
#include "analysis/ps-stack-builder.h"
#include "analysis/ps-text.h"

typedef struct {
  guint64 id;
  guint32 netns; /* of an interface */
  PsConversationKey conversation; /* zeroes but for conversations */
} GroupKey;

typedef struct {
  GroupKey key;
  char *text;
  guint64 packets;
  PsStackBuilder *builder;
} Group;

static guint
group_key_hash (gconstpointer data)
{
  const GroupKey *key = data;

  return (guint)(key->id ^ key->id >> 32) * 31u + key->netns +
         ps_conversation_key_hash (&key->conversation);
}

static gboolean
group_key_equal (gconstpointer a, gconstpointer b)
{
  const GroupKey *x = a, *y = b;

  return x->id == y->id && x->netns == y->netns &&
         ps_conversation_key_equal (&x->conversation, &y->conversation);
}

static GroupKey
key_of (PsSession *session, const PsPacket *packet, PsStackBy by)
{
  GroupKey key = { 0 };

  if (by == PS_STACK_BY_INTERFACE)
    {
      key.id = packet->interface;
      key.netns = packet->netns;
    }
  else if (by == PS_STACK_BY_SOCKET)
    key.id = packet->socket;
  else if (by == PS_STACK_BY_CONVERSATION)
    {
      PsSummary summary;

      ps_summarize (packet->data, packet->captured, packet->length, packet->link_type, &summary);
      if (summary.ip_version != 0)
        ps_conversation_key_init (&key.conversation, packet, &summary);
    }
  else
    {
      const char *comm;
      guint32 pid;

      if (ps_session_get_process (session, packet, &pid, &comm, NULL))
        key.id = pid;
    }
  return key;
}

static void
add_end (PsText *text, guint16 family, const guint8 *address, guint16 port)
{
  if (family == AF_INET6)
    {
      ps_text_add_char (text, '[');
      ps_text_add_ipv6 (text, address);
      ps_text_add_char (text, ']');
    }
  else
    ps_text_add_ipv4 (text, address);
  ps_text_add_char (text, ':');
  ps_text_add_number (text, port);
}

static char *
socket_text (PsSession *session, guint64 cookie)
{
  PsSocket socket;
  char buffer[160];
  PsText text;

  if (cookie == 0)
    return g_strdup (_ ("no socket known"));
  if (!ps_session_find_socket (session, cookie, &socket))
    return g_strdup_printf (_ ("socket %" G_GUINT64_FORMAT), cookie);

  ps_text_init (&text, buffer, sizeof buffer);
  if (socket.record.protocol == IPPROTO_TCP)
    ps_text_add (&text, "tcp ");
  else if (socket.record.protocol == IPPROTO_UDP)
    ps_text_add (&text, "udp ");
  else
    {
      ps_text_add (&text, "ip ");
      ps_text_add_number (&text, socket.record.protocol);
      ps_text_add_char (&text, ' ');
    }
  add_end (&text, socket.record.family, socket.record.source, socket.record.source_port);
  if (socket.record.destination_port != 0)
    {
      ps_text_add (&text, " → ");
      add_end (&text, socket.record.family, socket.record.destination,
               socket.record.destination_port);
    }
  return g_strdup (buffer);
}

static char *
interface_text (PsSession *session, const PsPacket *packet)
{
  const PsInterface *interface =
      ps_session_get_interface (session, packet->netns, packet->interface);
  const char *netns = ps_session_get_netns_name (session, packet->netns);

  if (interface == NULL && packet->interface == 0)
    return g_strdup (_ ("no interface"));
  if (interface == NULL)
    return g_strdup_printf (_ ("interface %u"), packet->interface);
  if (netns != NULL && *netns != '\0')
    return g_strdup_printf ("%s@%s", interface->name, netns);
  return g_strdup (interface->name);
}

static char *
process_text (PsSession *session, const PsPacket *packet)
{
  const char *comm;
  guint32 pid;

  if (!ps_session_get_process (session, packet, &pid, &comm, NULL))
    return g_strdup (_ ("no process known"));
  return g_strdup_printf ("%s (%u)", comm, pid);
}

/* As its first packet went. */
static char *
conversation_text (const PsPacket *packet)
{
  PsSummary summary;

  ps_summarize (packet->data, packet->captured, packet->length, packet->link_type, &summary);
  if (summary.ip_version == 0)
    return g_strdup (_ ("no addresses"));
  if (summary.source_port == 0 && summary.destination_port == 0)
    return g_strdup_printf ("%s %s ↔ %s", summary.protocol, summary.source, summary.destination);
  return g_strdup_printf (summary.ip_version == 6 ? "%s [%s]:%u ↔ [%s]:%u" : "%s %s:%u ↔ %s:%u",
                          summary.protocol, summary.source, summary.source_port,
                          summary.destination, summary.destination_port);
}

static Group *
group_new (PsSession *session, const PsPacket *packet, PsStackBy by, GroupKey key)
{
  Group *group = g_new0 (Group, 1);

  group->key = key;
  group->builder = ps_stack_builder_new (session);
  if (by == PS_STACK_BY_INTERFACE)
    group->text = interface_text (session, packet);
  else if (by == PS_STACK_BY_SOCKET)
    group->text = socket_text (session, key.id);
  else if (by == PS_STACK_BY_CONVERSATION)
    group->text = conversation_text (packet);
  else
    group->text = process_text (session, packet);
  return group;
}

static int
compare_groups (gconstpointer a, gconstpointer b)
{
  const PsStackGroup *x = *(PsStackGroup *const *)a, *y = *(PsStackGroup *const *)b;

  /* The rest comes last. */
  if ((x->key == NULL) != (y->key == NULL))
    return x->key == NULL ? 1 : -1;
  return x->packets < y->packets ? 1 : x->packets > y->packets ? -1 : 0;
}

static void
stack_group_free (PsStackGroup *group)
{
  g_free (group->key);
  ps_stack_statistics_free (group->statistics);
  g_free (group);
}

/* Ends a group and moves what it found into the result. */
static void
group_end (Group *group, GPtrArray *result)
{
  PsStackGroup *one = g_new0 (PsStackGroup, 1);

  one->key = group->text;
  one->id = group->key.id;
  one->packets = group->packets;
  one->statistics = ps_stack_builder_end (group->builder);
  g_ptr_array_add (result, one);
  g_free (group);
}

GPtrArray *
ps_stack_statistics_group (PsSession *session,
                           PsStackBy by,
                           PsPacketPredicate predicate,
                           gpointer user_data)
{
  g_autoptr (GHashTable) groups = g_hash_table_new (group_key_hash, group_key_equal);
  GPtrArray *result = g_ptr_array_new_with_free_func ((GDestroyNotify)stack_group_free);
  Group *others = NULL;
  GHashTableIter iter;
  gpointer value;
  guint64 first, n;

  g_return_val_if_fail (PS_IS_SESSION (session), result);

  first = ps_session_get_first_packet (session);
  n = ps_session_get_n_packets (session);
  for (guint64 i = 0; i < n; i++)
    {
      PsPacket packet;
      GroupKey key;
      Group *group;

      if (!ps_session_get_packet (session, first + i, &packet) ||
          (predicate != NULL && !predicate (session, &packet, user_data)))
        continue;
      key = key_of (session, &packet, by);
      group = g_hash_table_lookup (groups, &key);
      if (group == NULL && g_hash_table_size (groups) < PS_STACK_GROUPS_MAX)
        {
          group = group_new (session, &packet, by, key);
          g_hash_table_insert (groups, &group->key, group);
        }
      else if (group == NULL)
        {
          if (others == NULL)
            {
              others = g_new0 (Group, 1);
              others->builder = ps_stack_builder_new (session);
            }
          group = others;
        }
      group->packets++;
      ps_stack_builder_add (group->builder, &packet);
    }

  g_hash_table_iter_init (&iter, groups);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      g_hash_table_iter_steal (&iter);
      group_end (value, result);
    }
  if (others != NULL)
    group_end (others, result);
  g_ptr_array_sort (result, compare_groups);
  return result;
}
