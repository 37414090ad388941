/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A call of a journey as a list item; keeps the journey alive. */
#pragma once

#include <gio/gio.h>

#include "analysis/ps-journey.h"

G_BEGIN_DECLS

#define PS_TYPE_CALL_ITEM (ps_call_item_get_type ())
G_DECLARE_FINAL_TYPE (PsCallItem, ps_call_item, PS, CALL_ITEM, GObject)

/* The calls directly under call `parent`; G_MAXUINT32: the outermost. NULL if there are none. */
GListModel *ps_call_item_list_new (PsJourney *journey, guint32 parent);

PsJourney *ps_call_item_get_journey (PsCallItem *self);
const PsCall *ps_call_item_get_call (PsCallItem *self);
GListModel *ps_call_item_get_children (PsCallItem *self);

/* Total less what the calls in it took; -1: not known at this depth. */
gint64 ps_call_item_get_self_ns (PsCallItem *self);

/* The stage seen under this call with its time; NULL: none. */
const PsJourneyStage *ps_call_item_get_stage (PsCallItem *self);

G_END_DECLS
