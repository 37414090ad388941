/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inscriptions, not labels: a list keeps some two hundred rows, each changes once
 * a second, and a label that changes lays the whole list out anew.
 */
#include "config.h"

#include "viewer/ps-socket-row.h"

#include <glib/gi18n.h>
#include <netinet/in.h>

#include "viewer/charts/ps-sparkline.h"
#include "viewer/ps-format.h"
#include "viewer/ps-process-icons.h"

struct _PsSocketRow {
  AdwBin parent_instance;

  GtkImage *icon;
  GtkInscription *process;
  GtkInscription *state;
  GtkInscription *local;
  GtkInscription *remote;
  GtkWidget *traffic_box;
  PsSparkline *sparkline;
  GtkInscription *traffic;
  GtkInscription *health;

  PsSocketItem *item;
  gulong handler;
};

G_DEFINE_FINAL_TYPE (PsSocketRow, ps_socket_row, ADW_TYPE_BIN)

static void
write_text (GtkInscription *inscription, const char *text)
{
  if (g_strcmp0 (gtk_inscription_get_text (inscription), text) == 0)
    return;
  gtk_inscription_set_text (inscription, text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (inscription), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  text != NULL ? text : "", -1);
}

static void
show_process (PsSocketRow *self)
{
  guint32 pid = 0;
  const char *comm = ps_socket_item_get_process (self->item, &pid);
  guint others = ps_socket_item_get_n_processes (self->item);
  GIcon *icon = comm != NULL ? ps_process_icon (comm) : NULL;
  g_autofree char *text = NULL;

  if (comm == NULL)
    text = g_strdup (_ ("No process"));
  else if (others > 1)
    text = g_strdup_printf (_ ("%s %u and %u more"), comm, pid, others - 1);
  else
    text = g_strdup_printf ("%s %u", comm, pid);
  write_text (self->process, text);
  if (icon != NULL)
    gtk_image_set_from_gicon (self->icon, icon);
  else
    gtk_image_set_from_icon_name (self->icon, comm != NULL ? "application-x-executable-symbolic"
                                                           : "packetscope-socket-symbolic");
}

static void
show_addresses (PsSocketRow *self)
{
  g_autofree char *local = ps_socket_item_get_local (self->item);
  g_autofree char *remote = ps_socket_item_get_remote (self->item);
  g_autofree char *arrow = remote != NULL ? g_strdup_printf ("→ %s", remote) : NULL;

  write_text (self->local, local);
  write_text (self->remote, arrow);
  gtk_widget_set_visible (GTK_WIDGET (self->remote), remote != NULL);
}

static void
show_traffic (PsSocketRow *self)
{
  const PsSocketRecord *record = ps_socket_item_get_record (self->item);
  guint64 n = ps_socket_item_get_n_packets (self->item);
  g_autofree char *text = NULL;

  gtk_widget_set_visible (self->traffic_box, n > 0 || record->bytes_in + record->bytes_out > 0);
  if (record->flags & PS_SOCKET_HAS_COUNTERS)
    {
      g_autofree char *in = ps_format_bytes ((double)record->bytes_in);
      g_autofree char *out = ps_format_bytes ((double)record->bytes_out);
      text = g_strdup_printf ("↓ %s  ↑ %s", in, out);
    }
  else
    {
      g_autofree char *count = ps_format_count (n);
      text = g_strdup_printf (g_dngettext (NULL, "%s packet", "%s packets", (gulong)n), count);
    }
  write_text (self->traffic, text);
  ps_sparkline_set_values (self->sparkline, ps_socket_item_get_rates (self->item), PS_SOCKET_RATES);
}

/* Asked for only when the pointer rests: setting a tooltip asks the display each time. */
static gboolean
ps_socket_row_query_tooltip (GtkWidget *widget,
                             int x,
                             int y,
                             gboolean keyboard,
                             GtkTooltip *tooltip)
{
  PsSocketRow *self = PS_SOCKET_ROW (widget);
  const char *remote = gtk_inscription_get_text (self->remote);
  g_autofree char *text = NULL;

  if (self->item == NULL)
    return FALSE;
  text = g_strdup_printf ("%s\n%s %s", gtk_inscription_get_text (self->process),
                          gtk_inscription_get_text (self->local), remote != NULL ? remote : "");
  gtk_tooltip_set_text (tooltip, text);
  return TRUE;
}

static char *
describe_health (const PsSocketRecord *r)
{
  g_autofree char *rtt = NULL;

  if (r->flags & PS_SOCKET_LISTENING)
    return r->flags & PS_SOCKET_HAS_QUEUES ? g_strdup_printf (_ ("%u of %u connections waiting"),
                                                              r->receive_queue, r->send_queue)
                                           : NULL;
  if (r->protocol == IPPROTO_TCP && r->flags & PS_SOCKET_HAS_TCP)
    {
      rtt = ps_format_duration ((gint64)r->rtt * 1000);
      /* Translators: TCP's smoothed round trip time, congestion window (segments), retransmits */
      return g_strdup_printf (_ ("rtt %s · cwnd %u · retrans %u"), rtt, r->congestion_window,
                              r->retransmits);
    }
  if (r->flags & PS_SOCKET_HAS_QUEUES && (r->receive_queue > 0 || r->send_queue > 0))
    return g_strdup_printf (_ ("queues: %u B to read, %u B to send"), r->receive_queue,
                            r->send_queue);
  return NULL;
}

static void
show (PsSocketRow *self)
{
  const PsSocketRecord *record = ps_socket_item_get_record (self->item);
  g_autofree char *health = describe_health (record);
  g_autofree char *state = g_strdup_printf ("%s %s", ps_socket_item_get_protocol (self->item),
                                            ps_socket_item_get_state (self->item));

  show_process (self);
  write_text (self->state, state);
  show_addresses (self);
  show_traffic (self);
  write_text (self->health, health);
  gtk_widget_set_visible (GTK_WIDGET (self->health), health != NULL);
  if (record->flags & PS_SOCKET_HAS_TCP && (record->retransmits > 0 || record->lost > 0))
    gtk_widget_add_css_class (GTK_WIDGET (self->health), "warning");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->health), "warning");
  gtk_widget_set_opacity (GTK_WIDGET (self), ps_socket_item_is_closed (self->item) ? .7 : 1);
}

PsSocketItem *
ps_socket_row_get_item (PsSocketRow *self)
{
  g_return_val_if_fail (PS_IS_SOCKET_ROW (self), NULL);
  return self->item;
}

void
ps_socket_row_set_item (PsSocketRow *self, PsSocketItem *item)
{
  g_return_if_fail (PS_IS_SOCKET_ROW (self));

  if (self->item != NULL)
    g_clear_signal_handler (&self->handler, self->item);
  g_set_object (&self->item, item);
  if (item == NULL)
    return;
  self->handler = g_signal_connect_swapped (item, "changed", G_CALLBACK (show), self);
  show (self);
}

static void
ps_socket_row_dispose (GObject *object)
{
  ps_socket_row_set_item (PS_SOCKET_ROW (object), NULL);
  G_OBJECT_CLASS (ps_socket_row_parent_class)->dispose (object);
}

static void
ps_socket_row_class_init (PsSocketRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ps_socket_row_dispose;
  widget_class->query_tooltip = ps_socket_row_query_tooltip;
  g_type_ensure (PS_TYPE_SPARKLINE);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-socket-row.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget_class, PsSocketRow, name)
  CHILD (icon);
  CHILD (process);
  CHILD (state);
  CHILD (local);
  CHILD (remote);
  CHILD (traffic_box);
  CHILD (sparkline);
  CHILD (traffic);
  CHILD (health);
#undef CHILD
}

static void
ps_socket_row_init (PsSocketRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
}

GtkWidget *
ps_socket_row_new (void)
{
  return g_object_new (PS_TYPE_SOCKET_ROW, NULL);
}
