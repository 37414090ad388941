/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this kernel allows, found out by trying, never by its version: the
 * kernel's reason is kept where it refuses. One capture's set of programs is
 * programs.h.
 */
#ifndef PS_HELPER_PROBES_H
#define PS_HELPER_PROBES_H

#include <glib.h>

typedef struct {
  const char *what; /* "BTF", "kfree_skb", … ; static */
  gboolean works;
  char *why_not; /* a sentence; NULL if it works */
} PsProbe;

/* `why_not`: NULL if it works. */
PsProbe *ps_probe_new (const char *what, const char *why_not);
void ps_probe_free (PsProbe *self);

/* For doctor: every probe tried, a new array of PsProbe that frees them. Takes some 100 ms. */
GPtrArray *ps_probes_try_all (void);

/*
 * Whether the caller may load tracing programs at all and this kernel has what
 * they need. FALSE with a PS_HELPER_ERROR, PERMISSION or KERNEL.
 */
gboolean ps_probes_check (GError **error);

#endif /* PS_HELPER_PROBES_H */
