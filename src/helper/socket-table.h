/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of every socket while a capture runs: the listings of
 * sockets.h, and in between what the kernel's events told. It writes a record
 * for each socket that changed, and finds the socket of a packet whose cookie
 * the kernel side could not tell.
 */
#pragma once

#include "bpf/state.h"
#include "helper/headers.h"
#include "helper/sockets.h"

G_BEGIN_DECLS

typedef struct _PsSocketTable PsSocketTable;

PsSocketTable *ps_socket_table_new (void);
void ps_socket_table_free (PsSocketTable *self);

/*
 * Takes a listing in that was begun at `time` (CLOCK_MONOTONIC, ns). A socket
 * known from before that time and not in it is closed.
 */
void ps_socket_table_merge (PsSocketTable *self, GHashTable *entries, guint64 time);

/* A socket changed its state. Writes its record at once. */
void ps_socket_table_event (PsSocketTable *self,
                            const struct ps_raw_socket *event,
                            PsRecordWriter *writer);

/*
 * A packet of a socket was seen, in the context of its process or not. Both may be gone before the
 * next listing.
 */
void ps_socket_table_learn (PsSocketTable *self,
                            const struct ps_raw_packet *packet,
                            const PsHeaders *headers,
                            gboolean is_received);

/* Counts a packet for its socket: a segmented one once, with all its bytes. */
void
ps_socket_table_count (PsSocketTable *self, guint64 cookie, const struct ps_raw_packet *packet);

/* What the packets of a socket have in common; FALSE if it is not known. */
gboolean ps_socket_table_get_flow (PsSocketTable *self, guint64 cookie, struct ps_flow *ret_flow);

/* Whether it is open, or closed so lately that packets may still be on their way. */
gboolean ps_socket_table_knows (PsSocketTable *self, guint64 cookie);

/* Writes the records of all sockets that changed since they were last written. */
void ps_socket_table_write (PsSocketTable *self, PsRecordWriter *writer);

/* The cookie of the socket that such a packet is from, or for; listeners included. 0: none. */
guint64 ps_socket_table_find (PsSocketTable *self,
                              guint32 netns,
                              const PsHeaders *headers,
                              gboolean is_received);

/* Calls `func` (PsSocketRecord *, user_data) for the sockets of a process. */
void ps_socket_table_foreach_of_process (PsSocketTable *self,
                                         guint32 pid,
                                         const char *comm,
                                         GFunc func,
                                         gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsSocketTable, ps_socket_table_free)

G_END_DECLS
