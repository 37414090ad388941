/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "viewer/ps-packet-item.h"

#include "analysis/ps-packet-fields.h"

struct _PsPacketItem {
  GObject parent_instance;

  guint64 number;
  PsPacketRow row;
  GtkWidget *cells[PS_PACKET_COLUMNS_MAX];
};

G_DEFINE_FINAL_TYPE (PsPacketItem, ps_packet_item, G_TYPE_OBJECT)

static void
read_process (PsSession *session, const PsPacket *packet, PsPacketRow *row)
{
  const char *comm = NULL;

  row->has_process =
      ps_session_get_process (session, packet, &row->pid, &comm, &row->process_is_owner);
  g_strlcpy (row->comm, row->has_process && comm != NULL ? comm : "", sizeof row->comm);
}

static const char *
interface_name (PsSession *session, guint32 netns, guint32 index)
{
  const PsInterface *interface =
      index != 0 ? ps_session_get_interface (session, netns, index) : NULL;
  return interface != NULL ? interface->name : NULL;
}

gboolean
ps_packet_row_read (PsSession *session, guint64 number, PsPacketRow *ret_row)
{
  guint64 first = ps_session_get_first_packet (session);
  PsPacket packet;

  ret_row->previous_ns = -1;
  if (number > first && ps_session_get_packet (session, number - 1, &packet))
    ret_row->previous_ns = packet.time_ns;
  ret_row->first_ns = ps_session_get_packet (session, first, &packet) ? packet.time_ns : 0;

  if (!ps_session_get_packet (session, number, &packet))
    return FALSE;
  ps_packet_summarize (session, &packet, &ret_row->summary);
  ret_row->interface = interface_name (session, packet.netns, packet.interface);
  ret_row->out_interface = interface_name (session, packet.netns, packet.out_interface);
  ret_row->drop_reason =
      packet.verdict == PS_VERDICT_DROPPED
          ? ps_session_get_name (session, PS_NAME_DROP_REASON, packet.drop_reason)
          : NULL;
  read_process (session, &packet, ret_row);

  /* It points into the session and is valid only until that is fed again. */
  packet.data = NULL;
  ret_row->packet = packet;
  return TRUE;
}

guint64
ps_packet_item_get_number (PsPacketItem *self)
{
  g_return_val_if_fail (PS_IS_PACKET_ITEM (self), 0);
  return self->number;
}

const PsPacketRow *
ps_packet_item_get_row (PsPacketItem *self)
{
  g_return_val_if_fail (PS_IS_PACKET_ITEM (self), NULL);
  return &self->row;
}

gboolean
ps_packet_item_refresh (PsPacketItem *self, PsSession *session)
{
  g_autofree PsPacketRow *old = g_memdup2 (&self->row, sizeof self->row);
  const PsPacket *packet = &self->row.packet;

  /* A row that was evicted keeps showing what it was. */
  if (!ps_packet_row_read (session, self->number, &self->row))
    {
      self->row = *old;
      return FALSE;
    }
  return packet->verdict != old->packet.verdict || packet->direction != old->packet.direction ||
         packet->pid != old->packet.pid || packet->drop_reason != old->packet.drop_reason ||
         packet->out_interface != old->packet.out_interface || self->row.pid != old->pid ||
         self->row.has_process != old->has_process || self->row.interface != old->interface ||
         packet->length != old->packet.length;
}

void
ps_packet_item_set_cell (PsPacketItem *self, guint column, GtkWidget *cell)
{
  g_return_if_fail (PS_IS_PACKET_ITEM (self));
  g_return_if_fail (column < PS_PACKET_COLUMNS_MAX);
  self->cells[column] = cell;
}

GtkWidget *
ps_packet_item_get_cell (PsPacketItem *self, guint column)
{
  g_return_val_if_fail (PS_IS_PACKET_ITEM (self), NULL);
  g_return_val_if_fail (column < PS_PACKET_COLUMNS_MAX, NULL);
  return self->cells[column];
}

static void
ps_packet_item_class_init (PsPacketItemClass *klass)
{
}

static void
ps_packet_item_init (PsPacketItem *self)
{
}

PsPacketItem *
ps_packet_item_new (PsSession *session, guint64 number)
{
  PsPacketItem *self = g_object_new (PS_TYPE_PACKET_ITEM, NULL);

  self->number = number;
  ps_packet_row_read (session, number, &self->row);
  return self;
}
