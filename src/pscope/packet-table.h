/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets as rows for people. */
#pragma once

#include "pscope/packet-facts.h"
#include "pscope/table.h"

G_BEGIN_DECLS

typedef struct {
  PsTerminal terminal;
  PsSession *session;
  PsTable *table;
  gint64 origin_ns; /* of the time column; the first packet's time */
  gboolean has_origin;
} PsPacketTable;

/* `live`: rows appear at once, in columns wide enough for what usually comes. */
void ps_packet_table_init (PsPacketTable *self,
                           const PsTerminal *terminal,
                           PsSession *session,
                           gboolean live);
void ps_packet_table_add (PsPacketTable *self, const PsPacket *packet);
void ps_packet_table_finish (PsPacketTable *self);

/* The arrow of a direction, and the mark and style of a verdict. */
const char *ps_direction_glyph (const PsTerminal *terminal, guint8 direction);
const char *ps_verdict_glyph (const PsTerminal *terminal, const PsPacket *packet);
PsStyle ps_verdict_style (const PsPacket *packet);

G_END_DECLS
