/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "session/ps-comments.h"
#include "session/ps-pcapng-carried.h"

/* What an entry costs besides its text. */
#define OVERHEAD 128u

struct _PsComments {
  GHashTable *by_id; /* guint64 → GPtrArray of char* */
  gsize size;
};

static void
list_free (gpointer list)
{
  g_ptr_array_unref (list);
}

PsComments *
ps_comments_new (void)
{
  PsComments *self = g_new0 (PsComments, 1);

  self->by_id = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, list_free);
  return self;
}

void
ps_comments_free (PsComments *self)
{
  g_hash_table_unref (self->by_id);
  g_free (self);
}

gboolean
ps_comments_add (PsComments *self, guint64 id, const char *text, gsize length)
{
  GPtrArray *list = g_hash_table_lookup (self->by_id, &id);

  if (self->size + length + OVERHEAD > PS_CARRIED_MAX || (list && list->len >= PS_COMMENTS_MAX))
    return FALSE;
  if (!list)
    {
      list = g_ptr_array_new_with_free_func (g_free);
      g_hash_table_insert (self->by_id, g_memdup2 (&id, sizeof id), list);
    }
  g_ptr_array_add (list, g_utf8_make_valid (text, (gssize)length));
  self->size += length + OVERHEAD;
  return TRUE;
}

const char *
ps_comments_get (PsComments *self, guint64 id, guint nth)
{
  GPtrArray *list = g_hash_table_lookup (self->by_id, &id);

  return list && nth < list->len ? g_ptr_array_index (list, nth) : NULL;
}
