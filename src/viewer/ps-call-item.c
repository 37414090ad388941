/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-call-item.h"

struct _PsCallItem {
  GObject parent_instance;

  PsJourney *journey;
  guint32 index;
};

G_DEFINE_FINAL_TYPE (PsCallItem, ps_call_item, G_TYPE_OBJECT)

static void
ps_call_item_finalize (GObject *object)
{
  g_clear_object (&PS_CALL_ITEM (object)->journey);
  G_OBJECT_CLASS (ps_call_item_parent_class)->finalize (object);
}

static void
ps_call_item_class_init (PsCallItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ps_call_item_finalize;
}

static void
ps_call_item_init (PsCallItem *self)
{
}

GListModel *
ps_call_item_list_new (PsJourney *journey, guint32 parent)
{
  guint n = ps_journey_get_n_calls (journey);
  /* Depth first: children come after their parent. */
  guint first = parent == G_MAXUINT32 ? 0 : parent + 1;
  GListStore *store = NULL;

  for (guint i = first; i < n; i++)
    {
      const PsCall *call = ps_journey_get_call (journey, i);
      g_autoptr (PsCallItem) item = NULL;

      if (parent != G_MAXUINT32 && call->depth <= ps_journey_get_call (journey, parent)->depth)
        break;
      if (call->parent != parent)
        continue;
      item = g_object_new (PS_TYPE_CALL_ITEM, NULL);
      item->journey = g_object_ref (journey);
      item->index = i;
      if (store == NULL)
        store = g_list_store_new (PS_TYPE_CALL_ITEM);
      g_list_store_append (store, item);
    }
  return (GListModel *)store;
}

PsJourney *
ps_call_item_get_journey (PsCallItem *self)
{
  g_return_val_if_fail (PS_IS_CALL_ITEM (self), NULL);
  return self->journey;
}

const PsCall *
ps_call_item_get_call (PsCallItem *self)
{
  g_return_val_if_fail (PS_IS_CALL_ITEM (self), NULL);
  return ps_journey_get_call (self->journey, self->index);
}

GListModel *
ps_call_item_get_children (PsCallItem *self)
{
  g_return_val_if_fail (PS_IS_CALL_ITEM (self), NULL);
  return ps_call_item_list_new (self->journey, self->index);
}

gint64
ps_call_item_get_self_ns (PsCallItem *self)
{
  const PsCall *call = ps_call_item_get_call (self);
  gint64 own = call->duration_ns;

  if (own < 0)
    return -1;
  for (guint i = self->index + 1; i < ps_journey_get_n_calls (self->journey); i++)
    {
      const PsCall *other = ps_journey_get_call (self->journey, i);
      if (other->depth <= call->depth)
        break;
      if (other->parent == self->index && other->duration_ns > 0)
        own -= other->duration_ns;
    }
  return MAX (own, 0);
}

const PsJourneyStage *
ps_call_item_get_stage (PsCallItem *self)
{
  const PsCall *call = ps_call_item_get_call (self);

  for (guint i = 0; call->stage >= 0 && i < ps_journey_get_n_stages (self->journey); i++)
    {
      const PsJourneyStage *stage = ps_journey_get_stage (self->journey, i);
      if ((stage->stage | (stage->send ? PS_STAGE_SEND : 0)) == call->stage)
        return stage;
    }
  return NULL;
}
