/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which bytes of which TCP stream a program's calls sent or read: calls with a
 * sequence range, found by socket. Lives and is bounded with the call trees it
 * points into. Private to the session.
 */
#pragma once

#include <glib.h>

#include "session/ps-session.h"

G_BEGIN_DECLS

typedef struct _PsSpanIndex PsSpanIndex;

PsSpanIndex *ps_span_index_new (void);
void ps_span_index_free (PsSpanIndex *self);

/* The spans of a record that was kept, or is about to be forgotten. Returns how many there are. */
guint ps_span_index_add (PsSpanIndex *self, const PsCallsView *view);
void ps_span_index_remove (PsSpanIndex *self, const PsCallsView *view);

/* One span, the nth call of a record; FALSE if it only told the other half of one. */
gboolean ps_span_index_add_call (PsSpanIndex *self,
                                 const PsCallsRecord *calls,
                                 const PsCallRecord *call,
                                 guint nth);
/* One span of that socket in that part of a tree. */
void ps_span_index_forget (PsSpanIndex *self, guint64 socket, guint64 tree, guint part);

/* As ps_session_find_spans(). */
void ps_span_index_find (PsSpanIndex *self,
                         guint64 socket,
                         guint32 first_seq,
                         guint32 end_seq,
                         GArray *spans);

G_END_DECLS
