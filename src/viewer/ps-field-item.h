/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A field of the dissection as a list item; keeps the whole dissection alive. */
#pragma once

#include <gio/gio.h>

#include "analysis/ps-dissection.h"

G_BEGIN_DECLS

#define PS_TYPE_FIELD_ITEM (ps_field_item_get_type ())
G_DECLARE_FINAL_TYPE (PsFieldItem, ps_field_item, PS, FIELD_ITEM, GObject)

/* A list of PsFieldItem over `fields` of the dissection `whole`. */
GListModel *ps_field_item_list_new (GPtrArray *whole, GPtrArray *fields);

const PsField *ps_field_item_get_field (PsFieldItem *self);
/* The list of what is in it; NULL if nothing is. Transfer full. */
GListModel *ps_field_item_get_children (PsFieldItem *self);

G_END_DECLS
