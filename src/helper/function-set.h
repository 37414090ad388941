/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which functions of the running kernel are worth an entry and a return probe:
 * found by walking its BTF and that of its modules, kept if ftrace can reach
 * them, narrowed by what the user asked for. How they are attached to is
 * mechanism.h's.
 */
#pragma once

#include <glib.h>

#include "helper/btf-walk.h"
#include "helper/traceable.h"

G_BEGIN_DECLS

typedef struct {
  char *name;
  const char *module; /* "" for the kernel itself; interned */
  guint64 address; /* where ftrace can reach it; 0: this kernel does not tell */
  guint32 btf_id; /* of the function, in its BTF object */
  guint8 position; /* of its skb or sock among its arguments */
  guint8 second; /* of the other skb, see `edge`, or of its skb's sock; as `position`: of none */
  guint8 edge; /* enum ps_edge */
  gboolean returns_value; /* an integer, a boolean, an enumeration */
  gboolean trampoline; /* its signature is one that a trampoline can stand in */
  guint64 flags; /* PS_FUNCTION_* of bpf/calls.h */
} PsFunction;

typedef struct {
  char *name;
  char *why; /* a sentence without its full stop */
} PsFunctionLeftOut;

typedef struct {
  char **functions; /* name patterns with * and ?; nullable: no restriction */
  char **layers; /* layer names; nullable: no restriction */
  const char *own_layers; /* lines of the user's own layer table; nullable */
} PsFunctionSetOptions;

typedef struct _PsFunctionSet PsFunctionSet;

/*
 * Goes through the BTF of the kernel and of its modules, and keeps what can be
 * traced and is wanted. NULL with PS_HELPER_ERROR_USAGE if nothing is left, a
 * pattern fits nothing, or a layer does not exist.
 */
PsFunctionSet *ps_function_set_new (const PsFunctionSetOptions *options,
                                    PsBtf *kernel,
                                    PsTraceable *traceable,
                                    GError **error);

/*
 * Keeps the functions that were asked for by name, and those of the curated
 * list in the order of that, for a mechanism that takes long for each. FALSE
 * with PS_HELPER_ERROR_USAGE if that is none.
 */
gboolean ps_function_set_narrow (PsFunctionSet *self, GError **error);

/*
 * A floating variant (see function-record.h) of what was found, before it is narrowed; and the
 * same from it, or NULL.
 */
GVariant *ps_function_set_describe (PsFunctionSet *self);
PsFunctionSet *ps_function_set_new_described (const PsFunctionSetOptions *options,
                                              GVariant *description);

void ps_function_set_free (PsFunctionSet *self);

/* Of PsFunction, owned by `self`; their index is what a program knows them by. */
GPtrArray *ps_function_set_get_functions (PsFunctionSet *self);

/* Of PsFunctionLeftOut: those that take a packet and yet are not in it. More may be added. */
GPtrArray *ps_function_set_get_left_out (PsFunctionSet *self);

/* Notes that a function could not be attached to. `why` without its full stop. */
void ps_function_set_leave_out (PsFunctionSet *self, const char *name, const char *why);

/* The names of the modules that have functions in it, without "". Interned strings. */
GPtrArray *ps_function_set_get_modules (PsFunctionSet *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsFunctionSet, ps_function_set_free)

G_END_DECLS
