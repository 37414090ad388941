/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what the kernel wrote to what a reader gets: addresses become symbols
 * and paths, numbers get names, packets the socket and the usual path that the
 * kernel side could not tell. Raw records are gathered first and written by
 * time, so that a stack which another CPU sent is there before its packet.
 */
#pragma once

#include "helper/functions.h"
#include "helper/names.h"
#include "helper/netns.h"
#include "helper/path-dictionary.h"
#include "helper/socket-table.h"
#include "helper/stream.h"
#include "helper/symbols.h"

G_BEGIN_DECLS

typedef struct _PsTranslator PsTranslator;

/* All borrowed. */
PsTranslator *ps_translator_new (PsStream *stream, PsSymbols *symbols, PsSocketTable *sockets);
void ps_translator_free (PsTranslator *self);

/* Whose call trees will be taken in; borrowed, NULL: nobody's. */
void ps_translator_set_functions (PsTranslator *self, PsFunctions *functions);

/* Takes one raw record in; a PsRawFunc. */
void ps_translator_take (const struct ps_raw_header *record, gpointer translator);

/* Whether a packet that was taken in names a stack that has not come yet. */
gboolean ps_translator_lacks_stacks (PsTranslator *self);

/* Bytes taken in and not yet written. */
gsize ps_translator_get_pending (PsTranslator *self);

/* Writes everything that was taken in to the stream. */
void ps_translator_flush (PsTranslator *self);

/* Namespaces and interfaces as they are now; those not told yet are written. */
void ps_translator_set_namespaces (PsTranslator *self, GPtrArray *namespaces);

/* The function that drops at an address, its symbol written; a PsDropFunc. */
gboolean ps_translator_tell_drop (guint64 address,
                                  guint direction,
                                  guint32 *ret_symbol,
                                  gpointer translator);

/* For the totals. */
typedef struct {
  guint64 packets; /* written */
  guint64 updates;
  guint64 trees; /* parts of call trees */
  guint64 calls; /* in them */
  guint64 stacks_unknown; /* references to a stack that never came, or found no room */
} PsTranslatorTotals;

const PsTranslatorTotals *ps_translator_get_totals (PsTranslator *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsTranslator, ps_translator_free)

G_END_DECLS
