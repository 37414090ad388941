/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sockets of this machine, listed: by BPF iterators, or where they cannot
 * be loaded by sock_diag and a walk over /proc. What happens to them between
 * two listings is told by the capture itself, and put together in socket-table.h.
 */
#pragma once

#include <glib.h>

#include "helper/start-cache.h"
#include "record/record.h"

G_BEGIN_DECLS

/* More are not listed. */
#define PS_SOCKETS_MAX 32768u

typedef struct {
  PsSocketRecord record;
  PsSocketProcess processes[PS_PROCESSES_MAX]; /* record.n_processes many */
} PsSocketEntry;

typedef struct _PsSockets PsSockets;

/* Loads the iterators if they can be. Never NULL. `cache` is nullable. */
PsSockets *ps_sockets_new (PsStartCache *cache);
void ps_sockets_free (PsSockets *self);

/* Why sock_diag is used in place of the iterators, a sentence; NULL if it is not. */
const char *ps_sockets_get_why_not (PsSockets *self);

/*
 * Lists the sockets of these namespaces (PsNetns): a table of PsSocketEntry by
 * their cookies (which lie in the entry). Takes some µs for each socket and
 * each descriptor on the machine; may be called from any one thread.
 */
GHashTable *ps_sockets_list (PsSockets *self, GPtrArray *namespaces);

/* Adds a process to those of a socket, unless it is there or there are too many. */
void ps_socket_entry_add_process (PsSocketEntry *self, guint32 pid, guint32 fd, const char *comm);

/* For the fallback: the sockets of the calling thread's namespace, and their holders. */
void ps_sockets_diag_list (GHashTable *entries, guint32 netns);
void ps_sockets_diag_find_holders (GHashTable *entries);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsSockets, ps_sockets_free)

G_END_DECLS
