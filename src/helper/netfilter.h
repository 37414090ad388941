/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BPF netfilter links (Linux 6.4): each program at its hook, for IPv4 and
 * IPv6, in every network namespace. A link belongs to the namespace it was made
 * in, so each is made by a thread that enters it. The programs accept always;
 * closing the links leaves no trace.
 */
#ifndef PS_HELPER_NETFILTER_H
#define PS_HELPER_NETFILTER_H

#include <glib.h>

typedef struct _PsNetfilter PsNetfilter;

PsNetfilter *ps_netfilter_new (void);
void ps_netfilter_free (PsNetfilter *self);

/* A program to attach at NF_INET_* `hook`, from the next update on. The fd stays the caller's. */
void ps_netfilter_add_program (PsNetfilter *self, int fd, int hook);

/* Attaches in namespaces that are new and lets go of those that are gone. Cheap if none are. */
void ps_netfilter_update (PsNetfilter *self);

/* Namespaces it is attached in, and why not in the one that failed last (NULL: none failed). */
guint ps_netfilter_get_n_namespaces (PsNetfilter *self);
const char *ps_netfilter_get_why_not (PsNetfilter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsNetfilter, ps_netfilter_free)

#endif /* PS_HELPER_NETFILTER_H */
