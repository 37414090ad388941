/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a capture has become too much: it takes more of the processors than the
 * user allowed, or it loses more than it hands over. Only what lasts for
 * seconds counts. What is done about it is capture-changes.c's.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Zero it to begin, and set `max_cost` as in PsCaptureConfig. */
typedef struct {
  gint max_cost; /* % of one processor */
  guint n_over; /* readings in a row past it */
  guint n_losing; /* seconds in a row */
  guint64 lost; /* when that was looked at last */
  guint64 recorded;
} PsLimits;

/* A new reading of the cost, in % of one processor. TRUE: it has been too much for long. */
gboolean ps_limits_take_cost (PsLimits *self, double percent);

/*
 * Every second: calls lost for want of room, and recorded, since the capture
 * began. TRUE: for long more were lost than recorded.
 */
gboolean ps_limits_take_calls (PsLimits *self, guint64 lost, guint64 recorded);

/* The capture does less from here on: what was counted up says nothing any more. */
void ps_limits_reset (PsLimits *self);

G_END_DECLS
