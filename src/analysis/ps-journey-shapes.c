/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-journey-shapes.h"

#include <string.h>

/* Of a stage two bytes, of a path eight, and how many stages. */
#define KEY_MAX (1 + 2 * PS_STAGES_MAX + 8 * PS_PATHS_MAX)

typedef struct {
  GArray *shapes; /* guint32, of packets from `first` on */
  GHashTable *known; /* GBytes → number */
  guint64 first;
  guint64 revision; /* of the session, of which all of that is true */
  gboolean made;
} Shapes;

static void
shapes_free (gpointer data)
{
  Shapes *self = data;

  g_array_unref (self->shapes);
  g_hash_table_unref (self->known);
  g_free (self);
}

static Shapes *
shapes_of (PsSession *session)
{
  static const char key[] = "ps-journey-shapes";
  Shapes *self = g_object_get_data (G_OBJECT (session), key);

  if (self)
    return self;
  self = g_new0 (Shapes, 1);
  self->shapes = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->known =
      g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
  self->revision = ps_session_get_revision (session);
  self->first = ps_session_get_first_packet (session);
  g_object_set_data_full (G_OBJECT (session), key, self, shapes_free);
  return self;
}

static gsize
make_key (const PsPacket *packet, guint8 *key)
{
  guint8 *at = key;

  *at++ = packet->n_stages;
  for (guint i = 0; i < packet->n_stages; i++)
    {
      *at++ = packet->stages[i].stage;
      *at++ = packet->stages[i].context;
    }
  for (guint i = 0; i < packet->n_paths; i++)
    {
      const PsPathReference *path = &packet->paths[i];

      memcpy (at, &path->path, 4);
      memcpy (at + 4, &path->flags, 2);
      at[6] = path->stage;
      at[7] = path->event;
      at += 8;
    }
  return (gsize)(at - key);
}

static guint32
number_of (Shapes *self, const PsPacket *packet)
{
  guint8 key[KEY_MAX];
  g_autoptr (GBytes) bytes = g_bytes_new_static (key, make_key (packet, key));
  gpointer number = g_hash_table_lookup (self->known, bytes);

  if (!number)
    {
      gsize size;
      gconstpointer data = g_bytes_get_data (bytes, &size);

      number = GUINT_TO_POINTER (g_hash_table_size (self->known) + 1);
      g_hash_table_insert (self->known, g_bytes_new (data, size), number);
    }
  return GPOINTER_TO_UINT (number);
}

static void
extend (Shapes *self, PsSession *session)
{
  guint64 end = ps_session_get_first_packet (session) + ps_session_get_n_packets (session);
  PsPacket packet;

  for (guint64 number = self->first + self->shapes->len; number < end; number++)
    {
      guint32 shape =
          ps_session_get_packet (session, number, &packet) ? number_of (self, &packet) : 0;

      g_array_append_val (self->shapes, shape);
    }
}

static gboolean
prepare (Shapes *self, PsSession *session, guint64 n)
{
  guint64 revision = ps_session_get_revision (session);
  guint64 oldest = ps_session_get_first_packet (session);

  if (self->revision != revision || self->first != oldest)
    {
      /* While a capture runs this is ever so: only who asks twice gets an answer. */
      self->revision = revision;
      self->first = oldest;
      g_array_set_size (self->shapes, 0);
      self->made = FALSE;
      return FALSE;
    }
  if (!self->made && n < PS_JOURNEY_SHAPES_WORTH)
    return FALSE;
  self->made = TRUE;
  extend (self, session);
  return TRUE;
}

gboolean
ps_journey_shapes_prepare (PsSession *session, guint64 n)
{
  /* Filters are asked from several threads: one of them makes what all read. */
  static GMutex making;
  gboolean prepared;

  g_mutex_lock (&making);
  prepared = prepare (shapes_of (session), session, n);
  g_mutex_unlock (&making);
  return prepared;
}

const guint32 *
ps_journey_shapes_get (PsSession *session, guint64 number)
{
  Shapes *self = shapes_of (session);

  g_return_val_if_fail (number >= self->first && number - self->first < self->shapes->len, NULL);

  return &g_array_index (self->shapes, guint32, number - self->first);
}
