/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first record of a capture: who captured, how, and how its clock relates
 * to the calendar.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  char *text; /* the JSON itself, valid UTF-8 */
  char *depth; /* this and those below: NULL if it does not say */
  char *mechanism;
  char *host;
  char *kernel;
  guint record_version;
  gint64 offset_ns; /* epoch minus CLOCK_MONOTONIC */
} PsHello;

/* Transfer full; NULL if `text` is no JSON object. */
PsHello *ps_hello_parse (const char *text, gsize length);
void ps_hello_free (PsHello *hello);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsHello, ps_hello_free)

/*
 * A time of the capture's clock as epoch ns. What lies before the epoch or past
 * the year 2100 is no time of any capture; it is moved to that bound, so that
 * nobody who takes differences of times has to fear an overflow.
 */
static inline gint64
ps_hello_to_epoch (guint64 time, gint64 offset_ns)
{
  return CLAMP ((gint64)(time + (guint64)offset_ns), 0,
                G_GINT64_CONSTANT (4102444800) * G_GINT64_CONSTANT (1000000000));
}

/*
 * A copy of a JSON text, checked before a parser may see it: zero-terminated,
 * UTF-8, and not nested so deeply that a recursive parser runs out of stack.
 * NULL if it is not fit.
 */
char *ps_hello_check_json (const char *text, gsize length);

G_END_DECLS
