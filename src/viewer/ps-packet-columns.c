/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-packet-columns.h"

#include <glib/gi18n.h>
#include <string.h>

#include "viewer/ps-format.h"
#include "viewer/ps-layer-style.h"

static PsSortKey
number_key (guint64 value)
{
  return (PsSortKey){ 0, value };
}

static PsSortKey
text_key (const char *text)
{
  guint8 bytes[16] = { 0 };
  PsSortKey key;

  for (guint i = 0; i < sizeof bytes && text != NULL && text[i] != '\0'; i++)
    bytes[i] = (guint8)g_ascii_tolower (text[i]);
  memcpy (&key.high, bytes, 8);
  memcpy (&key.low, bytes + 8, 8);
  key.high = GUINT64_FROM_BE (key.high);
  key.low = GUINT64_FROM_BE (key.low);
  return key;
}

/* IPv4 before IPv6, each by its bytes. */
static PsSortKey
address_key (const guint8 *address, guint8 version, guint16 port)
{
  PsSortKey key = { 0, 0 };
  guint32 v4;

  if (version == 4)
    {
      memcpy (&v4, address, sizeof v4);
      key.low = (guint64)GUINT32_FROM_BE (v4) << 16 | port;
      return key;
    }
  memcpy (&key.high, address, 8);
  memcpy (&key.low, address + 8, 8);
  key.high = GUINT64_FROM_BE (key.high);
  key.low = GUINT64_FROM_BE (key.low);
  return key;
}

static char *
format_number (const PsPacketRow *row)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT, row->packet.number);
}

static PsSortKey
key_number (const PsPacketRow *row)
{
  return number_key (row->packet.number);
}

static char *
format_seconds (gint64 ns)
{
  const char *sign = ns < 0 ? "-" : "";

  ns = ABS (ns);
  return g_strdup_printf ("%s%" G_GINT64_FORMAT ".%06d", sign, ns / 1000000000,
                          (int)(ns % 1000000000 / 1000));
}

static char *
format_time (const PsPacketRow *row)
{
  return format_seconds (row->packet.time_ns - row->first_ns);
}

static PsSortKey
key_time (const PsPacketRow *row)
{
  return number_key ((guint64)row->packet.time_ns);
}

static char *
format_clock (const PsPacketRow *row)
{
  return ps_format_clock (row->packet.time_ns);
}

static char *
format_delta (const PsPacketRow *row)
{
  if (row->previous_ns < 0)
    return g_strdup ("");
  return format_seconds (row->packet.time_ns - row->previous_ns);
}

static PsSortKey
key_delta (const PsPacketRow *row)
{
  gint64 delta = row->previous_ns < 0 ? 0 : row->packet.time_ns - row->previous_ns;
  return number_key ((guint64)delta + G_MAXINT64);
}

static char *
format_direction (const PsPacketRow *row)
{
  return g_strdup (ps_direction_title (row->packet.direction));
}

static PsSortKey
key_direction (const PsPacketRow *row)
{
  return number_key (row->packet.direction);
}

/* "→ lo" went out by it, "← lo" came in by it, as the terminal program writes it. */
static char *
format_interface (const PsPacketRow *row)
{
  if (row->interface == NULL)
    return g_strdup (_ ("n/a"));
  if (row->out_interface != NULL && row->packet.direction == PS_DIRECTION_FORWARD)
    return g_strdup_printf ("%s → %s", row->interface, row->out_interface);
  if (row->packet.direction == PS_DIRECTION_IN)
    return g_strdup_printf ("← %s", row->interface);
  if (row->packet.direction == PS_DIRECTION_OUT)
    return g_strdup_printf ("→ %s", row->interface);
  return g_strdup (row->interface);
}

static char *
filter_interface (const PsPacketRow *row)
{
  return row->interface != NULL ? g_strdup_printf ("interface == \"%s\"", row->interface) : NULL;
}

static PsSortKey
key_interface (const PsPacketRow *row)
{
  return text_key (row->interface);
}

static char *
format_process (const PsPacketRow *row)
{
  if (!row->has_process)
    return g_strdup (_ ("n/a"));
  return g_strdup_printf ("%s %u", row->comm, row->pid);
}

static char *
filter_process (const PsPacketRow *row)
{
  return row->has_process ? g_strdup_printf ("process == \"%s\"", row->comm) : NULL;
}

static PsSortKey
key_process (const PsPacketRow *row)
{
  return text_key (row->has_process ? row->comm : NULL);
}

static char *
format_endpoint (const char *address, guint16 port, guint8 version)
{
  if (port == 0)
    return g_strdup (address);
  return g_strdup_printf (version == 6 ? "[%s]:%u" : "%s:%u", address, port);
}

static char *
filter_address (const char *side, const char *address, guint8 version)
{
  if (version == 0)
    return NULL;
  return g_strdup_printf ("%s.%s == %s", version == 6 ? "ipv6" : "ip", side, address);
}

char *
ps_packet_format_source (const PsPacketRow *row)
{
  const PsSummary *s = &row->summary;
  return format_endpoint (s->source, s->source_port, s->ip_version);
}

static char *
filter_source (const PsPacketRow *row)
{
  return filter_address ("src", row->summary.source, row->summary.ip_version);
}

static PsSortKey
key_source (const PsPacketRow *row)
{
  const PsSummary *s = &row->summary;
  return address_key (s->source_address, s->ip_version, s->source_port);
}

char *
ps_packet_format_destination (const PsPacketRow *row)
{
  const PsSummary *s = &row->summary;
  return format_endpoint (s->destination, s->destination_port, s->ip_version);
}

static char *
filter_destination (const PsPacketRow *row)
{
  return filter_address ("dst", row->summary.destination, row->summary.ip_version);
}

static PsSortKey
key_destination (const PsPacketRow *row)
{
  const PsSummary *s = &row->summary;
  return address_key (s->destination_address, s->ip_version, s->destination_port);
}

static char *
format_protocol (const PsPacketRow *row)
{
  return g_strdup (row->summary.protocol);
}

static char *
filter_protocol (const PsPacketRow *row)
{
  /* "TCP" is the filter "tcp"; a name with other letters is none. */
  for (const char *c = row->summary.protocol; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c))
      return NULL;
  return row->summary.protocol[0] != '\0' ? g_ascii_strdown (row->summary.protocol, -1) : NULL;
}

static PsSortKey
key_protocol (const PsPacketRow *row)
{
  return text_key (row->summary.protocol);
}

static char *
format_length (const PsPacketRow *row)
{
  return g_strdup_printf ("%u", row->packet.length);
}

static PsSortKey
key_length (const PsPacketRow *row)
{
  return number_key (row->packet.length);
}

static char *
format_verdict (const PsPacketRow *row)
{
  if (!row->packet.from_kernel)
    return g_strdup (_ ("n/a"));
  return g_strdup (ps_verdict_title (row->packet.verdict));
}

static char *
filter_verdict (const PsPacketRow *row)
{
  if (!row->packet.from_kernel)
    return NULL;
  return g_strdup_printf ("verdict == %s", ps_verdict_name (row->packet.verdict));
}

static PsSortKey
key_verdict (const PsPacketRow *row)
{
  PsSortKey key = text_key (row->drop_reason);

  key.low = key.high;
  key.high = row->packet.from_kernel ? row->packet.verdict + 1u : 0;
  return key;
}

static char *
format_info (const PsPacketRow *row)
{
  if (row->drop_reason != NULL)
    return g_strdup_printf ("%s; %s", row->drop_reason, row->summary.info);
  return g_strdup (row->summary.info);
}

static PsSortKey
key_info (const PsPacketRow *row)
{
  return text_key (row->summary.info);
}

const PsPacketColumn ps_packet_columns[] = {
  { "number", N_ ("No."), 60, 0, 1, TRUE, FALSE, format_number, NULL, key_number },
  { "time", N_ ("Time (s)"), 88, 660, 1, TRUE, FALSE, format_time, NULL, key_time },
  { "clock", N_ ("Clock"), 132, 660, 1, TRUE, TRUE, format_clock, NULL, key_time },
  { "delta", N_ ("Delta (s)"), 80, 1080, 1, TRUE, FALSE, format_delta, NULL, key_delta },
  { "direction", N_ ("Direction"), 74, 0, 0, FALSE, TRUE, format_direction, NULL, key_direction },
  { "interface", N_ ("Interface"), 78, 780, 0, FALSE, FALSE, format_interface, filter_interface,
    key_interface },
  { "process", N_ ("Process"), 116, 940, 0, FALSE, FALSE, format_process, filter_process,
    key_process },
  { "source", N_ ("Source"), 128, 590, 0, FALSE, FALSE, ps_packet_format_source, filter_source,
    key_source },
  { "destination", N_ ("Destination"), 128, 590, 0, FALSE, FALSE, ps_packet_format_destination,
    filter_destination, key_destination },
  { "protocol", N_ ("Protocol"), 72, 0, 0, FALSE, FALSE, format_protocol, filter_protocol,
    key_protocol },
  { "length", N_ ("Length"), 78, 900, 1, TRUE, FALSE, format_length, NULL, key_length },
  { "verdict", N_ ("Verdict"), 80, 0, 0, FALSE, FALSE, format_verdict, filter_verdict,
    key_verdict },
  { "info", N_ ("Info"), 0, 0, 0, FALSE, FALSE, format_info, NULL, key_info },
};

const guint ps_n_packet_columns = G_N_ELEMENTS (ps_packet_columns);
G_STATIC_ASSERT (G_N_ELEMENTS (ps_packet_columns) <= PS_PACKET_COLUMNS_MAX);
