/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own BTF, read when it is first asked for: a start that knows all does without. */
#pragma once

#include <glib.h>

#include "helper/btf-walk.h"

G_BEGIN_DECLS

typedef struct _PsKernelTypes PsKernelTypes;

PsKernelTypes *ps_kernel_types_new (void);
void ps_kernel_types_free (PsKernelTypes *self);

/* Owned by `self`; NULL with errno if the kernel has none. From any thread. */
PsBtf *ps_kernel_types_get (PsKernelTypes *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsKernelTypes, ps_kernel_types_free)

G_END_DECLS
