/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/cost.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <linux/bpf.h>
#include <unistd.h>

/* In ticks of 100 ms. A stretch in which no packet comes is given up, for that costs nothing. */
#define IDLE_TICKS 10u
/* From the end of a stretch to the begin of the next: twice as long each time, from … to … */
#define PAUSE_FIRST 20u
#define PAUSE_LAST 1280u
/* … and no longer than this while a limit is in force. */
#define PAUSE_LIMITED 80u
/* How often the number is brought up to date in between, by counting packets. */
#define ESTIMATE_TICKS 20u

/* Everything as it stands at one moment. */
typedef struct {
  gint64 time; /* µs; 0: nothing was read */
  guint64 packets;
  PsRunTime paths;
  PsRunTime functions;
} Reading;

struct _PsCost {
  PsCostTotals totals;
  const PsFunctions *whose; /* what was measured without them says nothing of them */
  Reading begin; /* of the stretch under way */
  int statistics; /* the kernel keeps them as long as this is open; -1 */
  guint n_ticks; /* since a stretch began or ended */
  guint pause;
  guint64 seen; /* packets at the last tick */
  struct {
    gboolean is_known;
    double programs_ns, dispatch_ns, runs; /* a packet */
  } last; /* stretch in which packets came */
  gint64 told_time; /* up to where the totals reach */
  guint64 told_packets;
  double percent;
  char *why_not;
};

/* Whether the kernel can be asked at all is found out by asking. */
static void
begin_stretch (PsCost *self)
{
  self->statistics = bpf_enable_stats (BPF_STATS_RUN_TIME);
  self->n_ticks = 0;
  self->begin.time = 0;
  if (self->statistics < 0 && !self->why_not)
    self->why_not =
        g_strdup_printf (_ ("the kernel does not let programs be timed: %s"), g_strerror (errno));
}

static void
end_stretch (PsCost *self)
{
  if (self->statistics >= 0)
    close (self->statistics);
  self->statistics = -1;
  self->n_ticks = 0;
}

PsCost *
ps_cost_new (void)
{
  PsCost *self = g_new0 (PsCost, 1);

  begin_stretch (self);
  return self;
}

void
ps_cost_free (PsCost *self)
{
  if (!self)
    return;
  end_stretch (self);
  g_free (self->why_not);
  g_free (self);
}

static void
read_all (Reading *reading, PsPaths *paths, PsFunctions *functions)
{
  *reading = (Reading){ .time = g_get_monotonic_time () };
  reading->packets = ps_paths_count_packets (paths);
  ps_paths_get_run_time (paths, &reading->paths);
  if (functions)
    ps_functions_get_run_time (functions, &reading->functions);
}

static void
add (PsCost *self, guint64 packets, gint64 begin, gint64 end)
{
  double programs = self->last.programs_ns * (double)packets;
  double dispatch = self->last.dispatch_ns * (double)packets;
  double time = (double)(end - begin) * 1000;

  self->totals.programs_ns += (guint64)programs;
  self->totals.dispatch_ns += (guint64)dispatch;
  self->totals.runs += (guint64)(self->last.runs * (double)packets);
  self->totals.packets += packets;
  self->totals.time_ns += (guint64)time;
  self->percent = time > 0 ? 100 * (programs + dispatch) / time : 0;
  self->told_time = end;
}

static gboolean
take_stretch (PsCost *self, const Reading *end)
{
  const Reading *begin = &self->begin;
  double packets = (double)(end->packets - begin->packets);

  if (end->packets == begin->packets)
    return FALSE;
  self->last.is_known = TRUE;
  self->last.programs_ns =
      (double)(end->paths.ns - begin->paths.ns + end->functions.ns - begin->functions.ns) / packets;
  self->last.dispatch_ns = (double)(end->paths.dispatch_ns - begin->paths.dispatch_ns +
                                    end->functions.dispatch_ns - begin->functions.dispatch_ns) /
                           packets;
  self->last.runs =
      (double)(end->paths.runs - begin->paths.runs + end->functions.runs - begin->functions.runs) /
      packets;
  self->totals.readings++;
  add (self, end->packets - begin->packets, begin->time, end->time);
  self->told_packets = end->packets;
  return TRUE;
}

/* A tick of a stretch. The first is its begin: what the capture starts with is attached by then. */
static gboolean
measure (PsCost *self, PsPaths *paths, PsFunctions *functions)
{
  Reading now;

  read_all (&now, paths, functions);
  if (!self->begin.time)
    {
      self->begin = now;
      return FALSE;
    }
  if (now.packets == self->begin.packets && self->n_ticks < IDLE_TICKS)
    return FALSE;
  end_stretch (self);
  self->seen = now.packets;
  return take_stretch (self, &now);
}

/* What the packets since cost if each took what it did when that was measured. */
static gboolean
estimate (PsCost *self, guint64 packets, gint64 now)
{
  if (!self->last.is_known || now - self->told_time < ESTIMATE_TICKS * 100 * 1000)
    return FALSE;
  add (self, packets - self->told_packets, self->told_time, now);
  self->told_packets = packets;
  return TRUE;
}

/* Other programs from here on: what was measured of those before says nothing of them. */
static void
start_over (PsCost *self, const PsFunctions *functions)
{
  end_stretch (self);
  self->whose = functions;
  self->last.is_known = FALSE;
  self->pause = 0;
}

gboolean
ps_cost_tick (PsCost *self, PsPaths *paths, PsFunctions *functions, gboolean limited)
{
  guint64 packets;
  gboolean told;

  if (self->whose != functions && (self->begin.time || self->last.is_known))
    start_over (self, functions);
  self->whose = functions;
  self->n_ticks++;
  if (self->statistics >= 0)
    return measure (self, paths, functions);

  packets = ps_paths_count_packets (paths);
  told = estimate (self, packets, g_get_monotonic_time ());
  if (limited)
    self->pause = MIN (self->pause, PAUSE_LIMITED);
  if (packets != self->seen && self->n_ticks > self->pause && !self->why_not)
    {
      self->pause = CLAMP (2 * self->pause, PAUSE_FIRST, PAUSE_LAST);
      begin_stretch (self);
    }
  self->seen = packets;
  return told;
}

void
ps_cost_finish (PsCost *self, PsPaths *paths, PsFunctions *functions)
{
  Reading now;

  if (self->whose != functions)
    return;
  if (self->statistics >= 0 && self->begin.time)
    {
      read_all (&now, paths, functions);
      take_stretch (self, &now);
    }
  else if (self->last.is_known)
    {
      guint64 packets = ps_paths_count_packets (paths);

      add (self, packets - self->told_packets, self->told_time, g_get_monotonic_time ());
      self->told_packets = packets;
    }
  end_stretch (self);
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
