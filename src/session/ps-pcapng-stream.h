/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our records in the options of a section's blocks, turned back into records
 * of the wire.
 */
#pragma once

#include "session/ps-capture-codec.h"
#include "session/ps-capture-source.h"
#include "session/ps-payload-list.h"
#include "session/ps-stream-part.h"

G_BEGIN_DECLS

/* Zero but for the source to begin. */
typedef struct {
  PsCaptureSource *source;
  guint newer; /* the version of a writer that is newer than us; 0: none met */

  PsStreamNumbers numbers;
  GPtrArray *parts; /* PsStreamPart, of the section; NULL until there is one */
  PsStreamPart *part; /* whose records are read */
  guint n_parts; /* of the whole file */
  gint64 hello_offset_ns; /* of the hello that was told last */
  PsPayloadList *deferred; /* trees of the section that stay where they are; NULL: none yet */
  guint32 n_handed; /* groups of them that were handed over */
  GByteArray *tail; /* of a packet that was numbered anew; NULL until there is one */
} PsPcapngStream;

/* Hands over what was held back, and forgets all. */
void ps_pcapng_stream_clear (PsPcapngStream *self);
/* What the id of a packet of the recording that was read last becomes. */
guint64 ps_pcapng_stream_get_id (PsPcapngStream *self, guint64 id);

void ps_pcapng_stream_begin_section (PsPcapngStream *self);
/* What the section itself says: of which version the records in it are. */
void ps_pcapng_stream_check_format (PsPcapngStream *self, const guint8 *data, gsize size);

/*
 * Takes one block's stream, of the recording with that key. `packet`: what the block says of its
 * packet, times as in the block; NULL for other blocks. `ret_netns` and `ret_index` (nullable) get
 * the place of an interface block. Returns whether there was a packet of ours.
 */
gboolean ps_pcapng_stream_take (PsPcapngStream *self,
                                guint16 key,
                                const guint8 *data,
                                gsize size,
                                const PsBlockPacket *packet,
                                guint32 *ret_netns,
                                guint32 *ret_index);

static inline guint64
ps_pcapng_stream_move_id (PsPcapngStream *self, guint64 id)
{
  return ps_stream_part_packet (self->part, &self->numbers, id);
}

static inline guint32
ps_pcapng_stream_move_symbol (PsPcapngStream *self, guint32 id)
{
  return ps_stream_part_symbol (self->part, &self->numbers, id, /* define= */ FALSE);
}

/* From the clock of the recording to that of the hello that was told last. */
static inline guint64
ps_pcapng_stream_move_time (const PsPcapngStream *self, guint64 time)
{
  return self->part->has_hello ? time + (guint64)(self->part->offset_ns - self->hello_offset_ns)
                               : time;
}

/* In ps-pcapng-trees.c: a payload of shapes or trees, of either kind. FALSE if it is damaged. */
gboolean ps_pcapng_trees_take (PsPcapngStream *self, guint type, PsCursor *payload);
/* What was put off and not handed over yet: before whatever else is told. */
void ps_pcapng_trees_hand_over (PsPcapngStream *self);
/* No more are put off, and how those that were are numbered has to be known. */
void ps_pcapng_trees_settle (PsPcapngStream *self);

G_END_DECLS
