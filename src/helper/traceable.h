/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions ftrace can reach, and where: available_filter_functions[_addrs] of tracefs. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _PsTraceable PsTraceable;

typedef enum {
  PS_TRACEABLE_NO,
  PS_TRACEABLE_YES,
  PS_TRACEABLE_AMBIGUOUS, /* several functions have the name */
} PsTraceableKind;

/* NULL with a PS_HELPER_ERROR: KERNEL if there is no such list, PERMISSION if it cannot be read. */
PsTraceable *ps_traceable_new (GError **error);
void ps_traceable_free (PsTraceable *self);

/*
 * Whether `name` of `module` ("" for the kernel itself; interned) can be
 * reached. *ret_address is set, to 0 if the kernel does not tell.
 */
PsTraceableKind
ps_traceable_lookup (PsTraceable *self, const char *name, const char *module, guint64 *ret_address);

/* The names of the modules that have functions in it: interned strings. */
GPtrArray *ps_traceable_list_modules (PsTraceable *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsTraceable, ps_traceable_free)

G_END_DECLS
