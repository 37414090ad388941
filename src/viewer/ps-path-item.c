/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-path-item.h"

#include "analysis/ps-journey.h"

struct _PsPathItem {
  GObject parent_instance;

  PsPathRow row;
  char *title;
  char *functions;
  guint layer;
};

G_DEFINE_FINAL_TYPE (PsPathItem, ps_path_item, G_TYPE_OBJECT)

const PsPathRow *
ps_path_item_get_row (PsPathItem *self)
{
  g_return_val_if_fail (PS_IS_PATH_ITEM (self), NULL);
  return &self->row;
}

const char *
ps_path_item_get_title (PsPathItem *self)
{
  g_return_val_if_fail (PS_IS_PATH_ITEM (self), NULL);
  return self->title;
}

const char *
ps_path_item_get_functions (PsPathItem *self)
{
  g_return_val_if_fail (PS_IS_PATH_ITEM (self), NULL);
  return self->functions;
}

guint
ps_path_item_get_layer (PsPathItem *self)
{
  g_return_val_if_fail (PS_IS_PATH_ITEM (self), PS_N_LAYERS);
  return self->layer;
}

void
ps_path_item_set_title (PsPathItem *self, const char *title)
{
  g_return_if_fail (PS_IS_PATH_ITEM (self));

  g_free (self->title);
  self->title = g_strdup (title);
}

static void
ps_path_item_finalize (GObject *object)
{
  PsPathItem *self = PS_PATH_ITEM (object);

  g_free (self->title);
  g_free (self->functions);
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
ps_path_item_new (PsPathTable *table, const PsPathRow *row)
{
  PsPathItem *self = g_object_new (PS_TYPE_PATH_ITEM, NULL);
  PsSession *session = table->session;
  const PsPathStep *last = &row->shape.steps[MAX (row->shape.n_steps, 1) - 1];
  const PsSymbol *symbol = NULL;
  PsPath path;

  self->row = *row;
  self->title = ps_path_row_dup_title (table, row);
  self->functions = ps_path_row_dup_functions (table, row, " → ");
  if (ps_session_get_path (session, last->path, &path) && path.n_frames > 0)
    symbol = ps_session_get_symbol (session, path.frames[path.n_frames - 1].symbol);
  self->layer = symbol != NULL ? ps_function_layer (symbol->name, symbol->module) : PS_N_LAYERS;
  return self;
}
