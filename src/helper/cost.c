/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/cost.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <linux/bpf.h>
#include <unistd.h>

/* In ticks of 100 ms: from the end of a reading to the begin of the next, … */
#define PAUSE_TICKS 19u
/* … and how long one goes on while no packet comes, which costs nothing. */
#define IDLE_TICKS 10u

/* Everything as it stands at one moment. */
typedef struct {
  gint64 time; /* µs */
  guint64 packets;
  PsRunTime paths;
  PsRunTime functions;
  const PsFunctions *whose; /* the readings of another one compare with nothing */
} Reading;

struct _PsCost {
  PsCostTotals totals;
  Reading begin;
  int statistics; /* the kernel keeps them as long as this is open; -1 */
  guint n_ticks; /* since the last reading */
  double percent;
  char *why_not;
};

/* Whether the kernel can be asked at all is found out by asking. */
static int
switch_on (PsCost *self)
{
  int statistics = bpf_enable_stats (BPF_STATS_RUN_TIME);

  if (statistics < 0 && !self->why_not)
    self->why_not =
        g_strdup_printf (_ ("the kernel does not let programs be timed: %s"), g_strerror (errno));
  return statistics;
}

PsCost *
ps_cost_new (void)
{
  PsCost *self = g_new0 (PsCost, 1);

  self->statistics = switch_on (self);
  if (self->statistics >= 0)
    close (self->statistics);
  self->statistics = -1;
  return self;
}

void
ps_cost_free (PsCost *self)
{
  if (!self)
    return;
  if (self->statistics >= 0)
    close (self->statistics);
  g_free (self->why_not);
  g_free (self);
}

static void
read_all (Reading *reading, PsPaths *paths, PsFunctions *functions)
{
  *reading = (Reading){ .time = g_get_monotonic_time (), .whose = functions };
  reading->packets = ps_paths_count_packets (paths);
  ps_paths_get_run_time (paths, &reading->paths);
  if (functions)
    ps_functions_get_run_time (functions, &reading->functions);
}

static gboolean
take_reading (PsCost *self, const Reading *end)
{
  const Reading *begin = &self->begin;
  guint64 programs, dispatch, time = (guint64)(end->time - begin->time) * 1000;

  if (end->whose != begin->whose || !time)
    return FALSE;
  programs = end->paths.ns - begin->paths.ns + end->functions.ns - begin->functions.ns;
  dispatch = end->paths.dispatch_ns - begin->paths.dispatch_ns + end->functions.dispatch_ns -
             begin->functions.dispatch_ns;
  self->totals.programs_ns += programs;
  self->totals.dispatch_ns += dispatch;
  self->totals.packets += end->packets - begin->packets;
  self->totals.runs +=
      end->paths.runs - begin->paths.runs + end->functions.runs - begin->functions.runs;
  self->totals.time_ns += time;
  self->totals.readings++;
  self->percent = 100.0 * (double)(programs + dispatch) / (double)time;
  return TRUE;
}

gboolean
ps_cost_tick (PsCost *self, PsPaths *paths, PsFunctions *functions)
{
  Reading end;

  if (self->statistics >= 0)
    {
      read_all (&end, paths, functions);
      if (end.packets == self->begin.packets && ++self->n_ticks < IDLE_TICKS)
        return FALSE;
      close (self->statistics);
      self->statistics = -1;
      self->n_ticks = 0;
      return take_reading (self, &end);
    }
  if (++self->n_ticks < PAUSE_TICKS || self->why_not)
    return FALSE;
  self->statistics = switch_on (self);
  self->n_ticks = 0;
  read_all (&self->begin, paths, functions);
  return FALSE;
}

double
ps_cost_get_percent (PsCost *self)
{
  return self->percent;
}

const PsCostTotals *
ps_cost_get_totals (PsCost *self)
{
  return &self->totals;
}

const char *
ps_cost_get_why_not (PsCost *self)
{
  return self->why_not;
}
