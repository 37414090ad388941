/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening a file: what it begins with is shown at once, and grows while the rest
 * is read. Until there is something to show, what was there before stays.
 */
#include "config.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>

#include "viewer/ps-format.h"
#include "viewer/ps-loader.h"
#include "viewer/ps-packets-view.h"
#include "viewer/ps-window-private.h"

#define PROGRESS_MS 100

static char *
display_name (GFile *file)
{
  g_autofree char *base = g_file_get_basename (file);
  return g_filename_display_name (base);
}

static gboolean
is_shown (PsWindow *self)
{
  return self->loading != NULL && ps_document_get_session (self->document) == self->loading;
}

static void
forget_loading (PsWindow *self)
{
  if (self->loading != NULL)
    g_signal_handlers_disconnect_by_data (self->loading, self);
  g_clear_object (&self->loading);
  g_clear_object (&self->loader);
  g_clear_handle_id (&self->progress_timer, g_source_remove);
  gtk_widget_set_visible (self->progress_bar, FALSE);
}

static void
end_loading (PsWindow *self)
{
  g_clear_object (&self->cancellable);
  forget_loading (self);
  ps_document_set_state (self->document, ps_document_get_session (self->document) != NULL
                                             ? PS_DOCUMENT_COMPLETE
                                             : PS_DOCUMENT_EMPTY);
}

/* What was read so far stays where it is on the screen already. */
void
ps_window_cancel_loading (PsWindow *self)
{
  PsSession *session = ps_document_get_session (self->document);

  if (self->cancellable == NULL)
    return;
  g_cancellable_cancel (self->cancellable);
  if (ps_document_get_state (self->document) != PS_DOCUMENT_LOADING)
    {
      g_clear_object (&self->cancellable);
      return;
    }
  if (is_shown (self))
    {
      g_autofree char *count = ps_format_count (ps_session_get_n_packets (session));
      g_autofree char *sentence = g_strdup_printf (
          _ ("Only the first %s packets are shown: reading the file was cancelled. Open it again "
             "to see all of it."),
          count);
      ps_window_show_message (self, GTK_MESSAGE_WARNING, sentence);
    }
  end_loading (self);
}

static void
show_progress (PsWindow *self)
{
  double share = self->loader != NULL ? ps_capture_loader_get_progress (self->loader) : -1;
  g_autofree char *text = NULL;

  if (share < 0)
    {
      gtk_progress_bar_pulse (self->progress);
      gtk_label_set_label (self->progress_label, _ ("Opening…"));
      return;
    }
  text = g_strdup_printf (_ ("Opening… %.0f %%"), share * 100);
  gtk_progress_bar_set_fraction (self->progress, share);
  gtk_label_set_label (self->progress_label, text);
}

static gboolean
on_progress (gpointer data)
{
  show_progress (data);
  return G_SOURCE_CONTINUE;
}

static void
show_session (PsWindow *self)
{
  g_autofree char *title = display_name (self->file);

  ps_window_drop_capture (self);
  ps_document_set_session (self->document, self->loading, title);
  ps_window_update_pages (self);
}

/* The first rows are there. */
static void
on_changed (PsWindow *self)
{
  if (is_shown (self))
    return;
  show_session (self);
  gtk_widget_set_visible (self->progress_bar, TRUE);
  show_progress (self);
  self->progress_timer = g_timeout_add (PROGRESS_MS, on_progress, self);
}

static void
show_warnings (PsWindow *self, PsSession *session)
{
  const char *const *warnings = ps_session_get_warnings (session);
  g_autofree char *text = warnings != NULL ? g_strjoinv ("\n", (char **)warnings) : NULL;

  if (text != NULL && *text != '\0')
    ps_window_show_message (self, GTK_MESSAGE_WARNING, text);
}

static void
show_open_error (PsWindow *self, const GError *error)
{
  g_autofree char *name = display_name (self->file);
  /* Translators: the name of a file, and a sentence that says why */
  g_autofree char *sentence = g_strdup_printf (_ ("“%s” was not opened. %s"), name, error->message);

  ps_window_show_message (self, GTK_MESSAGE_ERROR, sentence);
}

static void
remember_file (PsWindow *self)
{
  g_autofree char *uri = g_file_get_uri (self->file);

  if (!g_str_has_prefix (uri, "resource:"))
    gtk_recent_manager_add_item (gtk_recent_manager_get_default (), uri);
}

/* So that arrows and Enter work at once; not where a person types already. */
static void
focus_packets (PsWindow *self)
{
  if (!GTK_IS_TEXT (gtk_window_get_focus (GTK_WINDOW (self))))
    ps_packets_view_focus_rows (PS_PACKETS_VIEW (ps_window_get_view (self, "packets")));
}

/* The map of a file that is deleted stays. */
static void
delete_copy (PsCaptureLoader *loader)
{
  const char *copy = g_object_get_data (G_OBJECT (loader), "copy");

  if (copy != NULL)
    g_unlink (copy);
}

static void
loaded (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (PsWindow) self = data;
  PsCaptureLoader *loader = PS_CAPTURE_LOADER (source);
  g_autoptr (GError) error = NULL;
  gboolean all = ps_capture_loader_load_finish (loader, result, &error);

  delete_copy (loader);
  /* Cancelled, by hand or by another file: that has been dealt with. */
  if (self->document == NULL || self->loader != loader)
    return;
  if (all && !is_shown (self))
    show_session (self);
  if (all)
    {
      show_warnings (self, self->loading);
      remember_file (self);
      focus_packets (self);
    }
  else
    show_open_error (self, error);
  end_loading (self);
}

static void
start_loading (PsWindow *self, const char *path, gboolean copy)
{
  self->loader = ps_capture_loader_new (path, self->loading);
  if (copy)
    g_object_set_data_full (G_OBJECT (self->loader), "copy", g_strdup (path), g_free);
  ps_capture_loader_load_async (self->loader, self->cancellable, loaded, g_object_ref (self));
}

static void
copied (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (PsWindow) self = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = ps_loader_copy_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || self->document == NULL)
    return;
  if (path != NULL)
    {
      start_loading (self, path, TRUE);
      return;
    }
  show_open_error (self, error);
  end_loading (self);
}

void
ps_window_open (PsWindow *self, GFile *file)
{
  g_autofree char *path = NULL;

  g_return_if_fail (PS_IS_WINDOW (self));
  g_return_if_fail (G_IS_FILE (file));

  ps_window_cancel_loading (self);
  ps_window_show_message (self, GTK_MESSAGE_INFO, NULL);
  g_set_object (&self->file, file);
  self->cancellable = g_cancellable_new ();
  /* A file is shown whole: the memory limit is for live captures. */
  self->loading = ps_session_new (0);
  g_signal_connect_object (self->loading, "changed", G_CALLBACK (on_changed), self,
                           G_CONNECT_SWAPPED);
  ps_document_set_state (self->document, PS_DOCUMENT_LOADING);
  path = g_file_get_path (file);
  if (path != NULL)
    start_loading (self, path, FALSE);
  else
    ps_loader_copy_async (file, self->cancellable, copied, g_object_ref (self));
}
