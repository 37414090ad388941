/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a session is made of: for the file that feeds it and the one that reads it, and no others.
 */
#pragma once

#include "session/ps-call-store.h"
#include "session/ps-changes.h"
#include "session/ps-comments.h"
#include "session/ps-deferred-trees.h"
#include "session/ps-dictionary.h"
#include "session/ps-findings.h"
#include "session/ps-hello.h"
#include "session/ps-metrics-history.h"
#include "session/ps-packet-store.h"
#include "session/ps-pcapng-carried.h"
#include "session/ps-session-private.h"
#include "session/ps-socket-table.h"

G_BEGIN_DECLS

/* In ps-session-trees.c. */
typedef struct _PsSessionTrees PsSessionTrees;
PsSessionTrees *ps_session_trees_new (void);
void ps_session_trees_free (PsSessionTrees *self);
/* Adds to the time of every tree so far, in ns. */
void ps_session_shift_trees (PsSession *self, gint64 difference);

struct _PsSession {
  GObject parent_instance;

  guint64 memory_limit;
  PsPacketStore *packets;
  PsCallStore *calls;
  guint64 call_bytes; /* in the file */
  GMutex trees_lock; /* of the next three */
  PsDeferredTrees *deferred; /* those in a file; NULL until there are some */
  PsSessionTrees *asked;
  guint64 trees_revision; /* counts up with every change to trees */
  gint trees_wanted; /* atomic: threads that wait for the lock */
  gint trees_damaged; /* atomic; 2: told */
  PsSocketTable *sockets;
  PsDictionary *dictionary;
  PsMetricsHistory *metrics;
  PsChanges *changes;
  PsHello *hello;
  char *end;
  GPtrArray *warnings; /* NULL-terminated */
  guint64 losses[PS_N_LOSSES];
  guint64 earlier_losses[PS_N_LOSSES]; /* of the captures before the last hello */

  guint64 first; /* published */
  guint64 end_number; /* published; one past the last */
  guint64 revision;
  gboolean dirty;
  GArray *aligned; /* guint64: a payload that came unaligned */
  GPtrArray *carried; /* GBytes: PsCarriedBlock and its body */
  gsize carried_size;
  PsComments *comments;
  PsFindings *findings;
  GPtrArray *maps; /* PsFileMap: of packets and trees that were not copied; with trees_lock */
};

/* Packets of foreign captures carry epoch times already; so do those before any hello. */
static inline gint64
ps_session_offset_of (PsSession *self, guint16 packet_flags)
{
  return self->hello && !(packet_flags & PS_PACKET_IMPORTED) ? self->hello->offset_ns : 0;
}

/* The oldest packets leave until what is left takes no more than `limit` bytes. */
void ps_session_evict_to (PsSession *self, guint64 limit);

G_END_DECLS
