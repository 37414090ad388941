/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields of TCP that one segment alone does not tell: what it is among those before it. */
#include "config.h"

#include "analysis/ps-filter-private.h"
#include "analysis/ps-tcp-analysis.h"

static void
show_number (guint64 number, PsValueType type, PsFilterVisit func, gpointer user_data)
{
  PsFilterValue value = { .type = type, .number = number };

  func (&value, user_data);
}

static gboolean
get_facts (const PsFilterContext *context, PsTcpFacts *ret_facts)
{
  return context->connections != NULL
             ? ps_tcp_connections_look (context->connections, context->packet, ret_facts)
             : ps_tcp_analysis_get (context->session, context->packet, ret_facts);
}

#define VISITOR(name)                                                                              \
  static void name (PsFilterContext *context, const PsFilterOperand *operand, PsFilterVisit func,  \
                    gpointer user_data)

/* A number of the segment, if `known` says that there is one. */
#define NUMBER(name, known, number)                                                                \
  VISITOR (name)                                                                                   \
  {                                                                                                \
    PsTcpFacts facts;                                                                              \
                                                                                                   \
    if (get_facts (context, &facts) && (known))                                                    \
      show_number (number, PS_VALUE_UNSIGNED, func, user_data);                                    \
  }

NUMBER (visit_stream, TRUE, facts.stream)
NUMBER (visit_seq, facts.has_seq, facts.seq)
NUMBER (visit_ack, facts.has_ack, facts.ack)
NUMBER (visit_window, TRUE, facts.window)
NUMBER (visit_scale, facts.scale >= 0, G_GUINT64_CONSTANT (1) << facts.scale)

/* There only where it is so, as in Wireshark: "tcp.analysis.retransmission" alone asks for it. */
#define FLAGS(name, wanted)                                                                        \
  VISITOR (name)                                                                                   \
  {                                                                                                \
    PsTcpFacts facts;                                                                              \
                                                                                                   \
    if (get_facts (context, &facts) && (facts.flags & (wanted)) != 0)                              \
      show_number (1, PS_VALUE_BOOLEAN, func, user_data);                                          \
  }

FLAGS (visit_any, G_MAXUINT16)
FLAGS (visit_retransmission, PS_TCP_RETRANSMISSION)
FLAGS (visit_fast, PS_TCP_FAST_RETRANSMISSION)
FLAGS (visit_spurious, PS_TCP_SPURIOUS_RETRANSMISSION)
FLAGS (visit_out_of_order, PS_TCP_OUT_OF_ORDER)
FLAGS (visit_lost, PS_TCP_LOST_SEGMENT)
FLAGS (visit_ack_lost, PS_TCP_ACK_LOST_SEGMENT)
FLAGS (visit_duplicate, PS_TCP_DUPLICATE_ACK)
FLAGS (visit_zero_window, PS_TCP_ZERO_WINDOW)
FLAGS (visit_probe, PS_TCP_ZERO_WINDOW_PROBE)
FLAGS (visit_probe_ack, PS_TCP_ZERO_WINDOW_PROBE_ACK)
FLAGS (visit_window_update, PS_TCP_WINDOW_UPDATE)
FLAGS (visit_window_full, PS_TCP_WINDOW_FULL)
FLAGS (visit_keep_alive, PS_TCP_KEEP_ALIVE)
FLAGS (visit_keep_alive_ack, PS_TCP_KEEP_ALIVE_ACK)
FLAGS (visit_reused, PS_TCP_REUSED_PORTS)

#define FACT(name, visit)                                                                          \
  {                                                                                                \
    name, PS_VALUE_UNSIGNED, NULL, 0, PS_DECIDED_BY_SEGMENT, visit                                 \
  }
#define FLAG(name, visit)                                                                          \
  {                                                                                                \
    "tcp.analysis." name, PS_VALUE_BOOLEAN, NULL, 0, PS_DECIDED_BY_TCP_ANALYSIS, visit             \
  }

static const PsOwnField fields[] = {
  FACT ("tcp.stream", visit_stream),
  FACT ("tcp.seq", visit_seq),
  FACT ("tcp.ack", visit_ack),
  FACT ("tcp.window_size", visit_window),
  FACT ("tcp.window_size_scalefactor", visit_scale),
  FLAG ("flags", visit_any),
  FLAG ("retransmission", visit_retransmission),
  FLAG ("fast_retransmission", visit_fast),
  FLAG ("spurious_retransmission", visit_spurious),
  FLAG ("out_of_order", visit_out_of_order),
  FLAG ("lost_segment", visit_lost),
  FLAG ("ack_lost_segment", visit_ack_lost),
  FLAG ("duplicate_ack", visit_duplicate),
  FLAG ("zero_window", visit_zero_window),
  FLAG ("zero_window_probe", visit_probe),
  FLAG ("zero_window_probe_ack", visit_probe_ack),
  FLAG ("window_update", visit_window_update),
  FLAG ("window_full", visit_window_full),
  FLAG ("keep_alive", visit_keep_alive),
  FLAG ("keep_alive_ack", visit_keep_alive_ack),
  FLAG ("reused_ports", visit_reused),
  { NULL },
};

const PsOwnField *
ps_filter_tcp_fields (void)
{
  return fields;
}
