/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of columns of fields: one fills them, the other keeps and asks them. */
#pragma once

#include "analysis/ps-filter-column.h"

G_BEGIN_DECLS

/* Distinct lists of values, and bytes of one list: of more no codes are made. */
#define PS_FILTER_CODES_MAX 65536u
#define PS_FILTER_KEY_MAX 256u
/* Instead of a code: this packet has to be looked at. */
#define PS_FILTER_LOOK 0xffffu

typedef enum {
  OF_CODES,
  OF_NUMBERS,
  OF_NOTHING, /* it was tried, and there is no use in it */
} PsFilterColumnKind;

/* What a packet of a column of numbers has, two bits each. */
enum { HAS_NONE, HAS_ONE, HAS_MORE };

struct _PsFilterColumn {
  gatomicrefcount references;
  PsFilterOperand operand;
  gboolean present; /* of a protocol: only whether it is there */
  PsFilterColumnKind kind;
  guint64 first; /* packet of the first row */
  guint64 revision; /* of the session, if the values may change with it */
  const PsTcpConnections *connections; /* of a field they decide */
  guint64 used; /* the higher, the later */
  GArray *rows; /* guint16 codes or guint32 numbers */
  GByteArray *has; /* of numbers: HAS_*, a byte a packet */
  GHashTable *codes; /* GBytes → code + 1 */
  GPtrArray *lists; /* GBytes of a code, which are the hash table's */
};

/* Numbers and times, which are compared as such. */
static inline gboolean
ps_filter_is_number (PsValueType type)
{
  return type == PS_VALUE_UNSIGNED || type == PS_VALUE_BOOLEAN || type == PS_VALUE_TIME;
}

/* Forgets the rows and begins anew. */
void ps_filter_column_begin (PsFilterColumn *self, PsFilterColumnKind kind);

/* Adds what is lacking up to the last published packet, by several threads; may change its kind. */
void ps_filter_column_fill (PsFilterColumn *self, const PsFilterNode *test, PsSession *session);

G_END_DECLS
