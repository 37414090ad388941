/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The name patterns a user gives for functions (* and ?), whether each of them
 * found something, and what could have been meant where one did not.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _PsGlobs PsGlobs;

/* `patterns` is copied; NULL for none, which fits every name. */
PsGlobs *ps_globs_new (char **patterns);
void ps_globs_free (PsGlobs *self);

/* Whether there are any patterns. */
gboolean ps_globs_are_given (PsGlobs *self);

/* Whether a pattern fits `name`. FALSE if there are none: nothing was asked for by its name. */
gboolean ps_globs_name (PsGlobs *self, const char *name);

/* Notes that a function of that name is there to be traced. */
void ps_globs_found (PsGlobs *self, const char *name);

/*
 * A pattern that fits no function which was found, and up to three names that
 * are like it, between commas, or "". NULL if every pattern fits one.
 */
const char *ps_globs_get_idle (PsGlobs *self, char **ret_suggestions);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsGlobs, ps_globs_free)

G_END_DECLS
