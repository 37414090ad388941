/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a field is in every packet of a session, as a column that is made when
 * the field is first asked for: whoever types a filter asks for the same field
 * again and again, with another value each time, and from the second time on no
 * packet has to be looked at.
 */
#pragma once

#include "analysis/ps-filter-private.h"

G_BEGIN_DECLS

typedef struct _PsFilterColumn PsFilterColumn;

/* Columns a session keeps, those that were asked for last: five bytes a packet each, at most. */
#define PS_FILTER_COLUMNS_MAX 4u
/* So many packets at least make one worth it. */
#define PS_FILTER_COLUMN_WORTH 16384u

/*
 * A reference to the column of the field of a test, which then has all published packets; NULL if
 * none is made of it: `n` packets, which are about to be asked, are too few, the values are too
 * many and too long, or they may change. Safe from several threads, on sessions that nobody feeds.
 */
PsFilterColumn *ps_filter_column_prepare (PsSession *session, const PsFilterNode *test, guint64 n);
void ps_filter_column_unref (PsFilterColumn *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsFilterColumn, ps_filter_column_unref)

/*
 * Which of the packets from `number` on, a bit of `mask` each, pass the test; `ret_look` gets those
 * that have to be looked at. `answers` is of this test and of one thread, and empty to begin.
 */
guint64 ps_filter_column_word (const PsFilterColumn *self,
                               const PsFilterNode *test,
                               guint64 number,
                               guint64 mask,
                               GByteArray *answers,
                               guint64 *ret_look);

G_END_DECLS
