/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "viewer/ps-journey-view.h"
#include "viewer/ps-packets-view.h"
#include "viewer/ps-settings.h"
#include "viewer/ps-start-page.h"
#include "viewer/ps-views.h"
#include "viewer/ps-window-private.h"

#define NARROW_BELOW 900

G_DEFINE_FINAL_TYPE (PsWindow, ps_window, ADW_TYPE_APPLICATION_WINDOW)

PsDocument *
ps_window_get_document (PsWindow *self)
{
  g_return_val_if_fail (PS_IS_WINDOW (self), NULL);
  return self->document;
}

PsView *
ps_window_get_view (PsWindow *self, const char *name)
{
  g_return_val_if_fail (PS_IS_WINDOW (self), NULL);
  return PS_VIEW (adw_view_stack_get_child_by_name (self->views, name));
}

void
ps_window_show_view (PsWindow *self, const char *name)
{
  g_return_if_fail (PS_IS_WINDOW (self));
  if (ps_window_get_view (self, name) != NULL)
    adw_view_stack_set_visible_child_name (self->views, name);
}

PsView *
ps_window_get_sidebar (PsWindow *self)
{
  g_return_val_if_fail (PS_IS_WINDOW (self), NULL);
  return PS_VIEW (self->sidebar);
}

gboolean
ps_window_is_empty (PsWindow *self)
{
  g_return_val_if_fail (PS_IS_WINDOW (self), FALSE);
  return ps_document_get_state (self->document) == PS_DOCUMENT_EMPTY;
}

static void
set_class (GtkWidget *widget, const char *name, gboolean wanted)
{
  if (wanted)
    gtk_widget_add_css_class (widget, name);
  else
    gtk_widget_remove_css_class (widget, name);
}

void
ps_window_show_message (PsWindow *self, GtkMessageType type, const char *sentence)
{
  gtk_label_set_label (self->message, sentence != NULL ? sentence : "");
  set_class (self->message_bar, "error", type == GTK_MESSAGE_ERROR);
  set_class (self->message_bar, "warning", type == GTK_MESSAGE_WARNING);
  gtk_widget_set_visible (self->retry_button, FALSE);
  gtk_widget_set_visible (self->message_bar, sentence != NULL);
}

const char *
ps_window_get_message (PsWindow *self)
{
  g_return_val_if_fail (PS_IS_WINDOW (self), NULL);
  return gtk_widget_get_visible (self->message_bar) ? gtk_label_get_label (self->message) : NULL;
}

void
ps_window_show_toast (PsWindow *self, const char *sentence)
{
  g_autofree char *markup = g_markup_escape_text (sentence, -1);

  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (markup));
}

static void
close_message (PsWindow *self)
{
  gtk_widget_set_visible (self->message_bar, FALSE);
}

static void
update_title (PsWindow *self)
{
  const char *name = ps_document_get_title (self->document);
  g_autofree char *title =
      name != NULL ? g_strdup_printf ("%s – %s", name, _ ("PacketScope")) : NULL;

  gtk_window_set_title (GTK_WINDOW (self), title != NULL ? title : _ ("PacketScope"));
  adw_view_switcher_title_set_title (self->title, name != NULL ? name : _ ("PacketScope"));
}

void
ps_window_update_pages (PsWindow *self)
{
  PsDocumentState state = ps_document_get_state (self->document);
  gboolean has_document = ps_document_get_session (self->document) != NULL;
  gboolean running =
      state == PS_DOCUMENT_STARTING || state == PS_DOCUMENT_LIVE || state == PS_DOCUMENT_STOPPING;

  if ((state == PS_DOCUMENT_LOADING && ps_document_get_session (self->document) != self->loading) ||
      state == PS_DOCUMENT_STARTING)
    {
      adw_status_page_set_title (self->loading_page, state == PS_DOCUMENT_LOADING
                                                         ? _ ("Opening…")
                                                         : _ ("Starting the Capture…"));
      gtk_stack_set_visible_child_name (self->pages, "loading");
      has_document = FALSE;
    }
  else
    gtk_stack_set_visible_child_name (self->pages, has_document ? "document" : "start");

  gtk_widget_set_visible (GTK_WIDGET (self->start_button), !running);
  gtk_widget_set_visible (GTK_WIDGET (self->stop_button), running);
  gtk_widget_set_visible (GTK_WIDGET (self->sidebar_button), has_document);
  gtk_widget_set_visible (self->search_button, has_document && !self->narrow);
  adw_view_switcher_title_set_view_switcher_enabled (self->title, has_document);
  update_title (self);
  ps_window_update_actions (self);
}

/* Where the sidebar and both panes under the table no longer fit beside each other. */
static gboolean
is_narrow (PsWindow *self)
{
  int dpi = 0;

  g_object_get (gtk_widget_get_settings (GTK_WIDGET (self)), "gtk-xft-dpi", &dpi, NULL);
  return gtk_widget_get_width (GTK_WIDGET (self)) <
         NARROW_BELOW * (dpi > 0 ? (double)dpi / (96 * 1024) : 1);
}

/* libadwaita's breakpoints are 1.4: until then, by hand and not within a layout. */
static gboolean
apply_width (gpointer data)
{
  PsWindow *self = data;
  gboolean narrow = is_narrow (self);
  gboolean has_document = ps_document_get_session (self->document) != NULL;

  self->width_source = 0;
  if (narrow == self->narrow)
    return G_SOURCE_REMOVE;
  self->narrow = narrow;
  ps_packets_view_set_narrow (PS_PACKETS_VIEW (ps_window_get_view (self, "packets")), narrow);
  ps_journey_view_set_narrow (PS_JOURNEY_VIEW (ps_window_get_view (self, "journey")), narrow);
  ps_status_bar_set_narrow (self->status_bar, narrow);
  gtk_widget_set_visible (GTK_WIDGET (self->chip), !narrow);
  gtk_widget_set_visible (self->search_button, !narrow && has_document);
  adw_flap_set_fold_policy (self->flap,
                            narrow ? ADW_FLAP_FOLD_POLICY_ALWAYS : ADW_FLAP_FOLD_POLICY_NEVER);
  adw_flap_set_reveal_flap (self->flap, !narrow);
  return G_SOURCE_REMOVE;
}

static void
ps_window_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  PsWindow *self = PS_WINDOW (widget);

  GTK_WIDGET_CLASS (ps_window_parent_class)->size_allocate (widget, width, height, baseline);
  if (self->width_source == 0 && is_narrow (self) != self->narrow)
    self->width_source = g_idle_add_full (G_PRIORITY_HIGH_IDLE, apply_width, self, NULL);
}

static void
add_views (PsWindow *self)
{
  for (guint i = 0; i < ps_n_views; i++)
    {
      GtkWidget *view = g_object_new (ps_views[i].get_type (), NULL);
      AdwViewStackPage *page =
          adw_view_stack_add_titled (self->views, view, ps_views[i].name, _ (ps_views[i].title));

      adw_view_stack_page_set_icon_name (page, ps_views[i].icon);
      ps_view_set_document (PS_VIEW (view), self->document);
    }
}

static gboolean
ps_window_close_request (GtkWindow *window)
{
  PsWindow *self = PS_WINDOW (window);
  GSettings *settings = ps_settings_get ();
  int width, height;

  if (ps_window_ask_to_save (self))
    return TRUE;
  gtk_window_get_default_size (window, &width, &height);
  if (settings != NULL)
    {
      g_settings_set (settings, "window-size", "(ii)", width, height);
      g_settings_set_boolean (settings, "window-maximized", gtk_window_is_maximized (window));
    }
  ps_window_cancel_loading (self);
  ps_window_drop_capture (self);
  return GTK_WINDOW_CLASS (ps_window_parent_class)->close_request (window);
}

static void
restore_size (PsWindow *self)
{
  GSettings *settings = ps_settings_get ();
  int width = 1200, height = 760;

  if (settings != NULL)
    {
      g_settings_get (settings, "window-size", "(ii)", &width, &height);
      if (g_settings_get_boolean (settings, "window-maximized"))
        gtk_window_maximize (GTK_WINDOW (self));
    }
  gtk_window_set_default_size (GTK_WINDOW (self), width, height);
}

static void
ps_window_dispose (GObject *object)
{
  PsWindow *self = PS_WINDOW (object);

  ps_window_cancel_loading (self);
  ps_window_drop_capture (self);
  g_clear_handle_id (&self->width_source, g_source_remove);
  g_clear_object (&self->file);
  g_clear_object (&self->document);
  G_OBJECT_CLASS (ps_window_parent_class)->dispose (object);
}

static void
ps_window_class_init (PsWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ps_window_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = ps_window_close_request;
  widget_class->size_allocate = ps_window_size_allocate;

  g_type_ensure (PS_TYPE_CAPTURE_OPTIONS);
  g_type_ensure (PS_TYPE_MECHANISM_CHIP);
  g_type_ensure (PS_TYPE_SOCKETS_SIDEBAR);
  g_type_ensure (PS_TYPE_START_PAGE);
  g_type_ensure (PS_TYPE_STATUS_BAR);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/packetscope/Viewer/ps-window.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget_class, PsWindow, name)
  CHILD (start_button);
  CHILD (stop_button);
  CHILD (sidebar_button);
  CHILD (search_button);
  CHILD (chip);
  CHILD (title);
  CHILD (message_bar);
  CHILD (message);
  CHILD (retry_button);
  CHILD (toasts);
  CHILD (pages);
  CHILD (loading_page);
  CHILD (progress_bar);
  CHILD (progress);
  CHILD (progress_label);
  CHILD (flap);
  CHILD (sidebar);
  CHILD (views);
  CHILD (status_bar);
  CHILD (options);
#undef CHILD
  gtk_widget_class_bind_template_callback (widget_class, close_message);
  ps_window_install_actions (widget_class);
}

static void
ps_window_init (PsWindow *self)
{
  self->document = ps_document_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  add_views (self);
  ps_view_set_document (PS_VIEW (self->sidebar), self->document);
  ps_view_set_document (PS_VIEW (self->status_bar), self->document);
  ps_view_set_document (PS_VIEW (self->chip), self->document);
  g_signal_connect_object (self->document, "notify::state", G_CALLBACK (ps_window_update_pages),
                           self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::session", G_CALLBACK (ps_window_update_pages),
                           self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->document, "notify::packet", G_CALLBACK (ps_window_update_actions),
                           self, G_CONNECT_SWAPPED);
  restore_size (self);
  ps_window_update_pages (self);
}

PsWindow *
ps_window_new (GtkApplication *application)
{
  return g_object_new (PS_TYPE_WINDOW, "application", application, NULL);
}
