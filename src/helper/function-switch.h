/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns the functions on and off while a capture runs. Attaching to all of them
 * takes up to a second or so, and taking them away again likewise, so a thread
 * does it; packets go on meanwhile. What was traced before it ends is not lost.
 */
#pragma once

#include "helper/translate.h"

G_BEGIN_DECLS

/* How much of the functions depth is wanted, or there. */
typedef enum {
  PS_FUNCTIONS_OFF,
  PS_FUNCTIONS_BOUNDARIES, /* only the curated list: where stages begin and end */
  PS_FUNCTIONS_ALL,
} PsFunctionsLevel;

typedef struct _PsFunctionSwitch PsFunctionSwitch;

/*
 * What `options` points to is borrowed; its curated and generation are the
 * switch's own affair.
 */
PsFunctionSwitch *ps_function_switch_new (const PsFunctionsOptions *options);

/* Waits for what is under way, and takes the probes off, which may take seconds. NULL-safe. */
void ps_function_switch_free (PsFunctionSwitch *self);

/*
 * For the start of a capture: begins to turn everything on, and waits until it
 * is. What comes between goes on beside it. FALSE with a PS_HELPER_ERROR.
 * `kernel` and `cache` as in PsFunctionsOptions. `why_not` as in ps_functions_new(): not to be
 * touched in between. No tree is opened before ps_function_switch_go().
 */
void ps_function_switch_begin (PsFunctionSwitch *self,
                               PsKernelTypes *kernel,
                               PsStartCache *cache,
                               GPtrArray *why_not);
gboolean ps_function_switch_finish (PsFunctionSwitch *self, GError **error);
void ps_function_switch_go (PsFunctionSwitch *self);

/* Who takes the trees; borrowed. Nothing but the start comes before. */
void ps_function_switch_set_translator (PsFunctionSwitch *self, PsTranslator *translator);

/* What is to be the case as soon as it can be. */
void ps_function_switch_want (PsFunctionSwitch *self, PsFunctionsLevel level);
PsFunctionsLevel ps_function_switch_get_wanted (PsFunctionSwitch *self);

/* One step further, in the main loop. TRUE if something began or ended by it. */
gboolean ps_function_switch_poll (PsFunctionSwitch *self);

/* Whether nothing is under way: what there is, is what is wanted. */
gboolean ps_function_switch_is_settled (PsFunctionSwitch *self);

/* Why the functions could not be turned on, once; NULL: nothing failed. Transfer full. */
GError *ps_function_switch_take_error (PsFunctionSwitch *self);

/* What is traced right now. */
PsFunctionsLevel ps_function_switch_get_level (PsFunctionSwitch *self);
PsFunctions *ps_function_switch_get_functions (PsFunctionSwitch *self); /* NULL: none */

/*
 * One packet in so many, whether trees without a wanted packet are left out, and what was
 * chosen (PS_CHOSEN_* of bpf/flow.h); at once.
 */
void ps_function_switch_select (PsFunctionSwitch *self,
                                guint sample,
                                gboolean only_wanted,
                                guint chosen);

/* Takes waiting trees, a bounded number; returns how many. Also of what is being taken away. */
int ps_function_switch_drain (PsFunctionSwitch *self);

/* Every 100 ms. */
void ps_function_switch_tick (PsFunctionSwitch *self);

/*
 * The end of the capture: no tree begins any more. What is open is shown by the
 * next tick; the probes stay until ps_function_switch_free().
 */
void ps_function_switch_stop (PsFunctionSwitch *self);

/* Of all that was traced in this capture. */
void ps_function_switch_get_totals (PsFunctionSwitch *self, PsFunctionsTotals *ret_totals);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsFunctionSwitch, ps_function_switch_free)

G_END_DECLS
