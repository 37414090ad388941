/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-payload-list.h"

#include "session/ps-capture-codec.h"

/* A group is decoded as a whole: some fifty trees of as many calls, in a tenth of a millisecond. */
#define GROUP_SIZE 8192u
#define COPIES_SIZE (256u * 1024)
/* Bytes of codes, so that an array holds them. */
#define CODES_MAX (1u << 30)

/* A payload is a varint (its size and type) and, signed, how far it lies behind the end of the one
 * before it; of the first of a group, behind `base`. */
typedef struct {
  const guint8 *base;
  guint32 codes; /* where those of the group begin */
  guint32 first; /* number of its first payload */
  gsize size;
} Group;

struct _PsPayloadList {
  GArray *groups; /* Group */
  guint8 *codes;
  guint32 n_codes, allocated; /* bytes */
  const guint8 *at; /* the end of the last payload */
  guint32 n_payloads;
  gboolean ended; /* the last group */
  GPtrArray *copies;
  guint8 *copy; /* where the next one goes */
  gsize room;
};

enum { TYPE_NODES, TYPE_TREES, TYPE_CALLS };

static const guint types[] = { PS_COMPACT_NODES, PS_COMPACT_TREES, PS_RECORD_CALLS };

PsPayloadList *
ps_payload_list_new (void)
{
  PsPayloadList *self = g_new0 (PsPayloadList, 1);

  self->groups = g_array_new (FALSE, FALSE, sizeof (Group));
  self->copies = g_ptr_array_new_with_free_func (g_free);
  self->ended = TRUE;
  return self;
}

void
ps_payload_list_free (PsPayloadList *self)
{
  if (!self)
    return;
  g_array_unref (self->groups);
  g_free (self->codes);
  g_ptr_array_unref (self->copies);
  g_free (self);
}

static const guint8 *
copy (PsPayloadList *self, const guint8 *at, gsize size)
{
  guint8 *to;

  if (size == 0)
    return at;
  if (self->room < size)
    {
      self->room = MAX (size, COPIES_SIZE);
      self->copy = g_malloc (self->room);
      g_ptr_array_add (self->copies, self->copy);
    }
  to = self->copy;
  memcpy (to, at, size);
  self->copy += size;
  self->room -= size;
  return to;
}

/* Room for so many bytes of codes more. */
static void
reserve (PsPayloadList *self, guint32 more)
{
  if (self->allocated - self->n_codes >= more)
    return;
  self->allocated = MAX (2 * self->allocated, self->n_codes + MAX (more, 4096));
  self->codes = g_realloc (self->codes, self->allocated);
}

static guint
code_of (guint type)
{
  return type == PS_COMPACT_NODES ? TYPE_NODES : type == PS_COMPACT_TREES ? TYPE_TREES : TYPE_CALLS;
}

gboolean
ps_payload_list_add (PsPayloadList *self, guint type, const guint8 *at, gsize size, gboolean stays)
{
  Group *group;
  guint8 *code;

  if (self->n_codes > CODES_MAX || size > G_MAXUINT32 / 4)
    return FALSE;
  if (!stays)
    at = copy (self, at, size);
  if (self->ended)
    {
      Group begun = { .base = at, .codes = self->n_codes, .first = self->n_payloads };

      g_array_append_val (self->groups, begun);
      self->at = at;
    }
  group = &g_array_index (self->groups, Group, self->groups->len - 1);
  reserve (self, 2 * PS_VARINT_MAX);
  code = ps_varint_write (self->codes + self->n_codes, (guint64)size << 2 | code_of (type));
  code =
      ps_varint_write_signed (code, (gint64)(GPOINTER_TO_SIZE (at) - GPOINTER_TO_SIZE (self->at)));
  self->n_codes = (guint32)(code - self->codes);
  self->at = at + size;
  self->n_payloads++;
  group->size += size;
  self->ended = group->size >= GROUP_SIZE || self->n_codes - group->codes >= GROUP_SIZE;
  return TRUE;
}

void
ps_payload_list_end_group (PsPayloadList *self)
{
  self->ended = TRUE;
}

gboolean
ps_payload_list_is_full (PsPayloadList *self)
{
  return self->ended;
}

void
ps_payload_list_get_group (PsPayloadList *self, guint32 number, PsPayloadGroup *ret_group)
{
  const Group *group = &g_array_index (self->groups, Group, number);
  gboolean last = number + 1 == self->groups->len;

  *ret_group = (PsPayloadGroup){
    .base = group->base,
    .codes = self->codes + group->codes,
    .n_codes = (last ? self->n_codes : group[1].codes) - group->codes,
    .n_payloads = (last ? self->n_payloads : group[1].first) - group->first,
    .size = group->size,
  };
}

gboolean
ps_payload_list_add_group (PsPayloadList *self, const PsPayloadGroup *added)
{
  Group group = {
    .base = added->base, .codes = self->n_codes, .first = self->n_payloads, .size = added->size
  };

  if (self->n_codes > CODES_MAX || added->n_codes > CODES_MAX / 2)
    return FALSE;
  g_array_append_val (self->groups, group);
  reserve (self, added->n_codes);
  memcpy (self->codes + self->n_codes, added->codes, added->n_codes);
  self->n_codes += added->n_codes;
  self->n_payloads += added->n_payloads;
  self->ended = TRUE;
  return TRUE;
}

guint32
ps_payload_list_get_n_groups (PsPayloadList *self)
{
  return self->groups->len;
}

gsize
ps_payload_list_get_group_size (PsPayloadList *self, guint32 group)
{
  return g_array_index (self->groups, Group, group).size;
}

void
ps_payload_list_read (PsPayloadList *self, guint32 number, PsPayloadCursor *ret_cursor)
{
  const Group *group = &g_array_index (self->groups, Group, number);
  gboolean last = number + 1 == self->groups->len;

  *ret_cursor = (PsPayloadCursor){
    .codes = { .at = self->codes + group->codes, .end = self->codes + self->n_codes },
    .next = group->first,
    .end = last ? self->n_payloads : group[1].first,
    .at = group->base,
  };
}

gboolean
ps_payload_cursor_next (PsPayloadCursor *cursor, PsPayload *ret_payload)
{
  guint64 head;

  if (cursor->next >= cursor->end)
    return FALSE;
  head = ps_varint_get (&cursor->codes);
  cursor->at = GSIZE_TO_POINTER (GPOINTER_TO_SIZE (cursor->at) +
                                 (gsize)ps_varint_get_signed (&cursor->codes));
  *ret_payload = (PsPayload){
    .type = types[head & 3], .number = cursor->next++, .at = cursor->at, .size = (gsize)(head >> 2)
  };
  cursor->at += ret_payload->size;
  return TRUE;
}
