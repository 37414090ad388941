/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One recording among those that a section holds: what its numbers become. A
 * section that we wrote holds one. Tools that merge files by time (mergecap) mix
 * the blocks of several into one section, each with numbers of its own; they are
 * told apart by the key in our options. Private to the reader of pcapng.
 */
#pragma once

#include "session/ps-tree-codec.h"

G_BEGIN_DECLS

/* The highest numbers given out so far, of all recordings of a file. */
typedef struct {
  guint64 packet;
  guint64 tree;
  guint32 symbol;
  guint32 path;
} PsStreamNumbers;

typedef struct {
  guint16 key; /* 0: of a version that had none */
  guint64 group, interface_group; /* the highest ones told; some tools move all interfaces to the
                                     front */
  gboolean has_hello;
  gint64 offset_ns; /* epoch minus the clock of its records */

  guint64 packet_base, tree_base;
  guint32 symbol_base, path_base;
  /* Numbers up to these are moved by the bases; others are looked up, once there are several. */
  guint32 symbol_plain, path_plain;
  GHashTable *symbols, *paths;
  PsTreeDecoder *trees; /* NULL until there is one */
} PsStreamPart;

/* The first of a section: its numbers go on where those before ended. */
PsStreamPart *ps_stream_part_new (guint16 key, const PsStreamNumbers *numbers);
void ps_stream_part_free (PsStreamPart *self);

/* It is not alone any more. `nth` of the section: numbers of no two may meet. */
void ps_stream_part_mix (PsStreamPart *self, const PsStreamNumbers *numbers);
PsStreamPart *ps_stream_part_new_mixed (guint16 key, guint nth, const PsStreamPart *first);

/* What a number becomes; 0 stays 0. `numbers` are those of the file. */
guint64 ps_stream_part_packet (const PsStreamPart *self, PsStreamNumbers *numbers, guint64 id);
guint64 ps_stream_part_tree (const PsStreamPart *self, PsStreamNumbers *numbers, guint64 id);
/* With `define` one that is new is given a number, else it is 0: not known. */
guint32
ps_stream_part_symbol (PsStreamPart *self, PsStreamNumbers *numbers, guint32 id, gboolean define);
guint32
ps_stream_part_path (PsStreamPart *self, PsStreamNumbers *numbers, guint32 id, gboolean define);

G_END_DECLS
