/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the payloads of call trees of a file lie, a few bytes for each, in groups
 * of some kilobytes of them. Private to the session.
 */
#pragma once

#include "session/ps-varint.h"

G_BEGIN_DECLS

typedef struct _PsPayloadList PsPayloadList;

/* What is added to the numbers of a recording that is not the first of its file; 0 stays 0. */
typedef struct {
  guint64 packet;
  guint64 tree;
  guint32 symbol;
} PsTreeBases;

typedef struct {
  guint type; /* PS_COMPACT_NODES, PS_COMPACT_TREES, PS_RECORD_CALLS */
  guint32 number; /* from 0, in the order they were added */
  const guint8 *at;
  gsize size;
} PsPayload;

PsPayloadList *ps_payload_list_new (void);
void ps_payload_list_free (PsPayloadList *self);

/* Unless it `stays` it is copied. FALSE if no more can be kept. */
gboolean
ps_payload_list_add (PsPayloadList *self, guint type, const guint8 *at, gsize size, gboolean stays);
/* What is added from now on is of another group. */
void ps_payload_list_end_group (PsPayloadList *self);

/* A group on its way from one list to another; its payloads stay where they are. */
typedef struct {
  const guint8 *base;
  const guint8 *codes; /* of the list; valid until something is added to it */
  guint32 n_codes; /* bytes */
  guint32 n_payloads;
  gsize size; /* bytes of payloads */
} PsPayloadGroup;

void ps_payload_list_get_group (PsPayloadList *self, guint32 group, PsPayloadGroup *ret_group);
gboolean ps_payload_list_add_group (PsPayloadList *self, const PsPayloadGroup *group);
/* The last one is as large as groups are to be. */
gboolean ps_payload_list_is_full (PsPayloadList *self);

guint32 ps_payload_list_get_n_groups (PsPayloadList *self);
gsize ps_payload_list_get_group_size (PsPayloadList *self, guint32 group); /* bytes of payloads */

/* Where a reader of a group stands; valid until a payload is added. */
typedef struct {
  PsCursor codes;
  guint32 next, end; /* numbers of payloads */
  const guint8 *at;
} PsPayloadCursor;

void ps_payload_list_read (PsPayloadList *self, guint32 group, PsPayloadCursor *ret_cursor);
gboolean ps_payload_cursor_next (PsPayloadCursor *cursor, PsPayload *ret_payload);

G_END_DECLS
