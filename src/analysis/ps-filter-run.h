/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One test of a filter over packets that lie together. Private to the filter. */
#pragma once

#include "analysis/ps-filter-column.h"

G_BEGIN_DECLS

#define PS_FILTER_ROWS_MAX 1024u
#define PS_FILTER_WORDS_MAX (PS_FILTER_ROWS_MAX / 64)
/* Values that packets of one run may have of what decides a test. */
#define PS_FILTER_KEYS_MAX (1u << 16)

/* Packets that lie together. */
typedef struct {
  PsSession *session;
  guint64 number; /* of the first */
  PsSessionColumns columns;
  guint32 keys[PS_FILTER_ROWS_MAX];
  guint8 answers[PS_FILTER_KEYS_MAX];
  gboolean has_shapes; /* of journeys */
  gboolean has_calls;
  const PsTcpConnections *connections; /* if the filter asks for them */
  GHashTable *field_columns; /* PsFilterNode → PsFilterColumn */
  GHashTable *answers_of; /* PsFilterNode → GByteArray: of each path by its id, or of each code */
} PsFilterRun;

static inline guint
ps_filter_run_words (const PsFilterRun *self)
{
  return (self->columns.n + 63) / 64;
}

/* `bits` in: the packets that are asked about. Out: those of them that pass. */
void ps_filter_run_test (PsFilterRun *self, const PsFilterNode *test, guint64 *bits);

/* Whether a test may have to look at calls. */
gboolean ps_filter_asks_for_calls (const PsFilterNode *test);

G_END_DECLS
