/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The work that is measured, in one thread: `rounds` UDP messages of 64 bytes
 * there and back, the same over a TCP connection, or, as bulk, 64 KiB of TCP one
 * way. Prints the ns a round took, the median of several goes: where one
 * instruction takes one ns (tests/guest/run --icount) that is the number of
 * instructions.
 *
 *   engine-traffic udp|tcp|bulk ROUNDS GOES [NETNS ADDRESS NETNS ADDRESS]
 *
 * Over loopback, or between two addresses of network namespaces (their files
 * in /run/netns).
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIZE 64
#define BULK (64 * 1024)
#define BLOCK (16 * 1024)
#define GOES_MAX 101

typedef struct {
  const char *netns; /* NULL: that of this process */
  const char *address;
} End;

static int
fail (const char *what)
{
  perror (what);
  exit (1);
}

static void
enter (const char *netns)
{
  char path[256];
  int fd;

  if (!netns)
    return;
  snprintf (path, sizeof path, "/run/netns/%s", netns);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || setns (fd, CLONE_NEWNET) != 0)
    fail (path);
  close (fd);
}

static int
bound_socket (int type, const End *end, struct sockaddr_in *address)
{
  socklen_t length = sizeof *address;
  int fd;

  enter (end->netns);
  *address = (struct sockaddr_in){ .sin_family = AF_INET };
  if (inet_pton (AF_INET, end->address, &address->sin_addr) != 1)
    fail (end->address);
  fd = socket (AF_INET, type, 0);
  if (fd < 0 || bind (fd, (struct sockaddr *)address, length) != 0 ||
      getsockname (fd, (struct sockaddr *)address, &length) != 0)
    fail ("socket");
  return fd;
}

static void
connect_pair (int type, const End ends[2], int pair[2])
{
  struct sockaddr_in address[2];
  int listener, one = 1;

  for (int i = 0; i < 2; i++)
    pair[i] = bound_socket (type, &ends[i], &address[i]);
  listener = pair[1];
  if (type == SOCK_STREAM && listen (listener, 1) != 0)
    fail ("listen");
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
play_messages (int pair[2])
{
  char buffer[SIZE] = "";

  for (int from = 0; from < 2; from++)
    if (send (pair[from], buffer, SIZE, 0) != SIZE || recv (pair[!from], buffer, SIZE, 0) <= 0)
      fail ("exchange");
}

static void
play_bulk (int pair[2])
{
  static char buffer[BLOCK];

  for (int sent = 0; sent < BULK; sent += BLOCK)
    if (send (pair[0], buffer, BLOCK, 0) != BLOCK ||
        recv (pair[1], buffer, BLOCK, MSG_WAITALL) != BLOCK)
      fail ("bulk");
}

static void
play (int bulk, int pair[2], unsigned rounds)
{
  for (unsigned i = 0; i < rounds; i++)
    if (bulk)
      play_bulk (pair);
    else
      play_messages (pair);
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
  unsigned rounds = argc > 3 ? (unsigned)atoi (argv[2]) : 0;
  unsigned goes = argc > 3 ? (unsigned)atoi (argv[3]) : 0;
  End ends[2] = { { NULL, "127.0.0.1" }, { NULL, "127.0.0.1" } };
  uint64_t took[GOES_MAX];
  int pair[2], bulk;

  if (rounds == 0 || goes == 0 || goes > GOES_MAX || (argc != 4 && argc != 8))
    {
      fprintf (stderr, "usage: engine-traffic udp|tcp|bulk ROUNDS GOES "
                       "[NETNS ADDRESS NETNS ADDRESS]\n");
      return 2;
    }
  for (int i = 0; argc == 8 && i < 2; i++)
    ends[i] = (End){ argv[4 + 2 * i], argv[5 + 2 * i] };
  bulk = strcmp (argv[1], "bulk") == 0;
  connect_pair (strcmp (argv[1], "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM, ends, pair);
  play (bulk, pair, rounds / 4 + 1);
  for (unsigned i = 0; i < goes; i++)
    {
      uint64_t began = now ();

      play (bulk, pair, rounds);
      took[i] = (now () - began) / rounds;
    }
  qsort (took, goes, sizeof took[0], compare);
  printf ("%llu\n", (unsigned long long)took[goes / 2]);
  return 0;
}
