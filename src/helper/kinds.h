/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The usual path of a kind of packet. Past the budget for stacks a packet has
 * none of its own; then the path that most sampled packets of its kind took is
 * named for it, marked as inferred, with how many of how many took it.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What makes two packets of one kind. Zeroed first: it is compared as bytes. */
typedef struct {
  guint64 drop_location; /* of a drop: kernel address; else 0 */
  guint32 netns;
  guint32 interface;
  guint16 protocol; /* EtherType */
  guint8 ip_protocol;
  guint8 tcp_class; /* PsTcpClass */
  guint8 direction;
  guint8 context; /* in which the stage was passed */
  guint8 stage;
  guint8 event;
} PsKind;

typedef struct _PsKinds PsKinds;

PsKinds *ps_kinds_new (void);
void ps_kinds_free (PsKinds *self);

/* A packet of this kind was seen to take this path. */
void ps_kinds_add (PsKinds *self, const PsKind *kind, guint32 path);

/* The path most packets of this kind took, 0 if none was seen, and the counts. */
guint32
ps_kinds_usual (PsKinds *self, const PsKind *kind, guint32 *ret_agreeing, guint32 *ret_sampled);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PsKinds, ps_kinds_free)

G_END_DECLS
