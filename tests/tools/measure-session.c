/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measure-session [PACKETS]: what the session model costs, as one JSON line.
 * Feeding, looking at every row, looking up every id, and memory, a packet.
 */
#include <stdio.h>
#include <time.h>

#include "session/ps-session.h"
#include "synthesis.h"

static gint64
now_ns (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * G_GINT64_CONSTANT (1000000000) + time.tv_nsec;
}

static gsize
resident (void)
{
  g_autofree char *text = NULL;
  gsize pages = 0;

  if (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL))
    sscanf (text, "%*u %zu", &pages);
  return pages * 4096;
}

int
main (int argc, char **argv)
{
  guint64 n = argc > 1 ? g_ascii_strtoull (argv[1], NULL, 10) : 1000000;
  g_autoptr (Synthesis) synthesis = synthesis_new (1, n, 20000);
  g_autoptr (PsSession) session = ps_session_new (0);
  g_autoptr (GError) error = NULL;
  PsRecordWriter records = { 0 };
  gint64 feeding = 0, reading, finding, start;
  gsize before, fed = 0;
  gboolean more = TRUE;
  guint64 sum = 0, found = 0;

  synthesis_begin (synthesis, &records);
  before = resident ();
  while (more)
    {
      more = synthesis_step (synthesis, &records);
      if (more && records.size < 65536)
        continue;
      start = now_ns ();
      if (!ps_session_feed_buffer (session, records.data, records.size, NULL, &error))
        g_error ("%s", error->message);
      feeding += now_ns () - start;
      fed += records.size;
      ps_record_writer_reset (&records);
    }
  ps_session_publish (session);

  start = now_ns ();
  for (guint64 i = 1; i <= n; i++)
    {
      PsPacket packet;

      if (ps_session_get_packet (session, i, &packet))
        sum += packet.length + packet.data[0] + packet.n_stages;
    }
  reading = now_ns () - start;

  start = now_ns ();
  for (guint64 i = 1; i <= n; i++)
    found += ps_session_find_packet (session, i * G_GUINT64_CONSTANT (2654435761) % n + 1) != 0;
  finding = now_ns () - start;

  printf ("{\"packets\":%" G_GUINT64_FORMAT ",\"stream_bytes_per_packet\":%.1f,"
          "\"feed_ns_per_packet\":%.1f,\"read_ns_per_packet\":%.1f,\"find_ns_per_packet\":%.1f,"
          "\"resident_bytes_per_packet\":%.1f,\"found\":%" G_GUINT64_FORMAT
          ",\"sum\":%" G_GUINT64_FORMAT "}\n",
          n, (double)fed / n, (double)feeding / n, (double)reading / n, (double)finding / n,
          (double)(resident () - before) / n, found, sum);
  ps_record_writer_clear (&records);
  return 0;
}
