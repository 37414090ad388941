/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A synthetic capture: the record stream a helper could have sent, the same
 * for the same seed. For tests, benchmarks and screenshots.
 */
#pragma once

#include <glib.h>

#include "record/record.h"

G_BEGIN_DECLS

typedef struct _Synthesis Synthesis;

/* `rate`: packets a second on the capture's own clock. */
Synthesis *synthesis_new (guint64 seed, guint64 n_packets, guint rate);
void synthesis_free (Synthesis *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Synthesis, synthesis_free)

/* From now on each packet has a call tree; to be called before the beginning. */
void synthesis_add_calls (Synthesis *self);

/* Hello, then the dictionaries. */
void synthesis_begin (Synthesis *self, PsRecordWriter *writer);

/* One step of one conversation, and whatever falls due; FALSE after the last packet. */
gboolean synthesis_step (Synthesis *self, PsRecordWriter *writer);

/* Last readings, end record. */
void synthesis_end (Synthesis *self, PsRecordWriter *writer);

/* All of it, from the beginning to the end. */
void synthesis_write (Synthesis *self, PsRecordWriter *writer);

guint64 synthesis_get_n_packets (Synthesis *self); /* so far */
guint64 synthesis_get_time (Synthesis *self); /* ns since its start, on its own clock */

G_END_DECLS
