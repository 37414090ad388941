/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/kinds.h"

#include <string.h>

#define KINDS_MAX 16384
#define PATHS_OF_A_KIND 4
#define RECENT 256 /* a power of 2 */

typedef struct {
  PsKind kind;
  guint32 sampled;
  guint32 paths[PATHS_OF_A_KIND];
  guint32 counts[PATHS_OF_A_KIND];
} Entry;

/* The answer to a kind that was asked for; NULL holds until there are more entries. */
typedef struct {
  PsKind kind;
  Entry *entry;
  guint n_entries;
} Answer;

struct _PsKinds {
  GHashTable *entries; /* of Entry, by its kind */
  Answer recent[RECENT]; /* traffic at full speed is of few kinds: asked at every stage of it */
};

static guint
kind_hash (gconstpointer key)
{
  const guint32 *words = key;
  guint32 hash = 0;

  for (guint i = 0; i < sizeof (PsKind) / sizeof *words; i++)
    hash = (hash ^ words[i]) * 0x9e3779b1u;
  return hash ^ hash >> 15;
}

static gboolean
kind_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (PsKind)) == 0;
}

static Entry *
find (PsKinds *self, const PsKind *kind)
{
  guint place = kind->stage ^ kind->stage >> 4 ^ kind->direction << 4 ^ kind->event << 5 ^
                kind->ip_protocol << 3 ^ kind->tcp_class << 2 ^ kind->interface << 6;
  Answer *answer = &self->recent[place & (RECENT - 1)];
  guint n_entries = g_hash_table_size (self->entries);

  if ((answer->entry || answer->n_entries == n_entries) && kind_equal (&answer->kind, kind))
    return answer->entry;
  answer->kind = *kind;
  answer->entry = g_hash_table_lookup (self->entries, kind);
  answer->n_entries = n_entries;
  return answer->entry;
}

PsKinds *
ps_kinds_new (void)
{
  PsKinds *self = g_new0 (PsKinds, 1);

  self->entries = g_hash_table_new_full (kind_hash, kind_equal, NULL, g_free);
  return self;
}

void
ps_kinds_free (PsKinds *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->entries);
  g_free (self);
}

/* Counts the path, in the place of the rarest if all are taken. */
static void
count_path (Entry *entry, guint32 path)
{
  guint rarest = 0;

  entry->sampled++;
  for (guint i = 0; i < PATHS_OF_A_KIND; i++)
    {
      if (entry->paths[i] == path)
        {
          entry->counts[i]++;
          return;
        }
      if (entry->counts[i] < entry->counts[rarest])
        rarest = i;
    }
  entry->paths[rarest] = path;
  entry->counts[rarest] = 1;
}

void
ps_kinds_add (PsKinds *self, const PsKind *kind, guint32 path)
{
  Entry *entry = find (self, kind);

  if (!entry)
    {
      if (g_hash_table_size (self->entries) >= KINDS_MAX)
        return;
      entry = g_new0 (Entry, 1);
      entry->kind = *kind;
      g_hash_table_add (self->entries, entry);
    }
  count_path (entry, path);
}

guint32
ps_kinds_usual (PsKinds *self, const PsKind *kind, guint32 *ret_agreeing, guint32 *ret_sampled)
{
  const Entry *entry = find (self, kind);
  guint usual = 0;

  if (!entry)
    return 0;
  for (guint i = 1; i < PATHS_OF_A_KIND; i++)
    if (entry->counts[i] > entry->counts[usual])
      usual = i;
  *ret_agreeing = entry->counts[usual];
  *ret_sampled = entry->sampled;
  return entry->paths[usual];
}
