/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our records in the options of a section's blocks, turned back into records
 * of the wire.
 */
#pragma once

#include "session/ps-deferred-trees.h"
#include "session/ps-capture-codec.h"
#include "session/ps-capture-source.h"
#include "session/ps-tree-codec.h"

G_BEGIN_DECLS

/* Zero but for the source to begin. */
typedef struct {
  PsCaptureSource *source;
  guint64 group; /* the highest one told */
  gint64 offset_ns; /* epoch minus the clock of the section's records */
  guint newer; /* the version of a writer that is newer than us; 0: none met */

  /* A later section numbers anew: its ids are moved past those of the sections before. */
  guint64 packet_base, packet_max;
  guint32 symbol_base, symbol_max;
  guint32 path_base, path_max;
  guint64 tree_base, tree_max;
  guint n_sections;
  PsTreeDecoder *trees; /* of the section; NULL until there is one */
  PsDeferredTrees *deferred; /* of the first section; NULL until there are some */
  GByteArray *tail; /* of a packet that was numbered anew; NULL until there is one */
} PsPcapngStream;

void ps_pcapng_stream_clear (PsPcapngStream *self);
/* What the id of a packet of this section becomes. */
guint64 ps_pcapng_stream_get_id (const PsPcapngStream *self, guint64 id);

void ps_pcapng_stream_begin_section (PsPcapngStream *self);

/*
 * Takes one block's stream. `packet`: what the block says of its packet, times
 * as in the block; NULL for other blocks. `ret_netns` and `ret_index` (nullable)
 * get the place of an interface block. Returns whether there was a packet of ours.
 */
gboolean ps_pcapng_stream_take (PsPcapngStream *self,
                                const guint8 *data,
                                gsize size,
                                const PsBlockPacket *packet,
                                guint32 *ret_netns,
                                guint32 *ret_index);

G_END_DECLS
