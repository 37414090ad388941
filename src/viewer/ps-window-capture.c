/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live capture of a window. Frame budget: what came is published at most
 * ten times a second and in step with a frame; faster than that nobody reads.
 */
#include "config.h"

#include <glib/gi18n.h>

#include "viewer/ps-window-private.h"

#define PUBLISH_INTERVAL_US (G_USEC_PER_SEC / 10)
#define PUBLISH_HIDDEN_MS 1000

static void
publish (PsWindow *self)
{
  self->published_at = g_get_monotonic_time ();
  if (self->capture != NULL)
    ps_session_publish (ps_live_capture_get_session (self->capture));
}

static gboolean
publish_in_frame (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  PsWindow *self = PS_WINDOW (widget);

  self->publish_tick = 0;
  publish (self);
  return G_SOURCE_REMOVE;
}

static gboolean
is_in_sight (PsWindow *self)
{
  GdkSurface *surface = gtk_native_get_surface (GTK_NATIVE (self));

  return gtk_widget_get_mapped (GTK_WIDGET (self)) && GDK_IS_TOPLEVEL (surface) &&
         !(gdk_toplevel_get_state (GDK_TOPLEVEL (surface)) & GDK_TOPLEVEL_STATE_MINIMIZED);
}

static gboolean
publish_after_wait (gpointer data)
{
  PsWindow *self = data;

  self->publish_timeout = 0;
  if (!is_in_sight (self))
    publish (self);
  else if (self->publish_tick == 0)
    self->publish_tick =
        gtk_widget_add_tick_callback (GTK_WIDGET (self), publish_in_frame, NULL, NULL);
  return G_SOURCE_REMOVE;
}

static void
schedule_publish (PsWindow *self)
{
  gint64 wait = self->published_at + PUBLISH_INTERVAL_US - g_get_monotonic_time ();
  guint ms = is_in_sight (self) ? (guint)(MAX (wait, 0) / 1000) : PUBLISH_HIDDEN_MS;

  if (self->publish_timeout == 0 && self->publish_tick == 0)
    self->publish_timeout = g_timeout_add (ms, publish_after_wait, self);
}

void
ps_window_stop_publishing (PsWindow *self)
{
  g_clear_handle_id (&self->publish_timeout, g_source_remove);
  if (self->publish_tick != 0)
    gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->publish_tick);
  self->publish_tick = 0;
}

void
ps_window_drop_capture (PsWindow *self)
{
  ps_window_stop_publishing (self);
  if (self->capture != NULL)
    g_signal_handlers_disconnect_by_data (self->capture, self);
  g_clear_object (&self->capture);
}

/* A PS_CLIENT_ERROR sentence says what to do; the rest of the window stays usable. */
static void
show_failure (PsWindow *self, const GError *error)
{
  ps_window_show_message (self, GTK_MESSAGE_ERROR, error->message);
  gtk_widget_set_visible (self->retry_button, TRUE);
}

static void
capture_warning (PsWindow *self, const char *sentence)
{
  ps_window_show_message (self, GTK_MESSAGE_WARNING, sentence);
}

static void
capture_ended (PsWindow *self, GError *error)
{
  ps_window_stop_publishing (self);
  publish (self);
  ps_document_set_state (self->document, PS_DOCUMENT_COMPLETE);
  if (error != NULL)
    show_failure (self, error);
}

static void
capture_started (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (PsWindow) self = data;
  g_autoptr (GError) error = NULL;
  PsLiveCapture *capture = PS_LIVE_CAPTURE (source);
  gboolean started = ps_live_capture_start_finish (capture, result, &error);

  if (capture != self->capture)
    return; /* the window has gone on to something else */
  if (started)
    {
      ps_document_set_state (self->document, PS_DOCUMENT_LIVE);
      schedule_publish (self);
      return;
    }
  ps_window_drop_capture (self);
  ps_document_set_session (self->document, NULL, NULL);
  ps_document_set_state (self->document, PS_DOCUMENT_EMPTY);
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    show_failure (self, error);
}

void
ps_window_start_capture (PsWindow *self)
{
  PsCaptureOptions options;

  g_return_if_fail (PS_IS_WINDOW (self));
  ps_window_show_message (self, GTK_MESSAGE_INFO, NULL);
  ps_window_cancel_loading (self);
  ps_window_drop_capture (self);
  g_clear_object (&self->file);
  ps_capture_options_read (self->options, &options);

  self->saved = FALSE;
  self->capture = ps_live_capture_new ();
  self->cancellable = g_cancellable_new ();
  g_signal_connect_object (self->capture, "dirty", G_CALLBACK (schedule_publish), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->capture, "warning", G_CALLBACK (capture_warning), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->capture, "changed", G_CALLBACK (ps_window_tell_change), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->capture, "ended", G_CALLBACK (capture_ended), self,
                           G_CONNECT_SWAPPED);
  ps_document_set_session (self->document, ps_live_capture_get_session (self->capture),
                           _ ("Live Capture"));
  ps_document_set_state (self->document, PS_DOCUMENT_STARTING);
  ps_live_capture_start_async (self->capture, &options, self->cancellable, capture_started,
                               g_object_ref (self));
}

void
ps_window_stop_capture (PsWindow *self)
{
  g_return_if_fail (PS_IS_WINDOW (self));

  if (self->capture == NULL)
    return;
  if (ps_document_get_state (self->document) == PS_DOCUMENT_STARTING)
    {
      g_cancellable_cancel (self->cancellable);
      return;
    }
  ps_document_set_state (self->document, PS_DOCUMENT_STOPPING);
  ps_live_capture_stop (self->capture);
}
