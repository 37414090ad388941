/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-conversations.h"

#include <string.h>

guint
ps_conversation_key_hash (gconstpointer data)
{
  const guint8 *bytes = data;
  guint32 hash = 2166136261u; /* FNV-1a */

  for (guint i = 0; i < sizeof (PsConversationKey); i++)
    hash = (hash ^ bytes[i]) * 16777619u;
  return hash;
}

gboolean
ps_conversation_key_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (PsConversationKey)) == 0;
}

void
ps_conversation_key_init (PsConversationKey *key, const PsPacket *packet, const PsSummary *summary)
{
  guint8 source[18], destination[18];

  memcpy (source, summary->source_address, 16);
  memcpy (source + 16, &summary->source_port, 2);
  memcpy (destination, summary->destination_address, 16);
  memcpy (destination + 16, &summary->destination_port, 2);
  memset (key, 0, sizeof *key);
  if (memcmp (source, destination, sizeof source) <= 0)
    {
      memcpy (key->low, source, sizeof source);
      memcpy (key->high, destination, sizeof source);
    }
  else
    {
      memcpy (key->low, destination, sizeof source);
      memcpy (key->high, source, sizeof source);
    }
  key->netns = packet->netns;
  key->version = summary->ip_version;
  key->ip_protocol = summary->ip_protocol;
}

static PsConversation *
conversation_new (const PsPacket *packet, const PsSummary *summary)
{
  PsConversation *row = g_new0 (PsConversation, 1);

  g_strlcpy (row->protocol, summary->protocol, sizeof row->protocol);
  g_strlcpy (row->a, summary->source, sizeof row->a);
  g_strlcpy (row->b, summary->destination, sizeof row->b);
  row->a_port = summary->source_port;
  row->b_port = summary->destination_port;
  row->ip_protocol = summary->ip_protocol;
  row->netns = packet->netns;
  row->first_seen_ns = row->last_seen_ns = packet->time_ns;
  row->example = packet->number;
  return row;
}

static void
conversation_add (PsConversation *row, const PsPacket *packet, const PsSummary *summary)
{
  if (row->a_port == summary->source_port && g_str_equal (row->a, summary->source))
    {
      row->packets_a_to_b++;
      row->bytes_a_to_b += packet->length;
    }
  else
    {
      row->packets_b_to_a++;
      row->bytes_b_to_a += packet->length;
    }
  if (packet->verdict == PS_VERDICT_DROPPED)
    row->drops++;
  row->first_seen_ns = MIN (row->first_seen_ns, packet->time_ns);
  row->last_seen_ns = MAX (row->last_seen_ns, packet->time_ns);
}

static void
add_packet (PsConversations *self, GHashTable *by_key, const PsPacket *packet)
{
  PsConversation *row;
  PsSummary summary;
  PsConversationKey key;

  ps_summarize (packet->data, packet->captured, packet->length, packet->link_type, &summary);
  if (summary.ip_version == 0)
    {
      self->n_without++;
      return;
    }
  ps_conversation_key_init (&key, packet, &summary);
  row = g_hash_table_lookup (by_key, &key);
  if (row == NULL && self->rows->len >= PS_CONVERSATIONS_MAX)
    {
      self->n_other++;
      return;
    }
  if (row == NULL)
    {
      row = conversation_new (packet, &summary);
      g_ptr_array_add (self->rows, row);
      g_hash_table_insert (by_key, g_memdup2 (&key, sizeof key), row);
    }
  conversation_add (row, packet, &summary);
}

static int
compare_conversations (gconstpointer a, gconstpointer b)
{
  const PsConversation *x = *(const PsConversation *const *)a;
  const PsConversation *y = *(const PsConversation *const *)b;
  guint64 n = x->packets_a_to_b + x->packets_b_to_a, m = y->packets_a_to_b + y->packets_b_to_a;

  if (n != m)
    return n < m ? 1 : -1;
  return x->example < y->example ? -1 : x->example > y->example;
}

PsConversations *
ps_conversations_new (PsSession *session, PsPacketPredicate predicate, gpointer user_data)
{
  g_autoptr (GHashTable) by_key =
      g_hash_table_new_full (ps_conversation_key_hash, ps_conversation_key_equal, g_free, NULL);
  PsConversations *self = g_new0 (PsConversations, 1);
  guint64 first = ps_session_get_first_packet (session);
  guint64 n = ps_session_get_n_packets (session);
  PsPacket packet;

  self->rows = g_ptr_array_new_with_free_func (g_free);
  for (guint64 i = 0; i < n; i++)
    if (ps_session_get_packet (session, first + i, &packet) &&
        (predicate == NULL || predicate (session, &packet, user_data)))
      add_packet (self, by_key, &packet);
  g_ptr_array_sort (self->rows, compare_conversations);
  return self;
}

void
ps_conversations_free (PsConversations *self)
{
  g_ptr_array_unref (self->rows);
  g_free (self);
}
