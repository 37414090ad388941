/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/load-limits.h"

#include "helper/control.h"

#define OVER_MAX 3u /* readings: about six seconds */
#define LOSING_MAX 5u /* seconds */
#define LOST_MIN 1000u /* calls a second; fewer are counted and borne */

gboolean
ps_limits_take_cost (PsLimits *self, double percent)
{
  if (self->max_cost <= 0)
    return FALSE;
  self->n_over = percent > self->max_cost ? self->n_over + 1 : 0;
  return self->n_over >= OVER_MAX;
}

gboolean
ps_limits_take_calls (PsLimits *self, guint64 lost, guint64 recorded)
{
  guint64 lost_now = lost - self->lost, recorded_now = recorded - self->recorded;
  gboolean losing = lost_now >= LOST_MIN && lost_now > recorded_now;

  self->lost = lost;
  self->recorded = recorded;
  self->n_losing = losing ? self->n_losing + 1 : 0;
  return self->max_cost != PS_MAX_COST_NEVER && self->n_losing >= LOSING_MAX;
}

void
ps_limits_reset (PsLimits *self)
{
  self->n_over = 0;
  self->n_losing = 0;
}
