/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-path-item.h"

#include <glib/gi18n.h>

#include "analysis/ps-journey.h"

struct _PsPathItem {
  GObject parent_instance;

  char *chain;
  char *innermost;
  guint n_frames;
  guint64 n_packets;
  double share;
  guint layer;
};

G_DEFINE_FINAL_TYPE (PsPathItem, ps_path_item, G_TYPE_OBJECT)

const char *
ps_path_item_get_chain (PsPathItem *self)
{
  g_return_val_if_fail (PS_IS_PATH_ITEM (self), NULL);
  return self->chain;
}

const char *
ps_path_item_get_innermost (PsPathItem *self)
{
  g_return_val_if_fail (PS_IS_PATH_ITEM (self), NULL);
  return self->innermost;
}

guint
ps_path_item_get_n_frames (PsPathItem *self)
{
  g_return_val_if_fail (PS_IS_PATH_ITEM (self), 0);
  return self->n_frames;
}

guint64
ps_path_item_get_n_packets (PsPathItem *self)
{
  g_return_val_if_fail (PS_IS_PATH_ITEM (self), 0);
  return self->n_packets;
}

double
ps_path_item_get_share (PsPathItem *self)
{
  g_return_val_if_fail (PS_IS_PATH_ITEM (self), 0);
  return self->share;
}

guint
ps_path_item_get_layer (PsPathItem *self)
{
  g_return_val_if_fail (PS_IS_PATH_ITEM (self), 0);
  return self->layer;
}

static void
ps_path_item_finalize (GObject *object)
{
  PsPathItem *self = PS_PATH_ITEM (object);

  g_free (self->chain);
  g_free (self->innermost);
  G_OBJECT_CLASS (ps_path_item_parent_class)->finalize (object);
}

static void
ps_path_item_class_init (PsPathItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ps_path_item_finalize;
}

static void
ps_path_item_init (PsPathItem *self)
{
}

PsPathItem *
ps_path_item_new (PsSession *session, const PsPath *path, guint64 total)
{
  PsPathItem *self = g_object_new (PS_TYPE_PATH_ITEM, NULL);
  GString *chain = g_string_new (NULL);
  const PsSymbol *symbol = NULL;

  for (guint i = 0; i < path->n_frames; i++)
    {
      symbol = ps_session_get_symbol (session, path->frames[i].symbol);
      g_string_append_printf (chain, "%s%s", i > 0 ? " → " : "",
                              symbol != NULL ? symbol->name : _ ("n/a"));
    }
  self->chain = g_string_free (chain, FALSE);
  self->innermost = g_strdup (symbol != NULL ? symbol->name : _ ("n/a"));
  self->layer = symbol != NULL ? ps_function_layer (symbol->name, symbol->module) : PS_N_LAYERS;
  self->n_frames = path->n_frames;
  self->n_packets = path->n_packets;
  self->share = total > 0 ? (double)path->n_packets / (double)total : 0;
  return self;
}
