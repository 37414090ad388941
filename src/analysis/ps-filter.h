/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The display filter: Wireshark's grammar over the fields a session has, and
 * our own (process, socket, layer, function, drop.reason, verdict …).
 */
#pragma once

#include "analysis/ps-dissection.h"

G_BEGIN_DECLS

#define PS_FILTER_ERROR (ps_filter_error_quark ())
GQuark ps_filter_error_quark (void);

typedef struct _PsFilter PsFilter;

/* What a filter has to look at; a list that keeps columns can answer without the rest. */
typedef enum {
  PS_FILTER_NEEDS_BYTES = 1 << 0, /* the captured bytes */
  PS_FILTER_NEEDS_STAGES = 1 << 1,
  PS_FILTER_NEEDS_PATHS = 1 << 2,
  PS_FILTER_NEEDS_CALLS = 1 << 4, /* call trees, of captures that have them */
  PS_FILTER_NEEDS_FINDINGS = 1 << 5, /* what rules saw */
  PS_FILTER_NEEDS_SOCKETS = 1 << 3, /* sockets and their processes, which may change later */
} PsFilterNeeds;

/*
 * An empty text matches all. NULL with an error whose message names the position and, where there
 * is one, a suggestion; `ret_position` gets the byte offset of the mistake.
 */
PsFilter *ps_filter_parse (const char *text, gsize *ret_position /* nullable */, GError **error);

/* PsFilterNeeds. */
guint ps_filter_get_needs (PsFilter *filter);

/* Safe from several threads at once, on sessions that nobody feeds meanwhile. */
gboolean ps_filter_matches (PsFilter *filter, PsSession *session, const PsPacket *packet);

/*
 * Asks it of `n` published packets from number `first` on: sets bit i % 64 of bits[i / 64] if
 * packet first + i passes, and clears it if not, or if it is not (or no longer) here; bits past the
 * last are cleared. The same answers as ps_filter_matches(), but what many packets share is looked
 * at once: a few ns a packet for header fields. For new packets ask for those only. Threads as
 * above.
 */
void
ps_filter_select (PsFilter *filter, PsSession *session, guint64 first, guint64 n, guint64 *bits);

/* Whether it looks at call trees: then these want to be indexed, ps_session_prepare_trees(). */
gboolean ps_filter_needs_calls (PsFilter *filter);

PsFilter *ps_filter_ref (PsFilter *filter);
void ps_filter_unref (PsFilter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsFilter, ps_filter_unref)

/* Names that may follow `prefix`, for completion. Transfer full, NULL-terminated. */
char **ps_filter_complete (const char *prefix);

G_END_DECLS
