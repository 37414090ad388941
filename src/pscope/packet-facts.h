/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every way of showing a packet needs of it: the session's numbers turned
 * into names, its headers summed up. Valid as long as the packet is.
 */
#pragma once

#include "analysis/ps-dissection.h"

G_BEGIN_DECLS

typedef struct {
  const PsPacket *packet;
  PsSummary summary;
  const char *interface; /* NULL: not known */
  const char *out_interface; /* of a forwarded packet; else NULL */
  const char *netns; /* "" for the own one */
  gboolean has_process;
  gboolean process_is_owner; /* it owns the socket; it did not act on this packet */
  guint32 pid;
  const char *process;
  const char *drop_reason; /* NULL unless it was dropped */
  const char *drop_function; /* NULL: not known */
  char reason_number[32];
} PsPacketFacts;

void ps_packet_facts_init (PsPacketFacts *facts, PsSession *session, const PsPacket *packet);

/* Why no process is known; never translated. NULL if one is. */
const char *ps_packet_facts_why_no_process (const PsPacketFacts *facts);

G_END_DECLS
