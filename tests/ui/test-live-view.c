/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A capture that runs, from a helper without a kernel. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "session/ps-capture-file.h"
#include "ui-capture.h"
#include "viewer/ps-live-capture.h"
#include "viewer/ps-mechanism-chip.h"

static gboolean
is_live_with_all (gpointer data)
{
  PsWindow *window = data;
  return ps_document_get_state (ps_window_get_document (window)) == PS_DOCUMENT_LIVE &&
         ui_n_rows (window) == UI_N_PACKETS;
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
  g_assert_cmpuint (ui_n_rows (window), ==, UI_N_PACKETS);
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
  g_assert_cmpuint (ps_session_get_n_packets (again), ==, UI_N_PACKETS);

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
  g_assert_cmpuint (ui_n_rows (window), ==, UI_N_PACKETS);
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
  g_assert_true (ui_open (window, ui_capture ()));
  g_assert_cmpuint (ui_n_rows (window), ==, UI_N_PACKETS);
  g_assert_true (ui_window_close (window));
}

#define STATE                                                                                      \
  "{\"monotonic_ns\":1,\"cause\":\"%s\",\"message\":\"%s\",\"depth\":\"%s\","                      \
  "\"mechanism\":\"kprobe.session + tp_btf\",\"sockets\":[7,8],\"ports\":[]}"

static gboolean
chip_tells_of_two_sockets (gpointer data)
{
  GtkWidget *chip = ui_find (data, PS_TYPE_MECHANISM_CHIP);

  return g_strcmp0 (ps_mechanism_chip_get_label (PS_MECHANISM_CHIP (chip)),
                    "paths + functions of 2 sockets") == 0;
}

static void
test_traces_functions_of_selected_sockets (void)
{
  PsWindow *window = ui_window_new (1280, 760);
  g_autoptr (GArray) cookies = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autofree char *state = g_strdup_printf (STATE, "asked", "1,500 functions.", "functions");
  PsSocket socket;

  g_setenv ("FAKE_CHANGE", state, TRUE);
  g_setenv ("FAKE_AFTER", "wait", TRUE);
  ps_window_start_capture (window);
  g_assert_true (ui_wait (is_live_with_all, window, 20));
  g_assert_false (chip_tells_of_two_sockets (window));
  g_assert_true (ps_session_get_nth_socket (ui_session_of (window), 0, &socket));
  g_array_append_val (cookies, socket.record.cookie);
  ps_document_select_sockets (ps_window_get_document (window), cookies);
  gtk_widget_activate_action (GTK_WIDGET (window), "win.trace-functions", NULL);
  g_assert_true (ui_wait (chip_tells_of_two_sockets, window, 10));
  g_assert_null (ps_window_get_message (window));
  g_unsetenv ("FAKE_CHANGE");
  g_assert_true (ui_window_close (window));
}

static void
test_says_why_functions_cannot_be_traced (void)
{
  PsWindow *window = ui_window_new (1280, 760);

  g_setenv ("FAKE_NO_CHANGE", "kernel:This kernel has no fprobe.", TRUE);
  g_setenv ("FAKE_AFTER", "wait", TRUE);
  ps_window_start_capture (window);
  g_assert_true (ui_wait (is_live_with_all, window, 20));
  gtk_widget_activate_action (GTK_WIDGET (window), "win.trace-all-functions", NULL);
  g_assert_true (ui_wait (has_message, window, 10));
  g_assert_cmpstr (ps_window_get_message (window), ==, "This kernel has no fprobe.");
  g_assert_cmpint (ps_document_get_state (ps_window_get_document (window)), ==, PS_DOCUMENT_LIVE);
  g_unsetenv ("FAKE_NO_CHANGE");
  g_assert_true (ui_window_close (window));
}

static void
test_says_that_it_went_less_deep (void)
{
  PsWindow *window = ui_window_new (1280, 760);
  g_autofree char *state = g_strdup_printf (STATE, "cost", "Tracing took too much.", "paths");

  g_setenv ("FAKE_UNASKED", state, TRUE);
  g_setenv ("FAKE_AFTER", "wait", TRUE);
  ps_window_start_capture (window);
  g_assert_true (ui_wait (is_live_with_all, window, 20));
  g_assert_true (ui_wait (has_message, window, 10));
  g_assert_cmpstr (ps_window_get_message (window), ==, "Tracing took too much.");
  g_unsetenv ("FAKE_UNASKED");
  g_assert_true (ui_window_close (window));
}

static void
add (void)
{
  ui_use_fake_helper ();
  g_test_add_func ("/live-view/captures-and-stops", test_captures_and_stops);
  g_test_add_func ("/live-view/spools-all-it-captures", test_spools_all_it_captures);
  g_test_add_func ("/live-view/finds-captures-left-behind", test_finds_captures_left_behind);
  g_test_add_func ("/live-view/survives-a-helper-that-dies", test_survives_a_helper_that_dies);
  g_test_add_func ("/live-view/says-why-it-may-not-capture", test_says_why_it_may_not_capture);
  g_test_add_func ("/live-view/traces-functions", test_traces_functions_of_selected_sockets);
  g_test_add_func ("/live-view/no-functions", test_says_why_functions_cannot_be_traced);
  g_test_add_func ("/live-view/less-deep", test_says_that_it_went_less_deep);
}

int
main (int argc, char **argv)
{
  return ui_run (argc, argv, add);
}
