/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets of a session that pass a filter, one after the other. */
#pragma once

#include "analysis/ps-filter.h"

G_BEGIN_DECLS

/* Asked at a time. */
#define PS_FILTER_CURSOR_ROWS 1024u

/* Private; on the stack. Holds nothing: filter and session are to outlive it. */
typedef struct {
  PsFilter *filter; /* NULL: all pass */
  PsSession *session;
  guint64 from; /* number of the first packet of `bits` */
  guint64 number; /* the next to look at */
  guint64 asked; /* one past those of `bits` */
  guint64 bits[PS_FILTER_CURSOR_ROWS / 64];
} PsFilterCursor;

/* Begins at packet `number`. */
void
ps_filter_cursor_init (PsFilterCursor *self, PsFilter *filter, PsSession *session, guint64 number);

/* The number of the next packet that passes, among those published by now; 0: no more. */
guint64 ps_filter_cursor_next (PsFilterCursor *self);

G_END_DECLS
