/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load udp|tcp [SECONDS [SIZE]]
 *
 * Traffic at full speed on loopback, from one thread to another, for SECONDS
 * (default 2, at most 60) in datagrams or writes of SIZE bytes. Prints one line
 * of JSON: what arrived, in how long, and the processor time both threads and
 * the kernel in their name took for it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_MAX 60.0
#define SIZE_MAX_UDP 60000
#define SIZE_MAX_TCP (1 << 20)

typedef struct {
  int fd; /* the sender's end */
  bool datagrams;
  size_t size;
  double seconds;
  uint64_t sent; /* datagrams or writes */
  atomic_bool done; /* the receiver knows that this was all */
} Sender;

typedef struct {
  int fd;
  size_t size;
  uint64_t reads;
  uint64_t bytes;
} Receiver;

static _Noreturn void
die (const char *what)
{
  fprintf (stderr, "load: %s: %s\n", what, strerror (errno));
  exit (1);
}

static double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double
cpu_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void *
send_for_a_while (void *data)
{
  Sender *sender = data;
  char *bytes = calloc (1, sender->size);
  double end = now () + sender->seconds;

  if (bytes == NULL)
    die ("memory");
  /* The clock is read once in 64 sends: it shall not be what is measured. */
  while (sender->sent % 64 != 0 || now () < end)
    {
      if (send (sender->fd, bytes, sender->size, MSG_NOSIGNAL) < 0 && errno != ENOBUFS)
        die ("send");
      sender->sent++;
    }
  /* A datagram of one byte says that this was all; it is dropped where the queue is full. */
  while (sender->datagrams && !atomic_load (&sender->done))
    {
      usleep (1000);
      send (sender->fd, bytes, 1, MSG_NOSIGNAL);
    }
  if (!sender->datagrams)
    shutdown (sender->fd, SHUT_WR);
  free (bytes);
  return NULL;
}

static void
receive_all (Receiver *receiver, bool datagrams)
{
  char *bytes = malloc (receiver->size);

  if (bytes == NULL)
    die ("memory");
  for (;;)
    {
      ssize_t got = recv (receiver->fd, bytes, receiver->size, 0);

      if (got < 0)
        die ("receive");
      if (got == 0 || (datagrams && got == 1))
        break;
      receiver->reads++;
      receiver->bytes += (uint64_t)got;
    }
  free (bytes);
}

/* A pair of connected sockets on 127.0.0.1. */
static void
connect_pair (int type, int *ret_sender, int *ret_receiver)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int receiver = socket (AF_INET, type | SOCK_CLOEXEC, 0);
  int sender = socket (AF_INET, type | SOCK_CLOEXEC, 0);

  if (receiver < 0 || sender < 0 || bind (receiver, (struct sockaddr *)&address, length) != 0)
    die ("socket");
  if (type == SOCK_STREAM && listen (receiver, 1) != 0)
    die ("listen");
  if (getsockname (receiver, (struct sockaddr *)&address, &length) != 0 ||
      connect (sender, (struct sockaddr *)&address, length) != 0)
    die ("connect");
  if (type == SOCK_STREAM)
    {
      int listener = receiver;

      receiver = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
      close (listener);
      if (receiver < 0)
        die ("accept");
    }
  *ret_sender = sender;
  *ret_receiver = receiver;
}

static void
report (const Sender *sender, const Receiver *receiver, double seconds, double cpu)
{
  double arrived = (double)(sender->datagrams ? receiver->reads : receiver->bytes);

  printf ("{\"kind\":\"%s\",\"size\":%zu,\"seconds\":%.3f,\"sent\":%llu,\"received\":%llu,"
          "\"bytes\":%llu,\"per_second\":%.0f,\"cpu_seconds\":%.3f,\"cpu_ns_each\":%.3f}\n",
          sender->datagrams ? "udp" : "tcp", sender->size, seconds,
          (unsigned long long)sender->sent, (unsigned long long)receiver->reads,
          (unsigned long long)receiver->bytes, arrived / seconds, cpu,
          cpu * 1e9 / (sender->datagrams ? (double)sender->sent : arrived));
}

static int
usage (void)
{
  fprintf (stderr, "usage: load udp|tcp [SECONDS [SIZE]]\n");
  return 2;
}

int
main (int argc, char **argv)
{
  bool datagrams = argc > 1 && strcmp (argv[1], "udp") == 0;
  double seconds = argc > 2 ? atof (argv[2]) : 2;
  long size = argc > 3 ? atol (argv[3]) : datagrams ? 200 : 65536;
  pthread_t thread;
  Sender sender = { .datagrams = datagrams };
  Receiver receiver = { 0 };
  double began, cpu_began;

  if (argc < 2 || (!datagrams && strcmp (argv[1], "tcp") != 0))
    return usage ();
  /* A datagram of one byte is the end. */
  if (seconds <= 0 || seconds > SECONDS_MAX || size < 2 ||
      size > (datagrams ? SIZE_MAX_UDP : SIZE_MAX_TCP))
    return usage ();

  sender.seconds = seconds;
  sender.size = receiver.size = (size_t)size;
  connect_pair (datagrams ? SOCK_DGRAM : SOCK_STREAM, &sender.fd, &receiver.fd);

  began = now ();
  cpu_began = cpu_seconds ();
  if (pthread_create (&thread, NULL, send_for_a_while, &sender) != 0)
    die ("thread");
  receive_all (&receiver, datagrams);
  atomic_store (&sender.done, true);
  seconds = now () - began;
  pthread_join (thread, NULL);
  report (&sender, &receiver, seconds, cpu_seconds () - cpu_began);
  return 0;
}
