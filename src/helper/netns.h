/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network namespaces and the interfaces in them. A namespace is its inode
 * number; it is found under /run/netns, where its name is, or by a process
 * that lives in it. Work inside of another one is done by a thread of its own
 * that enters it and ends there, so that the helper itself never moves.
 */
#pragma once

#include <glib.h>

#include "record/record.h"

G_BEGIN_DECLS

typedef struct {
  guint32 inode;
  gboolean is_own;
  char *name; /* "" for the own one, else as under /run/netns, else "pid:comm" of an inhabitant */
  char *path; /* to enter it by */
} PsNetns;

typedef struct {
  guint32 netns;
  guint32 index;
  guint16 link_type; /* LINKTYPE_* */
  guint32 mtu;
  char name[16];
} PsInterface;

/* Every namespace that can be found, the own one first. Array of PsNetns, frees them. */
GPtrArray *ps_netns_list (void);

PsNetns *ps_netns_find_inode (GPtrArray *list, guint32 inode);

/*
 * The namespace called `name`, or in which the process of that number lives.
 * A name holds letters, digits and ".-_" only; it is never taken as a path.
 * Returns NULL with PS_HELPER_ERROR_USAGE if there is none.
 */
PsNetns *ps_netns_resolve (GPtrArray *list, const char *name, GError **error);

/* Calls `func` in the namespace, and waits for it. FALSE if it cannot be entered: it is gone. */
gboolean ps_netns_run (const PsNetns *self, GFunc func, gpointer data);

/* The interfaces of a namespace: array of PsInterface, empty if it is gone. */
GArray *ps_netns_list_interfaces (const PsNetns *self);

void ps_netns_free (PsNetns *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsNetns, ps_netns_free)

G_END_DECLS
