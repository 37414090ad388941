/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets for Wireshark: nothing of ours but the comments, which say what the
 * kernel did with the packet. Selecting packets into a session file is another
 * thing, see src/session.
 */
#include "config.h"

#include "analysis/export/ps-export-output.h"

#include <string.h>

#include "analysis/ps-duration.h"
#include "session/ps-pcapng.h"

#define COMMENT_MAX 4096u
#define FLAGS_IN 1u /* of epb_flags */
#define FLAGS_OUT 2u

typedef struct {
  guint32 netns;
  guint32 index;
  guint16 link_type;
} Interface;

static void
append32 (GString *text, guint32 value)
{
  g_string_append_len (text, (const char *)&value, sizeof value);
}

static void
append_padded (GString *text, const void *data, gsize size)
{
  g_string_append_len (text, data, (gssize)size);
  g_string_append_len (text, "\0\0\0", (gssize)((4 - size % 4) % 4));
}

static void
append_option (GString *text, guint16 code, const void *data, gsize size)
{
  const guint16 header[2] = { code, (guint16)size };

  g_string_append_len (text, (const char *)header, sizeof header);
  append_padded (text, data, size);
}

static gsize
begin_block (GString *text, guint32 type)
{
  gsize start = text->len;

  append32 (text, type);
  append32 (text, 0);
  return start;
}

static void
end_block (GString *text, gsize start)
{
  guint32 length;

  append32 (text, PS_OPTION_END);
  length = (guint32)(text->len - start + 4);
  append32 (text, length);
  memcpy (text->str + start + 4, &length, sizeof length);
}

static void
append_section (GString *text, const PsExportSource *source)
{
  static const char application[] = "PacketScope " PACKAGE_VERSION;
  const guint16 version[2] = { 1, 0 };
  const char *kernel = ps_session_get_kernel (source->session);
  gsize start = begin_block (text, PS_BLOCK_SECTION);

  append32 (text, PS_PCAPNG_MAGIC);
  g_string_append_len (text, (const char *)version, sizeof version);
  append32 (text, G_MAXUINT32); /* length not known: -1 */
  append32 (text, G_MAXUINT32);
  if (kernel != NULL)
    append_option (text, PS_OPTION_SECTION_OS, kernel, MIN (strlen (kernel), COMMENT_MAX));
  append_option (text, PS_OPTION_SECTION_APPLICATION, application, sizeof application - 1);
  end_block (text, start);
}

/* The number of the packet's interface in the section; its block is written before first use. */
static guint32
find_interface (GString *text, GArray *interfaces, const PsExportFacts *facts)
{
  const PsPacket *packet = facts->packet;
  const Interface one = { packet->netns, packet->interface, packet->link_type };
  const guint8 nanoseconds = 9;
  g_autofree char *name = NULL;
  gsize start;

  for (guint i = 0; i < interfaces->len; i++)
    {
      const Interface *known = &g_array_index (interfaces, Interface, i);

      if (known->netns == one.netns && known->index == one.index &&
          known->link_type == one.link_type)
        return i;
    }
  g_array_append_val (interfaces, one);
  name = g_utf8_make_valid (facts->interface != NULL ? facts->interface : "unknown", -1);
  start = begin_block (text, PS_BLOCK_INTERFACE);
  append32 (text, one.link_type);
  append32 (text, 0); /* no limit on the captured length */
  append_option (text, PS_OPTION_INTERFACE_NAME, name, strlen (name));
  append_option (text, PS_OPTION_INTERFACE_RESOLUTION, &nanoseconds, 1);
  end_block (text, start);
  return interfaces->len - 1;
}

/* "dropped by tcp_v4_rcv: NO_SOCKET; 12.3 µs from network to transport; curl (123)" */
static char *
make_comment (const PsExportFacts *facts)
{
  const PsPacket *packet = facts->packet;
  GString *text = g_string_new (NULL);

  if (facts->drop_reason != NULL)
    g_string_append_printf (text, "dropped%s%s: %s", facts->drop_function ? " by " : "",
                            facts->drop_function ? facts->drop_function : "", facts->drop_reason);
  else if (packet->from_kernel)
    g_string_append (text, ps_verdict_name (packet->verdict));
  if (facts->latency_ns >= 0)
    {
      g_autofree char *latency = ps_duration_format (facts->latency_ns);

      g_string_append_printf (
          text, "%s%s from %s to %s", text->len > 0 ? "; " : "", latency,
          ps_stage_name (packet->stages[0].stage & PS_STAGE_MASK),
          ps_stage_name (packet->stages[packet->n_stages - 1].stage & PS_STAGE_MASK));
    }
  if (facts->process != NULL)
    g_string_append_printf (text, "%s%s (%u)", text->len > 0 ? "; " : "", facts->process,
                            facts->pid);
  return g_string_free (text, FALSE);
}

static void
append_packet (GString *text, guint32 interface, const PsExportFacts *facts)
{
  const PsPacket *packet = facts->packet;
  guint64 time = (guint64)MAX (packet->time_ns, 0);
  guint32 flags = packet->direction == PS_DIRECTION_OUT ? FLAGS_OUT : FLAGS_IN;
  g_autofree char *comment = make_comment (facts);
  g_autofree char *valid = g_utf8_make_valid (comment, -1);
  gsize start = begin_block (text, PS_BLOCK_ENHANCED_PACKET);

  append32 (text, interface);
  append32 (text, (guint32)(time >> 32));
  append32 (text, (guint32)time);
  append32 (text, packet->captured);
  append32 (text, packet->length);
  append_padded (text, packet->data, packet->captured);
  if (packet->direction != PS_DIRECTION_UNKNOWN)
    append_option (text, PS_OPTION_PACKET_FLAGS, &flags, sizeof flags);
  if (packet->from_kernel)
    append_option (text, PS_OPTION_PACKET_ID, &packet->id, sizeof packet->id);
  if (*valid != '\0')
    append_option (text, PS_OPTION_COMMENT, valid, MIN (strlen (valid), COMMENT_MAX));
  end_block (text, start);
}

gboolean
ps_export_pcapng (const PsExportSource *source, PsExportOutput *output, GError **error)
{
  g_autoptr (GArray) interfaces = g_array_new (FALSE, FALSE, sizeof (Interface));
  PsExportCursor cursor = { 0 };
  PsPacket packet;

  append_section (output->text, source);
  while (ps_export_next (source, &cursor, &packet))
    {
      PsExportFacts facts;
      guint32 interface;

      ps_export_facts_init (&facts, source->session, &packet);
      interface = find_interface (output->text, interfaces, &facts);
      append_packet (output->text, interface, &facts);
      if (!ps_export_drain (output, FALSE, error))
        return FALSE;
    }
  return TRUE;
}
