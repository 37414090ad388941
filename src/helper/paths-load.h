/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the programs of the depth `paths` get into the kernel, with libbpf or as they did before. */
#pragma once

#include "helper/kernel-types.h"
#include "helper/loaded.h"
#include "helper/paths.h"
#include "helper/programs.h"
#include "helper/start-cache.h"

G_BEGIN_DECLS

/* Of the packet table. `options` with its defaults set, here and below. */
guint ps_paths_count_places (const PsPathsOptions *options);

/*
 * Loads them, attaches none. `kernel` and `cache` are nullable. NULL with a
 * PS_HELPER_ERROR: PERMISSION, KERNEL, FAILED.
 */
PsLoaded *ps_paths_load (const PsPathsOptions *options,
                         PsKernelTypes *kernel,
                         PsStartCache *cache,
                         guint n_cpus,
                         PsPrograms **ret_programs,
                         GError **error);

G_END_DECLS
