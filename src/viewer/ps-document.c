/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-document.h"

struct _PsDocument {
  GObject parent_instance;

  PsSession *session;
  gulong changed_handler;
  PsDocumentState state;
  char *title;
  guint64 packet;
  GArray *trail; /* guint64: packets that were followed from, then to which one may go forward */
  guint place; /* of the packet in the trail; its length: it is not in it */
  GHashTable *sockets; /* cookies; NULL: all */
};

G_DEFINE_FINAL_TYPE (PsDocument, ps_document, G_TYPE_OBJECT)

enum { PROP_0, PROP_SESSION, PROP_STATE, PROP_TITLE, PROP_PACKET, N_PROPS };
static GParamSpec *properties[N_PROPS];

enum { PUBLISHED, SOCKETS_SELECTED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
drop_session (PsDocument *self)
{
  if (self->session != NULL)
    g_clear_signal_handler (&self->changed_handler, self->session);
  g_clear_object (&self->session);
}

static void
session_changed (PsDocument *self)
{
  g_signal_emit (self, signals[PUBLISHED], 0);
}

void
ps_document_set_session (PsDocument *self, PsSession *session, const char *title)
{
  g_return_if_fail (PS_IS_DOCUMENT (self));
  g_return_if_fail (session == NULL || PS_IS_SESSION (session));

  /* The selection belongs to what was there before. */
  g_array_set_size (self->trail, 0);
  self->place = 0;
  ps_document_set_packet (self, 0);
  ps_document_select_sockets (self, NULL);

  if (session != NULL)
    g_object_ref (session);
  drop_session (self);
  self->session = session;
  if (session != NULL)
    self->changed_handler =
        g_signal_connect_swapped (session, "changed", G_CALLBACK (session_changed), self);
  g_free (self->title);
  self->title = g_strdup (title);

  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TITLE]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SESSION]);
}

PsSession *
ps_document_get_session (PsDocument *self)
{
  g_return_val_if_fail (PS_IS_DOCUMENT (self), NULL);
  return self->session;
}

PsDocumentState
ps_document_get_state (PsDocument *self)
{
  g_return_val_if_fail (PS_IS_DOCUMENT (self), PS_DOCUMENT_EMPTY);
  return self->state;
}

void
ps_document_set_state (PsDocument *self, PsDocumentState state)
{
  g_return_if_fail (PS_IS_DOCUMENT (self));
  if (self->state == state)
    return;
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

gboolean
ps_document_is_live (PsDocument *self)
{
  PsDocumentState state = ps_document_get_state (self);
  return state == PS_DOCUMENT_LIVE || state == PS_DOCUMENT_STOPPING;
}

gboolean
ps_document_is_growing (PsDocument *self)
{
  return ps_document_is_live (self) || ps_document_get_state (self) == PS_DOCUMENT_LOADING;
}

const char *
ps_document_get_title (PsDocument *self)
{
  g_return_val_if_fail (PS_IS_DOCUMENT (self), NULL);
  return self->title;
}

guint64
ps_document_get_packet (PsDocument *self)
{
  g_return_val_if_fail (PS_IS_DOCUMENT (self), 0);
  return self->packet;
}

void
ps_document_set_packet (PsDocument *self, guint64 number)
{
  g_return_if_fail (PS_IS_DOCUMENT (self));
  if (self->packet == number)
    return;
  self->packet = number;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PACKET]);
}

void
ps_document_follow (PsDocument *self, guint64 number)
{
  g_return_if_fail (PS_IS_DOCUMENT (self));
  if (number == 0 || number == self->packet)
    return;
  if (self->packet != 0)
    {
      g_array_set_size (self->trail, self->place);
      g_array_append_val (self->trail, self->packet);
      self->place++;
    }
  ps_document_set_packet (self, number);
}

gboolean
ps_document_can_go (PsDocument *self, int by)
{
  g_return_val_if_fail (PS_IS_DOCUMENT (self), FALSE);
  return by < 0 ? self->place > 0 : self->place + 1 < self->trail->len;
}

void
ps_document_go (PsDocument *self, int by)
{
  g_return_if_fail (PS_IS_DOCUMENT (self));
  if (!ps_document_can_go (self, by))
    return;
  /* So that one can come back to where one is. */
  if (self->place == self->trail->len)
    g_array_append_val (self->trail, self->packet);
  self->place = by < 0 ? self->place - 1 : self->place + 1;
  ps_document_set_packet (self, g_array_index (self->trail, guint64, self->place));
}

static gboolean
same_set (GHashTable *set, GArray *cookies)
{
  if (set == NULL || cookies == NULL || cookies->len == 0)
    return set == NULL && (cookies == NULL || cookies->len == 0);
  if (g_hash_table_size (set) != cookies->len)
    return FALSE;
  for (guint i = 0; i < cookies->len; i++)
    if (!g_hash_table_contains (set, &g_array_index (cookies, guint64, i)))
      return FALSE;
  return TRUE;
}

void
ps_document_select_sockets (PsDocument *self, GArray *cookies)
{
  g_return_if_fail (PS_IS_DOCUMENT (self));
  if (same_set (self->sockets, cookies))
    return;

  g_clear_pointer (&self->sockets, g_hash_table_unref);
  if (cookies != NULL && cookies->len > 0)
    {
      self->sockets = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
      for (guint i = 0; i < cookies->len; i++)
        g_hash_table_add (self->sockets,
                          g_memdup2 (&g_array_index (cookies, guint64, i), sizeof (guint64)));
    }
  g_signal_emit (self, signals[SOCKETS_SELECTED], 0);
}

gboolean
ps_document_has_selected_sockets (PsDocument *self)
{
  g_return_val_if_fail (PS_IS_DOCUMENT (self), FALSE);
  return self->sockets != NULL;
}

GArray *
ps_document_get_sockets (PsDocument *self)
{
  GArray *cookies = g_array_new (FALSE, FALSE, sizeof (guint64));
  GHashTableIter iter;
  gpointer cookie;

  g_return_val_if_fail (PS_IS_DOCUMENT (self), cookies);
  if (self->sockets == NULL)
    return cookies;
  g_hash_table_iter_init (&iter, self->sockets);
  while (g_hash_table_iter_next (&iter, &cookie, NULL))
    g_array_append_vals (cookies, cookie, 1);
  return cookies;
}

gboolean
ps_document_shows_socket (PsDocument *self, guint64 cookie)
{
  return self->sockets == NULL || g_hash_table_contains (self->sockets, &cookie);
}

static void
ps_document_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  PsDocument *self = PS_DOCUMENT (object);

  switch (id)
    {
    case PROP_SESSION:
      g_value_set_object (value, self->session);
      break;
    case PROP_STATE:
      g_value_set_uint (value, self->state);
      break;
    case PROP_TITLE:
      g_value_set_string (value, self->title);
      break;
    case PROP_PACKET:
      g_value_set_uint64 (value, self->packet);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ps_document_finalize (GObject *object)
{
  PsDocument *self = PS_DOCUMENT (object);

  drop_session (self);
  g_clear_pointer (&self->sockets, g_hash_table_unref);
  g_array_unref (self->trail);
  g_free (self->title);
  G_OBJECT_CLASS (ps_document_parent_class)->finalize (object);
}

static void
ps_document_class_init (PsDocumentClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ps_document_get_property;
  object_class->finalize = ps_document_finalize;

  properties[PROP_SESSION] = g_param_spec_object ("session", NULL, NULL, PS_TYPE_SESSION, flags);
  properties[PROP_STATE] =
      g_param_spec_uint ("state", NULL, NULL, 0, PS_DOCUMENT_COMPLETE, 0, flags);
  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, flags);
  properties[PROP_PACKET] = g_param_spec_uint64 ("packet", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  signals[PUBLISHED] = g_signal_new ("published", PS_TYPE_DOCUMENT, G_SIGNAL_RUN_LAST, 0, NULL,
                                     NULL, NULL, G_TYPE_NONE, 0);
  signals[SOCKETS_SELECTED] = g_signal_new ("sockets-selected", PS_TYPE_DOCUMENT, G_SIGNAL_RUN_LAST,
                                            0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
ps_document_init (PsDocument *self)
{
  self->trail = g_array_new (FALSE, FALSE, sizeof (guint64));
}

PsDocument *
ps_document_new (void)
{
  return g_object_new (PS_TYPE_DOCUMENT, NULL);
}
