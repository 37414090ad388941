/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives away what the helper has no use for. What it keeps was measured: each
 * capability in the table was taken away in turn, and something stopped working.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  const char *name; /* NULL ends the table */
  guint number;
  const char *what_for; /* a sentence, for doctor */
} PsSandboxCapability;

extern const PsSandboxCapability ps_sandbox_needed[];

/* The capabilities in force, a bit each. */
guint64 ps_sandbox_get_capabilities (void);

/*
 * Keeps only the needed capabilities, of those that are held, for good; no
 * program run from here on gains any; no memory dump. Called once at the start,
 * before other threads. Goes on without where it is not allowed.
 */
void ps_sandbox_enter (void);

G_END_DECLS
