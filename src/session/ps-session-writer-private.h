/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the files that write sessions: parts on their way into one file, and
 * what their numbers become there.
 */
#pragma once

#include "session/ps-session-writer.h"

G_BEGIN_DECLS

/* One part on its way out. */
typedef struct {
  const PsSessionPart *part;
  gint64 offset_ns; /* of its last hello */
  gboolean apart; /* of another boot or host than the first */
  guint64 number, end; /* the next packet to look at */
  gboolean has_packet;
  PsPacket packet;

  guint64 id_base;
  guint64 socket_base;
  guint32 interface_base; /* of foreign packets */
  GHashTable *symbols; /* old id → new id */
  GHashTable *paths;
  GHashTable *reasons;
  GHashTable *netns;
  GHashTable *sockets; /* cookies (guint64) that are written */
  GHashTable *trees; /* old id (guint64) → new id (guint64) */
} PsWriterInput;

typedef struct {
  PsCaptureWriter *writer;
  PsRecordWriter records;
  gint64 offset_ns;
  PsWriterInput *inputs;
  guint n_inputs;

  GHashTable *symbols; /* "name\nmodule" → new id */
  GHashTable *paths; /* GBytes of flags and frames → new id */
  GHashTable *reasons; /* number → name */
  GHashTable *parts; /* guint64: call tree and part that are written */
  guint64 n_trees;
  guint32 n_netns;
  guint32 n_reasons;
} PsWriterOutput;

/* What the number of a function or of a drop reason is in the file; written there if it is new. */
guint32 ps_writer_map_symbol (PsWriterOutput *self, PsWriterInput *input, guint32 id);
guint32 ps_writer_map_reason (PsWriterOutput *self, PsWriterInput *input, guint32 number);

/* The call trees that know of the packet at hand; the same one may know of many. */
void ps_writer_put_trees (PsWriterOutput *self, PsWriterInput *input);

/*
 * Writes the readings of counters and the losses of all parts. Parts that are files of one capture
 * go on counting where the one before ended; of different captures the counters are added up.
 */
void ps_writer_put_counters (PsWriterOutput *self);

G_END_DECLS
