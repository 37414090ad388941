/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program itself, as a user starts it: its own process, its own main loop.
 * probe.c, loaded into it, tells what its window shows.
 *
 * PACKETSCOPE, PSCOPE, EXCHANGE and MAKE_SESSION name programs; PROBES the
 * folder of the probe.
 */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROBE_FD 9
#define PATIENCE_S 40

typedef struct {
  GSubprocess *process;
  GIOChannel *probe;
  JsonObject *state; /* as it was seen last */
} Program;

typedef gboolean (*Condition) (JsonObject *state);

static char *folder;

/* A test that fails does not leave it running. */
static void
end_with_us (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static Program *
start (const char *argument)
{
  Program *program = g_new0 (Program, 1);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autofree char *fd = g_strdup_printf ("%d", PROBE_FD);
  g_autoptr (GError) error = NULL;
  int pair[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  g_subprocess_launcher_take_fd (launcher, pair[1], PROBE_FD);
  g_subprocess_launcher_setenv (launcher, "GIO_EXTRA_MODULES", g_getenv ("PROBES"), TRUE);
  g_subprocess_launcher_setenv (launcher, "PS_PROBE", fd, TRUE);
  /* One that runs already is not to show our file. */
  g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS", "disabled:", TRUE);
  g_subprocess_launcher_set_child_setup (launcher, end_with_us, NULL, NULL);
  program->process =
      g_subprocess_launcher_spawn (launcher, &error, g_getenv ("PACKETSCOPE"), argument, NULL);
  g_assert_no_error (error);
  program->probe = g_io_channel_unix_new (pair[0]);
  g_io_channel_set_close_on_unref (program->probe, TRUE);
  return program;
}

/* What it shows next; FALSE when it is gone. */
static gboolean
look (Program *program)
{
  g_autofree char *line = NULL;
  g_autoptr (JsonNode) node = NULL;

  if (g_io_channel_read_line (program->probe, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL)
    return FALSE;
  node = json_from_string (line, NULL);
  g_assert_nonnull (node);
  g_clear_pointer (&program->state, json_object_unref);
  program->state = json_node_dup_object (node);
  return TRUE;
}

/* How long that may take is not the question, but it must not hang the test. */
static void
wait_until (Program *program, Condition condition)
{
  gint64 end = g_get_monotonic_time () + PATIENCE_S * G_USEC_PER_SEC;

  while (look (program) && g_get_monotonic_time () < end)
    if (condition (program->state))
      return;
  if (program->state != NULL)
    {
      g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), program->state);
      g_autofree char *text = json_to_string (node, FALSE);
      g_test_message ("The window shows: %s", text);
    }
  g_assert_not_reached ();
}

static void
ask (Program *program, const char *line)
{
  g_io_channel_write_chars (program->probe, line, -1, NULL, NULL);
  g_io_channel_write_chars (program->probe, "\n", 1, NULL, NULL);
  g_io_channel_flush (program->probe, NULL);
}

/* With SIGTERM, as a session that ends does; no warning became an abort on the
 * way. */
static void
end (Program *program)
{
  g_autoptr (GError) error = NULL;

  g_subprocess_send_signal (program->process, SIGTERM);
  g_assert_true (g_subprocess_wait (program->process, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_signaled (program->process));
  g_assert_cmpint (g_subprocess_get_term_sig (program->process), ==, SIGTERM);
  g_object_unref (program->process);
  g_io_channel_unref (program->probe);
  g_clear_pointer (&program->state, json_object_unref);
  g_free (program);
}

/* A command of ours that has to succeed; its words end with NULL. */
static void
run (const char *const *command)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = g_subprocess_newv (
      command, G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error);

  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait_check (process, NULL, &error));
  g_assert_no_error (error);
}

static gboolean
shows_first_rows (JsonObject *state)
{
  return json_object_get_int_member (state, "packets") > 0 &&
         *json_object_get_string_member (state, "cell") != '\0';
}

static gboolean
shows_all_of_it (JsonObject *state)
{
  return json_object_get_int_member (state, "packets") == 20000 &&
         *json_object_get_string_member (state, "message") == '\0';
}

static void
test_opens_the_file_it_is_given (void)
{
  g_autofree char *file = g_build_filename (folder, "big.pcapng", NULL);
  Program *program;

  run ((const char *const[]){ g_getenv ("MAKE_SESSION"), file, "--packets", "20000", NULL });
  program = start (file);
  wait_until (program, shows_first_rows);
  g_assert_cmpstr (json_object_get_string_member (program->state, "title"), ==,
                   "big.pcapng – PacketScope");
  wait_until (program, shows_all_of_it);
  end (program);
}

static gboolean
shows_calls (JsonObject *state)
{
  return json_object_get_int_member (state, "calls") > 0;
}

static gboolean
has_focus_in_packets (JsonObject *state)
{
  return g_str_equal (json_object_get_string_member (state, "focus"), "packets");
}

static gboolean
has_focus_in_calls (JsonObject *state)
{
  return g_str_equal (json_object_get_string_member (state, "focus"), "calls");
}

/* Without a click: the calls of the first packet, and arrow keys that go to the next one. */
static void
test_shows_calls_of_the_sample (void)
{
  Program *program = start (g_getenv ("SAMPLE"));

  wait_until (program, shows_calls);
  wait_until (program, has_focus_in_packets);
  ask (program, "activate win.show-view journey");
  wait_until (program, has_focus_in_calls);
  end (program);
}

static gboolean
shows_message (JsonObject *state)
{
  return *json_object_get_string_member (state, "message") != '\0';
}

static void
test_says_why_a_file_does_not_open (void)
{
  g_autofree char *file = g_build_filename (folder, "note.txt", NULL);
  Program *program;

  g_assert_true (g_file_set_contents (file, "no capture\n", -1, NULL));
  program = start (file);
  wait_until (program, shows_message);
  g_assert_true (g_str_has_prefix (json_object_get_string_member (program->state, "message"),
                                   "“note.txt” was not opened. "));
  g_assert_cmpstr (json_object_get_string_member (program->state, "page"), ==, "PacketScope");
  end (program);
}

static gboolean
shows_traffic (JsonObject *state)
{
  return shows_first_rows (state) && json_object_get_int_member (state, "sockets") > 0;
}

static gboolean
shows_document (JsonObject *state)
{
  return g_str_equal (json_object_get_string_member (state, "title"), "Live Capture – PacketScope");
}

static gboolean
shows_chart (JsonObject *state)
{
  return json_object_get_int_member (state, "chart_rows") > 10;
}

static GSubprocess *
start_traffic (void)
{
  g_autoptr (GError) error = NULL;
  GSubprocess *traffic =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error, "sh", "-c",
                        "while kill -0 $2 2>/dev/null; do \"$1\"; sleep .3; done", "sh",
                        g_getenv ("EXCHANGE"), g_getenv ("OURSELVES"), NULL);

  g_assert_no_error (error);
  return traffic;
}

static void
test_captures_live (void)
{
  g_autofree char *file = g_build_filename (folder, "try.pcapng", NULL);
  g_autoptr (GSubprocess) trial =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDERR_PIPE, NULL, g_getenv ("PSCOPE"), "record", "-o",
                        file, "--duration", "1", NULL);
  g_autoptr (GSubprocess) traffic = NULL;
  g_autofree char *why = NULL;
  Program *program;

  g_assert_true (g_subprocess_communicate_utf8 (trial, NULL, NULL, NULL, &why, NULL));
  /* 3: not permitted; 4: the kernel cannot */
  if (g_subprocess_get_exit_status (trial) == 3 || g_subprocess_get_exit_status (trial) == 4)
    {
      g_test_skip (g_strchomp (why));
      return;
    }
  program = start ("--capture");
  wait_until (program, shows_document);
  traffic = start_traffic ();
  ask (program, "activate win.show-view stack");
  wait_until (program, shows_chart);
  ask (program, "activate win.show-view packets");
  wait_until (program, shows_traffic);
  g_subprocess_force_exit (traffic);
  g_assert_cmpstr (json_object_get_string_member (program->state, "message"), ==, "");
  end (program);
}

int
main (int argc, char **argv)
{
  g_autofree char *ourselves = g_strdup_printf ("%d", (int)getpid ());
  int result;

  g_test_init (&argc, &argv, NULL);
  if (g_getenv ("DISPLAY") == NULL && g_getenv ("WAYLAND_DISPLAY") == NULL)
    {
      printf ("1..0 # SKIP there is no display; run it under xvfb-run\n");
      return 0;
    }
  folder = g_dir_make_tmp ("packetscope-program-XXXXXX", NULL);
  g_setenv ("OURSELVES", ourselves, TRUE);
  g_setenv ("XDG_CACHE_HOME", folder, TRUE);
  g_setenv ("XDG_DATA_HOME", folder, TRUE);
  g_test_add_func ("/program/opens the file it is given, and shows its rows",
                   test_opens_the_file_it_is_given);
  g_test_add_func ("/program/shows the calls of a packet of the sample",
                   test_shows_calls_of_the_sample);
  g_test_add_func ("/program/says why a file does not open", test_says_why_a_file_does_not_open);
  g_test_add_func ("/program/captures live: sockets, packets and charts", test_captures_live);
  result = g_test_run ();
  run ((const char *const[]){ "rm", "-rf", folder, NULL });
  g_free (folder);
  return result;
}
