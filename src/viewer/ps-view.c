/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-view.h"

typedef struct {
  PsDocument *document;
  PsViewChange changes; /* not yet shown */
} PsViewPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (PsView, ps_view, ADW_TYPE_BIN)

static void
flush (PsView *self)
{
  PsViewPrivate *priv = ps_view_get_instance_private (self);
  PsViewClass *klass = PS_VIEW_GET_CLASS (self);
  PsViewChange changes = priv->changes;

  if (changes == 0 || !gtk_widget_get_mapped (GTK_WIDGET (self)))
    return;
  if (changes & PS_VIEW_SESSION)
    changes |= PS_VIEW_PUBLISHED | PS_VIEW_PACKET | PS_VIEW_SOCKETS | PS_VIEW_STATE;
  priv->changes = 0;
  if (klass->update != NULL)
    klass->update (self, changes);
}

static void
note (PsView *self, PsViewChange change)
{
  PsViewPrivate *priv = ps_view_get_instance_private (self);

  priv->changes |= change;
  flush (self);
}

void
ps_view_update (PsView *self, PsViewChange changes)
{
  g_return_if_fail (PS_IS_VIEW (self));
  note (self, changes);
}

static void
note_session (PsView *self)
{
  note (self, PS_VIEW_SESSION);
}

static void
note_published (PsView *self)
{
  note (self, PS_VIEW_PUBLISHED);
}

static void
note_packet (PsView *self)
{
  note (self, PS_VIEW_PACKET);
}

static void
note_sockets (PsView *self)
{
  note (self, PS_VIEW_SOCKETS);
}

static void
note_state (PsView *self)
{
  note (self, PS_VIEW_STATE);
}

void
ps_view_set_document (PsView *self, PsDocument *document)
{
  PsViewPrivate *priv = ps_view_get_instance_private (self);
  PsViewClass *klass = PS_VIEW_GET_CLASS (self);

  g_return_if_fail (PS_IS_VIEW (self));
  g_return_if_fail (PS_IS_DOCUMENT (document));
  g_return_if_fail (priv->document == NULL);

  priv->document = g_object_ref (document);
  if (klass->bind != NULL)
    klass->bind (self, document);

#define WATCH(signal, callback)                                                                    \
  g_signal_connect_object (document, signal, G_CALLBACK (callback), self, G_CONNECT_SWAPPED)
  WATCH ("notify::session", note_session);
  WATCH ("published", note_published);
  WATCH ("notify::packet", note_packet);
  WATCH ("sockets-selected", note_sockets);
  WATCH ("notify::state", note_state);
#undef WATCH
  note (self, PS_VIEW_SESSION);
}

PsDocument *
ps_view_get_document (PsView *self)
{
  PsViewPrivate *priv = ps_view_get_instance_private (self);

  g_return_val_if_fail (PS_IS_VIEW (self), NULL);
  return priv->document;
}

PsSession *
ps_view_get_session (PsView *self)
{
  PsDocument *document = ps_view_get_document (self);

  return document != NULL ? ps_document_get_session (document) : NULL;
}

gboolean
ps_view_find (PsView *self)
{
  g_return_val_if_fail (PS_IS_VIEW (self), FALSE);
  if (PS_VIEW_GET_CLASS (self)->find == NULL)
    return FALSE;
  PS_VIEW_GET_CLASS (self)->find (self);
  return TRUE;
}

static void
ps_view_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (ps_view_parent_class)->map (widget);
  flush (PS_VIEW (widget));
}

static void
ps_view_dispose (GObject *object)
{
  PsViewPrivate *priv = ps_view_get_instance_private (PS_VIEW (object));

  g_clear_object (&priv->document);
  G_OBJECT_CLASS (ps_view_parent_class)->dispose (object);
}

static void
ps_view_class_init (PsViewClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ps_view_dispose;
  GTK_WIDGET_CLASS (klass)->map = ps_view_map;
}

static void
ps_view_init (PsView *self)
{
}
