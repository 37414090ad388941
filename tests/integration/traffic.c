/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SIZE_MAX_OF_A_MESSAGE 32768u

static struct sockaddr_in
loopback (guint16 port)
{
  return (struct sockaddr_in){ .sin_family = AF_INET,
                               .sin_port = htons (port),
                               .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
}

/* A socket bound to a free port, whose address is stored. */
static int
bound (int type, struct sockaddr_in *ret_address)
{
  socklen_t length = sizeof *ret_address;
  int fd = socket (AF_INET, type | SOCK_CLOEXEC, 0);

  *ret_address = loopback (0);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (bind (fd, (struct sockaddr *)ret_address, sizeof *ret_address), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *)ret_address, &length), ==, 0);
  return fd;
}

static void
pass (int from, int to, guint size)
{
  static char buffer[SIZE_MAX_OF_A_MESSAGE];
  guint got = 0;

  g_assert_cmpuint (size, <=, sizeof buffer);
  g_assert_cmpint (send (from, buffer, size, 0), ==, (gssize)size);
  while (got < size)
    {
      ssize_t n = recv (to, buffer, size - got, 0);

      g_assert_cmpint (n, >, 0);
      got += (guint)n;
    }
}

void
ps_traffic_udp (guint rounds, guint size)
{
  struct sockaddr_in one, other;
  int a = bound (SOCK_DGRAM, &one), b = bound (SOCK_DGRAM, &other);

  g_assert_cmpint (connect (a, (struct sockaddr *)&other, sizeof other), ==, 0);
  g_assert_cmpint (connect (b, (struct sockaddr *)&one, sizeof one), ==, 0);
  for (guint i = 0; i < rounds; i++)
    {
      pass (a, b, size);
      pass (b, a, size);
    }
  close (a);
  close (b);
}

void
ps_traffic_tcp (guint rounds, guint size)
{
  struct sockaddr_in address;
  int listener = bound (SOCK_STREAM, &address), a, b;

  g_assert_cmpint (listen (listener, 1), ==, 0);
  a = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (connect (a, (struct sockaddr *)&address, sizeof address), ==, 0);
  b = accept (listener, NULL, NULL);
  g_assert_cmpint (b, >=, 0);
  for (guint i = 0; i < rounds; i++)
    {
      pass (a, b, size);
      pass (b, a, size);
    }
  close (a);
  close (b);
  close (listener);
}

void
ps_traffic_udp_refused (void)
{
  struct sockaddr_in address;
  int gone = bound (SOCK_DGRAM, &address), fd;

  close (gone);
  fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (sendto (fd, "x", 1, 0, (struct sockaddr *)&address, sizeof address), ==, 1);
  close (fd);
}

void
ps_traffic_tcp_refused (void)
{
  struct sockaddr_in address;
  int gone = bound (SOCK_STREAM, &address), fd;

  close (gone);
  fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (connect (fd, (struct sockaddr *)&address, sizeof address), ==, -1);
  g_assert_cmpint (errno, ==, ECONNREFUSED);
  close (fd);
}
