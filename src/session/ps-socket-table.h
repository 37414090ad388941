/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sockets of a session: the latest of every field, who owns them, and
 * which one a packet belongs to when the kernel side did not say.
 */
#pragma once

#include "session/ps-session.h"

G_BEGIN_DECLS

typedef struct _PsSocketTable PsSocketTable;

/* More sockets than this: the oldest closed ones are forgotten, half of them at a time. */
#define PS_SOCKETS_MAX 65536u

PsSocketTable *ps_socket_table_new (void);
void ps_socket_table_free (PsSocketTable *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsSocketTable, ps_socket_table_free)

/* `offset_ns` turns the record's clock into epoch. */
void ps_socket_table_feed (PsSocketTable *self, const PsSocketView *view, gint64 offset_ns);

/* The cookie of the packet's socket, from its 5-tuple; 0 if none or not the only one. */
guint64 ps_socket_table_resolve (PsSocketTable *self, const PsPacketView *view);

/* A packet of this socket came (+1), or turned out not to be its own (-1). */
void ps_socket_table_count (PsSocketTable *self, guint64 cookie, gint difference);

/* A packet told who acts on a socket; what a socket record said stands. */
void
ps_socket_table_learn_owner (PsSocketTable *self, guint64 cookie, guint32 pid, const char *comm);

/* FALSE if nobody is known. `ret_comm` is zero-terminated, valid until the next change. */
gboolean ps_socket_table_get_owner (PsSocketTable *self,
                                    guint64 cookie,
                                    guint32 *ret_pid,
                                    const char **ret_comm);

guint ps_socket_table_get_n (PsSocketTable *self);
gboolean ps_socket_table_get_nth (PsSocketTable *self, guint nth, PsSocket *ret_socket);
gboolean ps_socket_table_find (PsSocketTable *self, guint64 cookie, PsSocket *ret_socket);

G_END_DECLS
