/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui-support.h"

#include <stdio.h>

#include "viewer/ps-application.h"

static GtkApplication *application;

/* Registered but not run: it brings styles, icons and accelerators; the loop is
 * the test's. */
gboolean
ui_init (void)
{
  g_autoptr (GError) error = NULL;

  g_set_prgname ("packetscope");
  g_set_application_name ("PacketScope");
  if (!gtk_init_check ())
    {
      fprintf (stderr, "There is no display\n");
      return FALSE;
    }
  application = GTK_APPLICATION (ps_application_new ());
  g_application_set_flags (G_APPLICATION (application), G_APPLICATION_NON_UNIQUE);
  if (!g_application_register (G_APPLICATION (application), NULL, &error))
    {
      fprintf (stderr, "%s\n", error->message);
      return FALSE;
    }
  return TRUE;
}

PsWindow *
ui_window_new (int width, int height)
{
  PsWindow *window = ps_window_new (application);

  gtk_window_set_default_size (GTK_WINDOW (window), width, height);
  gtk_window_present (GTK_WINDOW (window));
  ui_settle (window);
  return window;
}

static void
gone (gpointer data, GObject *object)
{
  *(gboolean *)data = TRUE;
}

static gboolean
is_true (gpointer data)
{
  return *(gboolean *)data;
}

gboolean
ui_window_close (PsWindow *window)
{
  gboolean finalised = FALSE;

  g_object_weak_ref (G_OBJECT (window), gone, &finalised);
  gtk_window_destroy (GTK_WINDOW (window));
  if (ui_wait (is_true, &finalised, 5))
    return TRUE;
  g_object_weak_unref (G_OBJECT (window), gone, &finalised);
  return FALSE;
}

static gboolean
set_true (gpointer data)
{
  *(gboolean *)data = TRUE;
  return G_SOURCE_REMOVE;
}

gboolean
ui_wait (UiCondition condition, gpointer data, guint seconds)
{
  gboolean late = FALSE;
  guint timer = g_timeout_add_seconds (seconds, set_true, &late);
  gboolean holds;

  while (!(holds = condition (data)) && !late)
    {
      /* A condition may depend on time alone. */
      if (!g_main_context_iteration (NULL, FALSE))
        g_usleep (1000);
    }
  if (!late)
    g_source_remove (timer);
  return holds;
}

void
ui_wait_ms (guint ms)
{
  gboolean over = FALSE;

  g_timeout_add (ms, set_true, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
}

static void
drawn (GdkFrameClock *clock, gboolean *ret_drawn)
{
  *ret_drawn = TRUE;
}

/* On a busy machine a frame may be longer in coming than any time one would wait. */
static void
wait_for_frame (GtkWidget *native)
{
  GdkFrameClock *clock = gtk_widget_get_frame_clock (native);
  gboolean done = FALSE;
  gulong handler;

  if (clock == NULL || !gtk_widget_get_mapped (native))
    return;
  handler = g_signal_connect (clock, "after-paint", G_CALLBACK (drawn), &done);
  gtk_widget_queue_draw (native);
  ui_wait (is_true, &done, 10);
  g_signal_handler_disconnect (clock, handler);
}

void
ui_settle (PsWindow *window)
{
  ui_wait_ms (150);
  wait_for_frame (GTK_WIDGET (window));
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static gboolean
is_settled (gpointer data)
{
  return ps_document_get_state (ps_window_get_document (data)) != PS_DOCUMENT_LOADING;
}

gboolean
ui_open (PsWindow *window, const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);

  ps_window_open (window, file);
  if (!ui_wait (is_settled, window, 60))
    return FALSE;
  ui_settle (window);
  return ps_document_get_session (ps_window_get_document (window)) != NULL;
}

GtkWidget *
ui_find (GtkWidget *root, GType type)
{
  if (g_type_is_a (G_OBJECT_TYPE (root), type))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = ui_find (child, type);
      if (found != NULL)
        return found;
    }
  return NULL;
}

gboolean
ui_picture (GtkWidget *native, const char *path)
{
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (native);
  g_autoptr (GtkSnapshot) snapshot = gtk_snapshot_new ();
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;
  GskRenderer *renderer = gtk_native_get_renderer (GTK_NATIVE (native));
  int width, height;

  /* While a layout is due there is nothing to take a picture of. */
  wait_for_frame (native);
  width = gdk_paintable_get_intrinsic_width (paintable);
  height = gdk_paintable_get_intrinsic_height (paintable);
  gdk_paintable_snapshot (paintable, snapshot, width, height);
  node = gtk_snapshot_to_node (g_steal_pointer (&snapshot));
  if (node == NULL || renderer == NULL)
    return FALSE;
  texture = gsk_renderer_render_texture (renderer, node,
                                         &GRAPHENE_RECT_INIT (0, 0, (float)width, (float)height));
  return gdk_texture_save_to_png (texture, path);
}

gboolean
ui_press (GtkWidget *widget, guint key, GdkModifierType state)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);
  gboolean handled = FALSE;

  for (guint i = 0; i < g_list_model_get_n_items (controllers) && !handled; i++)
    {
      g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

      if (GTK_IS_EVENT_CONTROLLER_KEY (controller))
        g_signal_emit_by_name (controller, "key-pressed", key, 0u, state, &handled);
    }
  return handled;
}
