/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trampolines for one function at a time (fentry and fexit, since 5.5): as cheap
 * for the traffic as those for many, but each takes the kernel some
 * milliseconds to attach, and programs of its own.
 */
#pragma once

#include <bpf/libbpf.h>
#include <glib.h>

#include "helper/function-set.h"
#include "helper/loaded.h"

G_BEGIN_DECLS

/* Before the object is loaded: its programs are tried on `probe`. 0 or a negative errno. */
int ps_trampolines_configure (struct bpf_object *object, const PsFunction *probe);

/*
 * Attaches copies of the loaded object's programs to the return and the entry
 * of a function, whose index they tell. The descriptors of the links are added
 * to `links`, those of the copies to `programs` (of int); the caller closes
 * them. 0 or a negative errno, and then nothing is attached.
 */
int ps_trampolines_attach (PsLoaded *loaded,
                           const PsFunction *function,
                           guint32 index,
                           GArray *links,
                           GArray *programs);

/*
 * A copy of a loaded trampoline program for the functions of a module: it
 * belongs to the BTF object of what it is attached to. A descriptor, which the
 * caller closes, or a negative errno.
 */
int
ps_trampolines_copy (PsLoaded *loaded, const char *program, int attach_type, const char *module);

G_END_DECLS
