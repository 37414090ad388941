/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of the packet list, one table row each: add one there and nowhere else. */
#pragma once

#include "viewer/ps-packet-item.h"

G_BEGIN_DECLS

/* What a column sorts by: 128 bits, compared high part first. Text sorts by its first 16 bytes. */
typedef struct {
  guint64 high;
  guint64 low;
} PsSortKey;

typedef struct {
  const char *id;
  const char *title;
  int width; /* pixels; 0: takes what is left */
  int from; /* is left out of a table that is narrower than so many pixels */
  float xalign;
  gboolean numeric;
  gboolean hidden; /* unless the user wants it */
  /* What the cell says; transfer full. */
  char *(*format) (const PsPacketRow *row);
  /* What a filter compares to show only rows like this one ("ip.addr == …"); nullable. */
  char *(*filter) (const PsPacketRow *row);
  PsSortKey (*key) (const PsPacketRow *row);
} PsPacketColumn;

extern const PsPacketColumn ps_packet_columns[];
extern const guint ps_n_packet_columns;

/* "127.0.0.1:80", "[::1]:80", or the address alone if it has no port. Transfer full. */
char *ps_packet_format_source (const PsPacketRow *row);
char *ps_packet_format_destination (const PsPacketRow *row);

G_END_DECLS
