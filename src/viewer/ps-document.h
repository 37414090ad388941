/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one window shows: a session, and what of it is selected. Every view
 * watches the document and nothing else, so that a live capture, a file and
 * the selection of a socket look the same to all of them.
 *
 * Properties: "session" (PsSession, nullable), "state" (PsDocumentState),
 * "title", "packet" (number of the selected packet, 0: none).
 * Signals: "published" () the session grew or changed, at most once a frame;
 * "sockets-selected" () the set of selected sockets changed.
 */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

typedef enum {
  PS_DOCUMENT_EMPTY,
  PS_DOCUMENT_LOADING, /* with a session once it has first rows */
  PS_DOCUMENT_STARTING,
  PS_DOCUMENT_LIVE,
  PS_DOCUMENT_STOPPING,
  PS_DOCUMENT_COMPLETE, /* a file, or a capture that ended */
} PsDocumentState;

#define PS_TYPE_DOCUMENT (ps_document_get_type ())
G_DECLARE_FINAL_TYPE (PsDocument, ps_document, PS, DOCUMENT, GObject)

PsDocument *ps_document_new (void);

PsSession *ps_document_get_session (PsDocument *self); /* borrowed, nullable */
void ps_document_set_session (PsDocument *self, PsSession *session, const char *title);

PsDocumentState ps_document_get_state (PsDocument *self);
void ps_document_set_state (PsDocument *self, PsDocumentState state);
/* Records are coming in, or still may. */
gboolean ps_document_is_live (PsDocument *self);
/* The same, or a file is still being read. */
gboolean ps_document_is_growing (PsDocument *self);

const char *ps_document_get_title (PsDocument *self);

guint64 ps_document_get_packet (PsDocument *self);
void ps_document_set_packet (PsDocument *self, guint64 number);

/* To a packet that this one is tied to; and back to where one came from, and forward again. */
void ps_document_follow (PsDocument *self, guint64 number);
gboolean ps_document_can_go (PsDocument *self, int by); /* -1: back, 1: forward */
void ps_document_go (PsDocument *self, int by);

/* Selected sockets: `cookies` of guint64; an empty array selects all. */
void ps_document_select_sockets (PsDocument *self, GArray *cookies);
gboolean ps_document_has_selected_sockets (PsDocument *self);
/* The selected ones, of guint64; empty: all. Transfer full. */
GArray *ps_document_get_sockets (PsDocument *self);
gboolean ps_document_shows_socket (PsDocument *self, guint64 cookie);

G_END_DECLS
