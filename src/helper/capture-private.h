/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of a capture, shared by the files that make one: capture.c is its
 * life, capture-json.c what it says of itself, capture-changes.c what becomes
 * of it while it runs. Nobody else includes this.
 */
#pragma once

#include "helper/capture.h"
#include "helper/chosen.h"
#include "helper/cost.h"
#include "helper/function-switch.h"
#include "helper/load-limits.h"
#include "helper/module-watch.h"

G_BEGIN_DECLS

/* What the listing thread hands over. */
typedef struct {
  GPtrArray *namespaces;
  GHashTable *sockets;
  guint64 began; /* CLOCK_MONOTONIC, ns */
} PsListing;

struct _PsCapture {
  PsCaptureConfig config;
  PsStream *stream;
  PsStartCache *cache;
  PsPaths *paths;
  int lives; /* the table of lives that paths and functions share; not above 0: none of our own */
  int flows; /* their table of what was chosen; likewise */
  PsTranslator *translator;
  PsFunctionSwitch *functions;
  PsChosen *chosen;
  GPtrArray *mechanisms; /* pairs of strings: those that do not work here, and why */
  PsSymbols *symbols;
  PsSockets *sockets;
  PsSocketTable *table;
  PsCost *cost;
  PsModuleWatch *modules; /* NULL: no functions are traced */
  PsLimits limits;
  gint64 last_cost; /* µs, of the last reading */
  guint64 last_cost_ns; /* the helper's processor time then */
  gboolean spares_paths; /* the limit is our own: past it functions go, and packets stay */
  gboolean only_counts; /* stepped down to counters, for good */
  GQueue changes; /* of Answer, see capture-changes.c: requests that wait for the functions */
  GThread *listing_thread;
  PsListing *listing; /* atomic: set by the thread, taken by the main loop */
  gint64 next_listing; /* µs */
  gint64 last_tick;
  gint64 last_report;
  guint timer;
  guint64 told_dropped;
  guint64 losses[PS_N_LOSSES];
};

/* capture.c */

/* Processor time the helper used, ns. */
guint64 ps_capture_cpu_ns (void);

/* capture-json.c */

void ps_capture_write_hello (PsCapture *self);
void ps_capture_write_end (PsCapture *self, const char *reason);

/* Adds the members that tell what the capture sees right now to an open object. */
void ps_capture_add_state (PsCapture *self, JsonBuilder *json);

/* A change record: the state from now on, what made it so, and a sentence. */
void ps_capture_write_change (PsCapture *self, const char *cause, const char *message);

/* capture-changes.c */

/* The choice of a start, after the sockets were listed. FALSE with a PS_HELPER_ERROR. */
gboolean ps_capture_begin_choice (PsCapture *self, GError **error);

/* Sampling, choice and what follows from them, from the configuration to the programs. */
void ps_capture_select (PsCapture *self);

/* Every turn of the timer: what is under way. */
void ps_capture_follow_changes (PsCapture *self);

/* Every 100 ms, and every second: whether it became too much. */
void ps_capture_follow_cost (PsCapture *self);
void ps_capture_follow_losses (PsCapture *self);

/* At the start, and every second: modules that come and go. */
void ps_capture_follow_modules (PsCapture *self);

/* Every second: chosen sockets may have moved, or be gone. */
void ps_capture_follow_sockets (PsCapture *self);

/* Answers requests that still wait; the capture is over. */
void ps_capture_end_changes (PsCapture *self);

G_END_DECLS
