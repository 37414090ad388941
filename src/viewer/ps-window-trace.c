/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which functions a running capture traces: those that the packets of the
 * selected sockets pass, of every packet, or none. Packets go on meanwhile.
 */
#include "config.h"

#include <glib/gi18n.h>

#include "viewer/ps-window-private.h"

void
ps_window_tell_change (PsWindow *self, const char *sentence, gboolean unasked)
{
  if (unasked)
    ps_window_show_message (self, GTK_MESSAGE_WARNING, sentence);
  else
    ps_window_show_toast (self, sentence);
}

static void
capture_changed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (PsWindow) self = data;
  g_autoptr (GError) error = NULL;

  if (!ps_live_capture_change_finish (PS_LIVE_CAPTURE (source), result, &error) &&
      PS_LIVE_CAPTURE (source) == self->capture)
    ps_window_show_message (self, GTK_MESSAGE_WARNING, error->message);
}

static void
change (PsWindow *self, const PsCaptureChange *wanted)
{
  if (self->capture != NULL)
    ps_live_capture_change_async (self->capture, wanted, capture_changed, g_object_ref (self));
}

/* Functions of the packets of these; of all if there are none. */
static void
trace (PsWindow *self, const GArray *cookies)
{
  if (cookies->len > PS_CHOSEN_MAX)
    {
      g_autofree char *sentence =
          g_strdup_printf (_ ("Functions can be traced of %u sockets at once; select fewer, or "
                              "trace them of every packet."),
                           PS_CHOSEN_MAX);

      ps_window_show_message (self, GTK_MESSAGE_WARNING, sentence);
      return;
    }
  change (self, &(PsCaptureChange){ .depth = "functions",
                                    .has_sockets = TRUE,
                                    .sockets = (const guint64 *)(gconstpointer)cookies->data,
                                    .n_sockets = cookies->len,
                                    .has_ports = TRUE });
}

/* The selected sockets, else that of the selected packet. */
static void
trace_functions_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  PsWindow *self = PS_WINDOW (widget);
  PsSession *session = ps_document_get_session (self->document);
  g_autoptr (GArray) cookies = ps_document_get_sockets (self->document);
  PsPacket packet;

  if (cookies->len == 0 && session != NULL &&
      ps_session_get_packet (session, ps_document_get_packet (self->document), &packet) &&
      packet.socket != 0)
    g_array_append_val (cookies, packet.socket);
  if (cookies->len > 0)
    trace (self, cookies);
  else
    ps_window_show_toast (self, _ ("Select a socket, or a packet of one, to trace its functions"));
}

static void
trace_all_functions_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  g_autoptr (GArray) none = g_array_new (FALSE, FALSE, sizeof (guint64));

  trace (PS_WINDOW (widget), none);
}

static void
stop_functions_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  change (PS_WINDOW (widget), &(PsCaptureChange){ .depth = "paths" });
}

void
ps_window_update_trace_actions (PsWindow *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  gboolean live = ps_document_get_state (self->document) == PS_DOCUMENT_LIVE;

  gtk_widget_action_set_enabled (widget, "win.trace-functions", live);
  gtk_widget_action_set_enabled (widget, "win.trace-all-functions", live);
  gtk_widget_action_set_enabled (widget, "win.stop-functions", live);
}

void
ps_window_install_trace_actions (GtkWidgetClass *klass)
{
  gtk_widget_class_install_action (klass, "win.trace-functions", NULL, trace_functions_action);
  gtk_widget_class_install_action (klass, "win.trace-all-functions", NULL,
                                   trace_all_functions_action);
  gtk_widget_class_install_action (klass, "win.stop-functions", NULL, stop_functions_action);
}
