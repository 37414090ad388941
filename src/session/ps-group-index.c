/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-group-index.h"

#define SLOTS_FIRST 1024u

/* One group of a key, and where the one before it is; entry 0 is none. */
typedef struct {
  guint32 group;
  guint32 before;
} Entry;

typedef struct {
  guint32 tag; /* what is left of the key */
  guint32 last; /* its entry; 0: a free slot */
} Slot;

struct _PsGroupIndex {
  GArray *entries; /* Entry */
  Slot *slots;
  guint32 n_slots; /* a power of two */
  guint32 n_used;
};

PsGroupIndex *
ps_group_index_new (void)
{
  PsGroupIndex *self = g_new0 (PsGroupIndex, 1);

  self->entries = g_array_new (FALSE, TRUE, sizeof (Entry));
  g_array_set_size (self->entries, 1);
  self->n_slots = SLOTS_FIRST;
  self->slots = g_new0 (Slot, self->n_slots);
  return self;
}

void
ps_group_index_free (PsGroupIndex *self)
{
  if (!self)
    return;
  g_array_unref (self->entries);
  g_free (self->slots);
  g_free (self);
}

static guint32
tag_of (guint64 key)
{
  key = (key ^ key >> 32) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  return (guint32)(key >> 32);
}

static Slot *
find_slot (PsGroupIndex *self, guint32 tag)
{
  guint32 at = tag & (self->n_slots - 1);

  while (self->slots[at].last != 0 && self->slots[at].tag != tag)
    at = (at + 1) & (self->n_slots - 1);
  return &self->slots[at];
}

/* At most three of four slots are taken. */
static void
make_room (PsGroupIndex *self)
{
  Slot *old = self->slots;
  guint32 n = self->n_slots;

  if (self->n_used < n / 4 * 3 || n > G_MAXUINT32 / 2)
    return;
  self->n_slots = 2 * n;
  self->slots = g_new0 (Slot, self->n_slots);
  for (guint32 i = 0; i < n; i++)
    if (old[i].last != 0)
      *find_slot (self, old[i].tag) = old[i];
  g_free (old);
}

void
ps_group_index_add (PsGroupIndex *self, guint64 key, guint32 group)
{
  guint32 tag = tag_of (key);
  Slot *slot = find_slot (self, tag);
  Entry entry = { group, slot->last };

  if (slot->last != 0 && g_array_index (self->entries, Entry, slot->last).group == group)
    return;
  if (slot->last == 0)
    self->n_used++;
  *slot = (Slot){ tag, self->entries->len };
  g_array_append_val (self->entries, entry);
  make_room (self);
}

void
ps_group_index_find (PsGroupIndex *self, guint64 key, GArray *groups)
{
  guint32 at = find_slot (self, tag_of (key))->last;

  while (at != 0)
    {
      const Entry *entry = &g_array_index (self->entries, Entry, at);

      g_array_append_val (groups, entry->group);
      at = entry->before;
    }
}
