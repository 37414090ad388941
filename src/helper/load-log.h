/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the kernel refused a program, in a sentence: from what libbpf says while it loads one. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _PsLoadLog PsLoadLog;

/* From here on libbpf's warnings of this thread are kept instead of printed. */
PsLoadLog *ps_load_log_begin (void);

/* Lets them be printed again, and frees `self`. */
void ps_load_log_end (PsLoadLog *self);

/* What was kept so far. */
const char *ps_load_log_get_text (PsLoadLog *self);

/* What the log says went wrong; the errno's own text if it says nothing. */
char *ps_load_log_explain (PsLoadLog *self, int error);

/* What an errno means when the smallest program of a mechanism does not load. */
char *ps_load_log_explain_trial (int error);

/* What an errno means when programs loaded and yet do not attach by `mechanism`. */
char *ps_load_log_explain_attach (const char *mechanism, int error);

G_END_DECLS
