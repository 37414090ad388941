/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes that nobody meant, taken for a packet: no field lies outside of them,
 * the line in the packet list ends, and a field looked for alone is found. The first byte chooses
 * the link type, the second how many bytes the wire is said to have had beyond.
 */
#include <string.h>

#include "config.h"

#include "analysis/dissect/ps-dissector.h"
#include "analysis/ps-packet-fields.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static const guint16 link_types[] = { 1, 101, 0, 113, 276, 108, 12, 9999 };

static void
look (const GPtrArray *fields, gsize size)
{
  for (guint i = 0; fields != NULL && i < fields->len; i++)
    {
      const PsField *field = g_ptr_array_index (fields, i);

      if (field->name == NULL || field->offset > size || field->length > size - field->offset)
        g_error ("%s is at %u, %u bytes of %zu", field->name, field->offset, field->length, size);
      look (field->children, size);
    }
}

static guint
count_named (const GPtrArray *fields, const char *name)
{
  guint n = 0;

  for (guint i = 0; fields != NULL && i < fields->len; i++)
    {
      const PsField *field = g_ptr_array_index (fields, i);

      n += (guint)(field->name == name) + count_named (field->children, name);
    }
  return n;
}

static gboolean
count_found (const PsField *field, gpointer user_data)
{
  ++*(guint *)user_data;
  return FALSE;
}

/* A field that is looked for alone is found as often as the tree has it. */
static void
search (const PsSlice *slice, const PsField *heading)
{
  for (guint i = 0; i < slice->dissector->n_fields; i++)
    {
      const PsFieldInfo *wanted[2] = { &slice->dissector->fields[i], NULL };
      guint n = 0;
      PsFieldSearch field = { .wanted = wanted, .found = count_found, .user_data = &n };

      /* One with a place is read there, not looked for. */
      if (wanted[0]->at >= 0 || wanted[0]->compute != NULL)
        continue;
      ps_tree_search (slice, &field);
      if (n != count_named (heading->children, wanted[0]->name))
        g_error ("%s is found %u times in a tree that has %u", wanted[0]->name, n,
                 count_named (heading->children, wanted[0]->name));
    }
}

static void
search_all (const GPtrArray *tree,
            const guint8 *data,
            gsize size,
            guint32 wire_length,
            guint16 link_type)
{
  PsSlice slice;
  guint at = 0;

  for (gboolean more = ps_slice_first (&slice, data, size, wire_length, link_type); more;
       more = ps_slice_next (&slice))
    {
      while (at < tree->len && ((const PsField *)tree->pdata[at])->label != slice.dissector->title)
        at++;
      if (at == tree->len)
        return; /* deeper than a tree goes */
      search (&slice, tree->pdata[at++]);
    }
}

/* The same packet twice, as a session has it: what a segment is by those before it is looked at. */
static void
look_in_session (const guint8 *data, guint32 size, guint32 wire_length, guint16 link_type)
{
  g_autoptr (PsSession) session = ps_session_new (0);
  gsize length = sizeof (PsPacketRecord) + size;
  g_autofree PsPacketRecord *packet = g_malloc0 (length);
  const PsRecord record = { PS_RECORD_PACKET, (guint32)length, packet };
  PsPacket read;

  *packet = (PsPacketRecord){ .length = wire_length, .captured = size, .link_type = link_type };
  if (size > 0)
    memcpy (packet + 1, data, size);
  for (packet->id = 1; packet->id <= 2; packet->id++)
    ps_session_feed (session, &record, NULL);
  ps_session_publish (session);
  for (guint64 number = 1; ps_session_get_packet (session, number, &read); number++)
    {
      g_autoptr (GPtrArray) tree = ps_packet_dissect (session, &read);
      PsSummary summary;

      look (tree, size);
      ps_packet_summarize (session, &read, &summary);
      if (!g_utf8_validate (summary.info, -1, NULL))
        g_error ("the summary of a packet in a session is not text");
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GPtrArray) tree = NULL;
  g_autofree guint8 *copy = NULL;
  PsSummary summary;
  guint32 wire_length;
  guint16 link_type;

  if (size < 2)
    return 0;
  link_type = link_types[data[0] % G_N_ELEMENTS (link_types)];
  size -= 2;
  wire_length = (guint32)size + data[1];
  /* A buffer of its own: a read behind it is seen. */
  copy = g_memdup2 (data + 2, size);
  tree = ps_dissect (copy, size, wire_length, link_type);
  look (tree, size);
  search_all (tree, copy, size, wire_length, link_type);
  ps_summarize (copy, size, wire_length, link_type, &summary);
  if (!g_utf8_validate (summary.info, -1, NULL))
    g_error ("the summary is not text");
  if (size <= PS_SNAPLEN_MAX)
    look_in_session (copy, (guint32)size, wire_length, link_type);
  return 0;
}
