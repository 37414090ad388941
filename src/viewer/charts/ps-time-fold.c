/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/charts/ps-time-fold.h"

/* Of all busy time: longer waits are folded, to a width that is still seen. */
#define FOLD_ABOVE .20
#define FOLDED_TO .07

static int
by_start (gconstpointer a, gconstpointer b)
{
  const PsTimeSpan *x = a, *y = b;

  return x->from_ns < y->from_ns ? -1 : x->from_ns > y->from_ns;
}

/* Overlapping ones become one, in order; what lies outside the axis is cut. */
static void
merge (GArray *spans, gint64 from_ns, gint64 to_ns)
{
  guint n = 0;

  g_array_sort (spans, by_start);
  for (guint i = 0; i < spans->len; i++)
    {
      PsTimeSpan span = g_array_index (spans, PsTimeSpan, i);
      PsTimeSpan *last = n > 0 ? &g_array_index (spans, PsTimeSpan, n - 1) : NULL;

      span.from_ns = CLAMP (span.from_ns, from_ns, to_ns);
      span.to_ns = CLAMP (span.to_ns, span.from_ns, to_ns);
      if (last != NULL && span.from_ns <= last->to_ns)
        last->to_ns = MAX (last->to_ns, span.to_ns);
      else
        g_array_index (spans, PsTimeSpan, n++) = span;
    }
  g_array_set_size (spans, n);
}

static void
append (PsTimeFold *self, gint64 from_ns, gint64 to_ns, double length, gboolean folded)
{
  PsTimeSegment segment = { from_ns, to_ns, self->length, self->length + length, folded };

  if (to_ns <= from_ns)
    return;
  g_array_append_val (self->segments, segment);
  self->length += length;
}

static void
append_idle (PsTimeFold *self, gint64 from_ns, gint64 to_ns, double busy)
{
  double length = (double)(to_ns - from_ns);
  gboolean folded = busy > 0 && length > busy * FOLD_ABOVE;

  append (self, from_ns, to_ns, folded ? busy * FOLDED_TO : length, folded);
}

PsTimeFold *
ps_time_fold_new (GArray *busy, gint64 from_ns, gint64 to_ns)
{
  PsTimeFold *self = g_new0 (PsTimeFold, 1);
  gint64 at_ns = from_ns;
  double total = 0;

  self->segments = g_array_new (FALSE, FALSE, sizeof (PsTimeSegment));
  merge (busy, from_ns, to_ns);
  for (guint i = 0; i < busy->len; i++)
    {
      const PsTimeSpan *span = &g_array_index (busy, PsTimeSpan, i);
      total += (double)(span->to_ns - span->from_ns);
    }
  for (guint i = 0; i < busy->len; i++)
    {
      const PsTimeSpan *span = &g_array_index (busy, PsTimeSpan, i);

      append_idle (self, at_ns, span->from_ns, total);
      append (self, span->from_ns, span->to_ns, (double)(span->to_ns - span->from_ns), FALSE);
      at_ns = span->to_ns;
    }
  append_idle (self, at_ns, to_ns, total);
  if (self->segments->len == 0)
    append (self, from_ns, from_ns + 1, 1, FALSE);
  return self;
}

void
ps_time_fold_free (PsTimeFold *self)
{
  g_array_unref (self->segments);
  g_free (self);
}

double
ps_time_fold_place (const PsTimeFold *self, gint64 time_ns)
{
  guint low = 0, high = self->segments->len - 1;
  const PsTimeSegment *segment;
  double share;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (g_array_index (self->segments, PsTimeSegment, middle).to_ns < time_ns)
        low = middle + 1;
      else
        high = middle;
    }
  segment = &g_array_index (self->segments, PsTimeSegment, low);
  share = (double)(time_ns - segment->from_ns) / (double)(segment->to_ns - segment->from_ns);
  return segment->start + CLAMP (share, 0, 1) * (segment->end - segment->start);
}

gint64
ps_time_fold_time (const PsTimeFold *self, double place)
{
  const PsTimeSegment *segment = &g_array_index (self->segments, PsTimeSegment, 0);
  double share;

  for (guint i = 0; i < self->segments->len; i++)
    {
      segment = &g_array_index (self->segments, PsTimeSegment, i);
      if (place <= segment->end)
        break;
    }
  share = (place - segment->start) / (segment->end - segment->start);
  return segment->from_ns +
         (gint64)(CLAMP (share, 0, 1) * (double)(segment->to_ns - segment->from_ns));
}
