/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers of the pcapng file format (draft-ietf-opsawg-pcapng) and of what we
 * keep in it. Shared by writer and reader.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define PS_PCAPNG_MAGIC 0x1a2b3c4du

enum {
  PS_BLOCK_SECTION = 0x0a0d0d0a,
  PS_BLOCK_INTERFACE = 1,
  PS_BLOCK_PACKET = 2, /* obsolete */
  PS_BLOCK_SIMPLE_PACKET = 3,
  PS_BLOCK_NAME_RESOLUTION = 4,
  PS_BLOCK_STATISTICS = 5,
  PS_BLOCK_ENHANCED_PACKET = 6,
  PS_BLOCK_SECRETS = 10,
};

enum {
  PS_OPTION_END = 0,
  PS_OPTION_COMMENT = 1,
  PS_OPTION_SECTION_HARDWARE = 2,
  PS_OPTION_SECTION_OS = 3,
  PS_OPTION_SECTION_APPLICATION = 4,
  PS_OPTION_INTERFACE_NAME = 2,
  PS_OPTION_INTERFACE_RESOLUTION = 9,
  PS_OPTION_INTERFACE_OFFSET = 14,
  PS_OPTION_PACKET_FLAGS = 2,
  PS_OPTION_PACKET_DROPS = 4,
  PS_OPTION_PACKET_ID = 5,
  PS_OPTION_STATISTICS_START = 2,
  PS_OPTION_STATISTICS_END = 3,
  PS_OPTION_STATISTICS_RECEIVED = 4,
  PS_OPTION_CUSTOM = 2989, /* binary, kept by tools that rewrite the file */
};

/*
 * An option of ours: the enterprise number, a letter (others may use the
 * documentation number too), the key of the recording, one byte of version and
 * flags, then a piece of the block's stream of compact records
 * (ps-capture-codec.h). The pieces of all options of a block, in order, are one
 * stream. The key, two bytes, lowest first, is chosen at random: files that were
 * merged hold several, and each counts for itself.
 *
 * Version 1 had two letters and no key. The section's own option is of it still,
 * with the version in it, so that who knows no other is told of a newer one.
 */
#define PS_OPTION_LETTER 'p'
#define PS_OPTION_VERSION 2u
#define PS_OPTION_LETTERS_1 "PS"
#define PS_OPTION_VERSION_1 1u
#define PS_OPTION_VERSION_MASK 0x7f
#define PS_OPTION_CONTINUES 0x80 /* the next option of ours goes on in the middle of a record */
/* Bytes before the piece, enterprise number included; and the same of version 1. */
#define PS_OPTION_PREFIX 8u
#define PS_OPTION_PREFIX_1 7u
#define PS_OPTION_PIECE_MAX 65000u

G_END_DECLS
