/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journey of one packet: its stages with the time between them, its call
 * tree, its end in a sentence. At depth paths the tree is the merge of the
 * call paths seen at its stages: functions and their order are exact, times
 * are those of the stages, and durations are not known.
 */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

typedef struct {
  guint8 stage; /* enum ps_stage */
  gboolean send; /* on the way out */
  guint8 layer;
  guint8 context;
  gint64 time_ns; /* epoch; -1: not known */
  gint64 since_previous_ns; /* -1: not known */
  char *missing; /* why it is not known, a translated sentence; NULL if it is */
} PsJourneyStage;

typedef struct {
  const char *function;
  const char *module;
  guint8 layer; /* always one of the six: plumbing has that of its caller */
  guint16 depth; /* 0: outermost */
  guint32 parent; /* index of the enclosing call, G_MAXUINT32: none */
  gint64 start_ns; /* epoch; -1: not known at this depth */
  gint64 duration_ns; /* -1: not known at this depth */
  guint64 packet; /* id this call works on; 0: not known */
  guint8 context; /* enum ps_context */
  gboolean boundary; /* a softirq begins here, on top of the sender */
  gboolean dropped_here; /* the function that dropped the packet */
  gboolean inferred; /* usual for its kind; not seen on this packet */
  gint16 stage; /* stage (with PS_STAGE_SEND) that was seen under this call; -1: none */
  guint32 stages; /* all that were: bit stage, or bit 16 + stage on the way out */
  gint64 seen_ns; /* epoch, when `stage` was passed under this call; -1: none */
} PsCall;

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
