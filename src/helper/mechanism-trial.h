/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a mechanism works here, found out before its programs are loaded: that takes long. */
#pragma once

#include "helper/function-set.h"

G_BEGIN_DECLS

/* A function that is certain to exist and easy to reach, to try on. FALSE: BTF has none of them. */
gboolean ps_mechanism_trial_function (PsBtf *kernel, PsFunction *ret_function);

/*
 * Attaches the smallest program there is to `probe` and takes it away again.
 * `attach_type` is a PS_ATTACH_*, `name` the mechanism's. NULL if that works,
 * else why not: a newly allocated sentence without its full stop.
 */
char *ps_mechanism_trial_attach (const char *name, int attach_type, const PsFunction *probe);

/*
 * Whether BPF sessions of this kernel are told from the context (`arguments` 1,
 * since 7.0) or from nothing (0). NULL if so, else why not.
 */
char *ps_mechanism_trial_session (PsBtf *kernel, guint arguments);

G_END_DECLS
