/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "client/ps-transport.h"

#include "client/ps-client.h"
#include "client/ps-spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define HELPER_NAME "packetscope-helper"

/* Bigger than the default, so that a burst waits here and not in the helper. */
#define SOCKET_BUFFER (4 * 1024 * 1024)

/* In a build tree every room is a folder next to ours. */
static char *
find_helper_next_to_us (void)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *room = NULL;
  g_autofree char *path = NULL;

  if (self == NULL)
    return NULL;
  room = g_path_get_dirname (self);
  path = g_build_filename (room, "..", "helper", HELPER_NAME, NULL);
  if (!g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
    return NULL;
  return g_canonicalize_filename (path, NULL);
}

char *
ps_transport_find_helper (GError **error)
{
  /* secure_getenv: whoever runs us with more rights than their own does not choose the program. */
  const char *chosen = secure_getenv ("PACKETSCOPE_HELPER");
  g_autofree char *path = NULL;

  if (chosen != NULL && *chosen != '\0')
    {
      path = g_canonicalize_filename (chosen, NULL);
      if (g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
        return g_steal_pointer (&path);
      g_set_error (error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_HELPER,
                   _ ("PACKETSCOPE_HELPER names %s, which is not a program; unset it or name "
                      "the packetscope-helper to use."),
                   path);
      return NULL;
    }

  path = find_helper_next_to_us ();
  if (path != NULL)
    return g_steal_pointer (&path);

  path = g_build_filename (LIBEXECDIR, HELPER_NAME, NULL);
  if (g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&path);

  g_set_error (error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_HELPER,
               _ ("The capture helper is not installed (%s is missing); install PacketScope, or "
                  "name the helper in PACKETSCOPE_HELPER."),
               path);
  return NULL;
}

static gboolean
make_channels (int sockets[2], int messages[2], GError **error)
{
  int size = SOCKET_BUFFER;
  int saved_errno;

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
    goto failed;
  if (pipe2 (messages, O_CLOEXEC) != 0)
    {
      saved_errno = errno;
      close (sockets[0]);
      close (sockets[1]);
      errno = saved_errno;
      goto failed;
    }
  /* A refusal leaves the default size, which works too. */
  setsockopt (sockets[0], SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  setsockopt (sockets[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  return TRUE;

failed:
  saved_errno = errno;
  g_set_error (error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_HELPER,
               _ ("No channel to the capture helper could be made (%s); close some files and try "
                  "again."),
               g_strerror (saved_errno));
  return FALSE;
}

/* The command line for whoever we are; pkexec asks a user for the right to run it. */
static char **
make_command (const char *helper, gboolean *ret_through_pkexec, GError **error)
{
  g_autofree char *pkexec = NULL;
  const char *direct[] = { helper, "--stdio", NULL };

  *ret_through_pkexec = FALSE;
  /* A helper named by hand may be one that needs no rights: let it speak for itself. */
  if (geteuid () == 0 || secure_getenv ("PACKETSCOPE_HELPER") != NULL)
    return g_strdupv ((char **)direct);

  pkexec = g_find_program_in_path ("pkexec");
  if (pkexec == NULL)
    {
      g_set_error_literal (error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_PERMISSION,
                           _ ("Looking into the kernel needs the rights of root; run this as root "
                              "(sudo), or install pkexec."));
      return NULL;
    }
  *ret_through_pkexec = TRUE;
  return g_strdupv ((char *[]){ pkexec, (char *)helper, (char *)"--stdio", NULL });
}

gboolean
ps_transport_open (PsTransport *ret_transport, GError **error)
{
  g_autofree char *helper = NULL;
  g_auto (GStrv) command = NULL;
  g_autoptr (GError) local_error = NULL;
  PsTransport transport = { -1, -1, 0, FALSE };
  int sockets[2], messages[2];
  int nothing;
  gboolean spawned;

  helper = ps_transport_find_helper (error);
  if (helper == NULL)
    return FALSE;
  command = make_command (helper, &transport.through_pkexec, error);
  if (command == NULL || !make_channels (sockets, messages, error))
    return FALSE;

  nothing = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  spawned = g_spawn_async_with_pipes_and_fds (NULL, (const char *const *)command, NULL,
                                              G_SPAWN_DO_NOT_REAP_CHILD | ps_spawn_flags (), NULL,
                                              NULL, sockets[1], nothing, messages[1], NULL, NULL, 0,
                                              &transport.pid, NULL, NULL, NULL, &local_error);
  close (sockets[1]);
  close (messages[1]);
  if (nothing >= 0)
    close (nothing);

  if (!spawned)
    {
      close (sockets[0]);
      close (messages[0]);
      g_set_error (error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_HELPER,
                   _ ("The capture helper %s does not start (%s); check that it is a program of "
                      "this machine."),
                   helper, local_error->message);
      return FALSE;
    }
  transport.socket = sockets[0];
  transport.messages = messages[0];
  *ret_transport = transport;
  return TRUE;
}

gboolean
ps_transport_send (int socket, const guint8 *data, gsize size, GError **error)
{
  while (size > 0)
    {
      gssize sent = send (socket, data, size, MSG_NOSIGNAL);

      if (sent < 0 && errno == EINTR)
        continue;
      if (sent <= 0)
        {
          g_set_error (error, PS_CLIENT_ERROR, PS_CLIENT_ERROR_HELPER,
                       _ ("The capture helper does not listen (%s); start it again."),
                       g_strerror (errno));
          return FALSE;
        }
      data += sent;
      size -= sent;
    }
  return TRUE;
}
