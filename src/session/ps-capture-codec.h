/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records as they lie in a session file: {varint type, varint length, payload},
 * with compact payloads for the types that come often. A packet's own record
 * leaves out what its packet block says already (time, id, lengths, bytes) and
 * what the interface block says (namespace, interface, link type).
 *
 * Every record can be read without the packets before it, but for the ids of
 * symbols and paths: a file from which a tool has deleted packets still makes
 * sense.
 */
#pragma once

#include "record/record.h"
#include "session/ps-varint.h"

G_BEGIN_DECLS

/* Types of the stream that are no records of the wire. */
enum {
  PS_COMPACT_GROUP = 0, /* varint: the number of the group that follows; 0: none */
  PS_COMPACT_FORMAT = 63, /* of a section: one byte, PS_RECORD_VERSION */
  PS_COMPACT_PLACE = 64, /* of an interface block: varint namespace, varint index */
  PS_COMPACT_NODES = 65, /* shapes of call trees, and … */
  PS_COMPACT_INTERFACE_GROUP = 67, /* as PS_COMPACT_GROUP, of what an interface took along */
  PS_COMPACT_TREES = 66, /* … call trees of them: ps-tree-codec.h */
};

/*
 * Appends a record to `stream`. FALSE if the record is malformed; `stream` is as
 * it was then.
 */
gboolean ps_compact_encode (const PsRecord *record, GByteArray *stream);

/* Appends one record of the stream with a payload as it is. */
void ps_compact_put (GByteArray *stream, guint type, const void *payload, gsize size);

/* The EtherType of a packet as its bytes have it; 0 if they do not tell. */
guint16 ps_ethertype_of (guint16 link_type, const guint8 *data, guint32 captured);

/* What the blocks around a packet say of it. */
typedef struct {
  guint64 id;
  guint64 time;
  guint32 length;
  guint32 captured;
  guint32 netns;
  guint32 interface;
  guint16 link_type;
  const guint8 *data;
} PsBlockPacket;

/* A packet's record before it is one: with room for the most of everything. */
typedef struct {
  PsPacketRecord packet;
  PsStageRecord stages[PS_STAGES_MAX];
  PsPathReference paths[PS_PATHS_MAX];
  const guint8 *tail; /* stages and paths as they lie in the payload */
  gsize tail_size;
} PsPacketParts;

/* No tail is longer, however wastefully its numbers are written. */
#define PS_COMPACT_TAIL_MAX 1024u

/* Appends stages and paths of a packet as they end its compact record. */
void ps_compact_encode_tail (const PsPacketView *view, GByteArray *to);

/*
 * The reverse; NULL: none. Reads no more than PS_COMPACT_TAIL_MAX bytes. What is damaged (a file
 * that was changed) has neither stages nor paths.
 */
void ps_compact_decode_tail (const guint8 *tail,
                             PsStageRecord *stages,
                             guint8 *ret_n_stages,
                             PsPathReference *paths,
                             guint8 *ret_n_paths);

/* Its stages alone. */
void
ps_compact_decode_tail_stages (const guint8 *tail, PsStageRecord *stages, guint8 *ret_n_stages);

/* Its paths alone. */
void ps_compact_decode_tail_paths (const guint8 *tail, PsPathReference *paths, guint8 *ret_n_paths);

/* What a later record says of a packet. FALSE if it is malformed; `stages` as below. */
gboolean ps_compact_decode_update (PsCursor *payload, gboolean stages, PsPacketParts *ret_parts);

/*
 * A packet's own record alone, to be used where it lies. Without `stages` they are in the tail
 * only, unchecked. FALSE if it is malformed.
 */
gboolean ps_compact_decode_packet (PsCursor *payload,
                                   const PsBlockPacket *packet,
                                   gboolean stages,
                                   PsPacketParts *ret_parts);

/*
 * Takes the next record off the stream: its type, and a cursor over its
 * payload. FALSE at the end, or, with `stream->bad`, if what stands there is none.
 */
gboolean ps_compact_next (PsCursor *stream, guint *ret_type, PsCursor *ret_payload);

/*
 * Writes what a compact record stands for to `writer` as a record of the wire.
 * `packet` is that of the block; NULL: a packet's own record is not welcome.
 * FALSE if it is malformed; nothing has been written then.
 */
gboolean ps_compact_decode (guint type,
                            PsCursor *payload,
                            const PsBlockPacket *packet,
                            PsRecordWriter *writer);

G_END_DECLS
