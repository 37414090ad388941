/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rules saw in a capture, and the packets that prove it. Bounded in number.
 * Private to the session.
 */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

typedef struct _PsFindings PsFindings;

PsFindings *ps_findings_new (void);
void ps_findings_free (PsFindings *self);

/* FALSE if there is no room for it. */
gboolean ps_findings_add (PsFindings *self, const PsFindingView *view, gint64 time_ns);

guint ps_findings_get_n (const PsFindings *self);
const PsFinding *ps_findings_get_nth (const PsFindings *self, guint nth);

/* The nth of those that a packet proves, by its id; NULL if there are no more. */
const PsFinding *ps_findings_get_of_packet (const PsFindings *self, guint64 id, guint nth);

G_END_DECLS
