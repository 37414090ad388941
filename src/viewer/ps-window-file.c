/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "viewer/ps-window-private.h"

static void
file_chosen (GtkNativeDialog *dialog, int response, PsWindow *self)
{
  if (response == GTK_RESPONSE_ACCEPT)
    {
      g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
      ps_window_open (self, file);
    }
  g_object_unref (dialog);
}

static void
add_filters (GtkFileChooser *chooser)
{
  g_autoptr (GtkFileFilter) captures = gtk_file_filter_new ();
  g_autoptr (GtkFileFilter) all = gtk_file_filter_new ();

  gtk_file_filter_set_name (captures, _ ("Captures (pcapng, pcap)"));
  gtk_file_filter_add_suffix (captures, "pcapng");
  gtk_file_filter_add_suffix (captures, "pcap");
  gtk_file_filter_add_suffix (captures, "cap");
  gtk_file_filter_set_name (all, _ ("All files"));
  gtk_file_filter_add_pattern (all, "*");
  gtk_file_chooser_add_filter (chooser, captures);
  gtk_file_chooser_add_filter (chooser, all);
}

void
ps_window_choose_file (PsWindow *self)
{
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (
      _ ("Open a Capture"), GTK_WINDOW (self), GTK_FILE_CHOOSER_ACTION_OPEN, NULL, NULL);

  add_filters (GTK_FILE_CHOOSER (dialog));
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog), TRUE);
  g_signal_connect_object (dialog, "response", G_CALLBACK (file_chosen), self, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

gboolean
ps_window_can_save (PsWindow *self)
{
  PsDocumentState state = ps_document_get_state (self->document);

  return (self->capture != NULL || self->file != NULL) &&
         ps_document_get_session (self->document) != NULL && state != PS_DOCUMENT_STARTING &&
         state != PS_DOCUMENT_LOADING;
}

static void
copied (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (PsWindow) self = data;
  g_autoptr (GError) error = NULL;

  if (self->document == NULL)
    return;
  if (!g_file_copy_finish (G_FILE (source), result, &error))
    {
      g_autofree char *sentence = g_strdup_printf (
          _ ("The capture was not saved: %s. Choose another place to save it."), error->message);
      self->closing = FALSE;
      ps_window_show_message (self, GTK_MESSAGE_ERROR, sentence);
      return;
    }
  self->saved = !ps_document_is_live (self->document);
  ps_window_show_toast (self, _ ("Capture saved"));
  if (self->closing)
    gtk_window_destroy (GTK_WINDOW (self));
}

/* Where all of what is shown lies: the capture's spool, or the file that is open. */
static GFile *
find_source (PsWindow *self, GError **error)
{
  const char *spool;

  if (self->capture == NULL)
    return g_object_ref (self->file);
  spool = ps_live_capture_flush_spool (self->capture, error);
  return spool != NULL ? g_file_new_for_path (spool) : NULL;
}

static void
save_to (PsWindow *self, GFile *target)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GFile) source = find_source (self, &error);

  if (source == NULL)
    {
      self->closing = FALSE;
      ps_window_show_message (self, GTK_MESSAGE_ERROR, error->message);
      return;
    }
  if (g_file_equal (source, target))
    {
      ps_window_show_toast (self, _ ("The capture is already there"));
      return;
    }
  g_file_copy_async (source, target, G_FILE_COPY_OVERWRITE, G_PRIORITY_DEFAULT, NULL, NULL, NULL,
                     copied, g_object_ref (self));
}

static void
target_chosen (GtkNativeDialog *dialog, int response, PsWindow *self)
{
  if (response == GTK_RESPONSE_ACCEPT && ps_window_can_save (self))
    {
      g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
      save_to (self, file);
    }
  else
    self->closing = FALSE;
  g_object_unref (dialog);
}

void
ps_window_save (PsWindow *self)
{
  GtkFileChooserNative *dialog;
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  /* Translators: the name proposed for a saved capture */
  g_autofree char *name = g_date_time_format (now, _ ("Capture %Y-%m-%d %H-%M.pcapng"));

  if (!ps_window_can_save (self))
    return;
  dialog = gtk_file_chooser_native_new (_ ("Save the Capture"), GTK_WINDOW (self),
                                        GTK_FILE_CHOOSER_ACTION_SAVE, NULL, NULL);
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (dialog), name);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog), TRUE);
  g_signal_connect_object (dialog, "response", G_CALLBACK (target_chosen), self, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
close_answered (PsWindow *self, const char *response)
{
  if (g_str_equal (response, "discard"))
    {
      self->saved = TRUE;
      gtk_window_close (GTK_WINDOW (self));
    }
  else if (g_str_equal (response, "save"))
    {
      self->closing = TRUE;
      ps_window_save (self);
    }
}

gboolean
ps_window_ask_to_save (PsWindow *self)
{
  PsSession *session = ps_document_get_session (self->document);
  GtkWidget *dialog;

  if (self->saved || self->capture == NULL || session == NULL ||
      ps_session_get_n_packets (session) == 0)
    return FALSE;
  dialog = adw_message_dialog_new (GTK_WINDOW (self), _ ("Save the Capture?"),
                                   _ ("What was captured is not saved and will be lost."));
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _ ("_Cancel"), "discard",
                                    _ ("_Discard"), "save", _ ("_Save"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "discard",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "save",
                                              ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "save");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (close_answered), self,
                           G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
  return TRUE;
}
