/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One capture at the depth `functions`: which functions, by which mechanism,
 * their probes, and the call trees that come of them. It can stand alone, or
 * share the table of lives with a PsPaths that decides which packets are
 * wanted. What a tree means to a reader belongs to translate.c.
 *
 * A PsFunctions is used from one thread at a time. Nothing it does lasts longer than it.
 */
#pragma once

#include <glib.h>

#include "bpf/calls.h"
#include "helper/function-set.h"
#include "helper/paths.h"

G_BEGIN_DECLS

typedef struct _PsFunctions PsFunctions;

/* All checked by the caller. 0 and NULL are "not restricted", "the default". */
typedef struct {
  char **functions; /* name patterns */
  char **layers; /* layer names */
  const char *own_layers; /* lines of the user's own layer table */
  const char *mechanism; /* forced; NULL: the best that works */
  guint ring_kib; /* of each CPU's ring buffer; default 4096 */
  guint sample; /* one packet in so many */
  gboolean only_wanted; /* no trees without a wanted packet */
  guint chosen; /* PS_CHOSEN_* of bpf/flow.h: what the table at flows_fd holds */
  gboolean curated; /* only the few functions of the curated list */
  gboolean modest; /* nobody asked: only where it takes little time, and few packets come */
  guint
      generation; /* 0 for the first of a capture: keeps its ids apart from those of earlier ones */
  gboolean hold; /* opens no tree before ps_functions_go() */
  int lives_fd; /* table of lives of the paths programs; 0: an own one, every packet is wanted */
  int flows_fd; /* their table of what was chosen; 0: nothing will be */
  PsKernelTypes *kernel; /* nullable; like the next one not needed any more afterwards */
  PsStartCache *cache; /* nullable: everything is found out anew, and nothing kept */
} PsFunctionsOptions;

/*
 * Finds the functions, loads the best mechanism and attaches. NULL with a
 * PS_HELPER_ERROR: PERMISSION, KERNEL, USAGE. `why_not` (nullable) gets pairs of
 * newly allocated strings, mechanism and why it does not work, also on failure.
 */
PsFunctions *
ps_functions_new (const PsFunctionsOptions *options, GPtrArray *why_not, GError **error);

/* Takes everything away. NULL-safe. */
void ps_functions_free (PsFunctions *self);

/*
 * Hands over what waits in the rings: each record is a ps_raw_calls with its
 * calls, checked, aligned to 8, whose `function` is an index for
 * ps_functions_get(), PS_FUNCTION_UNKNOWN if it has none. In the order they ended on each CPU;
 * a bounded number at a time: call again while it returns something.
 */
int ps_functions_drain (PsFunctions *self, PsRawFunc func, gpointer user_data);

#define PS_FUNCTION_UNKNOWN 0xffffffffu

/*
 * Every 100 ms: hands over trees that stand open for long as they are now
 * (PS_RAW_CALLS_SNAPSHOT), goes on attaching where that takes long.
 */
void ps_functions_tick (PsFunctions *self, PsRawFunc func, gpointer user_data);

/* Other packets from here on; see PsFunctionsOptions. `chosen`: PS_CHOSEN_* of bpf/flow.h. */
void ps_functions_select (PsFunctions *self, guint sample, gboolean only_wanted, guint chosen);

/* Trees are begun from here on: for one that was made to hold. */
void ps_functions_go (PsFunctions *self);

/* No tree is begun from here on; what is open is handed over by the next tick. */
void ps_functions_stop (PsFunctions *self);

/* Takes the probes away, so that a last drain gets the rest. */
void ps_functions_detach (PsFunctions *self);

/* The function of an index, owned by `self`; NULL if there is none. */
const PsFunction *ps_functions_get (PsFunctions *self, guint32 index);

/* "fsession.multi", …: what it runs on. */
const char *ps_functions_get_mechanism (PsFunctions *self);

/* Functions attached to right now, and how many will be. */
guint ps_functions_get_n_attached (PsFunctions *self);
guint ps_functions_get_n_functions (PsFunctions *self);

/* Of PsFunctionLeftOut, owned by `self`: functions that take a packet and are not attached to. */
GPtrArray *ps_functions_get_left_out (PsFunctions *self);

/* The names of the modules whose functions are traced. Interned strings, owned by `self`. */
GPtrArray *ps_functions_get_modules (PsFunctions *self);

/* What was counted so far, all CPUs together. */
typedef struct {
  guint64 trees; /* sent, parts counted */
  guint64 calls; /* in them */
  guint64 lost_ring; /* trees: a ring was full */
  guint64 lost_ring_calls;
  guint64 lost_context; /* calls: no buffer for one more thread */
  guint64 lost_busy; /* calls: on top of a program that was writing the same buffer */
  guint64 lost_depth; /* calls: nested too deep */
  guint64 lost_return; /* calls whose return was not seen */
  guint64 lost_recursion; /* hits: the kernel skipped a program on top of itself */
} PsFunctionsTotals;

/* How long the programs ran, as far as the kernel timed them. */
void ps_functions_get_run_time (PsFunctions *self, PsRunTime *ret_time);

void ps_functions_get_totals (PsFunctions *self, PsFunctionsTotals *ret_totals);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsFunctions, ps_functions_free)

G_END_DECLS
