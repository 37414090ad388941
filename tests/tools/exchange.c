/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exchange [ROUNDS]
 *
 * A few exchanges of every kind on loopback, so that a capture has something to
 * show: TCP accepted and refused, UDP answered and refused, a DNS question, a
 * ping, TCP over IPv6. Bounded: at most 100 rounds, each of some 40 packets.
 * Prints a line for each kind: its name and the port it was on (0: none), or
 * "-" and why this machine does not let it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUNDS_MAX 100
#define WAIT_MS 1000

typedef union {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} Address;

typedef struct {
  const char *name;
  /* Returns the port it was on, or -1 with errno. */
  int (*run) (void);
} Kind;

static Address
loopback (int family, uint32_t host, uint16_t port)
{
  Address address = { 0 };

  address.any.sa_family = (sa_family_t)family;
  if (family == AF_INET6)
    {
      address.v6.sin6_addr = in6addr_loopback;
      address.v6.sin6_port = htons (port);
    }
  else
    {
      address.v4.sin_addr.s_addr = htonl (host);
      address.v4.sin_port = htons (port);
    }
  return address;
}

/* A socket bound to loopback, with the port it got; -1 with errno. */
static int
bound_socket (int family, int type, uint32_t host, uint16_t port, Address *ret_address)
{
  Address address = loopback (family, host, port);
  socklen_t length = family == AF_INET6 ? sizeof address.v6 : sizeof address.v4;
  int fd = socket (family, type | SOCK_CLOEXEC, 0);

  if (fd < 0)
    return -1;
  if (bind (fd, &address.any, length) != 0 || getsockname (fd, &address.any, &length) != 0)
    {
      int error = errno;

      close (fd);
      errno = error;
      return -1;
    }
  *ret_address = address;
  return fd;
}

static int
port_of (const Address *address)
{
  return ntohs (address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port);
}

static int
connect_to (const Address *address, int type)
{
  int family = address->any.sa_family;
  int fd = socket (family, type | SOCK_CLOEXEC, 0);

  if (fd < 0)
    return -1;
  if (connect (fd, &address->any, family == AF_INET6 ? sizeof address->v6 : sizeof address->v4) !=
      0)
    {
      int error = errno;

      close (fd);
      errno = error;
      return -1;
    }
  return fd;
}

/* Waits for something to read; nobody waits for ever. */
static ssize_t
receive (int fd, char *bytes, size_t size)
{
  struct pollfd readable = { .fd = fd, .events = POLLIN };

  if (poll (&readable, 1, WAIT_MS) <= 0)
    return -1;
  return recv (fd, bytes, size, 0);
}

static int
converse (int family)
{
  static const char question[] = "GET / HTTP/1.0\r\n\r\n";
  static const char answer[] = "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";
  char bytes[256];
  Address address;
  int listener = bound_socket (family, SOCK_STREAM, INADDR_LOOPBACK, 0, &address);
  int client, server;

  if (listener < 0)
    return -1;
  if (listen (listener, 1) != 0 || (client = connect_to (&address, SOCK_STREAM)) < 0)
    {
      close (listener);
      return -1;
    }
  server = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
  if (server >= 0)
    {
      send (client, question, sizeof question - 1, MSG_NOSIGNAL);
      receive (server, bytes, sizeof bytes);
      send (server, answer, sizeof answer - 1, MSG_NOSIGNAL);
      shutdown (server, SHUT_WR);
      while (receive (client, bytes, sizeof bytes) > 0)
        ;
      close (server);
    }
  close (client);
  close (listener);
  return port_of (&address);
}

static int
tcp_accepted (void)
{
  return converse (AF_INET);
}

static int
tcp_ipv6 (void)
{
  return converse (AF_INET6);
}

/* A port that was free a moment ago, and where nobody listens. */
static int
closed_port (int type, Address *ret_address)
{
  int fd = bound_socket (AF_INET, type, INADDR_LOOPBACK, 0, ret_address);

  if (fd < 0)
    return -1;
  close (fd);
  return 0;
}

static int
tcp_refused (void)
{
  Address address;
  int fd;

  if (closed_port (SOCK_STREAM, &address) < 0)
    return -1;
  fd = connect_to (&address, SOCK_STREAM);
  if (fd >= 0)
    close (fd);
  return port_of (&address);
}

/* One datagram there and one back. */
static int
question_and_answer (uint32_t host, uint16_t port, const void *question, size_t size)
{
  char bytes[256];
  Address address, peer;
  socklen_t length = sizeof peer;
  int server = bound_socket (AF_INET, SOCK_DGRAM, host, port, &address);
  int client;

  if (server < 0)
    return -1;
  client = connect_to (&address, SOCK_DGRAM);
  if (client >= 0)
    {
      struct pollfd readable = { .fd = server, .events = POLLIN };
      ssize_t got = -1;

      send (client, question, size, 0);
      if (poll (&readable, 1, WAIT_MS) > 0)
        got = recvfrom (server, bytes, sizeof bytes, 0, &peer.any, &length);
      if (got > 2)
        {
          /* What makes an answer of a DNS question; any other datagram may have it. */
          bytes[2] = (char)(bytes[2] | 0x80);
          sendto (server, bytes, (size_t)got, 0, &peer.any, length);
          receive (client, bytes, sizeof bytes);
        }
      close (client);
    }
  close (server);
  return port_of (&address);
}

static int
udp_answered (void)
{
  return question_and_answer (INADDR_LOOPBACK, 0, "hello there", 11);
}

static int
dns (void)
{
  /* Is there an A record of example.org? */
  static const char question[] = "\x1f\x2e\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
                                 "\x07"
                                 "example"
                                 "\x03"
                                 "org\x00\x00\x01\x00\x01";

  /* 127.0.0.53 may be a resolver's; nobody serves on 127.0.0.77. */
  return question_and_answer (INADDR_LOOPBACK + 76, 53, question, sizeof question - 1);
}

static int
udp_refused (void)
{
  Address address;
  char byte;
  int fd;

  if (closed_port (SOCK_DGRAM, &address) < 0 || (fd = connect_to (&address, SOCK_DGRAM)) < 0)
    return -1;
  send (fd, "hello?", 6, 0);
  receive (fd, &byte, 1); /* ECONNREFUSED, from the ICMP error */
  close (fd);
  return port_of (&address);
}

static uint16_t
internet_checksum (const uint8_t *bytes, size_t size)
{
  uint32_t sum = 0;

  for (size_t i = 0; i + 1 < size; i += 2)
    sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
  while (sum >> 16 != 0)
    sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

static int
ping (void)
{
  Address address = loopback (AF_INET, INADDR_LOOPBACK, 0);
  uint8_t echo[64] = { ICMP_ECHO, 0, 0, 0, 0x50, 0x53, 0, 1 };
  uint16_t checksum = internet_checksum (echo, sizeof echo);
  char bytes[256];
  ssize_t got;
  /* An unprivileged ping socket if the groups allow it, else a raw one. */
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP);
  bool raw = fd < 0;

  if (raw)
    fd = socket (AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
  if (fd < 0)
    return -1;
  echo[2] = (uint8_t)(checksum >> 8);
  echo[3] = (uint8_t)checksum;
  sendto (fd, echo, sizeof echo, 0, &address.any, sizeof address.v4);
  /* A raw socket hears the question, too, and has the IP header in front. */
  do
    got = receive (fd, bytes, sizeof bytes);
  while (raw && got > 20 && bytes[20] != ICMP_ECHOREPLY);
  close (fd);
  return 0;
}

static const Kind kinds[] = {
  { "tcp_accepted", tcp_accepted },
  { "tcp_refused", tcp_refused },
  { "tcp_ipv6", tcp_ipv6 },
  { "udp_answered", udp_answered },
  { "udp_refused", udp_refused },
  { "dns", dns },
  { "ping", ping },
};

int
main (int argc, char **argv)
{
  int rounds = argc > 1 ? atoi (argv[1]) : 1;

  if (argc > 2 || rounds < 1 || rounds > ROUNDS_MAX)
    {
      fprintf (stderr, "usage: exchange [ROUNDS], 1 to %d\n", ROUNDS_MAX);
      return 2;
    }
  for (int round = 0; round < rounds; round++)
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
      {
        int port = kinds[i].run ();

        /* The last round's ports are the ones told. */
        if (round + 1 < rounds)
          continue;
        if (port < 0)
          printf ("%s - %s\n", kinds[i].name, strerror (errno));
        else
          printf ("%s %d\n", kinds[i].name, port);
      }
  return 0;
}
