/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packetscope-helper: the only part of PacketScope that runs with privileges.
 * It serves the one client at the other end of its standard input.
 */
#include "config.h"

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helper/connection.h"
#include "helper/sandbox.h"

#define EXIT_USAGE 2
/* The rings of a busy machine overflow if nobody empties them in time. */
#define NICENESS -10

typedef struct {
  GMainLoop *loop;
  PsConnection *connection;
} Helper;

static gboolean
on_signal (gpointer user_data)
{
  Helper *helper = user_data;

  ps_connection_stop (helper->connection, "the helper was told to end");
  return G_SOURCE_CONTINUE;
}

static void
on_closed (gpointer user_data)
{
  g_main_loop_quit (((Helper *)user_data)->loop);
}

static gboolean
is_socket (int fd)
{
  int type;
  socklen_t length = sizeof type;

  return getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0;
}

/* Takes the client's descriptors away from the standard ones, which a stray print could write to.
 */
static void
take_descriptors (int *ret_input, int *ret_output)
{
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  *ret_input = fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  *ret_output = is_socket (STDIN_FILENO) ? *ret_input : fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (null >= 0)
    dup2 (null, STDIN_FILENO);
  dup2 (STDERR_FILENO, STDOUT_FILENO);
}

/*
 * The client has everything, and learns so: taking off the probes may take the
 * kernel seconds, and nobody has to wait for that. If we are killed meanwhile the
 * kernel does the same by itself, as it closes our descriptors.
 */
static void
hang_up (int output)
{
  if (shutdown (output, SHUT_WR) != 0)
    close (output); /* a pipe */
}

static int
serve (void)
{
  Helper helper = { .loop = g_main_loop_new (NULL, FALSE) };
  int input, output;

  take_descriptors (&input, &output);
  if (input < 0 || output < 0)
    {
      g_printerr (_ ("packetscope-helper: there is no client on the standard input\n"));
      return EXIT_FAILURE;
    }
  /* Ctrl+C on a terminal is for the client alone: it asks us to finish, and gets the rest. */
  setpgid (0, 0);
  setpriority (PRIO_PROCESS, 0, NICENESS);
  ps_sandbox_enter ();
  libbpf_set_print (NULL);
  helper.connection = ps_connection_new (input, output, on_closed, &helper);
  g_unix_signal_add (SIGTERM, on_signal, &helper);
  g_unix_signal_add (SIGINT, on_signal, &helper);
  g_unix_signal_add (SIGHUP, on_signal, &helper);
  g_main_loop_run (helper.loop);
  hang_up (output);
  ps_connection_free (helper.connection);
  g_main_loop_unref (helper.loop);
  return EXIT_SUCCESS;
}

int
main (int argc, char *argv[])
{
  gboolean stdio = FALSE, version = FALSE;
  const GOptionEntry entries[] = {
    { "stdio", 0, 0, G_OPTION_ARG_NONE, &stdio, N_ ("Serve the client on the standard input"),
      NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, N_ ("Print the version"), NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  signal (SIGPIPE, SIG_IGN);
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  g_option_context_set_summary (
      context, _ ("Watches packets in the kernel for PacketScope, which starts it itself."));
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("packetscope-helper: %s\n", error->message);
      return EXIT_USAGE;
    }
  if (version)
    {
      g_print ("packetscope-helper %s\n", PACKAGE_VERSION);
      return EXIT_SUCCESS;
    }
  if (!stdio || argc > 1)
    {
      g_printerr (_ ("packetscope-helper: run it with --stdio; pscope and packetscope do so\n"));
      return EXIT_USAGE;
    }
  return serve ();
}
