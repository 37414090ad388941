/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which layer a function belongs to, from data/layers.conf, and other lists of
 * name patterns: a name, or its beginning with a * behind it; the longest that
 * fits wins. Only what decides whether a function is attached to lives here;
 * what a reader is shown is decided by src/analysis.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _PsPatterns PsPatterns;

/* Never NULL. */
PsPatterns *ps_patterns_new (void);
void ps_patterns_free (PsPatterns *self);

/* Both are copied. A pattern that is there already gets the new value. */
void ps_patterns_add (PsPatterns *self, const char *pattern, const char *value);

/* The value of the longest pattern that fits, or NULL. Owned by `self`. */
const char *ps_patterns_match (PsPatterns *self, const char *name);

/* The lines of layers.conf as patterns whose values are layer names; "-" for plumbing. */
PsPatterns *ps_patterns_new_layers (void);

/* Whether there is a layer of this name. */
gboolean ps_is_layer (const char *name);

/*
 * Lines as those of layers.conf that a client sent of its own. NULL if one is not a pattern and
 * the name of a layer; `ret_bad_line` gets its number, from 1.
 */
PsPatterns *ps_patterns_new_own_layers (const char *text, guint *ret_bad_line);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsPatterns, ps_patterns_free)

G_END_DECLS
