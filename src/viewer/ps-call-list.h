/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls of a journey as rows of a list: those in closed calls are not in it.
 * Opening and closing cost what they show or hide, whatever the size of the tree.
 * An item says nothing: ps_call_list_get_call() of its position does.
 *
 * Signals: "toggled" (guint call) a call was opened or closed, or looks otherwise, or all of them
 * do (PS_CALL_NONE); "replaced" () rows that did not come or go show other calls now: a row that
 * stays costs nothing, one that is made anew does.
 */
#pragma once

#include <gio/gio.h>

#include "analysis/ps-journey.h"

G_BEGIN_DECLS

#define PS_CALL_NONE G_MAXUINT32

#define PS_TYPE_CALL_LIST (ps_call_list_get_type ())
G_DECLARE_FINAL_TYPE (PsCallList, ps_call_list, PS, CALL_LIST, GObject)

PsCallList *ps_call_list_new (void);

/* All calls open; NULL: no rows. `packet` is the id of the journey's packet. */
void ps_call_list_set_journey (PsCallList *self, PsJourney *journey, guint64 packet);
PsJourney *ps_call_list_get_journey (PsCallList *self); /* borrowed, nullable */
guint64 ps_call_list_get_packet (PsCallList *self);

/* What rows should make stand out; NULL or "": nothing. */
void ps_call_list_set_search (PsCallList *self, const char *text);
const char *ps_call_list_get_search (PsCallList *self);
/* The first call after `call` (PS_CALL_NONE: from the start) whose name holds it, going round; by
 * -1: before. `ret_nth` of `ret_n`, counted from 1. PS_CALL_NONE if there is none. */
guint32
ps_call_list_find_match (PsCallList *self, guint32 call, int by, guint *ret_nth, guint *ret_n);

/* The call of a row; PS_CALL_NONE past the end. */
guint32 ps_call_list_get_call (PsCallList *self, guint position);
/* The row of a call; GTK_INVALID_LIST_POSITION if it lies in a closed one. */
guint ps_call_list_find (PsCallList *self, guint32 call);
/* Opens what encloses it, and returns its row. */
guint ps_call_list_reveal (PsCallList *self, guint32 call);

gboolean ps_call_list_has_children (PsCallList *self, guint32 call);
gboolean ps_call_list_is_open (PsCallList *self, guint32 call);
void ps_call_list_set_open (PsCallList *self, guint32 call, gboolean open);
void ps_call_list_set_all_open (PsCallList *self, gboolean open);
/* The call behind the last one inside `call`. */
guint32 ps_call_list_get_end (PsCallList *self, guint32 call);

/* The way from `call` (PS_CALL_NONE: all) down to where the time went: the last call on it. */
guint32 ps_call_list_find_slowest (PsCallList *self, guint32 call);

/* ns of the outermost calls that work on the packet, together: what a share is a share of. -1: not
 * known. */
gint64 ps_call_list_get_work_ns (PsCallList *self);
/* Does it work on the packet, or is it called by what does? Else it only calls what does. */
gboolean ps_call_list_is_on_packet (PsCallList *self, guint32 call);

G_END_DECLS
