/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules that come and go during a capture of functions. What is traced was
 * decided when it began: the functions of a module that comes later are not,
 * those of one that goes are gone. Either is worth a sentence.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _PsModuleWatch PsModuleWatch;

/*
 * Takes down the modules of this moment. `traced` (of names; copied) are those
 * with traced functions. `folder` is /sys/module, but for tests.
 */
PsModuleWatch *ps_module_watch_new (const char *folder, GPtrArray *traced);
void ps_module_watch_free (PsModuleWatch *self);

/*
 * What changed since the last time, in a sentence or two; NULL if nothing did
 * that has to do with packets. Transfer full.
 */
char *ps_module_watch_poll (PsModuleWatch *self);

#define PS_MODULE_FOLDER "/sys/module"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsModuleWatch, ps_module_watch_free)

G_END_DECLS
