/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What changed in a capture while it ran: the change records of its stream, in
 * their order, and the state it began in, which its hello tells.
 */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

typedef struct _PsChanges PsChanges;

PsChanges *ps_changes_new (void);
void ps_changes_free (PsChanges *self);

/* A capture begins: its hello, JSON. */
void ps_changes_begin (PsChanges *self, const char *hello, gsize length);

/* One PS_RECORD_CHANGE; `offset_ns` is added to its time. FALSE if it is no such thing. */
gboolean ps_changes_add (PsChanges *self, const char *text, gsize length, gint64 offset_ns);

/* The last PS_CHANGES_MAX of them. */
#define PS_CHANGES_MAX 1024u
guint ps_changes_get_n (PsChanges *self);
const PsSessionChange *ps_changes_get_nth (PsChanges *self, guint nth);

/* The state at the end, with or without changes; NULL before the hello. */
const PsSessionChange *ps_changes_get_last (PsChanges *self);

G_END_DECLS
