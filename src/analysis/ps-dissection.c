/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "analysis/dissect/ps-dissector.h"

#include <string.h>

static const PsFieldInfo quoted_info = {
  "icmp.quoted", N_ ("The packet the error is about"), PS_FIELD_NONE, -1, 0,
};
static const PsFieldInfo data_info = { "data", N_ ("Data"), PS_FIELD_BYTES, -1, 0 };
static const PsFieldInfo short_info = { "frame.cap_len", N_ ("Cut by the capture"), PS_FIELD_NONE,
                                        -1, 0 };

static PsField *
new_heading (GPtrArray *headings, const PsSlice *slice, guint32 length)
{
  const PsDissector *dissector = slice->dissector;
  PsField *heading = g_new0 (PsField, 1);

  heading->name = dissector->name;
  heading->label = dissector->title;
  heading->offset = slice->offset;
  heading->length = length;
  heading->layer = dissector->layer;
  g_ptr_array_add (headings, heading);
  return heading;
}

/* Bytes behind the last protocol we know. */
static void
add_data (GPtrArray *headings, const PsSlice *slice, guint32 at)
{
  guint32 captured = ps_slice_captured (slice);
  PsSlice rest = *slice;
  PsField parent = { .layer = PS_LAYER_SOCKET };

  if (at >= captured)
    return;
  ps_tree_add_at (&parent, &rest, &data_info, at, captured - at);
  if (parent.children == NULL)
    return;
  g_ptr_array_add (headings, g_ptr_array_steal_index (parent.children, 0));
  g_ptr_array_unref (parent.children);
}

static void
add_short (GPtrArray *headings, guint32 captured, guint32 wire_length)
{
  PsField *field;

  if (captured >= wire_length)
    return;
  field = g_new0 (PsField, 1);
  field->name = short_info.name;
  field->label = short_info.label;
  field->value = g_strdup_printf (_ ("%u of %u bytes captured"), captured, wire_length);
  field->number = captured;
  field->layer = PS_LAYER_DEVICE;
  g_ptr_array_add (headings, field);
}

static void
add_quoted (GPtrArray *headings, const PsSlice *slice)
{
  PsField *field = g_new0 (PsField, 1);

  field->name = quoted_info.name;
  field->label = quoted_info.label;
  field->offset = slice->offset;
  field->length = ps_slice_captured (slice);
  field->layer = PS_LAYER_NETWORK;
  g_ptr_array_add (headings, field);
}

GPtrArray *
ps_dissect (const guint8 *data, gsize size, guint32 wire_length, guint16 link_type)
{
  GPtrArray *headings = g_ptr_array_new_with_free_func ((GDestroyNotify)ps_field_free);
  gboolean more, quoted = FALSE;
  guint32 last_end = 0;
  PsSlice slice;

  more = ps_slice_first (&slice, data, size, wire_length, link_type);
  for (guint i = 0; more && i < PS_DISSECT_DEPTH_MAX; i++)
    {
      guint32 length = slice.dissector->header_length (&slice);
      PsField *heading;

      if (slice.quoted && !quoted)
        add_quoted (headings, &slice);
      quoted = slice.quoted;
      heading = new_heading (headings, &slice, MIN (length, ps_slice_captured (&slice)));
      slice.dissector->dissect (&slice, heading);
      last_end = length;
      more = ps_slice_next (&slice);
    }
  add_data (headings, &slice, slice.dissector != NULL ? last_end : 0);
  add_short (headings, (guint32)MIN (size, PS_SNAPLEN_MAX), wire_length);
  return headings;
}

/* What a packet is carried in: the ends of the tunnel, and its kind if the packet says. */
typedef struct {
  const char *kind;
  guint8 version; /* of IP; 0: it is carried in none */
  guint8 source[16];
  guint8 destination[16];
} Tunnel;

/* Notes what stands around the innermost IP header, of which the summary will be. */
static void
note_tunnel (Tunnel *tunnel, const PsSlice *slice, const PsSummary *summary)
{
  const PsDissector *dissector = slice->dissector;

  if (dissector == &ps_gre_dissector || dissector == &ps_vxlan_dissector)
    tunnel->kind = dissector->protocol;
  if ((dissector != &ps_ipv4_dissector && dissector != &ps_ipv6_dissector) ||
      summary->ip_version == 0)
    return;
  tunnel->version = summary->ip_version;
  memcpy (tunnel->source, summary->source_address, sizeof tunnel->source);
  memcpy (tunnel->destination, summary->destination_address, sizeof tunnel->destination);
  if (tunnel->kind == NULL)
    tunnel->kind = summary->ip_version == 4 ? "IPv4" : "IPv6";
}

static void
add_tunnel (PsText *info, const Tunnel *tunnel)
{
  void (*add_address) (PsText * text, const guint8 *bytes) =
      tunnel->version == 4 ? ps_text_add_ipv4 : ps_text_add_ipv6;

  if (tunnel->version == 0)
    return;
  ps_text_add (info, " [in ");
  ps_text_add (info, tunnel->kind);
  ps_text_add_char (info, ' ');
  add_address (info, tunnel->source);
  ps_text_add (info, " → ");
  add_address (info, tunnel->destination);
  ps_text_add_char (info, ']');
}

void
ps_summarize (const guint8 *data,
              gsize size,
              guint32 wire_length,
              guint16 link_type,
              PsSummary *ret_summary)
{
  Tunnel tunnel;
  PsSlice slice;
  PsText info;
  gboolean more;

  ret_summary->protocol[0] = ret_summary->source[0] = ret_summary->destination[0] = '\0';
  ret_summary->source_port = ret_summary->destination_port = 0;
  ret_summary->ip_protocol = ret_summary->tcp_flags = ret_summary->ip_version = 0;
  ret_summary->payload = 0;
  tunnel.kind = NULL;
  tunnel.version = 0;
  memset (ret_summary->source_address, 0, sizeof ret_summary->source_address);
  memset (ret_summary->destination_address, 0, sizeof ret_summary->destination_address);
  ps_text_init (&info, ret_summary->info, sizeof ret_summary->info);

  more = ps_slice_first (&slice, data, size, wire_length, link_type);
  if (!more)
    {
      g_strlcpy (ret_summary->protocol, size == 0 ? "n/a" : "Unknown",
                 sizeof ret_summary->protocol);
      ps_text_add (&info,
                   size == 0 ? "No bytes captured" : "Too short, or of an unknown link type");
    }
  for (guint i = 0; more && !slice.quoted && i < PS_DISSECT_DEPTH_MAX; i++)
    {
      const PsDissector *dissector = slice.dissector;

      note_tunnel (&tunnel, &slice, ret_summary);
      /* The innermost protocol has the word. */
      g_strlcpy (ret_summary->protocol, dissector->protocol, sizeof ret_summary->protocol);
      ps_text_init (&info, ret_summary->info, sizeof ret_summary->info);
      if (dissector->summarize != NULL)
        dissector->summarize (&slice, ret_summary, &info);
      more = ps_slice_next (&slice);
    }
  add_tunnel (&info, &tunnel);
  if (slice.cut)
    ps_text_add (&info, " [cut]");
}
