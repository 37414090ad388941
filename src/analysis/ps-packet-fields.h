/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet's tree and row with what its bytes alone do not tell: what a TCP
 * segment is among those before it (ps-tcp-analysis.h).
 */
#pragma once

#include "analysis/ps-dissection.h"

G_BEGIN_DECLS

/* As ps_dissect(); under TCP further fields that cover no bytes. */
GPtrArray *ps_packet_dissect (PsSession *session, const PsPacket *packet);

/* As ps_summarize(); "[TCP Retransmission] " and the like before the info, as Wireshark has it. */
void ps_packet_summarize (PsSession *session, const PsPacket *packet, PsSummary *ret_summary);

G_END_DECLS
