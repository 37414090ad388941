/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is usual for the calls of a journey: how long each of them takes in other
 * packets of the same kind, that passed the same stages to the same end. Calls of
 * two packets are the same if the functions that enclose them are, as far as these
 * work on the packet, and if they are as many-th of their name in their caller.
 *
 * Reading the journeys of many packets takes time, so it goes in portions.
 */
#pragma once

#include "analysis/ps-journey.h"

G_BEGIN_DECLS

/* Other packets looked at: the nearest ones in the capture. */
#define PS_USUAL_PEERS_MAX 200u
/* With fewer there is nothing that could be called usual. */
#define PS_USUAL_PEERS_MIN 5u

typedef struct {
  guint n; /* peers that made this call, and whose time is known */
  gint64 median_ns; /* of their durations; -1: none is known */
  gint64 self_median_ns; /* of their own times */
  gint64 excess_ns; /* own time over that median, 0 if it is not longer; -1: not known */
} PsUsualCall;

typedef struct _PsUsual PsUsual;

/* NULL if there is no such packet. The session is kept. Transfer full. */
PsUsual *ps_usual_new (PsSession *session, guint64 number);
void ps_usual_free (PsUsual *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsUsual, ps_usual_free)

/*
 * Looks at more packets for about `budget_us`; TRUE when all is done. Packets may
 * leave or come meanwhile.
 */
gboolean ps_usual_step (PsUsual *self, gint64 budget_us);

/* After the last step. */
guint ps_usual_get_n_peers (PsUsual *self);
/* NULL if the journey has no such call, or too few peers were found. */
const PsUsualCall *ps_usual_get_call (PsUsual *self, guint32 call);
/* How much longer than usual a call took itself: 1 is as usual; -1: not known. */
double ps_usual_get_factor (PsUsual *self, guint32 call);
/* The calls on it that took longer than usual and matter, worst first; none if all of them together
 * did not. PsUsual's own. */
const guint32 *ps_usual_get_guilty (PsUsual *self, guint *ret_n);
/* All of that in words; translated; PsUsual's own. */
const char *ps_usual_get_sentence (PsUsual *self);

G_END_DECLS
