/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * measure-flame FILE: opens a file and merges the call paths of all its packets
 * into a flame graph. Prints how many packets and nodes it has and the processor
 * time of the merging, in ms, the best of three.
 */
#include <stdio.h>
#include <time.h>

#include "analysis/ps-flame.h"
#include "session/ps-capture-file.h"

static gint64
now_ns (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * G_GINT64_CONSTANT (1000000000) + time.tv_nsec;
}

int
main (int argc, char **argv)
{
  g_autoptr (PsSession) session = ps_session_new (0);
  g_autoptr (GError) error = NULL;
  gint64 best = G_MAXINT64;
  guint64 packets = 0;
  guint nodes = 0;

  if (argc != 2)
    {
      g_printerr ("measure-flame: name one file\n");
      return 2;
    }
  if (!ps_capture_file_load (argv[1], session, NULL, &error))
    {
      g_printerr ("measure-flame: %s\n", error->message);
      return 1;
    }
  for (guint round = 0; round < 3; round++)
    {
      gint64 start = now_ns ();
      g_autoptr (PsFlame) flame = ps_flame_new (session, NULL, NULL, PS_FLAME_PACKETS, &error);

      if (!flame)
        {
          g_printerr ("measure-flame: %s\n", error->message);
          return 1;
        }
      best = MIN (best, now_ns () - start);
      packets = flame->n_packets;
      nodes = flame->nodes->len;
    }
  printf ("{\"packets\":%" G_GUINT64_FORMAT ",\"nodes\":%u,\"cpu_ms\":%.1f}\n", packets, nodes,
          (double)best / 1e6);
  return 0;
}
