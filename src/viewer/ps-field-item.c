/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-field-item.h"

struct _PsFieldItem {
  GObject parent_instance;

  GPtrArray *whole;
  const PsField *field;
};

G_DEFINE_FINAL_TYPE (PsFieldItem, ps_field_item, G_TYPE_OBJECT)

static void
ps_field_item_finalize (GObject *object)
{
  g_clear_pointer (&PS_FIELD_ITEM (object)->whole, g_ptr_array_unref);
  G_OBJECT_CLASS (ps_field_item_parent_class)->finalize (object);
}

static void
ps_field_item_class_init (PsFieldItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ps_field_item_finalize;
}

static void
ps_field_item_init (PsFieldItem *self)
{
}

GListModel *
ps_field_item_list_new (GPtrArray *whole, GPtrArray *fields)
{
  GListStore *store = g_list_store_new (PS_TYPE_FIELD_ITEM);

  for (guint i = 0; i < fields->len; i++)
    {
      g_autoptr (PsFieldItem) item = g_object_new (PS_TYPE_FIELD_ITEM, NULL);
      item->whole = g_ptr_array_ref (whole);
      item->field = g_ptr_array_index (fields, i);
      g_list_store_append (store, item);
    }
  return G_LIST_MODEL (store);
}

const PsField *
ps_field_item_get_field (PsFieldItem *self)
{
  g_return_val_if_fail (PS_IS_FIELD_ITEM (self), NULL);
  return self->field;
}

GListModel *
ps_field_item_get_children (PsFieldItem *self)
{
  g_return_val_if_fail (PS_IS_FIELD_ITEM (self), NULL);
  if (self->field->children == NULL || self->field->children->len == 0)
    return NULL;
  return ps_field_item_list_new (self->whole, self->field->children);
}
