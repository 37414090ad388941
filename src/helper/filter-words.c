/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "helper/filter-words.h"

#include <string.h>

/* What pcap-filter(7) has for Ethernet and what lies in it. */
static const char *const words[] = {
  "aarp",      "ah",      "and",     "arp",     "atalk",      "broadcast", "byte",      "carp",
  "clnp",      "csnp",    "decnet",  "dst",     "es-is",      "esis",      "esp",       "ether",
  "geneve",    "greater", "host",    "icmp",    "icmp6",      "icmp6code", "icmp6type", "icmpcode",
  "icmptype",  "igmp",    "igrp",    "iih",     "inbound",    "ip",        "ip6",       "ipx",
  "is-is",     "isis",    "iso",     "l1",      "l2",         "lat",       "len",       "length",
  "less",      "link",    "llc",     "lsp",     "mask",       "mopdl",     "moprc",     "mpls",
  "multicast", "net",     "netbeui", "not",     "or",         "outbound",  "pim",       "port",
  "portrange", "pppoed",  "pppoes",  "proto",   "protochain", "psnp",      "rarp",      "sca",
  "sctp",      "snp",     "src",     "stp",     "tcp",        "tcpflags",  "udp",       "vlan",
  "vrrp",      "tcp-fin", "tcp-syn", "tcp-rst", "tcp-push",   "tcp-ack",   "tcp-urg",   "tcp-ece",
  "tcp-cwr",
};

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static gboolean
is_made_of (const char *word, gsize length, const char *characters)
{
  return strspn (word, characters) >= length;
}

static gboolean
is_word (const char *word, gsize length)
{
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (strlen (words[i]) == length && strncmp (words[i], word, length) == 0)
      return TRUE;
  /* Types and codes of ICMP, icmp-echo and its like: libpcap has a list, no file. */
  return (length > 5 && strncmp (word, "icmp-", 5) == 0) ||
         (length > 6 && strncmp (word, "icmp6-", 6) == 0);
}

/* Whether it can only be a number, an address of IPv4, IPv6 or Ethernet, or a range of ports. */
static gboolean
is_number (const char *word, gsize length)
{
  const char *hex = DIGITS "abcdefABCDEF";

  if (is_made_of (word, length, DIGITS ".-"))
    return TRUE;
  if (length > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X'))
    return is_made_of (word + 2, length - 2, hex);
  if (memchr (word, ':', length))
    return is_made_of (word, length, DIGITS "abcdefABCDEF:.");
  /* aa-bb-cc-dd-ee-ff and aabb.ccdd.eeff; a host is not called so. */
  return (length == 17 && word[2] == '-' && word[5] == '-' && word[14] == '-' &&
          is_made_of (word, length, DIGITS "abcdefABCDEF-")) ||
         (length == 14 && word[4] == '.' && word[9] == '.' &&
          is_made_of (word, length, DIGITS "abcdefABCDEF."));
}

const char *
ps_filter_find_name (const char *expression, gsize *ret_length)
{
  while (*expression)
    {
      gsize length = strspn (expression, LETTERS DIGITS "_.-:\\");

      if (length == 0)
        {
          expression++;
          continue;
        }
      /* tcp[tcpflags:1]: a colon belongs to addresses only. */
      if (!is_number (expression, length) && memchr (expression, ':', length) &&
          expression[0] != ':')
        length = strcspn (expression, ":");
      if (!is_number (expression, length) && !is_word (expression, length))
        {
          *ret_length = length;
          return expression;
        }
      expression += length;
    }
  return NULL;
}
