/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What somebody who wrote a filter that cannot be read may have meant. */
#include "config.h"

#include <arpa/inet.h>
#include <string.h>

#include "analysis/ps-filter-private.h"

/* Longer names are not compared; those of fields are short. */
#define NAME_COMPARED_MAX 48

/* How many letters must change. */
static guint
edit_distance (const char *a, const char *b)
{
  guint8 row[NAME_COMPARED_MAX + 1];
  gsize a_length = strlen (a), b_length = strlen (b);

  if (a_length > NAME_COMPARED_MAX || b_length > NAME_COMPARED_MAX)
    return G_MAXUINT;
  for (gsize j = 0; j <= b_length; j++)
    row[j] = (guint8)j;
  for (gsize i = 1; i <= a_length; i++)
    {
      guint8 diagonal = row[0];

      row[0] = (guint8)i;
      for (gsize j = 1; j <= b_length; j++)
        {
          char x = g_ascii_tolower (a[i - 1]), y = g_ascii_tolower (b[j - 1]);
          guint8 replaced = (guint8)(diagonal + (x != y));

          diagonal = row[j];
          row[j] = (guint8)MIN (replaced, MIN (row[j - 1], row[j]) + 1);
        }
    }
  return row[b_length];
}

const char *
ps_filter_nearest (const char *name, const char *const *names)
{
  gsize length = strlen (name);
  const char *best = NULL;
  /* Of a short word nearly every other one is near. */
  guint best_distance = (guint)(length < 3 ? 1 : length < 6 ? 2 : MAX (3, length / 3 + 1));

  for (guint i = 0; names[i] != NULL; i++)
    {
      guint distance = edit_distance (name, names[i]);

      if (distance < best_distance)
        {
          best = names[i];
          best_distance = distance;
        }
    }
  return best;
}

/* Words of other tools, and of people, for fields that have another name here. */
static const struct {
  const char *word;
  const char *field;
} words[] = {
  { "host", "ip.addr" },
  { "addr", "ip.addr" },
  { "net", "ip.addr" },
  { "src", "ip.src" },
  { "dst", "ip.dst" },
  { "port", "tcp.port" },
  { "ether", "eth.addr" },
  { "mac", "eth.addr" },
  { "ip6", "ipv6" },
  { "icmp6", "icmpv6" },
  { "proto", "ip.proto" },
  { "bootp", "dhcp" },
  { "ssl", "tls" },
  { "https", "tls" },
  { "len", "frame.len" },
  { "length", "frame.len" },
  { "size", "frame.len" },
  { "time", "frame.time_relative" },
  { "frame.time", "frame.time_epoch" },
  { "number", "frame.number" },
  { "comm", "process" },
  { "command", "process" },
  { "program", "process" },
  { "iface", "interface" },
  { "dev", "interface" },
  { "if", "interface" },
  { "namespace", "netns" },
  { "reason", "drop.reason" },
  { "drop", "drop.reason" },
  { "dropped", "drop.reason" },
  { "latency", "stage.latency" },
  { "duration", "call.duration" },
  { "call", "function" },
  { "rst", "tcp.flags.reset" },
  { "psh", "tcp.flags.push" },
  { "retransmit", "tcp.analysis.retransmission" },
};

/* The shortest field that ends in ".name": "ttl" is "ip.ttl", not "dns.resp.ttl". */
static const char *
by_last_part (const char *name)
{
  const char *const *names = ps_filter_field_names ();
  g_autofree char *end = g_strconcat (".", name, NULL);
  const char *best = NULL;

  for (guint i = 0; names[i] != NULL; i++)
    if (g_str_has_suffix (names[i], end) && (best == NULL || strlen (names[i]) < strlen (best)))
      best = names[i];
  return best;
}

const char *
ps_filter_suggest_field (const char *name)
{
  const char *found;

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_ascii_strcasecmp (words[i].word, name) == 0)
      return words[i].field;
  found = by_last_part (name);
  return found != NULL ? found : ps_filter_nearest (name, ps_filter_field_names ());
}

/* What is written in place of an operator; the longer ones first. */
static const struct {
  const char *wrong;
  const char *right;
} symbols[] = {
  { "===", "==" },          { "!==", "!=" },          { "=>", ">=" },
  { "=<", "<=" },           { "=!", "!=" },           { "=~", "~" },
  { "<>", "!=" },           { "\342\211\240", "!=" }, /* ≠ */
  { "\342\211\244", "<=" }, /* ≤ */
  { "\342\211\245", ">=" }, /* ≥ */
  { "\342\200\234", "\"" }, /* “ ” „ ‘ ’ « » */
  { "\342\200\235", "\"" }, { "\342\200\236", "\"" }, { "\342\200\230", "'" },
  { "\342\200\231", "'" },  { "\302\253", "\"" },     { "\302\273", "\"" },
  { "|||", "||" },          { "&&&", "&&" },
};

const char *
ps_filter_suggest_symbol (const char *at, gsize *ret_length)
{
  for (guint i = 0; i < G_N_ELEMENTS (symbols); i++)
    if (g_str_has_prefix (at, symbols[i].wrong))
      {
        *ret_length = strlen (symbols[i].wrong);
        return symbols[i].right;
      }
  /* One of these alone, where two are meant. */
  if ((at[0] == '=' || at[0] == '|') && at[1] != at[0])
    {
      *ret_length = 1;
      return at[0] == '=' ? "==" : "||";
    }
  return NULL;
}

const char *
ps_filter_example (const PsFilterOperand *operand)
{
  switch (operand->type)
    {
    case PS_VALUE_BOOLEAN:
      return "1";
    case PS_VALUE_NAMED:
      return operand->own->names[1];
    case PS_VALUE_TIME:
      return "250us";
    case PS_VALUE_IPV4:
      return "192.0.2.0/24";
    case PS_VALUE_IPV6:
      return "2001:db8::/32";
    case PS_VALUE_ETHER:
      return "02:00:5e:00:53:01";
    case PS_VALUE_STRING:
      return "\"text\"";
    case PS_VALUE_BYTES:
    case PS_VALUE_NONE:
      return "02:00:5e";
    case PS_VALUE_REAL:
    case PS_VALUE_UNSIGNED:
    default:
      return g_str_has_suffix (operand->name, "port") ? "443" : "1";
    }
}

/* "10.0.0", of which the rest is left away, as "10.0.0.0/24"; NULL if it is not the like. */
static char *
complete_address (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, ".", 5);
  guint n = g_strv_length (parts);
  g_autofree char *whole = NULL;
  guint8 address[4];

  if (n > 0 && *parts[n - 1] == '\0')
    n--; /* "10.0." */
  if (n < 1 || n > 3)
    return NULL;
  g_clear_pointer (&parts[n], g_free);
  whole = g_strjoinv (".", parts);
  for (guint i = n; i < 4; i++)
    {
      char *longer = g_strconcat (whole, ".0", NULL);

      g_free (whole);
      whole = longer;
    }
  return inet_pton (AF_INET, whole, address) == 1 ? g_strdup_printf ("%s/%u", whole, 8 * n) : NULL;
}

/* Whether a text begins with an address of that family, a prefix behind it or not. */
static gboolean
is_address (const char *text, int family)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", 2);
  guint8 address[16];

  return parts[0] != NULL && inet_pton (family, parts[0], address) == 1;
}

/* The field for addresses of the other version: "ipv6.src" of "ip.src". */
static char *
other_version (const char *name)
{
  return g_str_has_prefix (name, "ipv6.") ? g_strconcat ("ip.", name + 5, NULL)
         : g_str_has_prefix (name, "ip.") ? g_strconcat ("ipv6.", name + 3, NULL)
                                          : NULL;
}

char *
ps_filter_suggest_address (const PsFilterOperand *operand, const char *text)
{
  gboolean v4 = operand->type == PS_VALUE_IPV4;
  g_autofree char *name = NULL;

  if (v4)
    {
      char *whole = complete_address (text);

      if (whole != NULL)
        return whole;
    }
  if (!is_address (text, v4 ? AF_INET6 : AF_INET))
    return NULL;
  name = other_version (operand->name);
  return name != NULL && ps_filter_find_field (name, &(PsFilterOperand){ 0 })
             ? g_strdup_printf ("%s == %s", name, text)
             : NULL;
}

/* Ports that are known by a name everywhere. */
static const struct {
  const char *name;
  guint port;
} services[] = {
  { "ftp", 21 },    { "ssh", 22 },   { "telnet", 23 }, { "smtp", 25 },    { "dns", 53 },
  { "domain", 53 }, { "dhcp", 67 },  { "tftp", 69 },   { "http", 80 },    { "ntp", 123 },
  { "snmp", 161 },  { "ldap", 389 }, { "https", 443 }, { "syslog", 514 }, { "mdns", 5353 },
};

char *
ps_filter_suggest_number (const PsFilterOperand *operand, const char *text)
{
  const PsValueName *names = operand->info[0] ? operand->info[0]->names : NULL;
  const char *dash = strchr (text, '-');

  for (guint i = 0; g_str_has_suffix (operand->name, "port") && i < G_N_ELEMENTS (services); i++)
    if (g_ascii_strcasecmp (services[i].name, text) == 0)
      return g_strdup_printf ("%u", services[i].port);
  for (; names != NULL && names->name != NULL; names++)
    if (edit_distance (names->name, text) <= 1)
      return g_strdup (names->name);
  if (dash != NULL && dash > text && strspn (text, "0123456789-") == strlen (text))
    return g_strdup_printf ("%.*s..%s", (int)(dash - text), text, dash + 1);
  return NULL;
}

/* Longer and shorter words for what a time is counted in. */
static const struct {
  const char *word;
  const char *unit;
} units[] = {
  { "sec", "s" },   { "secs", "s" },   { "second", "s" },       { "seconds", "s" },
  { "msec", "ms" }, { "msecs", "ms" }, { "millisecond", "ms" }, { "milliseconds", "ms" },
  { "usec", "us" }, { "usecs", "us" }, { "microsecond", "us" }, { "microseconds", "us" },
  { "nsec", "ns" }, { "nsecs", "ns" }, { "nanosecond", "ns" },  { "nanoseconds", "ns" },
};

const char *
ps_filter_suggest_unit (const char *text)
{
  static const char *const own[] = { "s", "ms", "us", "ns" };

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (g_ascii_strcasecmp (units[i].word, text) == 0)
      return units[i].unit;
  for (guint i = 0; i < G_N_ELEMENTS (own); i++)
    if (g_ascii_strcasecmp (own[i], text) == 0)
      return own[i];
  return NULL;
}
