/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journey of one packet: its stages with the time between them, its call
 * tree, its ties to other packets, where it waited, the program's calls its
 * bytes belong to, its end in a sentence. At depth paths the tree is the merge
 * of the call paths seen at its stages: functions and their order are exact,
 * times are those of the stages, and durations are not known.
 */
#pragma once

#include "analysis/ps-journey-parts.h"
#include "session/ps-session.h"

G_BEGIN_DECLS

#define PS_TYPE_JOURNEY (ps_journey_get_type ())
G_DECLARE_FINAL_TYPE (PsJourney, ps_journey, PS, JOURNEY, GObject)

/* NULL if there is no such packet. Holds copies: outlives the packet's eviction. */
PsJourney *ps_journey_new (PsSession *session, guint64 number);

guint64 ps_journey_get_number (PsJourney *self);
guint ps_journey_get_n_stages (PsJourney *self);
const PsJourneyStage *ps_journey_get_stage (PsJourney *self, guint nth);
guint ps_journey_get_n_calls (PsJourney *self); /* in depth-first order */
const PsCall *ps_journey_get_call (PsJourney *self, guint nth);

/* "Dropped by tcp_v4_rcv: no socket listens on 127.0.0.1 port 81 (NO_SOCKET)." Translated. */
const char *ps_journey_get_end (PsJourney *self);
/* Why there is no call tree, or what it lacks; NULL if it is whole. Translated. */
const char *ps_journey_get_calls_note (PsJourney *self);
/* "path of its kind, 412 of 415" if the tree is inferred; else NULL. */
const char *ps_journey_get_inferred_note (PsJourney *self);

/* In the order of time. */
guint ps_journey_get_n_edges (PsJourney *self);
const PsJourneyEdge *ps_journey_get_edge (PsJourney *self, guint nth);
guint ps_journey_get_n_waits (PsJourney *self);
const PsJourneyWait *ps_journey_get_wait (PsJourney *self, guint nth);

/*
 * From the first to the last that is known of the packet: how long the kernel
 * worked on it, and how long it lay somewhere. -1: not known, for the reason in
 * ps_journey_get_times_note() (translated; else NULL, or what they leave out).
 */
gint64 ps_journey_get_running_ns (PsJourney *self);
gint64 ps_journey_get_waiting_ns (PsJourney *self);
const char *ps_journey_get_times_note (PsJourney *self);

/* The sendmsg and recvmsg calls its bytes belong to; the note says why there is none. */
guint ps_journey_get_n_spans (PsJourney *self);
const PsJourneySpan *ps_journey_get_span (PsJourney *self, guint nth);
const char *ps_journey_get_spans_note (PsJourney *self);

/* Numbers of the packets this one continues from and in, by its parent link; 0: none. */
guint64 ps_journey_get_parent (PsJourney *self);
guint64 ps_journey_get_child (PsJourney *self);

/* A plain sentence for a drop reason ("no socket listens there"), translated; NULL if it is new to
 * us. */
const char *ps_drop_reason_sentence (const char *name);

/* What usually causes it and what to look at, translated; NULL if we have nothing to say. */
const char *ps_drop_reason_advice (const char *name);

/*
 * The layer of a kernel function, from the table in data/layers.conf and the user's own in
 * $XDG_CONFIG_HOME/packetscope/layers.conf. PS_N_LAYERS if it belongs to none: plumbing, which
 * counts to the layer of its caller, or a function the table does not know. Thread-safe.
 */
unsigned ps_function_layer (const char *function, const char *module);

G_END_DECLS
