/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record stream that nobody meant, fed to a session: no crash, no leak, and
 * every row that is published can be looked at.
 */
#include <string.h>

#include "session/ps-session.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static guint64
look (PsSession *session)
{
  guint64 sum = 0, first = ps_session_get_first_packet (session);
  PsPacket packet;
  PsSocket socket;
  PsPath path;

  for (guint64 n = first; n < first + ps_session_get_n_packets (session); n++)
    {
      const char *comm;
      guint32 pid;

      if (!ps_session_get_packet (session, n, &packet))
        g_error ("packet %" G_GUINT64_FORMAT " is published and not there", n);
      for (guint i = 0; i < packet.captured; i++)
        sum += packet.data[i];
      for (guint i = 0; i < packet.n_stages; i++)
        sum += packet.stages[i].delta;
      for (guint i = 0; i < packet.n_paths; i++)
        sum += ps_session_get_path (session, packet.paths[i].path, &path) ? path.n_frames : 0;
      if (ps_session_get_process (session, &packet, &pid, &comm, NULL))
        sum += strlen (comm) + pid;
      sum += ps_session_find_child (session, packet.id, 0);
    }
  for (guint i = 0; i < ps_session_get_n_sockets (session); i++)
    sum += ps_session_get_nth_socket (session, i, &socket) ? socket.n_packets : 0;
  return sum;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree guint8 *copy = g_memdup2 (data, size);
  g_autoptr (PsSession) session = ps_session_new (1 << 20);
  gsize at = 0, used = 0;

  /* A damaged record does not end a stream; one that is too long does. */
  while (at < size)
    {
      if (!ps_session_feed_buffer (session, copy + at, size - at, &used, NULL) && used > 0)
        {
          at += used;
          continue;
        }
      break;
    }
  ps_session_publish (session);
  look (session);
  return 0;
}
