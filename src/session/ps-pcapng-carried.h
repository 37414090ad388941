/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What means nothing to a session, but must not be lost when it is written
 * again: name resolution, decryption secrets, and what people wrote about
 * packets.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The record that such a block travels as, from reader to session and to
 * writer; never on a wire nor in a file. Payload: PsCarriedBlock, then the body
 * of the block in the byte order of this machine.
 */
#define PS_RECORD_CARRIED 0xff02

typedef struct {
  guint32 type;
  guint32 size;
} PsCarriedBlock;

/* The same for a comment: PsCarriedComment and its text, after the packet it is about. */
#define PS_RECORD_COMMENT 0xff04

typedef struct {
  guint64 packet; /* id */
} PsCarriedComment;

/* Of one packet; those past it are dropped. */
#define PS_COMMENTS_MAX 8u

/* Whether it says only what the writer of a dropped packet says anyway. */
gboolean ps_pcapng_is_own_comment (const char *text, gsize length);

/* Of one session; what is over it is dropped, with a warning. */
#define PS_CARRIED_MAX (16u << 20)

gboolean ps_pcapng_is_carried (guint32 type);

/* Turns a body of the other byte order. FALSE if it lies about its lengths. */
gboolean ps_pcapng_swap_carried (guint32 type, guint8 *body, gsize size);

G_END_DECLS
