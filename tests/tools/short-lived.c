/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * short-lived COUNT PORT
 *
 * As many threads and processes as COUNT says (at most 100,000; every tenth is
 * a process), a few at a time, each of which sends one datagram to PORT on
 * loopback and ends. Prints how many datagrams arrived.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT_MAX 100000
#define AT_A_TIME 8
#define EVERY 10

static struct sockaddr_in address;
static int sender;

static _Noreturn void
die (const char *what)
{
  fprintf (stderr, "short-lived: %s: %s\n", what, strerror (errno));
  exit (1);
}

static void *
send_one (void *number)
{
  if (sendto (sender, number, sizeof (long), 0, (struct sockaddr *)&address, sizeof address) < 0)
    die ("sendto");
  return NULL;
}

static void
run_process (long number)
{
  pid_t child = fork ();

  if (child < 0)
    die ("fork");
  if (child == 0)
    {
      send_one (&number);
      _exit (0);
    }
  if (waitpid (child, NULL, 0) < 0)
    die ("waitpid");
}

static void
run_threads (long first, int n)
{
  pthread_t threads[AT_A_TIME];
  long numbers[AT_A_TIME];

  for (int i = 0; i < n; i++)
    {
      numbers[i] = first + i;
      if (pthread_create (&threads[i], NULL, send_one, &numbers[i]) != 0)
        die ("pthread_create");
    }
  for (int i = 0; i < n; i++)
    pthread_join (threads[i], NULL);
}

/* What has arrived by now. */
static long
drain (int receiver)
{
  long number, n = 0;

  while (recv (receiver, &number, sizeof number, MSG_DONTWAIT) > 0)
    n++;
  return n;
}

int
main (int argc, char **argv)
{
  long count = argc == 3 ? atol (argv[1]) : 0, received = 0;
  int receiver = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  if (count < 1 || count > COUNT_MAX)
    {
      fprintf (stderr, "usage: short-lived COUNT PORT\n");
      return 2;
    }
  address.sin_family = AF_INET;
  address.sin_port = htons ((in_port_t)atoi (argv[2]));
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  sender = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (receiver < 0 || sender < 0 ||
      bind (receiver, (struct sockaddr *)&address, sizeof address) != 0)
    die ("bind");
  for (long i = 0; i < count;)
    {
      long left = count - i;
      int n = left < AT_A_TIME ? (int)left : AT_A_TIME;

      if (i / AT_A_TIME % EVERY == 0)
        for (int j = 0; j < n; j++)
          run_process (i + j);
      else
        run_threads (i, n);
      i += n;
      received += drain (receiver);
    }
  usleep (100000);
  printf ("%ld\n", received + drain (receiver));
  return 0;
}
