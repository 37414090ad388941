/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/ps-packet-fields.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "analysis/ps-tcp-analysis.h"

#define TCP 6 /* RFC 790 */

static const char *const flag_fields[] = {
  "tcp.analysis.retransmission",
  "tcp.analysis.fast_retransmission",
  "tcp.analysis.spurious_retransmission",
  "tcp.analysis.out_of_order",
  "tcp.analysis.lost_segment",
  "tcp.analysis.ack_lost_segment",
  "tcp.analysis.duplicate_ack",
  "tcp.analysis.zero_window",
  "tcp.analysis.zero_window_probe",
  "tcp.analysis.zero_window_probe_ack",
  "tcp.analysis.window_update",
  "tcp.analysis.window_full",
  "tcp.analysis.keep_alive",
  "tcp.analysis.keep_alive_ack",
  "tcp.analysis.reused_ports",
};

/* Takes `value`. */
static void
add_computed (PsField *heading, const char *name, const char *label, guint64 number, char *value)
{
  PsField *field = g_new0 (PsField, 1);

  field->name = name;
  field->label = label;
  field->value = value;
  field->offset = heading->offset;
  field->number = number;
  field->layer = heading->layer;
  if (!heading->children)
    heading->children = g_ptr_array_new_with_free_func ((GDestroyNotify)ps_field_free);
  g_ptr_array_add (heading->children, field);
}

static void
add_number (PsField *heading, const char *name, const char *label, guint64 number)
{
  add_computed (heading, name, label, number, g_strdup_printf ("%" G_GUINT64_FORMAT, number));
}

static void
add_scale (PsField *heading, const PsTcpFacts *facts)
{
  guint64 factor = facts->scale >= 0 ? G_GUINT64_CONSTANT (1) << facts->scale : 0;

  if (facts->scale == PS_TCP_SCALE_UNKNOWN)
    add_computed (heading, "tcp.window_size_scalefactor", _ ("Window scaling factor"), 0,
                  g_strdup (_ ("n/a (the beginning of the connection was not seen)")));
  else if (factor > 0)
    add_number (heading, "tcp.window_size_scalefactor", _ ("Window scaling factor"), factor);
}

static void
add_facts (PsField *heading, const PsTcpFacts *facts)
{
  add_number (heading, "tcp.stream", _ ("Connection"), facts->stream);
  if (facts->has_seq)
    add_number (heading, "tcp.seq", _ ("Sequence number, relative"), facts->seq);
  if (facts->has_ack)
    add_number (heading, "tcp.ack", _ ("Acknowledgment number, relative"), facts->ack);
  add_number (heading, "tcp.window_size", _ ("Window, scaled"), facts->window);
  add_scale (heading, facts);
  for (guint nth = 0; nth < G_N_ELEMENTS (flag_fields); nth++)
    if (facts->flags >> nth & 1)
      add_computed (heading, flag_fields[nth], _ ("Analysis"), 1,
                    g_strdup (ps_tcp_flags_describe ((guint16)(1u << nth))));
}

/* The innermost one: those of tunnels come before it. */
static PsField *
find_tcp (const GPtrArray *headings)
{
  for (guint i = headings->len; i > 0; i--)
    {
      PsField *heading = g_ptr_array_index (headings, i - 1);

      if (strcmp (heading->name, "tcp") == 0)
        return heading;
    }
  return NULL;
}

GPtrArray *
ps_packet_dissect (PsSession *session, const PsPacket *packet)
{
  GPtrArray *headings =
      ps_dissect (packet->data, packet->captured, packet->length, packet->link_type);
  PsField *tcp = find_tcp (headings);
  PsTcpFacts facts;

  if (tcp && ps_tcp_analysis_get (session, packet, &facts))
    add_facts (tcp, &facts);
  return headings;
}

void
ps_packet_summarize (PsSession *session, const PsPacket *packet, PsSummary *ret_summary)
{
  char info[sizeof ret_summary->info];
  PsTcpFacts facts;

  ps_summarize (packet->data, packet->captured, packet->length, packet->link_type, ret_summary);
  if (ret_summary->ip_protocol != TCP || !ps_tcp_analysis_get (session, packet, &facts) ||
      facts.flags == 0)
    return;
  g_strlcpy (info, ret_summary->info, sizeof info);
  g_snprintf (ret_summary->info, sizeof ret_summary->info, "[%s] %s",
              ps_tcp_flags_describe (facts.flags), info);
}
