/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One path of the dictionary as a list item. */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

#define PS_TYPE_PATH_ITEM (ps_path_item_get_type ())
G_DECLARE_FINAL_TYPE (PsPathItem, ps_path_item, PS, PATH_ITEM, GObject)

/* `total`: references to all paths. */
PsPathItem *ps_path_item_new (PsSession *session, const PsPath *path, guint64 total);

const char *ps_path_item_get_chain (PsPathItem *self); /* outermost first */
const char *ps_path_item_get_innermost (PsPathItem *self);
guint ps_path_item_get_n_frames (PsPathItem *self);
guint64 ps_path_item_get_n_packets (PsPathItem *self);
double ps_path_item_get_share (PsPathItem *self); /* 0 … 1 */
guint ps_path_item_get_layer (PsPathItem *self); /* of the innermost function */

G_END_DECLS
