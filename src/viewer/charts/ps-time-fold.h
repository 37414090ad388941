/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A time axis with its long waits folded: a packet works for microseconds and
 * waits for milliseconds, and both must be seen on one axis. Times are epoch ns,
 * places are ns on the axis after folding, from 0.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  gint64 from_ns;
  gint64 to_ns;
  double start; /* places */
  double end;
  gboolean folded; /* drawn shorter than it is: start … end is not to scale */
} PsTimeSegment;

typedef struct {
  GArray *segments; /* PsTimeSegment, one after the other without gaps */
  double length; /* the last place */
} PsTimeFold;

typedef struct {
  gint64 from_ns;
  gint64 to_ns;
} PsTimeSpan;

/*
 * `busy` (PsTimeSpan, any order, may overlap) are kept to scale; what lies between
 * them is, too, unless it is longer than a fifth of all of them together. Sorts
 * `busy`. `from_ns` and `to_ns` are the ends of the axis.
 */
PsTimeFold *ps_time_fold_new (GArray *busy, gint64 from_ns, gint64 to_ns);
void ps_time_fold_free (PsTimeFold *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsTimeFold, ps_time_fold_free)

double ps_time_fold_place (const PsTimeFold *self, gint64 time_ns);
gint64 ps_time_fold_time (const PsTimeFold *self, double place);

G_END_DECLS
