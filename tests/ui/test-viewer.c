/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The viewer as a person uses it, in this process: real windows on a display,
 * a made-up capture (MAKE_SESSION), and a helper without a kernel
 * (PACKETSCOPE_HELPER). Accessibility is on (GTK_A11Y=test).
 */
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/ps-filter.h"
#include "analysis/ps-journey.h"
#include "session/ps-capture-file.h"
#include "ui-support.h"
#include "viewer/charts/ps-hex-view.h"
#include "viewer/ps-call-item.h"
#include "viewer/ps-details-pane.h"
#include "viewer/ps-field-item.h"
#include "viewer/ps-live-capture.h"
#include "viewer/ps-packet-item.h"
#include "viewer/ps-packets-view.h"
#include "viewer/ps-path-pane.h"
#include "viewer/ps-socket-item.h"
#include "viewer/ps-sockets-sidebar.h"
#include "viewer/ps-views.h"

#define N_PACKETS 3000u

static char *folder;
static char *capture;

static PsWindow *
open_capture (void)
{
  PsWindow *window = ui_window_new (1280, 760);

  g_assert_true (ui_open (window, capture));
  g_assert_null (ps_window_get_message (window));
  return window;
}

static PsSession *
session_of (PsWindow *window)
{
  return ps_document_get_session (ps_window_get_document (window));
}

static PsPacketsView *
packets_of (PsWindow *window)
{
  return PS_PACKETS_VIEW (ps_window_get_view (window, "packets"));
}

static guint
n_rows (PsWindow *window)
{
  return g_list_model_get_n_items (ps_packets_view_get_rows (packets_of (window)));
}

static guint64
number_at (PsWindow *window, guint position)
{
  g_autoptr (PsPacketItem) item =
      g_list_model_get_item (ps_packets_view_get_rows (packets_of (window)), position);

  return item != NULL ? ps_packet_item_get_number (item) : 0;
}

typedef struct {
  PsWindow *window;
  guint rows;
} Expected;

static gboolean
has_rows (gpointer data)
{
  const Expected *expected = data;
  return n_rows (expected->window) == expected->rows;
}

static void
assert_rows (PsWindow *window, guint rows)
{
  Expected expected = { window, rows };

  if (!ui_wait (has_rows, &expected, 10))
    g_assert_cmpuint (n_rows (window), ==, rows);
}

static gboolean
is_shown (gpointer data)
{
  return ps_document_get_session (ps_window_get_document (data)) != NULL;
}

static void
test_opens_a_file (void)
{
  PsWindow *window = open_capture ();

  g_assert_cmpuint (n_rows (window), ==, N_PACKETS);
  g_assert_cmpuint (number_at (window, 0), ==, 1);
  g_assert_cmpuint (number_at (window, N_PACKETS - 1), ==, N_PACKETS);
  g_assert_true (ui_window_close (window));
}

/* Every view is looked at, so that all of them have been built and filled. */
static void
test_leaves_nothing_behind (void)
{
  PsWindow *window = open_capture ();
  g_autoptr (PsSession) session = g_object_ref (session_of (window));

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
  g_autofree char *path = g_build_filename (folder, "not-a-capture", NULL);

  g_assert_true (g_file_set_contents (path, "certainly not", -1, NULL));
  g_assert_false (ui_open (window, path));
  g_assert_nonnull (ps_window_get_message (window));
  g_assert_true (ps_window_is_empty (window));
  g_assert_true (ui_open (window, capture));
  g_assert_null (ps_window_get_message (window));
  g_assert_true (ui_window_close (window));
}

static void
test_opens_the_sample (void)
{
  PsWindow *window = ui_window_new (1280, 760);
  PsPacket packet;

  gtk_widget_activate_action (GTK_WIDGET (window), "win.open-sample", NULL);
  ui_settle (window);
  g_assert_true (ui_wait (is_shown, window, 20));
  g_assert_cmpuint (n_rows (window), >, 100);
  g_assert_cmpuint (ps_session_get_n_metrics (session_of (window)), >, 2);
  g_assert_cmpuint (ps_session_get_n_paths (session_of (window)), >, 5);
  /* Else it was recorded with another layout: tests/tools/record-sample makes it anew. */
  g_assert_null (ps_window_get_message (window));
  g_assert_true (ps_session_get_packet (session_of (window), 1, &packet));
  g_assert_true (packet.from_kernel);
  g_assert_cmpuint (packet.n_stages, >, 0);
  g_assert_true (ui_window_close (window));
}

/* The first packet with more than one call. */
static guint64
packet_with_calls (PsSession *session)
{
  PsPacket packet;

  for (guint64 n = 1; ps_session_get_packet (session, n, &packet); n++)
    if (packet.n_paths > 0 && packet.verdict == PS_VERDICT_DELIVERED)
      return n;
  g_assert_not_reached ();
}

static void
test_shows_the_functions_of_a_packet (void)
{
  PsWindow *window = open_capture ();
  guint64 number = packet_with_calls (session_of (window));
  g_autoptr (PsJourney) journey = ps_journey_new (session_of (window), number);
  GtkWidget *pane = ui_find (GTK_WIDGET (packets_of (window)), PS_TYPE_PATH_PANE);
  GListModel *calls;

  ps_document_set_packet (ps_window_get_document (window), number);
  ui_settle (window);
  calls = ps_path_pane_get_calls (PS_PATH_PANE (pane));
  g_assert_cmpuint (ps_journey_get_n_calls (journey), >, 1);
  g_assert_cmpuint (g_list_model_get_n_items (calls), ==, ps_journey_get_n_calls (journey));
  for (guint i = 0; i < ps_journey_get_n_calls (journey); i++)
    {
      g_autoptr (GtkTreeListRow) row = g_list_model_get_item (calls, i);
      g_autoptr (PsCallItem) item = gtk_tree_list_row_get_item (row);
      const PsCall *call = ps_journey_get_call (journey, i);

      g_assert_cmpstr (ps_call_item_get_call (item)->function, ==, call->function);
      g_assert_cmpuint (gtk_tree_list_row_get_depth (row), ==, call->depth);
    }
  g_assert_true (ui_window_close (window));
}

static void
test_joins_fields_and_bytes (void)
{
  PsWindow *window = open_capture ();
  GtkWidget *details = ui_find (GTK_WIDGET (packets_of (window)), PS_TYPE_DETAILS_PANE);
  GtkWidget *list = ui_find (details, GTK_TYPE_LIST_VIEW);
  PsHexView *hex = PS_HEX_VIEW (ui_find (details, PS_TYPE_HEX_VIEW));
  GtkSingleSelection *selection;
  gsize offset, length;

  ps_document_set_packet (ps_window_get_document (window), 1);
  ui_settle (window);
  selection = GTK_SINGLE_SELECTION (gtk_list_view_get_model (GTK_LIST_VIEW (list)));
  gtk_single_selection_set_selected (selection, 1);
  ps_hex_view_get_highlight (hex, &offset, &length);
  g_assert_cmpuint (length, >, 0);

  /* A byte of the first header opens it and selects the field it belongs to. */
  g_signal_emit_by_name (hex, "byte-activated", 2u);
  ui_settle (window);
  {
    g_autoptr (GtkTreeListRow) row =
        g_object_ref (gtk_single_selection_get_selected_item (selection));
    g_autoptr (PsFieldItem) item = gtk_tree_list_row_get_item (row);
    const PsField *field = ps_field_item_get_field (item);

    g_assert_cmpuint (field->offset, <=, 2);
    g_assert_cmpuint (field->offset + field->length, >, 2);
    g_assert_cmpuint (gtk_tree_list_row_get_depth (row), >, 0);
  }
  g_assert_true (ui_window_close (window));
}

static void
test_filters (void)
{
  PsWindow *window = open_capture ();
  g_autoptr (PsFilter) filter = ps_filter_parse ("verdict == dropped", NULL, NULL);
  guint expected = 0;
  PsPacket packet;

  for (guint64 n = 1; ps_session_get_packet (session_of (window), n, &packet); n++)
    expected += ps_filter_matches (filter, session_of (window), &packet);
  g_assert_cmpuint (expected, >, 0);
  g_assert_cmpuint (expected, <, N_PACKETS);

  ps_packets_view_set_filter (packets_of (window), "verdict == dropped");
  assert_rows (window, expected);
  ps_packets_view_set_filter (packets_of (window), "");
  assert_rows (window, N_PACKETS);
  g_assert_true (ui_window_close (window));
}

static void
test_marks_a_mistake_in_the_filter (void)
{
  PsWindow *window = open_capture ();

  ps_packets_view_set_filter (packets_of (window), "tcp.prot == 80");
  g_assert_nonnull (ps_packets_view_get_filter_error (packets_of (window)));
  assert_rows (window, N_PACKETS);
  ps_packets_view_set_filter (packets_of (window), "tcp.port == 80");
  g_assert_null (ps_packets_view_get_filter_error (packets_of (window)));
  g_assert_true (ui_window_close (window));
}

static void
test_sorts (void)
{
  PsWindow *window = open_capture ();
  GtkColumnView *table =
      GTK_COLUMN_VIEW (ui_find (GTK_WIDGET (packets_of (window)), GTK_TYPE_COLUMN_VIEW));
  g_autoptr (GtkColumnViewColumn) number =
      g_list_model_get_item (gtk_column_view_get_columns (table), 0);

  gtk_column_view_sort_by_column (table, number, GTK_SORT_DESCENDING);
  assert_rows (window, N_PACKETS);
  g_assert_cmpuint (number_at (window, 0), ==, N_PACKETS);
  g_assert_cmpuint (number_at (window, N_PACKETS - 1), ==, 1);
  gtk_column_view_sort_by_column (table, NULL, GTK_SORT_ASCENDING);
  assert_rows (window, N_PACKETS);
  g_assert_cmpuint (number_at (window, 0), ==, 1);
  g_assert_true (ui_window_close (window));
}

static void
test_a_socket_sets_what_is_shown (void)
{
  PsWindow *window = open_capture ();
  GtkSelectionModel *sockets =
      ps_sockets_sidebar_get_rows (PS_SOCKETS_SIDEBAR (ps_window_get_sidebar (window)));
  g_autoptr (PsSocketItem) item = g_list_model_get_item (G_LIST_MODEL (sockets), 0);
  guint64 cookie = ps_socket_item_get_cookie (item);
  guint expected = 0;
  PsPacket packet;

  for (guint64 n = 1; ps_session_get_packet (session_of (window), n, &packet); n++)
    expected += packet.socket == cookie;
  g_assert_cmpuint (expected, >, 0);

  gtk_selection_model_select_item (sockets, 0, TRUE);
  assert_rows (window, expected);
  ps_document_select_sockets (ps_window_get_document (window), NULL);
  assert_rows (window, N_PACKETS);
  g_assert_false (gtk_selection_model_is_selected (sockets, 0));
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

/* What GTK and libadwaita build inside their own widgets is their own affair. */
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
       PS_IS_HEX_VIEW (widget)) &&
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
  PsWindow *window = open_capture ();

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

  g_assert_true (ui_open (window, capture));
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

static gboolean
is_live_with_all (gpointer data)
{
  PsWindow *window = data;
  return ps_document_get_state (ps_window_get_document (window)) == PS_DOCUMENT_LIVE &&
         n_rows (window) == N_PACKETS;
}

static gboolean
is_complete (gpointer data)
{
  return ps_document_get_state (ps_window_get_document (data)) == PS_DOCUMENT_COMPLETE;
}

static void
test_captures_and_stops (void)
{
  PsWindow *window = ui_window_new (1280, 760);

  g_setenv ("FAKE_AFTER", "wait", TRUE);
  ps_window_start_capture (window);
  g_assert_true (ui_wait (is_live_with_all, window, 20));
  ps_window_stop_capture (window);
  g_assert_true (ui_wait (is_complete, window, 10));
  g_assert_null (ps_window_get_message (window));
  g_assert_cmpuint (n_rows (window), ==, N_PACKETS);
  g_assert_true (ui_window_close (window));
}

static void
on_ended (PsLiveCapture *live, GError *error, gboolean *ended)
{
  g_assert_no_error (error);
  *ended = TRUE;
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ps_live_capture_start_finish (PS_LIVE_CAPTURE (source), result, &error));
  g_assert_no_error (error);
}

static gboolean
is_set (gpointer data)
{
  return *(gboolean *)data;
}

/* What leaves memory, or is never looked at, is in the file all the same. */
static void
test_spools_all_it_captures (void)
{
  g_autoptr (PsLiveCapture) live = ps_live_capture_new ();
  g_autoptr (PsSession) again = ps_session_new (0);
  g_autoptr (GError) error = NULL;
  PsCaptureOptions options = { 0 };
  g_autofree char *spool = NULL;
  gboolean ended = FALSE;

  g_setenv ("FAKE_AFTER", "end", TRUE);
  g_signal_connect (live, "ended", G_CALLBACK (on_ended), &ended);
  ps_live_capture_start_async (live, &options, NULL, on_started, NULL);
  g_assert_true (ui_wait (is_set, &ended, 20));
  spool = g_strdup (ps_live_capture_flush_spool (live, &error));
  g_assert_no_error (error);
  g_assert_true (ps_capture_file_load (spool, again, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (ps_session_get_n_packets (again), ==, N_PACKETS);

  g_clear_object (&live);
  g_assert_false (g_file_test (spool, G_FILE_TEST_EXISTS));
}

/* A process that never was stands for one that died; this one lives. */
static void
test_finds_captures_left_behind (void)
{
  g_autofree char *directory = g_build_filename (g_get_user_cache_dir (), "packetscope", NULL);
  g_autofree char *left = g_build_filename (directory, "capture-1-2147483647.pcapng", NULL);
  g_autofree char *name = g_strdup_printf ("capture-1-%d.pcapng", (int)getpid ());
  g_autofree char *ours = g_build_filename (directory, name, NULL);
  g_auto (GStrv) found = NULL;

  g_mkdir_with_parents (directory, 0700);
  g_assert_true (g_file_set_contents (left, "", 0, NULL));
  g_assert_true (g_file_set_contents (ours, "", 0, NULL));
  found = ps_live_capture_find_orphans ();
  g_assert_true (g_strv_contains ((const char *const *)found, left));
  g_assert_false (g_strv_contains ((const char *const *)found, ours));
  g_unlink (left);
  g_unlink (ours);
}

static gboolean
has_message (gpointer data)
{
  return ps_window_get_message (data) != NULL;
}

/* What it captured stays, and it says what happened. */
static void
test_survives_a_helper_that_dies (void)
{
  PsWindow *window = ui_window_new (1280, 760);

  g_setenv ("FAKE_AFTER", "die", TRUE);
  ps_window_start_capture (window);
  g_assert_true (ui_wait (has_message, window, 20));
  g_assert_cmpuint (n_rows (window), ==, N_PACKETS);
  g_assert_true (is_complete (window));
  g_setenv ("FAKE_AFTER", "wait", TRUE);
  g_assert_true (ui_window_close (window));
}

static void
test_says_why_it_may_not_capture (void)
{
  PsWindow *window = ui_window_new (800, 600);

  g_setenv ("FAKE_REFUSE", "permission:Capturing needs root; start it with pkexec.", TRUE);
  ps_window_start_capture (window);
  g_assert_true (ui_wait (has_message, window, 20));
  g_assert_nonnull (strstr (ps_window_get_message (window), "pkexec"));
  g_unsetenv ("FAKE_REFUSE");
  g_assert_true (ui_open (window, capture));
  g_assert_cmpuint (n_rows (window), ==, N_PACKETS);
  g_assert_true (ui_window_close (window));
}

static void
make (const char *first, const char *second, const char *output)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *count = g_strdup_printf ("%u", N_PACKETS);
  const char *maker = g_getenv ("MAKE_SESSION");
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GSubprocess) process = NULL;

  g_assert_nonnull (maker);
  if (output != NULL)
    g_subprocess_launcher_set_stdout_file_path (launcher, output);
  process = g_subprocess_launcher_spawn (launcher, &error, maker, first, "--packets", count, second,
                                         NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait_check (process, NULL, &error));
  g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
  g_autofree char *stream = NULL;
  int result;

  g_test_init (&argc, &argv, NULL);
  if (!ui_init ())
    {
      printf ("1..0 # SKIP there is no display; run it under xvfb-run\n");
      return 0;
    }
  folder = g_dir_make_tmp ("packetscope-ui-XXXXXX", NULL);
  capture = g_build_filename (folder, "capture.pcapng", NULL);
  stream = g_build_filename (folder, "stream", NULL);
  make (capture, NULL, NULL);
  make ("--stream", NULL, stream);
  g_setenv ("FAKE_STREAM", stream, TRUE);

  g_test_add_func ("/viewer/opens-a-file", test_opens_a_file);
  g_test_add_func ("/viewer/opens-the-sample", test_opens_the_sample);
  g_test_add_func ("/viewer/leaves-nothing-behind", test_leaves_nothing_behind);
  g_test_add_func ("/viewer/says-what-is-wrong-with-a-file", test_says_what_is_wrong_with_a_file);
  g_test_add_func ("/viewer/shows-the-functions-of-a-packet", test_shows_the_functions_of_a_packet);
  g_test_add_func ("/viewer/joins-fields-and-bytes", test_joins_fields_and_bytes);
  g_test_add_func ("/viewer/filters", test_filters);
  g_test_add_func ("/viewer/marks-a-mistake-in-the-filter", test_marks_a_mistake_in_the_filter);
  g_test_add_func ("/viewer/sorts", test_sorts);
  g_test_add_func ("/viewer/a-socket-sets-what-is-shown", test_a_socket_sets_what_is_shown);
  g_test_add_func ("/viewer/everything-has-a-name", test_everything_has_a_name);
  g_test_add_func ("/viewer/fits-a-narrow-window", test_fits_a_narrow_window);
  g_test_add_func ("/viewer/captures-and-stops", test_captures_and_stops);
  g_test_add_func ("/viewer/spools-all-it-captures", test_spools_all_it_captures);
  g_test_add_func ("/viewer/finds-captures-left-behind", test_finds_captures_left_behind);
  g_test_add_func ("/viewer/survives-a-helper-that-dies", test_survives_a_helper_that_dies);
  g_test_add_func ("/viewer/says-why-it-may-not-capture", test_says_why_it_may_not_capture);
  result = g_test_run ();

  g_unlink (capture);
  g_unlink (stream);
  {
    g_autofree char *bad = g_build_filename (folder, "not-a-capture", NULL);
    g_unlink (bad);
  }
  g_rmdir (folder);
  return result;
}
