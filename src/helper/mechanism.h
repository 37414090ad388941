/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ladder of mechanisms for the depth `functions`: each rung is tried by
 * attaching a small program to one function, never by the kernel's version. The
 * first that holds is loaded and used; why the better ones do not is kept.
 */
#pragma once

#include <glib.h>

#include "bpf/calls.h"
#include "bpf/mechanism.h"
#include "helper/function-set.h"
#include "helper/kernel-types.h"
#include "helper/loaded.h"
#include "helper/paths.h"
#include "helper/start-cache.h"

G_BEGIN_DECLS

typedef struct _PsMechanism PsMechanism;

typedef struct {
  guint n_cpus;
  gboolean give_birth;
  int lives_fd; /* a table of lives to share, or -1 */
  int flows_fd; /* the table of what was chosen, or -1 */
  gboolean at_once; /* no mechanism that takes long for each function */
} PsMechanismSetup;

/* "fsession.multi", "kprobe.session", "kprobe.multi", "fentry" or "kprobe": for `forced`, and for
 * people. */
const char *ps_mechanism_get_name (PsMechanism *self);

/* Whether every function costs the kernel so long that only a curated list is worth it. */
gboolean ps_mechanism_is_slow (PsMechanism *self);

/* Whether ps_raw_call.function is an index of the set; if not, the lower half of an address. */
gboolean ps_mechanism_gives_index (PsMechanism *self);

/*
 * Loads the best mechanism, or `forced` (nullable). `why_not` gets pairs of
 * newly allocated strings: each better mechanism and why it does not work.
 * NULL with PS_HELPER_ERROR_KERNEL if none is left, USAGE if `forced` is no
 * mechanism. `kernel` is read only meanwhile.
 */
PsMechanism *ps_mechanism_new (const PsMechanismSetup *setup,
                               const char *forced,
                               PsKernelTypes *kernel,
                               PsStartCache *cache,
                               GPtrArray *why_not,
                               GError **error);

/* Detaches and unloads. NULL-safe. */
void ps_mechanism_free (PsMechanism *self);

/* Its maps are found in here by name. */
PsLoaded *ps_mechanism_get_loaded (PsMechanism *self);

/*
 * Attaches to all functions of the set; those that cannot be are noted in it.
 * A slow mechanism only prepares that: see ps_mechanism_go_on(). Returns how
 * many are attached to.
 */
guint ps_mechanism_attach (PsMechanism *self, PsFunctionSet *set);

/* Attaches to more functions for at most `budget` µs. FALSE when all are. */
gboolean ps_mechanism_go_on (PsMechanism *self, gint64 budget);

/* How many functions are attached to now. */
guint ps_mechanism_get_n_attached (PsMechanism *self);

/* Takes the probes away; maps and their contents stay. */
void ps_mechanism_detach (PsMechanism *self);

/* Calls that the kernel did not hand to the programs, because one was running already. */
guint64 ps_mechanism_count_misses (PsMechanism *self);

/* How long its programs ran, as far as the kernel timed them. */
void ps_mechanism_get_run_time (PsMechanism *self, PsRunTime *ret_time);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsMechanism, ps_mechanism_free)

G_END_DECLS
