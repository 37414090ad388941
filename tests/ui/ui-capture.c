/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui-capture.h"

#include <glib/gstdio.h>
#include <stdio.h>

#include "viewer/ps-packet-item.h"

static char *folder;
static char *capture;
static char *stream;
static char *many_calls;

static void
make (const char *first, guint n, const char *option, const char *output)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *count = g_strdup_printf ("%u", n);
  const char *maker = g_getenv ("MAKE_SESSION");
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GSubprocess) process = NULL;

  g_assert_nonnull (maker);
  if (output != NULL)
    g_subprocess_launcher_set_stdout_file_path (launcher, output);
  process = g_subprocess_launcher_spawn (launcher, &error, maker, first, "--packets", count, option,
                                         NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait_check (process, NULL, &error));
  g_assert_no_error (error);
}

int
ui_run (int argc, char **argv, void (*add) (void))
{
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
  many_calls = g_build_filename (folder, "calls.pcapng", NULL);
  add ();
  result = g_test_run ();
  g_unlink (capture);
  g_unlink (stream);
  g_unlink (many_calls);
  g_rmdir (folder);
  g_clear_pointer (&folder, g_free);
  g_clear_pointer (&capture, g_free);
  g_clear_pointer (&stream, g_free);
  g_clear_pointer (&many_calls, g_free);
  return result;
}

const char *
ui_folder (void)
{
  return folder;
}

const char *
ui_capture (void)
{
  if (!g_file_test (capture, G_FILE_TEST_EXISTS))
    make (capture, UI_N_PACKETS, NULL, NULL);
  return capture;
}

const char *
ui_many_calls (void)
{
  if (!g_file_test (many_calls, G_FILE_TEST_EXISTS))
    make (many_calls, 60000, "--calls", NULL);
  return many_calls;
}

void
ui_use_fake_helper (void)
{
  if (!g_file_test (stream, G_FILE_TEST_EXISTS))
    make ("--stream", UI_N_PACKETS, NULL, stream);
  g_setenv ("FAKE_STREAM", stream, TRUE);
}

PsWindow *
ui_open_capture (void)
{
  PsWindow *window = ui_window_new (1280, 760);

  g_assert_true (ui_open (window, ui_capture ()));
  g_assert_null (ps_window_get_message (window));
  return window;
}

PsSession *
ui_session_of (PsWindow *window)
{
  return ps_document_get_session (ps_window_get_document (window));
}

PsPacketsView *
ui_packets_of (PsWindow *window)
{
  return PS_PACKETS_VIEW (ps_window_get_view (window, "packets"));
}

guint
ui_n_rows (PsWindow *window)
{
  return g_list_model_get_n_items (ps_packets_view_get_rows (ui_packets_of (window)));
}

guint64
ui_number_at (PsWindow *window, guint position)
{
  g_autoptr (PsPacketItem) item =
      g_list_model_get_item (ps_packets_view_get_rows (ui_packets_of (window)), position);

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
  return ui_n_rows (expected->window) == expected->rows;
}

void
ui_assert_rows (PsWindow *window, guint rows)
{
  Expected expected = { window, rows };

  if (!ui_wait (has_rows, &expected, 10))
    g_assert_cmpuint (ui_n_rows (window), ==, rows);
}
