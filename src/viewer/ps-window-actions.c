/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "viewer/ps-packets-view.h"
#include "viewer/ps-start-page.h"
#include "viewer/ps-views.h"
#include "viewer/ps-window-private.h"

static void
start_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  ps_window_start_capture (PS_WINDOW (widget));
}

static void
stop_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  ps_window_stop_capture (PS_WINDOW (widget));
}

static void
open_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  ps_window_choose_file (PS_WINDOW (widget));
}

static void
open_uri_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  g_autoptr (GFile) file = g_file_new_for_uri (g_variant_get_string (parameter, NULL));
  ps_window_open (PS_WINDOW (widget), file);
}

static void
open_sample_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  g_autoptr (GFile) file = g_file_new_for_uri ("resource://" PS_SAMPLE_RESOURCE);
  ps_window_open (PS_WINDOW (widget), file);
}

static void
save_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  ps_window_save (PS_WINDOW (widget));
}

static void
cancel_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  PsWindow *self = PS_WINDOW (widget);

  if (ps_document_get_state (self->document) == PS_DOCUMENT_STARTING)
    ps_window_stop_capture (self);
  else
    ps_window_cancel_loading (self);
}

static void
show_view_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  ps_window_show_view (PS_WINDOW (widget), g_variant_get_string (parameter, NULL));
}

static void
toggle_sidebar_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  AdwFlap *flap = PS_WINDOW (widget)->flap;
  adw_flap_set_reveal_flap (flap, !adw_flap_get_reveal_flap (flap));
}

/* In the view that is shown, or else among the packets. */
static void
find_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  GtkWidget *shown = adw_view_stack_get_visible_child (PS_WINDOW (widget)->views);

  if (ps_view_find (PS_VIEW (shown)))
    return;
  ps_window_show_view (PS_WINDOW (widget), "packets");
  ps_packets_view_focus_filter (
      PS_PACKETS_VIEW (ps_window_get_view (PS_WINDOW (widget), "packets")));
}

static void
filter_packets_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  PsWindow *self = PS_WINDOW (widget);

  ps_window_show_view (self, "packets");
  ps_packets_view_set_filter (PS_PACKETS_VIEW (ps_window_get_view (self, "packets")),
                              g_variant_get_string (parameter, NULL));
}

static void
find_socket_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  PsWindow *self = PS_WINDOW (widget);

  adw_flap_set_reveal_flap (self->flap, TRUE);
  ps_sockets_sidebar_focus_search (self->sidebar);
}

static void
back_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  ps_document_go (PS_WINDOW (widget)->document, -1);
}

static void
forward_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  ps_document_go (PS_WINDOW (widget)->document, 1);
}

static void
step (PsWindow *self, int by)
{
  ps_packets_view_step (PS_PACKETS_VIEW (ps_window_get_view (self, "packets")), by);
}

static void
previous_packet_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  step (PS_WINDOW (widget), -1);
}

static void
next_packet_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  step (PS_WINDOW (widget), 1);
}

void
ps_window_update_actions (PsWindow *self)
{
  PsDocumentState state = ps_document_get_state (self->document);
  GtkWidget *widget = GTK_WIDGET (self);
  gboolean has_document = ps_document_get_session (self->document) != NULL;
  gboolean running =
      state == PS_DOCUMENT_STARTING || state == PS_DOCUMENT_LIVE || state == PS_DOCUMENT_STOPPING;

  gtk_widget_action_set_enabled (widget, "win.start", !running && state != PS_DOCUMENT_LOADING);
  gtk_widget_action_set_enabled (widget, "win.stop", running && state != PS_DOCUMENT_STOPPING);
  gtk_widget_action_set_enabled (widget, "win.open", !running);
  gtk_widget_action_set_enabled (widget, "win.save", ps_window_can_save (self));
  gtk_widget_action_set_enabled (widget, "win.back", ps_document_can_go (self->document, -1));
  gtk_widget_action_set_enabled (widget, "win.forward", ps_document_can_go (self->document, 1));
  gtk_widget_action_set_enabled (widget, "win.previous-packet", has_document);
  gtk_widget_action_set_enabled (widget, "win.next-packet", has_document);
  gtk_widget_action_set_enabled (widget, "win.find", has_document);
  gtk_widget_action_set_enabled (widget, "win.find-socket", has_document);
  gtk_widget_action_set_enabled (widget, "win.toggle-sidebar", has_document);
  gtk_widget_action_set_enabled (widget, "win.show-view", has_document);
  ps_window_update_trace_actions (self);
}

void
ps_window_install_actions (GtkWidgetClass *klass)
{
  static const struct {
    guint key;
    GdkModifierType modifiers;
    const char *action;
  } keys[] = {
    { GDK_KEY_F5, 0, "win.start" },
    { GDK_KEY_F5, GDK_SHIFT_MASK, "win.stop" },
    { GDK_KEY_F9, 0, "win.toggle-sidebar" },
    { GDK_KEY_o, GDK_CONTROL_MASK, "win.open" },
    { GDK_KEY_s, GDK_CONTROL_MASK, "win.save" },
    { GDK_KEY_f, GDK_CONTROL_MASK, "win.find" },
    { GDK_KEY_k, GDK_CONTROL_MASK, "win.find-socket" },
    { GDK_KEY_t, GDK_CONTROL_MASK, "win.trace-functions" },
    { GDK_KEY_t, GDK_CONTROL_MASK | GDK_SHIFT_MASK, "win.stop-functions" },
    { GDK_KEY_Left, GDK_ALT_MASK, "win.back" },
    { GDK_KEY_Right, GDK_ALT_MASK, "win.forward" },
    { GDK_KEY_Up, GDK_ALT_MASK, "win.previous-packet" },
    { GDK_KEY_Down, GDK_ALT_MASK, "win.next-packet" },
  };

  gtk_widget_class_install_action (klass, "win.start", NULL, start_action);
  gtk_widget_class_install_action (klass, "win.stop", NULL, stop_action);
  gtk_widget_class_install_action (klass, "win.open", NULL, open_action);
  gtk_widget_class_install_action (klass, "win.open-uri", "s", open_uri_action);
  gtk_widget_class_install_action (klass, "win.open-sample", NULL, open_sample_action);
  gtk_widget_class_install_action (klass, "win.save", NULL, save_action);
  gtk_widget_class_install_action (klass, "win.cancel", NULL, cancel_action);
  gtk_widget_class_install_action (klass, "win.show-view", "s", show_view_action);
  gtk_widget_class_install_action (klass, "win.toggle-sidebar", NULL, toggle_sidebar_action);
  gtk_widget_class_install_action (klass, "win.back", NULL, back_action);
  gtk_widget_class_install_action (klass, "win.forward", NULL, forward_action);
  gtk_widget_class_install_action (klass, "win.previous-packet", NULL, previous_packet_action);
  gtk_widget_class_install_action (klass, "win.next-packet", NULL, next_packet_action);
  gtk_widget_class_install_action (klass, "win.find", NULL, find_action);
  gtk_widget_class_install_action (klass, "win.filter-packets", "s", filter_packets_action);
  gtk_widget_class_install_action (klass, "win.find-socket", NULL, find_socket_action);
  ps_window_install_trace_actions (klass);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    gtk_widget_class_add_binding_action (klass, keys[i].key, keys[i].modifiers, keys[i].action,
                                         NULL);
  /* Alt+1 is the first view, as in the order of the switcher. */
  for (guint i = 0; i < MIN (ps_n_views, 9); i++)
    gtk_widget_class_add_binding_action (klass, GDK_KEY_1 + i, GDK_ALT_MASK, "win.show-view", "s",
                                         ps_views[i].name);
}
