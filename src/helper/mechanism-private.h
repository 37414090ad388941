/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of a mechanism, shared by the files that make one: mechanism.c finds
 * the one that works and loads it, mechanism-attach.c puts it to functions. Nobody else
 * includes this.
 */
#pragma once

#include "helper/mechanism.h"

G_BEGIN_DECLS

#define PS_N_RUNGS 6u

typedef struct {
  int number; /* PS_MECHANISM_* */
  const char *name;
  int attach_type; /* 0: one function at a time */
  int session; /* arguments of the kernel's functions for sessions; -1: uses none */
  guint dispatch_ns; /* a run */
} PsRung;

/* The best first. */
extern const PsRung ps_mechanism_rungs[PS_N_RUNGS];

struct _PsMechanism {
  guint rung;
  PsLoaded *loaded;
  GArray *links; /* of int */
  GArray *programs; /* of int: copies for modules */
  GPtrArray *single_links; /* of struct bpf_link */
  PsFunctionSet *set; /* not owned; of a slow mechanism on its way */
  guint next; /* function of it */
  guint n_attached;
  guint64 missed; /* by links that are closed */
};

/* mechanism-attach.c */

/* The return of one function, then its entry. 0 or a negative errno. */
int ps_mechanism_attach_single (PsMechanism *self, const PsFunction *function, guint32 index);

void ps_mechanism_close_all (GArray *descriptors);

/* What never got as far as a program, because ftrace was running already: by links that are open.
 */
guint64 ps_mechanism_count_missed (PsMechanism *self);

G_END_DECLS
