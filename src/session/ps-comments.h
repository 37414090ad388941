/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people wrote about packets, by the packet's id. Few packets have any.
 * Bounded in bytes. Private to the session.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _PsComments PsComments;

PsComments *ps_comments_new (void);
void ps_comments_free (PsComments *self);

/* FALSE if there is no room for it. What is not UTF-8 in it is replaced. */
gboolean ps_comments_add (PsComments *self, guint64 id, const char *text, gsize length);

/* NULL if the packet has no nth comment. */
const char *ps_comments_get (PsComments *self, guint64 id, guint nth);

G_END_DECLS
