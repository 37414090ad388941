/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The work that is measured: `rounds` UDP messages, or TCP messages on one
 * connection, there and back over loopback in one thread. Prints the ns a round
 * took, the median of several goes: where one instruction takes one ns
 * (tests/guest/run --icount) that is the number of instructions.
 *
 *   engine-traffic udp|tcp ROUNDS [GOES]
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIZE 64
#define GOES_MAX 101

static int
fail (const char *what)
{
  perror (what);
  exit (1);
}

static void
connect_pair (int type, int pair[2])
{
  struct sockaddr_in address[2];
  int listener = -1, one = 1;

  for (int i = 0; i < 2; i++)
    {
      socklen_t length = sizeof address[i];

      address[i] =
          (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
      pair[i] = socket (AF_INET, type, 0);
      if (pair[i] < 0 || bind (pair[i], (struct sockaddr *)&address[i], length) != 0 ||
          getsockname (pair[i], (struct sockaddr *)&address[i], &length) != 0)
        fail ("socket");
    }
  if (type == SOCK_STREAM)
    {
      listener = pair[1];
      if (listen (listener, 1) != 0)
        fail ("listen");
    }
  if (connect (pair[0], (struct sockaddr *)&address[1], sizeof address[1]) != 0)
    fail ("connect");
  if (type == SOCK_STREAM)
    {
      pair[1] = accept (listener, NULL, NULL);
      close (listener);
      setsockopt (pair[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      setsockopt (pair[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
  else if (connect (pair[1], (struct sockaddr *)&address[0], sizeof address[0]) != 0)
    fail ("connect");
}

static uint64_t
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void
play (int pair[2], unsigned rounds)
{
  char buffer[SIZE] = "";

  for (unsigned i = 0; i < rounds; i++)
    for (int from = 0; from < 2; from++)
      if (send (pair[from], buffer, SIZE, 0) != SIZE || recv (pair[!from], buffer, SIZE, 0) <= 0)
        fail ("exchange");
}

static int
compare (const void *a, const void *b)
{
  uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

  return one < other ? -1 : one > other;
}

int
main (int argc, char *argv[])
{
  unsigned rounds = argc > 2 ? (unsigned)atoi (argv[2]) : 0;
  unsigned goes = argc > 3 ? (unsigned)atoi (argv[3]) : 5;
  uint64_t took[GOES_MAX];
  int pair[2];

  if (rounds == 0 || goes == 0 || goes > GOES_MAX)
    {
      fprintf (stderr, "usage: engine-traffic udp|tcp ROUNDS [GOES]\n");
      return 2;
    }
  connect_pair (strcmp (argv[1], "tcp") == 0 ? SOCK_STREAM : SOCK_DGRAM, pair);
  play (pair, rounds / 4 + 1);
  for (unsigned i = 0; i < goes; i++)
    {
      uint64_t began = now ();

      play (pair, rounds);
      took[i] = (now () - began) / rounds;
    }
  qsort (took, goes, sizeof took[0], compare);
  printf ("%llu\n", (unsigned long long)took[goes / 2]);
  return 0;
}
