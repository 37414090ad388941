/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The window as a person uses it: files, every view, names and narrow windows.
 */
#include <glib/gstdio.h>

#include "ui-capture.h"
#include "viewer/charts/ps-flame-view.h"
#include "viewer/charts/ps-hex-view.h"
#include "viewer/ps-views.h"

static gboolean
is_shown (gpointer data)
{
  return ps_document_get_session (ps_window_get_document (data)) != NULL;
}

static void
test_opens_a_file (void)
{
  PsWindow *window = ui_open_capture ();

  g_assert_cmpuint (ui_n_rows (window), ==, UI_N_PACKETS);
  g_assert_cmpuint (ui_number_at (window, 0), ==, 1);
  g_assert_cmpuint (ui_number_at (window, UI_N_PACKETS - 1), ==, UI_N_PACKETS);
  g_assert_true (ui_window_close (window));
}

typedef struct {
  PsWindow *window;
  PsDocumentState state;
  guint64 n_packets; /* when the first rows were shown; 0: not yet */
} FirstRows;

static void
on_first_rows (FirstRows *first)
{
  PsDocument *document = ps_window_get_document (first->window);

  first->state = ps_document_get_state (document);
  first->n_packets = ps_session_get_n_packets (ps_document_get_session (document));
}

static gboolean
has_first_rows (gpointer data)
{
  return ((FirstRows *)data)->n_packets > 0;
}

static gboolean
is_complete (gpointer data)
{
  return ps_document_get_state (ps_window_get_document (data)) == PS_DOCUMENT_COMPLETE;
}

static void
open_and_watch (FirstRows *first)
{
  g_autoptr (GFile) file = g_file_new_for_path (ui_capture ());

  first->window = ui_window_new (1280, 760);
  g_signal_connect_swapped (ps_window_get_document (first->window), "notify::session",
                            G_CALLBACK (on_first_rows), first);
  ps_window_open (first->window, file);
  g_assert_true (ui_wait (has_first_rows, first, 20));
}

static void
test_shows_first_rows_while_it_reads (void)
{
  FirstRows first = { 0 };

  open_and_watch (&first);
  g_assert_cmpint (first.state, ==, PS_DOCUMENT_LOADING);
  g_assert_cmpuint (first.n_packets, <, UI_N_PACKETS);
  g_assert_true (ui_wait (is_complete, first.window, 20));
  ui_assert_rows (first.window, UI_N_PACKETS);
  g_assert_null (ps_window_get_message (first.window));
  g_assert_true (ui_window_close (first.window));
}

static void
test_keeps_what_was_read_when_cancelled (void)
{
  FirstRows first = { 0 };
  guint rows;

  open_and_watch (&first);
  gtk_widget_activate_action (GTK_WIDGET (first.window), "win.cancel", NULL);
  g_assert_true (is_complete (first.window));
  g_assert_nonnull (ps_window_get_message (first.window));
  rows = ui_n_rows (first.window);
  g_assert_cmpuint (rows, >, 0);
  g_assert_cmpuint (rows, <, UI_N_PACKETS);
  ui_wait_ms (200);
  g_assert_cmpuint (ui_n_rows (first.window), ==, rows);
  /* Another file, or the same again, is read as if nothing had been. */
  g_assert_true (ui_open (first.window, ui_capture ()));
  ui_assert_rows (first.window, UI_N_PACKETS);
  g_assert_true (ui_window_close (first.window));
}

/* Every view is looked at, so that all of them have been built and filled. */
static void
test_leaves_nothing_behind (void)
{
  PsWindow *window = ui_open_capture ();
  g_autoptr (PsSession) session = g_object_ref (ui_session_of (window));

  ps_document_set_packet (ps_window_get_document (window), 5);
  for (guint i = 0; i < ps_n_views; i++)
    {
      ps_window_show_view (window, ps_views[i].name);
      ui_settle (window);
    }
  g_assert_true (ui_window_close (window));
  g_assert_cmpuint (G_OBJECT (session)->ref_count, ==, 1);
}

static void
test_says_what_is_wrong_with_a_file (void)
{
  PsWindow *window = ui_window_new (800, 600);
  g_autofree char *path = g_build_filename (ui_folder (), "not-a-capture", NULL);

  g_assert_true (g_file_set_contents (path, "certainly not", -1, NULL));
  g_assert_false (ui_open (window, path));
  g_assert_nonnull (ps_window_get_message (window));
  g_assert_true (ps_window_is_empty (window));
  g_assert_true (ui_open (window, ui_capture ()));
  g_assert_null (ps_window_get_message (window));
  g_assert_true (ui_window_close (window));
  g_unlink (path);
}

static void
test_opens_the_sample (void)
{
  PsWindow *window = ui_window_new (1280, 760);
  PsPacket packet;

  gtk_widget_activate_action (GTK_WIDGET (window), "win.open-sample", NULL);
  ui_settle (window);
  g_assert_true (ui_wait (is_shown, window, 20));
  g_assert_cmpuint (ui_n_rows (window), >, 100);
  g_assert_cmpuint (ps_session_get_n_metrics (ui_session_of (window)), >, 2);
  g_assert_cmpuint (ps_session_get_n_paths (ui_session_of (window)), >, 5);
  /* Else it was recorded with another layout: tests/tools/record-sample makes
   * it anew. */
  g_assert_null (ps_window_get_message (window));
  g_assert_true (ps_session_get_packet (ui_session_of (window), 1, &packet));
  g_assert_true (packet.from_kernel);
  g_assert_cmpuint (packet.n_stages, >, 0);
  g_assert_true (ui_window_close (window));
}

/* Something that says what it does: a label of its own, or a tooltip. */
static gboolean
has_name (GtkWidget *widget)
{
  const char *tooltip = gtk_widget_get_tooltip_text (widget);

  if (gtk_test_accessible_has_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL) ||
      (tooltip != NULL && *tooltip != '\0'))
    return TRUE;
  return ui_find (widget, GTK_TYPE_LABEL) != NULL;
}

/* What GTK and libadwaita build inside their own widgets is their own affair.
 */
static gboolean
is_theirs (GtkWidget *widget)
{
  GtkWidget *parent = gtk_widget_get_parent (widget);

  return GTK_IS_MENU_BUTTON (parent) || GTK_IS_DROP_DOWN (parent) ||
         GTK_IS_WINDOW_CONTROLS (parent) || ADW_IS_SPLIT_BUTTON (parent) ||
         GTK_IS_SPIN_BUTTON (parent) ||
         gtk_widget_has_css_class (widget, "close") /* of an info bar */
         || gtk_widget_get_ancestor (widget, GTK_TYPE_DROP_DOWN) != NULL;
}

static void
check_names (GtkWidget *widget)
{
  if (GTK_IS_BUTTON (widget) && !is_theirs (widget) && !has_name (widget))
    g_error ("A %s in a %s has no name", G_OBJECT_TYPE_NAME (widget),
             G_OBJECT_TYPE_NAME (gtk_widget_get_parent (widget)));
  if ((G_OBJECT_TYPE (widget) == GTK_TYPE_LIST_VIEW || GTK_IS_COLUMN_VIEW (widget) ||
       PS_IS_HEX_VIEW (widget) || PS_IS_FLAME_VIEW (widget)) &&
      !is_theirs (widget) &&
      !gtk_test_accessible_has_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL))
    g_error ("A %s has no name", G_OBJECT_TYPE_NAME (widget));
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    check_names (child);
}

static void
test_everything_has_a_name (void)
{
  PsWindow *window = ui_open_capture ();

  for (guint i = 0; i < ps_n_views; i++)
    {
      ps_window_show_view (window, ps_views[i].name);
      ui_settle (window);
      check_names (GTK_WIDGET (window));
    }
  g_assert_true (ui_window_close (window));
}

static void
test_fits_a_narrow_window (void)
{
  PsWindow *window = ui_window_new (360, 640);

  g_assert_true (ui_open (window, ui_capture ()));
  for (guint i = 0; i < ps_n_views; i++)
    {
      int minimum;

      ps_window_show_view (window, ps_views[i].name);
      ui_settle (window);
      gtk_widget_measure (GTK_WIDGET (ps_window_get_view (window, ps_views[i].name)),
                          GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
      if (minimum > 360)
        g_error ("The view %s wants %d pixels", ps_views[i].name, minimum);
    }
  g_assert_true (ui_window_close (window));
}

static void
add (void)
{
  g_test_add_func ("/viewer/opens-a-file", test_opens_a_file);
  g_test_add_func ("/viewer/shows-first-rows-while-it-reads", test_shows_first_rows_while_it_reads);
  g_test_add_func ("/viewer/keeps-what-was-read-when-cancelled",
                   test_keeps_what_was_read_when_cancelled);
  g_test_add_func ("/viewer/opens-the-sample", test_opens_the_sample);
  g_test_add_func ("/viewer/leaves-nothing-behind", test_leaves_nothing_behind);
  g_test_add_func ("/viewer/says-what-is-wrong-with-a-file", test_says_what_is_wrong_with_a_file);
  g_test_add_func ("/viewer/everything-has-a-name", test_everything_has_a_name);
  g_test_add_func ("/viewer/fits-a-narrow-window", test_fits_a_narrow_window);
}

int
main (int argc, char **argv)
{
  return ui_run (argc, argv, add);
}
