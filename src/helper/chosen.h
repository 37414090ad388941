/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sockets and ports whose packets' functions are traced. Sockets come and
 * go: here they are turned into the flows that the programs compare packets
 * with, and these are kept up with what the table of sockets knows.
 */
#pragma once

#include "helper/control.h"
#include "helper/socket-table.h"

G_BEGIN_DECLS

typedef struct _PsChosen PsChosen;

/* Nothing is chosen yet, and so everything wanted. `paths` is borrowed. */
PsChosen *ps_chosen_new (PsPaths *paths);
void ps_chosen_free (PsChosen *self);

/*
 * Chooses these sockets (guint64 cookies, at most PS_CHOSEN_MAX) and none else. FALSE with
 * PS_HELPER_ERROR_USAGE if one of them is not known or has no port to tell its
 * packets by; then all stays as it was.
 */
gboolean
ps_chosen_set_sockets (PsChosen *self, const GArray *cookies, PsSocketTable *table, GError **error);

/* Chooses these ports (guint16, at most PS_CHOSEN_MAX) and none else. */
void ps_chosen_set_ports (PsChosen *self, const GArray *ports);

/* Follows what became of the chosen sockets. Returns how many of them are gone since. */
guint ps_chosen_update (PsChosen *self, PsSocketTable *table);

/* Whether anything was chosen, be it gone by now: then what was not chosen is not wanted. */
gboolean ps_chosen_is_restricted (PsChosen *self);

/* The same as the programs that trace functions know it: PS_CHOSEN_* of bpf/flow.h. */
guint ps_chosen_get_kinds (PsChosen *self);

/* guint64 and guint16, owned by `self`. */
const GArray *ps_chosen_get_sockets (PsChosen *self);
const GArray *ps_chosen_get_ports (PsChosen *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsChosen, ps_chosen_free)

G_END_DECLS
