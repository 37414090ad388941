/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs of bpf/paths.bpf.c: what each needs and gives, which of them
 * run in one capture, and why the others do not.
 */
#ifndef PS_HELPER_PROGRAMS_H
#define PS_HELPER_PROGRAMS_H

#include <glib.h>

#include "helper/loaded.h"
#include "helper/paths.h"

struct bpf_object;

/* What a program needs and gives: one row for each of bpf/paths.bpf.c. */
typedef struct {
  const char *program;
  const char *tracepoint; /* NULL: not one of those */
  const char *gives; /* what a capture lacks without it */
  int stage; /* enum ps_stage with PS_STAGE_SEND; -1: none */
  int hook; /* NF_INET_*; -1: no netfilter program */
  gboolean essential; /* no capture without it */
} PsProgramRow;

/* The rows, and for one capture which of them are off and why. */
typedef struct _PsPrograms PsPrograms;

/*
 * Looks what this kernel has; nothing is loaded for longer than the look takes.
 * `kernel` is its BTF, NULL if it has none.
 */
PsPrograms *ps_programs_new (PsBtf *kernel);

/* The form of what is known of them after they were loaded. */
#define PS_PROGRAMS_TYPE "(bba(ss))"

/* The same, as it was found out before: a floating variant, and back. */
GVariant *ps_programs_describe (PsPrograms *self);
PsPrograms *ps_programs_new_described (GVariant *description);

void ps_programs_free (PsPrograms *self);

/* Whether the programs may read packets past the linear part of their buffer. */
gboolean ps_programs_can_read_paged (PsPrograms *self);

/* Whether the kernel has bpf_rdonly_cast (6.2). */
gboolean ps_programs_can_cast (PsPrograms *self);

/* Whether one that runs sees this stage. */
gboolean ps_programs_has_stage (PsPrograms *self, int stage);

/* Switches every program that cannot run here off; to be called after each open. */
void ps_programs_configure (PsPrograms *self, struct bpf_object *object);

/*
 * Loads the object, and takes it. On failure finds out which program the kernel refused and
 * switches it off, so that the object can be opened, configured and loaded
 * anew: NULL with *ret_again set. NULL with a PS_HELPER_ERROR if an essential
 * one was refused, or nobody can be blamed.
 */
PsLoaded *
ps_programs_load (PsPrograms *self, struct bpf_object *object, gboolean *ret_again, GError **error);

/* Attaches every tracepoint program that loaded; what cannot be attached is off from then on. */
void ps_programs_attach (PsPrograms *self, PsLoaded *loaded);

/* How often programs were skipped on top of themselves. */
guint64 ps_programs_count_skipped (PsPrograms *self);

/* How long they ran, as far as the kernel timed them. */
void ps_programs_get_run_time (PsPrograms *self, PsRunTime *ret_time);

guint ps_programs_get_length (PsPrograms *self);
const PsProgramRow *ps_programs_get_row (PsPrograms *self, guint i);

/* NULL if the program runs. */
const char *ps_programs_get_why_not (PsPrograms *self, guint i);
void ps_programs_switch_off (PsPrograms *self, guint i, const char *why_not);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsPrograms, ps_programs_free)

#endif /* PS_HELPER_PROGRAMS_H */
